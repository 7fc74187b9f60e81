"""When a list is made, what it says, and what it says of the month in which nobody made one (§5e; L4, L8)."""

import csv
import hashlib
import io
import json
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError

from areas.models import Area, AreaEntry
from audit.models import Event
from documents.issue import order_document
from documents.models import DocumentOrder
from implementation_levels.actions.lists import publish_due
from implementation_levels.lists import content_of, current_list, file_with, list_on, lists, next_due
from implementation_levels.models import LevelDecision, LevelList
from implementation_levels.tasks import publish_and_send
from tests.factories.at_once import at_once
from tests.factories.levels import CHAD, SOUTH_SUDAN, a_level

KENYA = "kenya"
START = date(2026, 3, 2)


def at(day: date, hour: int = 12):
    """The clock stands at an hour of a day, UTC."""
    return time_machine.travel(datetime(day.year, day.month, day.day, hour, tzinfo=UTC), tick=False)


def made_on(day: date) -> LevelList | None:
    """What the tick of that day makes."""
    with at(day):
        return publish_due()


def decided(cast, day: date, level="reinforced", **fields) -> LevelDecision:
    """The Committee decides on that day."""
    with at(day):
        return a_level(cast, level, **fields)


def codes(level_list) -> list[str]:
    """The areas of a list."""
    return [row["code"] for row in content_of(level_list)["areas"]]


def changed(level_list) -> tuple[list, list]:
    """The areas that came and that went, with the days."""
    found = content_of(level_list)["changes"]
    return (
        [(row["code"], row["since"]) for row in found["added"]],
        [(row["code"], row["effective_from"]) for row in found["removed"]],
    )


# --- When --------------------------------------------------------------------------------------------------------


def test_no_list_before_anything_was_decided_then_one_of_each_change_and_none_between(cast):
    assert made_on(START) is None
    assert (current_list(), next_due(), list_on(START)) == (None, None, None)
    decided(cast, START, "normal")
    first = made_on(START)
    assert (first.number, first.reason, codes(first), first.is_late) == (1, "first", [], False)
    assert made_on(START) is None
    begins = START + timedelta(days=10)
    decided(cast, START, begins=begins)
    assert [made_on(START + timedelta(days=days)) for days in range(10)] == [None] * 10, "not before it takes effect"
    second = made_on(begins)
    assert (second.number, second.reason, codes(second)) == (2, "change", [SOUTH_SUDAN])
    assert changed(second) == ([(SOUTH_SUDAN, "2026-03-12")], [])
    assert content_of(second)["previous"] == {"number": 1, "digest": first.digest}
    decided(cast, begins + timedelta(days=30))
    assert made_on(begins + timedelta(days=30)) is None, "it stays: that is no change"
    decided(cast, begins + timedelta(days=40), "normal", reasons="The road is open.")
    third = made_on(begins + timedelta(days=40))
    assert (codes(third), changed(third)) == ([], ([], [(SOUTH_SUDAN, "2026-04-21")]))
    assert content_of(third)["changes"]["removed"][0]["reasons"] == "The road is open."


@pytest.mark.parametrize(
    ("made", "due"),
    [
        (date(2026, 8, 31), date(2027, 2, 28)),
        (date(2027, 8, 31), date(2028, 2, 29)),
        (date(2028, 2, 29), date(2028, 8, 29)),
        (date(2026, 12, 31), date(2027, 6, 30)),
    ],
)
def test_six_months_later_whatever_the_length_of_the_months(cast, made, due):
    decided(cast, made)
    assert made_on(made).number == 1
    with at(made):
        assert next_due() == due
    assert made_on(due - timedelta(days=1)) is None
    second = made_on(due)
    assert (second.reason, second.due_on, second.is_late, changed(second)) == ("period", due, False, ([], []))


def test_the_clock_restarts_at_each_list_also_at_a_late_one(cast):
    decided(cast, date(2026, 1, 1))
    made_on(date(2026, 1, 1))
    decided(cast, date(2026, 5, 1), code=CHAD)
    made_on(date(2026, 5, 1))
    assert made_on(date(2026, 7, 1)) is None
    assert made_on(date(2026, 10, 31)) is None
    late = made_on(date(2026, 11, 20))
    assert (late.reason, late.due_on, late.is_late) == ("period", date(2026, 11, 1), True)
    assert next_due() == date(2027, 5, 20)


