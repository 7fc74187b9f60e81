"""The statistics: what is counted, what is shown of it, and that the questions do not grow with the answers."""

import csv
import gzip
import io
import re
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.test import Client

from areas.models import Area
from areas.reference import load_reference
from incidents.codes import Actor, Category, Outcome
from incidents.models import ReferenceRecord
from overview.statistics import Question, sources, tables
from overview.statistics_filters import StatisticsForm, span
from sharing.access import access_of
from sharing.models import Release
from tests.factories.incidents import file_report
from tests.factories.statistics import make_incidents

pytestmark = pytest.mark.django_db
PAGE, FILE = "/statistics/", "/statistics/tables.csv"
# Session, user, second factor, memberships, standings; sources, two counts, areas with their territories; menu, areas
# to choose from. A chosen area is looked up by its code.
QUERIES, WITH_AREA = 10, 11


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel("2026-03-20T12:00:00Z", tick=True):
        yield


@pytest.fixture
def reader(cast, sign_in):
    """The field focal point of IO Lake, in South Sudan."""
    return sign_in(cast["io@lake.example"])


@pytest.fixture
def alba(cast):
    return cast.organisations["alba"]


def counted(cast, **question):
    """The incidents of each table for the reader, without who made them: {dimension: {key: (public, shared)}}."""
    found = tables(access_of(cast["io@lake.example"]), Question(**question))
    return {
        name: {
            key: tuple(getattr(table, side).get(key, {}).get("incidents", 0) for side in ("public", "shared"))
            for key in {**table.public, **table.shared}
        }
        for name, table in found.each()
    }


def rows_of(response, dimension):
    """The rows of one table as they are shown: {label: (public, shared)}."""
    return {
        row.label: tuple(str(row.figures[side]["incidents"]) for side in ("public", "shared"))
        for row in response.context["shown"].rows[dimension]
    }


@pytest.mark.sqlite
def test_each_incident_stands_once_in_every_table(cast, alba):
    chad, sudan = cast.areas["chad"], cast.areas["south-sudan"]
    make_incidents(
        [{"area": chad, "category": "robbery", "actor": "criminal", "consequence": "killed", "killed": 2}] * 2
    )
    make_incidents([{"area": sudan, "category": "safety"}, {"category": "robbery"}], originator=alba)
    assert counted(cast) == {
        "period": {date(2026, 1, 1): (2, 2)},
        "area": {chad.pk: (2, 0), sudan.pk: (0, 1), None: (0, 1)},
        "category": {"robbery": (2, 1), "safety": (0, 1)},
        "actor": {"criminal": (2, 0), "unknown": (0, 2)},
        "consequence": {"killed": (2, 0), "unknown": (0, 2)},
    }


def test_people_are_summed_and_nothing_known_is_not_zero(cast, alba):
    make_incidents([{"killed": 2, "wounded": 0}, {"killed": None, "wounded": 0}, {"killed": 3}])
    make_incidents([{"killed": 7}], originator=alba)
    row = tables(access_of(cast["io@lake.example"]), Question()).category.public["unknown"]
    assert row == {"incidents": 3, "killed": 5, "wounded": 0, "kidnapped": None, "detained": None}


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("precision", "month", "year"),
    [
        ("exact", True, True),
        ("day", True, True),
        ("month", True, True),
        ("year", False, True),
        ("not_sure", False, False),
    ],
)
def test_what_is_dated_less_exactly_is_not_put_into_a_period(cast, precision, month, year):
    make_incidents([{"time_precision": precision}], at=datetime(2026, 1, 31, 23, 59, tzinfo=UTC))
    assert counted(cast, by_year=False)["period"] == {date(2026, 1, 1) if month else None: (1, 0)}
    assert counted(cast, by_year=True)["period"] == {date(2026, 1, 1) if year else None: (1, 0)}


