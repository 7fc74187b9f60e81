"""Numbered documents: no number twice, each document once, and nobody waits for one that fails."""

import hashlib
import io
import threading
from datetime import UTC, datetime, timedelta

import pikepdf
import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from documents import issue
from documents.issue import document_of, late_documents, make_due, next_number, order_document
from documents.models import DocumentOrder, FrozenDocument, NumberSeries, StoredFile
from operations.checks import Portal, outcomes

CANARY = "canaryword of an organisation"


@pytest.fixture(autouse=True)
def tiny(settings, tmp_path):
    """A template that is rendered in a few milliseconds."""
    page = '<html lang="{{ language }}"><title>{{ title }}</title><p>{{ number }} {{ reasons }} {{ made_at }}'
    (tmp_path / "tiny.html").write_text(page, encoding="utf-8")
    options = settings.TEMPLATES[0]
    settings.TEMPLATES = [{**options, "DIRS": [*options["DIRS"], tmp_path]}]


def ordered(number="LET-2026-0001", language="en", template="tiny.html"):
    context = {"organisation": CANARY, "ref": "APP-ABCDEF", "day": "1 Mar 2026", "reasons": f"{CANARY} reasons"}
    with transaction.atomic():
        return order_document(number=number, language=language, template=template, title=number, context=context)


def test_numbers_follow_each_other_by_prefix_and_year(db):
    with time_machine.travel(datetime(2026, 12, 31, 23, 59, tzinfo=UTC)):
        assert [next_number("MOU"), next_number("MOU"), next_number("LET")] == [
            "MOU-2026-0001",
            "MOU-2026-0002",
            "LET-2026-0001",
        ]
        with transaction.atomic():
            assert next_number("MOU") == "MOU-2026-0003"
            transaction.set_rollback(True)
        assert next_number("MOU") == "MOU-2026-0003", "what is rolled back has used none"
    with time_machine.travel(datetime(2027, 1, 1, tzinfo=UTC)):
        assert next_number("MOU") == "MOU-2027-0001"


def at_once(*works):
    """Run each in a thread of its own, over a connection of its own, at the same moment."""
    together, failed = threading.Barrier(len(works)), []

    def run(work):
        try:
            together.wait(10)
            work()
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []


@pytest.mark.sqlite
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_many_at_once_get_numbers_of_their_own_and_one_document():
    numbers = []
    at_once(*[lambda: numbers.append(next_number("MOU"))] * 6)
    year = timezone.now().year
    assert sorted(numbers) == [f"MOU-{year}-000{number}" for number in range(1, 7)], "from the very first on"
    assert NumberSeries.objects.get().last == 6
    ordered()
    at_once(make_due, make_due, make_due)
    assert FrozenDocument.objects.count() == StoredFile.objects.count() == 1


def test_a_document_is_made_once_and_says_what_was_ordered(db):
    order = ordered()
    raw = bytes(DocumentOrder.objects.values_list("sealed", flat=True).get())
    assert CANARY.encode() not in raw
    assert document_of(order.number, "en") is None
    assert make_due() == 1
    document = document_of(order.number, "en")
    content = document.file.read()
    assert content.startswith(b"%PDF")
    assert document.digest == hashlib.sha256(content).hexdigest()
    assert document.file.name == "LET-2026-0001.pdf"
    assert make_due() == 0
    again = issue.render_pdf(
        order.template,
        {**order.texts, "number": order.number, "made_at": order.ordered_at},
        title=order.title,
        language="en",
    )
    assert hashlib.sha256(again).hexdigest() == document.digest, "of the same order the same bytes"


def test_what_cannot_be_made_is_tried_again_and_holds_up_nothing_else(db):
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        broken = ordered("LET-2026-0009", template="partners/pdf/gone.html")
        assert make_due() == 0
    broken.refresh_from_db()
    assert (broken.attempts, broken.last_error) == (1, "TemplateDoesNotExist")
    pauses = []
    for _ in range(8):
        at = broken.next_attempt_at
        with time_machine.travel(at - timedelta(seconds=1), tick=False):
            make_due()
        with time_machine.travel(at, tick=False):
            make_due()
        broken.refresh_from_db()
        pauses.append(round((broken.next_attempt_at - at).total_seconds() / 60))
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60], "minutes"
    assert broken.attempts == 9
    assert list(late_documents()) == []
    later = timezone.now() + timedelta(minutes=16)
    assert list(late_documents(later)) == [broken]
    assert outcomes(Portal(later))["documents"] is False
    DocumentOrder.objects.filter(pk=broken.pk).update(template="partners/pdf/parts.html")
    type(broken.data_key).objects.destroy([broken.data_key_id])
    assert make_due(later + timedelta(days=1)) == 0, "what was erased is never made"
    assert outcomes(Portal(later))["documents"] is True


def test_a_worker_that_died_leaves_nothing_half(db, monkeypatch):
    class Killed(BaseException):
        """As the signal that ends a process: nothing of ours catches it."""

    def dies(order, content):
        raise Killed

    order, freeze, now = ordered(), issue._freeze, timezone.now()
    monkeypatch.setattr(issue, "_freeze", dies)
    with pytest.raises(Killed):
        make_due(now)
    assert not FrozenDocument.objects.exists()
    monkeypatch.setattr(issue, "_freeze", freeze)
    assert make_due(now + timedelta(minutes=1)) == 0, "its lease holds"
    assert make_due(now + timedelta(minutes=6)) == 1
    assert document_of(order.number, "en").file.read().startswith(b"%PDF")


def test_two_languages_are_two_documents(db):
    for language in ("en", "fr"):
        ordered(language=language)
    assert make_due() == 2
    made = issue.documents_of(["LET-2026-0001"])
    for language in ("en", "fr"):
        with pikepdf.open(io.BytesIO(made.pop(("LET-2026-0001", language)).file.read())) as pdf:
            assert pdf.Root.Lang == language
    assert made == {}