def test_a_month_of_downtime_is_one_late_list_with_everything_since(cast):
    """South Sudan left and came back, Chad came, Kenya came and went again, which no list ever said."""
    decided(cast, START)
    made_on(START)
    decided(cast, START + timedelta(days=2), "normal")
    decided(cast, START + timedelta(days=5), code=KENYA)
    decided(cast, START + timedelta(days=8), code=CHAD)
    decided(cast, START + timedelta(days=9), "normal", code=KENYA)
    decided(cast, START + timedelta(days=20))
    day = START + timedelta(days=31)
    made = made_on(day)
    assert (made.number, made.on, made.due_on, made.is_late) == (2, day, START + timedelta(days=2), True)
    assert changed(made) == ([(CHAD, "2026-03-10"), (SOUTH_SUDAN, "2026-03-22")], [(SOUTH_SUDAN, "2026-03-04")])
    assert made_on(day + timedelta(days=1)) is None
    assert list_on(day - timedelta(days=1)).number == 1, "that was in force, and not the one that should have been"


def test_a_half_year_that_passed_before_the_change_counts_first(cast):
    decided(cast, date(2026, 1, 31))
    made_on(date(2026, 1, 31))
    decided(cast, date(2026, 8, 10), code=CHAD)
    made = made_on(date(2026, 8, 20))
    assert (made.reason, made.due_on) == ("change", date(2026, 7, 31))


def test_with_a_clock_that_was_set_back_nothing_is_made_until_the_day_comes_again(cast):
    decided(cast, START)
    made_on(START)
    decided(cast, START, code=CHAD)
    assert made_on(START - timedelta(days=3)) is None
    with at(START, hour=1):  # earlier on the same day
        assert publish_due().number == 2
    assert [row.number for row in lists()] == [2, 1]


def test_two_decisions_on_one_day_are_two_lists_and_the_last_is_that_of_the_day(cast):
    decided(cast, START)
    made_on(START)
    decided(cast, START, code=CHAD)
    assert made_on(START).number == 2
    decided(cast, START, "normal")
    third = made_on(START)
    assert (third.number, third.is_late, changed(third)[1]) == (3, False, [(SOUTH_SUDAN, START.isoformat())])
    assert list_on(START).number == 3


def test_what_was_taken_back_before_it_took_effect_is_on_no_list(cast):
    decided(cast, START, "normal")
    made_on(START)
    decided(cast, START, begins=START + timedelta(days=10))
    decided(cast, START + timedelta(days=3), "normal", begins=START + timedelta(days=5))
    assert made_on(START + timedelta(days=12)) is None


def test_an_area_that_ended_leaves_the_list(cast):
    decided(cast, START)
    made_on(START)
    Area.objects.filter(code=SOUTH_SUDAN).update(valid_to=START + timedelta(days=4))
    assert made_on(START + timedelta(days=4)) is None, "its last day"
    made = made_on(START + timedelta(days=6))
    assert (codes(made), made.due_on) == ([], START + timedelta(days=5))
    removed = content_of(made)["changes"]["removed"]
    assert [(row["code"], row["decision"], row["effective_from"]) for row in removed] == [
        (SOUTH_SUDAN, None, "2026-03-07")
    ]


@pytest.mark.django_db(transaction=True)
def test_two_beats_at_once_make_one_list(cast):
    a_level(cast)
    assert at_once(publish_due, publish_due) == []
    assert [row.number for row in lists()] == [1]
    assert DocumentOrder.objects.count() == 2
    assert Event.objects.filter(verb="implementation_levels.list_published").count() == 1


def test_the_tick_makes_it_and_nothing_is_left_of_one_that_fails(cast):
    """Row, PDFs and audit event are one transaction: what stands in the way of one leaves nothing of the others."""
    a_level(cast)
    order_document(number="SLT-LIST-0001", language="fr", template="x.html", title="x", context={})
    with pytest.raises(IntegrityError):
        publish_and_send()
    assert (LevelList.objects.count(), DocumentOrder.objects.count()) == (0, 1)
    DocumentOrder.objects.all().delete()
    publish_and_send()
    assert LevelList.objects.count() == 1