@pytest.mark.sqlite
def test_every_filter_by_itself(cast, alba):
    [part] = [Area.objects.create(code="part", name_en="P", name_fr="P", kind="part", parent=cast.areas["chad"])]
    make_incidents([
        {"area": part, "category": "robbery", "actor": "criminal", "consequence": "killed", "is_near_miss": True},
        {"area": cast.areas["chad"], "at": datetime(2024, 12, 31, 23, tzinfo=UTC)},
    ])  # fmt: skip
    make_incidents([{"at": datetime(2025, 1, 1, tzinfo=UTC)}] * 3, originator=alba)
    for question, public, shared in [
        ({}, 2, 3),
        ({"source": "public"}, 2, 0),
        ({"source": "shared"}, 0, 3),
        ({"area": cast.areas["chad"]}, 2, 0),
        ({"area": part}, 1, 0),
        ({"category": "robbery"}, 1, 0),
        ({"actor": "unknown"}, 1, 3),
        ({"consequence": "killed"}, 1, 0),
        ({"near_miss": "yes"}, 1, 0),
        ({"near_miss": "no"}, 1, 3),
        ({"since": date(2025, 1, 1)}, 1, 3),
        ({"until": date(2025, 1, 1)}, 1, 0),
        ({"since": date(2025, 1, 1), "until": date(2026, 1, 1)}, 0, 3),
    ]:
        for table in counted(cast, **question).values():
            assert [sum(side) for side in zip(*table.values(), strict=True)] == [public, shared], question


def test_periods_are_whole_months_and_years():
    today = date(2026, 3, 20)
    assert span("24-months", today) == (date(2024, 4, 1), None, False)
    assert span("12-months", today) == (date(2025, 4, 1), None, False)
    assert span("10-years", today) == (date(2017, 1, 1), None, True)
    assert span("all", today) == (None, None, True)
    assert span("2025", today) == (date(2025, 1, 1), date(2026, 1, 1), False)


def test_only_what_the_reader_may_see_is_counted(cast, sign_in):
    for _ in range(5):
        file_report(cast)
    assert "Incidents: 5–9" in sign_in(cast["io@lake.example"]).get(PAGE).content.decode()
    response = sign_in(cast["field@cedar.example"]).get(PAGE)  # in Chad: none of them is shared there
    assert response.context["shown"].sides == []
    assert 'class="empty"' in response.content.decode()


def test_rows_on_sexual_violence_are_one_number_from_five_upwards(cast, reader):
    for number in range(4):
        ReferenceRecord.objects.create(source="awsd", source_id=str(number), digest="x", year=2020, month=1)
    assert sources().sexual_violence is None
    assert "Sexual violence against" not in reader.get(PAGE).content.decode()
    ReferenceRecord.objects.create(source="awsd", source_id="5", digest="x", year=2001)
    for query in ("", "?period=2020", "?area=chad", "?category=robbery"):
        assert "counted, not listed: 5 incidents" in reader.get(PAGE + query).content.decode()
    assert "counted, not listed" not in reader.get(PAGE + "?source=shared").content.decode()
    assert all(table == {} for table in counted(cast).values())


def make_source(code, *days):
    """A public data set with one listed row for each of `days`."""
    items = make_incidents([{"at": datetime(*day, tzinfo=UTC)} for day in days])
    for item, (year, month, day) in zip(items, days, strict=True):
        release = Release.objects.for_system("test").get(item=item)
        ReferenceRecord.objects.create(
            source=code, source_id=item.ref, digest="x", release=release, year=year, month=month, day=day
        )


