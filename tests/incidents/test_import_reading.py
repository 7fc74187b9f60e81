"""One row: what it says, and which of its values cannot be true. No database."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents import codes
from incidents.imports import awsd
from incidents.imports.awsd_codes import MEANS, SPELLINGS
from incidents.imports.cells import Cells
from incidents.imports.readings import CATEGORY, UNDATED
from slt_portal.tables import Row

from .awsd_files import AS_OF, incident

LONG = "x" * 20_000
COUNTRIES = {"SS": "SS", "SSD": "SS", "TD": "TD", "TCD": "TD"}


def read(cells=None, as_of=AS_OF, **replaced):
    row = Row(2, incident(7, **replaced) | (cells or {}))
    return awsd.read_row(row, source_id="7", digest="d", as_of=as_of, countries=COUNTRIES)


def notes_of(reading):
    return {(note.column, note.reason.value) for note in reading.notes}


def test_a_right_row_is_taken_over_whole():
    reading = read()
    assert notes_of(reading) == set()
    assert {name: reading.record[name] for name in ("year", "month", "day", "wounded", "killed", "affected")} == {
        "year": 2024,
        "month": 2,
        "day": 29,
        "wounded": 1,
        "killed": 0,
        "affected": 1,
    }
    assert reading.facts == {
        "category": codes.Category.KILLING_INJURY,
        "consequence": codes.Outcome.WOUNDED,
        "severity": codes.Severity.SEVERE,
        "means": codes.Means.SHOOTING,
        "context": codes.Context.AMBUSH,
        "actor": codes.Actor.CRIMINAL,
        "place_type": codes.PlaceType.ROAD,
        "occurred_from": datetime(2024, 2, 29, tzinfo=UTC),
        "time_precision": codes.TimePrecision.DAY,
        "place_precision": codes.PlacePrecision.WITHIN_25_KM,
        "killed": 0,
        "wounded": 1,
        "kidnapped": 0,
        "detained": 0,
    }
    assert reading.texts == {
        "what": "Invented narrative 7.",
        "place": "Inventedtown, Invented District, Invented Region, South Sudan",
        "actor_name": "Invented band",
        "position": [4.5, 31.25],
        "source_ref": "AWSD 7",
    }


@pytest.mark.parametrize(
    ("replaced", "noted", "kept"),
    [
        ({"Month": "2", "Day": "31"}, {("Day", "no_such_day")}, (2024, 2, None)),
        ({"Year": "2023"}, {("Day", "no_such_day")}, (2023, 2, None)),  # 29 February
        ({"Day": "32"}, {("Day", "out_of_range")}, (2024, 2, None)),
        ({"Month": "13"}, {("Month", "out_of_range"), ("Day", "incomplete_date")}, (2024, None, None)),
        ({"Month": ""}, {("Day", "incomplete_date")}, (2024, None, None)),
        ({"Month": "", "Day": ""}, set(), (2024, None, None)),
        ({"Day": ""}, set(), (2024, 2, None)),
        ({"Year": "2025", "Month": "12", "Day": "19"}, {("Month", "future"), ("Day", "future")}, (2025, None, None)),
        ({"Year": "2025", "Month": "3", "Day": "31"}, set(), (2025, 3, 31)),
        ({"Year": "2026"}, {("Year", "future"), ("Month", "future"), ("Day", "future")}, (None, None, None)),
        (
            {"Year": "99"},
            {("Year", "out_of_range"), ("Month", "incomplete_date"), ("Day", "incomplete_date")},
            (None,) * 3,
        ),
        ({"Year": "", "Month": "", "Day": ""}, set(), (None, None, None)),
        ({"Year": " 2024.0\t", "Month": "2.0"}, set(), (2024, 2, 29)),
        ({"Day": "1\x002"}, {("Day", "not_a_number")}, (2024, 2, None)),
        ({"Month": "Feb"}, {("Month", "not_a_number"), ("Day", "incomplete_date")}, (2024, None, None)),
        ({"Day": "²"}, {("Day", "not_a_number")}, (2024, 2, None)),
    ],
)
def test_dates(replaced, noted, kept):
    reading = read(replaced)
    assert notes_of(reading) == noted
    assert tuple(reading.record[part] for part in ("year", "month", "day")) == kept
    year, month, day = kept
    start = datetime(year, month or 1, day or 1, tzinfo=UTC) if year else None
    assert reading.facts["occurred_from"] == start
    assert reading.sort_at == (start or UNDATED)
    precision = "day" if day else "month" if month else "year" if year else "not_sure"
    assert reading.facts["time_precision"] == precision


def test_a_day_later_in_the_month_of_the_export_is_impossible_but_its_month_is_not():
    reading = read({"Year": "2025", "Month": "3", "Day": "30"}, as_of=date(2025, 3, 29))
    assert notes_of(reading) == {("Day", "future")}
    assert reading.record["month"] == 3


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("-1", "negative"),
        ("two", "not_a_number"),
        ("1,5", "not_a_number"),
        ("1.5", "not_a_number"),
        ("١", "not_a_number"),
        ("9" * 5000, "not_a_number"),
        ("999999999", "too_large"),
    ],
)
def test_impossible_counts_are_noted_and_nothing_is_concluded_from_them(value, reason):
    reading = read({"Nationals wounded": value})
    assert notes_of(reading) == {("Nationals wounded", reason)}
    assert "Nationals wounded" not in reading.record["figures"]
    assert reading.record["wounded"] == 1


@pytest.mark.parametrize(
    ("replaced", "column"),
    [
        ({"Nationals wounded": "2", "Total nationals": "2"}, {"Total wounded", "Total affected"}),
        ({"Total affected": "5"}, {"Total affected", ", ".join(awsd.GENDER), ", ".join(awsd.STAFF)}),
        ({"Total nationals": "0"}, {"Total nationals"}),  # and not once more where it is a part
        ({"Gender Male": "1"}, {", ".join(awsd.GENDER)}),
        ({"UN": "1"}, {", ".join(awsd.STAFF)}),
        ({"Total detained": "1"}, {"Total detained"}),
    ],
)
def test_figures_that_contradict_each_other_are_flagged_and_kept(replaced, column):
    reading = read(replaced)
    assert {note.column for note in reading.notes} == column
    assert all(note.is_kept and note.reason == "contradiction" for note in reading.notes)
    published = reading.record["figures"] | {
        "Total affected": reading.record["affected"],
        "Total wounded": reading.record["wounded"],
        "Total detained": reading.record["detained"],
    }
    assert {name: str(published[name]) for name in replaced} == replaced


def test_an_unknown_total_contradicts_nothing():
    assert notes_of(read(dict.fromkeys(awsd.TOTALS, ""))) == set()


@pytest.mark.parametrize(
    ("latitude", "longitude", "noted"),
    [
        ("95", "31", {("Latitude", "out_of_range"), ("Longitude", "half_a_pair")}),
        ("4.5", "", {("Latitude", "half_a_pair")}),
        ("", "31", {("Longitude", "half_a_pair")}),
        ("0", "0.00", {("Latitude", "zero_position"), ("Longitude", "zero_position")}),
        ("4,5", "31", {("Latitude", "not_a_number"), ("Longitude", "half_a_pair")}),
        ("4.5N", "181", {("Latitude", "not_a_number"), ("Longitude", "out_of_range")}),
        ("nan", "inf", {("Latitude", "not_a_number"), ("Longitude", "not_a_number")}),
        ("1e1", "0x1", {("Latitude", "not_a_number"), ("Longitude", "not_a_number")}),
        ("", "", set()),
    ],
)
def test_damaged_positions_are_left_out(latitude, longitude, noted):
    reading = read(Latitude=latitude, Longitude=longitude)
    assert notes_of(reading) == noted
    assert reading.texts["position"] == []
    assert reading.texts["place"]


def test_tabs_and_spaces_around_a_position_are_not_damage():
    assert read(Latitude="-4.846687\t", Longitude=" 96.133333").texts["position"] == [-4.846687, 96.133333]


@pytest.mark.parametrize(
    ("column", "value", "label"),
    [
        ("Actor type", "Host State", "Host state"),
        ("Actor type", "Non-state armed group: Global ", "Non-state armed group: Global"),
        ("Means of attack", "Vehicle-born IED", "Vehicle-born IED"),
        ("Means of attack", "vehicle-borne  IED", "Vehicle-born IED"),
        ("Means of attack", "Landmine ", "Landmine"),
        ("Source", "Offiicial Report", "Official Report"),
        ("Source", "media", "Media"),
    ],
)
def test_known_spellings_are_one_value(column, value, label):
    reading = read({column: value})
    assert (notes_of(reading), reading.record["figures"][column]) == (set(), label)


@pytest.mark.parametrize("column", list(SPELLINGS))
def test_unknown_codes_are_unknown_and_noted(column):
    reading = read({column: "Something new"})
    assert notes_of(reading) == {(column, "unknown_code")}
    assert column not in reading.record["figures"]
    field = {"Means of attack": "means", "Attack context": "context", "Location": "place_type", "Actor type": "actor"}
    if column in field:
        assert reading.facts[field[column]] == "unknown"


def test_an_empty_code_is_unknown_and_nothing_is_wrong_with_it():
    reading = read(dict.fromkeys(SPELLINGS, ""))
    assert notes_of(reading) == set()
    assert (reading.facts["means"], reading.facts["actor"]) == ("unknown", "unknown")


def test_every_means_has_a_category_or_leaves_it_to_the_figures():
    assert set(CATEGORY) == set(MEANS.values()) - {codes.Means.UNKNOWN}
    harmed = [("killed", "killing_injury"), ("wounded", "killing_injury"), ("kidnapped", "abduction")]
    for outcome, category in [*harmed, ("detained", "detention"), ("affected", "unknown")]:
        nobody = {f"Total {name}": "0" for name in awsd.OUTCOMES}
        reading = read(nobody | {"Means of attack": "Unknown", f"Total {outcome}": "1"})
        assert reading.facts["category"] == category


@pytest.mark.parametrize(
    ("empty", "precision", "place"),
    [
        (["City"], "district", "Invented District, Invented Region, South Sudan"),
        (["City", "District"], "province", "Invented Region, South Sudan"),
        (["City", "District", "Region"], "country", "South Sudan"),
        (["City", "District", "Region", "Country"], "unknown", ""),
    ],
)
def test_the_precision_of_a_place_is_what_was_given(empty, precision, place):
    reading = read(dict.fromkeys(empty, ""))
    assert (reading.facts["place_precision"], reading.texts["place"]) == (precision, place)


def test_over_long_texts_are_left_out_and_not_repeated_in_the_note():
    columns = ["Details", "Country", "Region", "District", "City", "Actor name"]
    reading = read(dict.fromkeys(columns, LONG))
    assert notes_of(reading) == {(column, "too_long") for column in columns}
    assert {note.value for note in reading.notes} == {"(20000 characters)"}
    assert (reading.record["country_text"], reading.texts["what"], reading.texts["place"]) == ("", "", "")
    assert reading.facts["place_precision"] == "unknown"
    assert reading.record["wounded"] == 1


def test_the_country_is_kept_as_written_even_if_its_code_is_unknown():
    reading = read({"Country Code": "QQ", "Country": " Some  Land "})
    assert notes_of(reading) == {("Country Code", "unknown_code")}
    assert (reading.record["country_code"], reading.record["country_text"]) == ("", "Some Land")
    assert read({"Country Code": "ss"}).record["country_code"] == "SS"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("Means of attack", "Rape/sexual assault "),
        ("Means of attack", "RAPE or serious sexual assault"),
        ("Means of attack", "SGBV"),
        ("Attack context", "Sexual violence"),  # a shifted row
    ],
)
def test_of_sexual_violence_only_the_counts_are_read(column, value):
    reading = read({column: value, "Latitude": "1000", "Year": "Ms CANARY", "Total killed": "CANARY"})
    assert (reading.facts, reading.texts) == (None, {})
    assert reading.record == {
        "year": None,
        "month": None,
        "day": None,
        "country_code": "SS",
        "country_text": "South Sudan",
        "killed": None,
        "wounded": 1,
        "kidnapped": 0,
        "detained": 0,
        "affected": 1,
        "figures": dict.fromkeys(awsd.STAFF, 0) | {"INGO": 1, "Means of attack": "Rape/sexual assault"},
    }
    assert notes_of(reading) == {("Year", "not_a_number"), ("Total killed", "not_a_number")}
    assert {note.value for note in reading.notes} == {""}


@pytest.mark.parametrize("told", ["was raped by CANARY", "an attempted rape, CANARY", "SEXUALLY assaulted CANARY"])
@pytest.mark.parametrize(("means", "figure"), [("Shooting", {"Means of attack": "Shooting"}), ("CANARY", {})])
def test_a_story_of_sexual_violence_is_not_read_either_and_its_means_count_as_published(told, means, figure):
    reading = read({"Details": f"A colleague {told}.", "Means of attack": means, "City": "CANARY"})
    assert (reading.facts, reading.texts) == (None, {})
    assert (reading.record["year"], reading.record["month"], reading.record["wounded"]) == (2024, None, 1)
    assert reading.record["figures"] == dict.fromkeys(awsd.STAFF, 0) | {"INGO": 1} | figure
    assert "CANARY" not in repr(reading)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("7", "7"), (" 0007.0\t", "7"), ("", None), ("0", None), ("-7", None), ("Total", None), ("1" * 50, None)],
)
def test_ids(value, expected):
    assert awsd.read_id(Cells(Row(2, incident(1) | {"Incident ID": value}))) == expected


def test_the_digest_ignores_what_is_not_part_of_the_row():
    row = incident(7)
    variant = row | {"Colour": "red", "Details": f" {row['Details']}\n", "Total detained": "0", "Year": "2024\t"}
    assert awsd.spoken(Row(2, row)) == awsd.spoken(Row(9, variant))
    assert awsd.spoken(Row(2, row)) != awsd.spoken(Row(2, row | {"Total killed": "1"}))
    assert awsd.spoken(Row(2, row)) != awsd.spoken(Row(2, row | {"Details": "Other."}))


DIRTY = st.one_of(
    st.text(max_size=30),
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(["", " ", "\t5\t", "-0", "00", "1e5", "31", "29", "2025", "SS", "=1+1", "Unknown", LONG]),
)


@given(st.dictionaries(st.sampled_from([*awsd.REQUIRED, *awsd.OPTIONAL]), DIRTY))
def test_no_dirt_in_any_cell_stops_the_reading(cells):
    reading = read(cells)
    record = reading.record
    assert record["day"] is None or record["month"]
    assert record["month"] is None or record["year"]
    assert all(note.column and len(note.value) <= 60 for note in reading.notes)
    assert len({note.column for note in reading.notes}) == len(reading.notes)