# --- What it says ------------------------------------------------------------------------------------------------


def test_the_content_is_canonical_and_says_everything(cast, settings):
    settings.DEMO = False
    Area.objects.filter(code=SOUTH_SUDAN).update(note_en="A note.", note_fr="Une remarque.")
    made = decided(cast, START, reasons="Ambushes – “daily”.")
    stays = decided(cast, START, reasons="")
    row = made_on(START)
    content = json.loads(row.content)
    assert row.content == json.dumps(content, sort_keys=True, ensure_ascii=False, indent=1) + "\n"
    assert row.digest == hashlib.sha256(row.content.encode()).hexdigest()
    area = {
        "code": SOUTH_SUDAN, "name_en": "South Sudan", "name_fr": "Soudan du Sud", "kind": "country",
        "note_en": "A note.", "note_fr": "Une remarque.", "since": "2026-03-02", "effective_from": "2026-03-02",
        "decided_on": "2026-03-02", "review_due": "2026-09-02", "decision": stays.ref, "made_by": made.ref,
        "reasons": "Ambushes – “daily”.",
    }  # fmt: skip
    assert content == {
        "number": 1, "on": "2026-03-02", "due_on": "2026-03-02", "reason": "first", "previous": None,
        "is_invented": False, "areas": [area], "changes": {"added": [area], "removed": []},
    }  # fmt: skip
    facts = Event.objects.order_by("number").last().facts
    assert (facts["digest"], facts["csv_en"], facts["areas"]) == (row.digest, row.csv_en_digest, 1)
    assert [(order.number, order.language) for order in DocumentOrder.objects.order_by("pk")] == [
        ("SLT-LIST-0001", "en"),
        ("SLT-LIST-0001", "fr"),
    ]


def test_the_tables_are_no_programs_and_say_what_they_are(cast):
    Area.objects.filter(code=SOUTH_SUDAN).update(name_en="=cmd|' /C calc'!A0", name_fr="@SUM(1)")
    decided(cast, START, reasons="+41 22\n-1", code=SOUTH_SUDAN)
    decided(cast, START, code=CHAD)
    row = made_on(START)
    for language, names in (("en", ["'=cmd|' /C calc'!A0", "Chad"]), ("fr", ["'@SUM(1)", "Tchad"])):
        data = getattr(row, f"csv_{language}").encode()
        assert data.startswith(b"\xef\xbb\xbf")
        assert hashlib.sha256(data).hexdigest() == getattr(row, f"csv_{language}_digest")
        cells = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
        assert [line[3] for line in cells[1:]] == names
        assert cells[1][:3] == ["1", "2026-03-02", SOUTH_SUDAN]
        assert "'+41 22\n'-1" in cells[1]
        assert {"en": "invented", "fr": "inventés"}[language] in cells[1][-2]


def test_a_table_without_areas_says_so(cast):
    decided(cast, START, "normal")
    lines = made_on(START).csv_en.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith('1,"2026-03-02"')
    assert "No area is at the reinforced level." in lines[1]


def test_it_has_the_names_of_its_day(cast):
    """The name begins on its day, also where the worker that gives it to the area is late."""
    area = Area.objects.get(code=SOUTH_SUDAN)
    was = {"name_en": area.name_en, "name_fr": area.name_fr}
    AreaEntry.objects.create(
        area=area, what="renamed", on=START + timedelta(days=3), name_en="Newland", name_fr="Pays neuf", was=was
    )
    decided(cast, START)
    assert content_of(made_on(START))["areas"][0]["name_en"] == "South Sudan"
    decided(cast, START + timedelta(days=3), code=CHAD)
    assert [row["name_fr"] for row in content_of(made_on(START + timedelta(days=3)))["areas"]] == ["Tchad", "Pays neuf"]


def test_each_file_is_found_by_its_fingerprint(cast):
    decided(cast, START)
    row = made_on(START)
    found = {file_with(one).name for one in (row.digest, row.csv_en_digest, row.csv_fr_digest)}
    assert found == {"list-1.json", "list-1.en.csv", "list-1.fr.csv"}
    assert file_with("0" * 64) is None
