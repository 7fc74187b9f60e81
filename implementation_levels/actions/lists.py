"""List N of the areas at the reinforced level: made on the day of a change, and every six months (§5e; L4, L8)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from audit.actions import record
from documents.issue import order_document
from implementation_levels.list_contents import LANGUAGES, Snapshot, canonical, digest_of, snapshot, table_of
from implementation_levels.list_paper import TEMPLATE, context_of, title_of
from implementation_levels.lists import content_of, current_list
from implementation_levels.models import LevelDecision, LevelList
from notifications.models import Subject
from slt_portal.months import months_later

log = structlog.get_logger(__name__)
Reason = LevelList.Reason


@dataclass(frozen=True)
class Due:
    """The list that is to be made now: why, and since which day."""

    snapshot: Snapshot
    reason: str
    since: date


def publish_due(now: datetime | None = None) -> LevelList | None:
    """Make the next list if it is due, and order its PDFs; one transaction. Returns it, or None.

    Due: the first when a decision has come into effect; then when the set of areas, each with the day since which it is
    reinforced, is another than on the newest list; else six months after the newest. After a downtime it is one list
    with everything since. Run twice, or twice at once, it makes one; with a clock that was set back it waits.
    """
    now = (now or timezone.now()).astimezone(UTC)
    newest = current_list()
    if newest and now.date() < newest.on:
        return None
    due = _due(newest, now.date())
    if due is None:
        return None
    number = newest.number + 1 if newest else 1
    try:
        return _publish(number, due, newest, now)
    except IntegrityError:
        if not LevelList.objects.filter(number=number).exists():
            raise
        log.info("list_made_by_another", number=number)
        return None


def _due(newest, today) -> Due | None:
    if newest is None:
        begun = LevelDecision.objects.filter(effective_from__lte=today).order_by("effective_from")
        first = begun.values_list("effective_from", flat=True).first()
        return first and Due(snapshot([], today), Reason.FIRST, first)
    found = snapshot(content_of(newest)["areas"], today)
    period = months_later(newest.on, settings.LEVEL_LIST_MONTHS)
    changed = [max(found.began, newest.on)] if found.began else []
    days = changed + ([period] if period <= today else [])
    if not days:
        return None
    return Due(found, Reason.CHANGE if changed else Reason.PERIOD, min(days))


@transaction.atomic
def _publish(number, due, newest, now) -> LevelList:
    content = {
        "number": number,
        "on": now.date().isoformat(),
        "reason": str(due.reason),
        "due_on": due.since.isoformat(),
        "previous": {"number": newest.number, "digest": newest.digest} if newest else None,
        "is_invented": settings.DEMO,
        "areas": due.snapshot.areas,
        "changes": {"added": due.snapshot.added, "removed": due.snapshot.removed},
    }
    text, tables = canonical(content), {language: table_of(content, language) for language in LANGUAGES}
    row = LevelList(
        number=number,
        on=now.date(),
        at=now,
        due_on=due.since,
        reason=due.reason,
        content=text,
        digest=digest_of(text),
        area_count=len(content["areas"]),
        csv_en=tables["en"],
        csv_fr=tables["fr"],
        csv_en_digest=digest_of(tables["en"]),
        csv_fr_digest=digest_of(tables["fr"]),
        is_invented=settings.DEMO,
        subject=Subject.objects.create(),
    )
    row.save(force_insert=True)
    _order_papers(row, content, newest)
    facts = {"reason": str(row.reason), "on": content["on"], "due_on": content["due_on"], "areas": row.area_count}
    facts |= {"digest": row.digest, "csv_en": row.csv_en_digest, "csv_fr": row.csv_fr_digest}
    record(
        "implementation_levels.list_published", by=None, object_type="level_list", object_ref=str(number), facts=facts
    )
    return row


def _order_papers(row, content, before):
    """A worker makes them: the list waits for no PDF."""
    for language in LANGUAGES:
        with translation.override(language):
            order_document(
                number=row.document_number,
                language=language,
                template=TEMPLATE,
                title=title_of(content),
                context=context_of(row, content, before),
            )
