"""Insecurity Insight: one row, the whole real file against figures computed on their own, its other definitions."""

import json
from collections import Counter
from datetime import UTC, date, datetime

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from incidents import codes
from incidents.imports import insecurity
from incidents.imports.actions import import_incidents
from incidents.imports.cells import Cells
from incidents.imports.totals import reference_totals
from incidents.models import IncidentRelease, QuarantinedValue, ReferenceRecord
from slt_portal.tables import Row

AS_OF = date(2024, 3, 1)
COUNTRIES = {"SS": "SS", "SSD": "SS"}


def entry(number=7, **cells) -> dict[str, str]:
    """A row that is right in every cell; `cells` by column, with _ for a space, replace some of them."""
    row = {
        "SiND Event ID": str(number),
        "Date": "2024-02-26",
        "Event Description": "Invented narrative.",
        "Country": "South Sudan",
        "Country ISO": "SSD",
        "Admin 1": "Invented Province",
        "Latitude": "4.5000",
        "Longitude": "31.25",
        "Geo Precision": "(2) 25 km precision ",
        "Location of Incident": "Road",
        "Reported Perpetrator": "NSA",
        "Reported Perpetrator Name": "Invented band",
        "Weapon Carried/Used": "Firearms",
        "Organisation Affected": "INGO, LNGO",
        "Programme Focus": "Health",
        **dict.fromkeys(insecurity.COUNTS, "0"),
        "Aid Workers Killed": "1",
    }
    return row | {name.replace("_", " "): value for name, value in cells.items()}


def read(cells=None, **replaced):
    row = Row(2, entry(**replaced) | (cells or {}))
    return insecurity.read_row(row, source_id="7", digest="d", as_of=AS_OF, countries=COUNTRIES)


def notes_of(reading):
    return {(note.column, note.reason.value) for note in reading.notes}


def test_a_right_row_is_taken_over_whole():
    reading = read()
    assert notes_of(reading) == set()
    assert reading.facts == {
        "category": codes.Category.KILLING_INJURY,
        "consequence": codes.Outcome.KILLED,
        "severity": codes.Severity.CRITICAL,
        "means": codes.Means.SHOOTING,
        "context": codes.Context.UNKNOWN,
        "actor": codes.Actor.NON_STATE_UNKNOWN,
        "place_type": codes.PlaceType.ROAD,
        "place_precision": codes.PlacePrecision.WITHIN_25_KM,
        "occurred_from": datetime(2024, 2, 26, tzinfo=UTC),
        "time_precision": codes.TimePrecision.DAY,
        "killed": 1,
        "wounded": 0,
        "kidnapped": 0,
        "detained": 0,
    }
    assert reading.texts == {
        "what": "Invented narrative.",
        "place": "Invented Province, South Sudan",
        "actor_name": "Invented band",
        "position": [4.5, 31.25],
        "source_ref": "Insecurity Insight 7",
    }
    assert (reading.record["country_code"], reading.record["affected"]) == ("SS", None)
    assert reading.record["figures"]["Organisation Affected"] == "INGO, LNGO"


def test_killed_in_captivity_stays_kidnapped_as_published_and_is_the_gravest():
    counts = {"Aid Workers Killed": "0", "Aid Workers Kidnapped": "2", "Aid Workers Killed in Captivity": "1"}
    reading = read(counts)
    assert (reading.record["killed"], reading.record["kidnapped"]) == (0, 2)
    assert reading.record["figures"]["Aid Workers Killed in Captivity"] == 1
    assert (reading.facts["means"], reading.facts["consequence"]) == ("kidnap_killing", "killed")
    assert (reading.facts["category"], reading.facts["severity"]) == ("abduction", 4)


@pytest.mark.parametrize(
    ("cells", "means", "category"),
    [
        ({"Aid Workers Kidnapped": "1"}, "kidnapping", "abduction"),
        ({"Aid Workers Arrested": "1"}, "detention", "detention"),
        ({"Aid Workers Killed": "0"}, "unknown", "unknown"),  # carried, not used
        ({"Weapon Carried/Used": "Knife"}, "bodily_assault", "assault"),
        ({"Weapon Carried/Used": "Aerial Bomb: Plane", "Aid Workers Killed": "0"}, "aerial_bombardment", "explosives"),
        ({"Weapon Carried/Used": "Firearms, Shelling"}, "unknown", "killing_injury"),  # which of them is not said
        ({"Weapon Carried/Used": "Tasers, Live and Rubber Bullets"}, "unknown", "killing_injury"),
        ({"Weapon Carried/Used": "VBIED"}, "vehicle_borne_ied", "explosives"),
    ],
)
def test_means_and_category_follow_from_what_is_said(cells, means, category):
    reading = read(cells)
    assert (reading.facts["means"], reading.facts["category"]) == (means, category)
    assert notes_of(reading) == set()


@pytest.mark.parametrize("column", [*insecurity.SPELLINGS, "Country ISO", "Geo Precision"])
def test_unknown_codes_are_unknown_and_noted(column):
    assert notes_of(read({column: "Wizard"})) == {(column, "unknown_code")}
    assert notes_of(read({column: ""})) == set()