class TestHowFarPublicSourcesReach:
    """What nobody counted is no zero."""

    def test_months_after_the_latest_date_have_no_data(self, reader):
        make_source("awsd", (2024, 9, 3), (2025, 12, 19))
        response = reader.get(PAGE)
        rows = {label: public for label, (public, _shared) in rows_of(response, "period").items()}
        assert list(rows.items())[-5:] == [
            ("November 2025", "0"),
            ("December 2025", "1"),
            ("January 2026", "no data"),
            ("February 2026", "no data"),
            ("March 2026", "no data"),
        ]
        assert [rows[month] for month in ("August 2024", "September 2024", "October 2024")] == ["no data", "1", "0"]
        page = response.content.decode()
        assert "AWSD: up to 19 Dec 2025." in page
        assert "imported on" not in page
        assert response.context["shown"].total.words == "2"

    def test_the_file_says_so_too(self, reader):
        make_source("awsd", (2025, 12, 19))
        rows = list(csv.reader(io.StringIO(reader.get(FILE).content.decode("utf-8-sig"))))
        [january] = [row for row in rows if row[:2] == ["By month", "January 2026"]]
        assert january[2:] == ["no data"] * 5 + ["0"] * 5
        assert ["Definition", "AWSD: up to 19 Dec 2025."] in [row[:2] for row in rows]
        rows = reader.get(FILE + "?source=shared").content.decode()
        assert "AWSD: up to" not in rows
        assert '"January 2026","no data"' not in rows

    def test_the_line_has_a_gap_there(self, reader):
        make_source("awsd", (2025, 10, 1), (2025, 12, 19))
        [panel, *_rest] = reader.get(PAGE).context["panels"]
        assert [figure.low for figure in panel["figures"][-6:]] == [1, 0, 1, None, None, None]

    def test_years(self, reader):
        make_source("awsd", (2012, 2, 1), (2024, 12, 31))
        make_incidents([{"at": datetime(2010, 5, 1, tzinfo=UTC)}])  # what is counted is shown, whatever is known of it
        rows = rows_of(reader.get(PAGE + "?period=all"), "period")
        shown = [rows[str(year)][0] for year in (2010, 2011, 2012, 2013, 2024, 2025, 2026)]
        assert (list(rows)[0], shown) == ("2010", ["1", "no data", "1", "0", "1", "no data", "no data"])

    def test_a_year_of_which_there_is_the_beginning_only(self, reader):
        make_source("awsd", (2022, 12, 3), (2023, 5, 1), (2024, 8, 1), (2025, 3, 6))
        response = reader.get(PAGE + "?period=all")
        assert list(rows_of(response, "period"))[-4:] == ["2023", "2024", "2025 (to 6 Mar)", "2026"]
        [panel, *_rest] = response.context["panels"]
        assert panel["parts"] == {panel["labels"].index("2025"): "2025 (to 6 Mar)"}
        assert ">2025 (to 6 Mar)</text>" in response.content.decode()
        make_source("insecurity_insight", (2024, 5, 1), (2025, 12, 1))
        assert "2025 (AWSD to 6 Mar)" in rows_of(reader.get(PAGE + "?period=all"), "period")

    def test_each_source_by_itself(self, reader):
        make_source("awsd", (2025, 12, 19))
        make_source("insecurity_insight", (2025, 12, 1), (2026, 2, 2))
        response = reader.get(PAGE + "?period=12-months")
        rows = list(rows_of(response, "period").items())[-4:]
        assert [(label, public) for label, (public, _shared) in rows] == [
            ("December 2025", "2"),
            ("January 2026 (without AWSD)", "0"),
            ("February 2026 (without AWSD)", "1"),
            ("March 2026", "no data"),
        ]
        assert "AWSD: up to 19 Dec 2025. Insecurity Insight: up to 2 Feb 2026." in response.content.decode()

    def test_a_period_that_none_reaches(self, reader, alba):
        make_source("awsd", (2024, 12, 19))
        page = reader.get(PAGE + "?period=2026&source=public").content.decode()
        assert "Incidents: no data" in page
        assert "Public sources do not reach that far." in page
        assert "No incidents." not in page
        page = reader.get(PAGE + "?period=2026").content.decode()
        assert "Fewer than five incidents, or none." in page
        assert "What is later is no data, not zero." in page
        make_incidents([{"category": "robbery"}] * 6, originator=alba)
        response = reader.get(PAGE + "?period=2026")
        assert response.context["shown"].sides == ["shared"]
        assert rows_of(response, "category") == {"Robbery, burglary or theft": ("no data", "5–9")}

    def test_rows_that_are_not_listed_say_nothing_of_it(self, reader):
        make_source("awsd", (2025, 11, 5))
        ReferenceRecord.objects.create(source="awsd", source_id="x", digest="x", year=2026, month=2)
        assert "AWSD: up to 5 Nov 2025." in reader.get(PAGE).content.decode()

    def test_a_year_alone_does_not_say_how_far_into_it(self):
        make_source("awsd", (2025, 11, 5))
        [item] = make_incidents([{"at": datetime(2026, 1, 1, tzinfo=UTC), "time_precision": "year"}])
        release = Release.objects.for_system("test").get(item=item)
        ReferenceRecord.objects.create(source="awsd", source_id="y", digest="x", release=release, year=2026)
        assert [(span.code, span.last) for span in sources().spans] == [("awsd", date(2025, 11, 5))]


