"""Numbered documents (P7): ordered in the transaction that needs them, made by a worker, then frozen for good.

What makes them may fail or be killed as often as it likes: who ordered one never waits for it and never fails with it.
"""

import hashlib
from datetime import datetime, timedelta

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from . import files
from .models import DataKey, DocumentOrder, FrozenDocument, NumberSeries
from .pdf import render_pdf
from .tasks import nudge

log = structlog.get_logger(__name__)
LEASE = timedelta(minutes=5)  # longer than any of these takes; what a killed worker held waits no longer
LONGEST_PAUSE = timedelta(hours=1)
LATE = timedelta(minutes=15)


@transaction.atomic
def next_number(prefix: str) -> str:
    """The next number of a series, such as MOU-2026-0001: without a gap within its year, never given twice (P7).

    The series stays locked until the caller's transaction ends: what is rolled back has used no number.
    """
    year = timezone.now().year
    series = NumberSeries.objects.select_for_update().filter(prefix=prefix, year=year)
    row = series.first()
    if row is None:
        NumberSeries.objects.bulk_create([NumberSeries(prefix=prefix, year=year)], ignore_conflicts=True)
        row = series.get()
    row.last += 1
    row.save(update_fields=["last"])
    return f"{prefix}-{year}-{row.last:04}"


@transaction.atomic
def order_document(*, number: str, language: str, template: str, title: str, context: dict) -> DocumentOrder:
    """Have a worker make the PDF `number` in `language` from `template`, once the caller's transaction is committed.

    `context` is what JSON can say, sealed under a key of its own; `title` is not, and names nobody. The document is
    dated by its order, so that it comes out the same whenever it is made.
    """
    order = DocumentOrder(
        number=number, language=language, template=template, title=title, data_key=DataKey.objects.make()
    )
    order.write(context)
    order.save(force_insert=True)
    transaction.on_commit(nudge)
    return order


def document_of(number: str, language: str) -> FrozenDocument | None:
    """The document of this number and language, with its file; None as long as it is not made."""
    rows = FrozenDocument.objects.select_related("order", "file__data_key")
    return rows.filter(order__number=number, order__language=language).first()


def documents_of(numbers) -> dict[tuple[str, str], FrozenDocument]:
    """Those of some numbers that are made, by number and language; one query."""
    rows = FrozenDocument.objects.select_related("order", "file__data_key").filter(order__number__in=numbers)
    return {(row.order.number, row.order.language): row for row in rows}


def make_due(now: datetime | None = None) -> int:
    """Make every document that is due, each once whoever else is at it. Returns how many; never raises for one.

    One that fails is noted with the name of the error and tried again, after a pause that grows to an hour.
    """
    now, made = now or timezone.now(), 0
    while order := _claim(now):
        made += _made(order)
    return made


def late_documents(now: datetime | None = None):
    """The orders that should have been made by now: somebody has to look why they are not."""
    return _waiting().filter(ordered_at__lt=(now or timezone.now()) - LATE)


def _waiting():
    """What is not made yet; what was erased meanwhile never will be."""
    return DocumentOrder.objects.filter(frozen=None, data_key__destroyed_at=None)


def _claim(now):
    """Lease the order that has waited longest, and count the attempt; None if none is due."""
    due = Q(next_attempt_at__lte=now) | Q(next_attempt_at__gt=now + 2 * LONGEST_PAUSE)  # the clock was set back since
    rows = _waiting().select_for_update(of=("self",), skip_locked=True).select_related("data_key")
    with transaction.atomic():
        order = rows.filter(due).order_by("next_attempt_at", "pk").first()
        if order is not None:
            order.attempts += 1
            order.next_attempt_at = now + LEASE
            order.save(update_fields=["attempts", "next_attempt_at"])
    return order


def _made(order) -> bool:
    """Bring one claimed order to its end; whether this worker made the document."""
    try:
        context = {**order.texts, "number": order.number, "made_at": order.ordered_at}
        content = render_pdf(order.template, context, title=order.title, language=order.language)
        _freeze(order, content)
    except IntegrityError:  # slower than the lease: another worker made it
        log.warning("document_made_twice", order=str(order))
        return False
    except Exception as error:  # its text may quote the document: only the name is kept
        cause = type(error.__cause__ or error).__name__
        log.error("document_failed", order=str(order), error=cause)
        pause = min(LONGEST_PAUSE, timedelta(minutes=2 ** min(order.attempts - 1, 6)))
        order.last_error, order.next_attempt_at = cause[:80], timezone.now() + pause
        order.save(update_fields=["last_error", "next_attempt_at"])
        return False
    return True


@transaction.atomic
def _freeze(order, content):
    """The file and its digest: both or neither."""
    file = files.store(content, name=f"{order.number}.pdf", media_type="application/pdf")
    digest = hashlib.sha256(content).hexdigest()
    FrozenDocument.objects.create(order=order, file=file, digest=digest)