@pytest.mark.parametrize(
    ("value", "kept", "reason"),
    [
        ("2024-02-26", (2024, 2, 26), None),
        ("2024-02-26T00:00:00", (2024, 2, 26), None),
        ("45348", (2024, 2, 26), None),
        ("45348.0", (2024, 2, 26), None),
        ("2024-02", (2024, 2, None), None),
        ("2024", (2024, None, None), None),
        ("", (None, None, None), None),
        ("2024-02-30", (2024, 2, None), "no_such_day"),
        ("2024-13-01", (None, None, None), "not_a_date"),
        ("0000-01-01", (None, None, None), "not_a_date"),
        ("26/02/2024", (None, None, None), "not_a_date"),
        ("1e400", (None, None, None), "not_a_date"),
        ("2024-03-02", (2024, 3, None), "future"),
        ("2025-01-01", (None, None, None), "future"),
        ("1899-01-01", (None, None, None), "out_of_range"),
        ("99999", (None, None, None), "future"),
    ],
)
def test_dates(value, kept, reason):
    reading = read({"Date": value})
    assert tuple(reading.record[name] for name in ("year", "month", "day")) == kept
    assert notes_of(reading) == ({("Date", reason)} if reason else set())


def test_a_narrative_on_sexual_violence_makes_the_row_one_that_is_only_counted():
    reading = read({"Event Description": "A colleague was raped CANARY.", "Latitude": "CANARY"})
    assert (reading.facts, reading.texts) == (None, {})
    assert (reading.record["year"], reading.record["month"], reading.record["day"]) == (2024, None, None)
    assert (reading.record["killed"], reading.record["figures"]) == (1, {})
    assert "CANARY" not in repr(reading)


def test_parts_larger_than_their_total_are_flagged_and_kept():
    assert notes_of(read({"Male Aid Workers Killed": "2"})) == {("Aid Workers Killed", "contradiction")}
    assert notes_of(read({"Aid Workers Killed": "5", "Male Aid Workers Killed": "2"})) == set()  # of three not known


def test_the_digest_is_the_same_from_csv_workbook_and_json():
    variants = [
        entry(),
        entry(Latitude="4.5", Date="45348"),
        entry(Date="2024-02-26T00:00:00") | {"Aid Workers Killed": "1.0"},
    ]
    assert len({str(insecurity.spoken(Row(2, cells))) for cells in variants}) == 1
    assert insecurity.spoken(Row(2, entry())) != insecurity.spoken(Row(2, entry(Date="2024-02-25")))


DIRTY = st.one_of(
    st.text(max_size=30), st.integers().map(str), st.floats().map(str), st.sampled_from(["", "45348", "=1+1", ", ,"])
)


@given(st.dictionaries(st.sampled_from([*insecurity.REQUIRED, *insecurity.OPTIONAL]), DIRTY))
def test_no_dirt_in_any_cell_stops_the_reading(cells):
    reading = read(cells)
    assert reading.record["day"] is None or reading.record["month"]
    assert reading.record["month"] is None or reading.record["year"]
    assert all(note.column and len(note.value) <= 60 for note in reading.notes)
    assert insecurity.read_id(Cells(Row(2, cells))) is None or cells["SiND Event ID"].strip()
    assert insecurity.spoken(Row(2, cells)) is not None


@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.sqlite
def test_the_whole_real_file(shared_data, django_capture_on_commit_callbacks):
    path = shared_data / "incidents" / "insecurity_insight_api_aidWorkerKIKA.json"
    call_command("load_areas", verbosity=0)
    options = {"source": "insecurity_insight", "as_of": date(2024, 4, 1), "dry_run": False, "by": None}
    with django_capture_on_commit_callbacks(execute=True):
        report = import_incidents(path, progress=lambda *_: None, **options)
    published = json.loads(path.read_text())
    ours = {"killed": "Killed", "wounded": "Injured", "kidnapped": "Kidnapped", "detained": "Arrested"}
    totals = reference_totals("insecurity_insight")
    rows = list(ReferenceRecord.objects.filter(source="insecurity_insight"))
    stored = {name: sum(getattr(row, name) for row in rows) for name in ours}
    assert stored == {
        name: sum(int(row[f"Aid Workers {theirs}"]) for row in published) for name, theirs in ours.items()
    }
    listed = [row for row in rows if row.release_id]
    assert {name: getattr(totals, name) for name in ours} == {
        name: sum(getattr(row, name) for row in listed) for name in ours
    }
    assert (len(rows), len(published), totals.incidents) == (1299, 1299, 1297)
    assert Counter(row.year for row in rows) == Counter(int(row["Date"][:4]) for row in published)
    assert Counter(row.country_text for row in rows) == Counter(row["Country"] for row in published)
    assert {row.source_id for row in rows if not row.release_id} == {"42207", "38556"}
    died = sum(row.figures.get("Aid Workers Killed in Captivity", 0) for row in rows)
    assert died == sum(int(row["Aid Workers Killed in Captivity"]) for row in published)
    assert IncidentRelease.objects.for_system("test").count() == report.listed == 1297
    found = QuarantinedValue.objects.values_list("source_id", "column", "value", "reason")
    assert [row[1:] for row in found] == [("Reported Perpetrator", "MilCombatant", "unknown_code")]
    assert all(row.country_code for row in rows)
    assert not report.missing
    assert totals.credit == "Insecurity Insight, insecurityinsight.org (CC BY)"
    again = import_incidents(path, progress=lambda *_: None, **options)
    assert (len(again.plan.new), len(again.plan.changed), again.plan.unchanged) == (0, 0, 1299)