def test_before_the_portal_began_nobody_shared_anything(reader, alba):
    """Which is no zero; the days of accounts are public, those of the first reports are not."""
    make_source("awsd", (2019, 1, 1), (2026, 2, 1))
    make_incidents([{"at": datetime(2020, 5, 1, tzinfo=UTC)}] * 6, originator=alba)  # told of afterwards
    make_incidents([{}] * 6, originator=alba)
    response = reader.get(PAGE + "?period=all")
    rows = rows_of(response, "period")
    assert [rows[year] for year in ("2019", "2020", "2021", "2026 (to 1 Feb)")] == [
        ("1", "no data"),
        ("0", "5–9"),
        ("0", "no data"),
        ("1", "5–9"),
    ]
    assert [row.words for row in response.context["shown"].rows["period"] if row.label == "2021"] == ["0"]
    listed = {row.label for row, _cells in response.context["sections"][0]["rows"]}
    months = reader.get(PAGE).context["sections"][0]["rows"]
    assert ("2021" in listed, [row.label for row, _cells in months]) == (True, ["February 2026", "March 2026"])


def test_long_tables_are_short_on_the_page_and_whole_in_the_file(reader):
    make_incidents([{"at": datetime(2025, 5, 1, tzinfo=UTC)}, {"at": datetime(2026, 1, 1, tzinfo=UTC)}])
    response = reader.get(PAGE)
    [period, *others] = response.context["sections"]
    assert [row.label for row, _cells in period["rows"]] == ["May 2025", "January 2026"]
    page = response.content.decode()
    assert "Periods without any incident are left out here" in page
    assert re.findall(r'<details class="unfold"( open)?>', page) == [" open", *[""] * len(others)]
    assert page.index('id="trend-0-title"') < page.index('<details class="unfold"')
    assert page.index('id="category-title"') < page.index("<caption", page.index('id="by-category"'))
    assert reader.get(FILE).content.decode().count('"By month"') == 24
    shorter = reader.get(PAGE + "?period=12-months")
    assert len(shorter.context["sections"][0]["rows"]) == 12
    assert "are left out here" not in shorter.content.decode()


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(("query", "queries"), [("", QUERIES), ("?area=south-sudan&period=all", WITH_AREA)])
def test_the_page_asks_the_same_whatever_it_shows(
    cast, reader, alba, django_assert_num_queries, number, query, queries
):
    rows = [{"area": area, "category": code} for area, code in zip(cast.areas.values(), Category, strict=False)][
        :number
    ]
    make_incidents(rows)
    make_incidents(rows * 5, originator=alba)
    reader.get(PAGE)
    with django_assert_num_queries(queries):
        response = reader.get(PAGE + query)
    assert response.context["shown"].sides == ["public", "shared"]


HOSTILE = ["%00", "atlantis", "<script>alert(1)</script>", "';--", "9999999999", "-1", "ذ", "A" * 3000]


@pytest.mark.parametrize("name", list(StatisticsForm.base_fields))
@pytest.mark.parametrize("value", HOSTILE)
def test_a_filter_that_makes_no_sense_is_said_and_nothing_counted(reader, name, value):
    for path in (PAGE, FILE):
        response = reader.get(path, {name: value})
        assert response.status_code == 200
        assert list(response.context["filter_form"].errors) == [name]
        assert "shown" not in response.context
        assert 'class="field has-error"' in response.content.decode()
        assert "<script>alert" not in response.content.decode()


def test_the_file_holds_what_the_page_shows(cast, reader, alba):
    make_incidents([{"area": cast.areas["chad"], "category": "robbery", "killed": 2}] * 6, originator=alba)
    make_incidents([{"area": cast.areas["kenya"], "wounded": 1}] * 2)
    response = reader.get(FILE + "?period=2026")
    assert response["Content-Disposition"] == 'attachment; filename="statistics-20260320-1200.csv"'
    header, *rows = csv.reader(io.StringIO(response.content.decode("utf-8-sig")))
    assert len(header) == 12
    shown = {(row[0], row[1]): row[2:] for row in rows}
    nothing = ["0"] * 5
    public = ["2", "not known", "2", "not known", "not known"]
    shared = ["5–9", "10–14", "not known", "not known", "not known"]
    assert shown["In all", ""] == public + shared
    assert shown["By area", "Kenya"] == public + nothing
    assert shown["By area", "Chad"] == nothing + shared
    assert shown["By month", "March 2026"] == public + shared
    assert sum(row[0] == "Definition" for row in rows) >= 7


def test_rows_open_the_incidents_they_count(reader, cast):
    make_incidents([{"area": cast.areas["chad"], "category": "robbery"}] * 2)
    make_incidents([{"area": cast.areas["kenya"], "category": "safety"}])
    shown = reader.get(PAGE + "?period=2026&near_miss=no").context["shown"]
    for name, label, number in [("area", "Chad", "2"), ("category", "Robbery, burglary or theft", "2"),
                                ("period", "March 2026", "3"), ("period", "January 2026", "0")]:  # fmt: skip
        [row] = [row for row in shown.rows[name] if row.label == label]
        assert reader.get(row.href).context["count_label"] == number, row.href
    assert reader.get(shown.total.href).context["count_label"] == "3"


def test_an_area_leads_to_its_incidents_and_statistics(reader):
    page = reader.get("/areas/chad/").content.decode()
    assert 'href="/incidents/?area=chad"' in page
    assert 'href="/statistics/?area=chad"' in page


def test_members_have_it_in_their_menu_and_nobody_else(cast, sign_in):
    assert 'href="/statistics/"' in sign_in(cast["io@lake.example"]).get("/incidents/").content.decode()
    outsider = sign_in(cast["nobody@elsewhere.example"])
    assert 'href="/statistics/"' not in outsider.get("/incidents/").content.decode()
    assert {outsider.get(PAGE).status_code, outsider.get(FILE).status_code} == {404}
    assert Client().get(PAGE).status_code == 302


@pytest.mark.slow
@pytest.mark.parametrize(("language", "shared", "most"), [("en", 3, 150_000), ("fr", 3, 150_000), ("fr", 0, 105_000)])
def test_the_largest_page_is_light(cast, sign_in, alba, language, shared, most):
    """Every area and code there is, from public sources, and from both sides, each in every area."""
    load_reference()
    person = cast["io@lake.example"]
    person.language = language
    person.save()
    rows = [
        {"area": area, "category": list(Category)[at % 13], "actor": list(Actor)[at % 14], "killed": at % 5,
         "wounded": at % 3, "kidnapped": 0, "detained": 0,
         "consequence": list(Outcome)[at % 8], "at": datetime(2026 - at % 29, 1, 1, tzinfo=UTC)}
        for at, area in enumerate(Area.objects.all())
    ]  # fmt: skip
    make_incidents(rows)
    make_incidents(rows * shared, originator=alba)
    response = sign_in(person).get(PAGE + "?period=all")
    assert len(rows_of(response, "area")) == Area.objects.count()
    assert len(response.content) <= most
    assert len(gzip.compress(response.content)) < 25_000
    [table] = [section for section in response.context["sections"] if section["name"] == "area"]
    assert len(table["rows"]) + table["left_out"] == Area.objects.count()
