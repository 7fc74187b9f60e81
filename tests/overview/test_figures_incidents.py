"""Figures of incidents: which are counted as of a moment, in which quarter, and what is published (G1, G3, C4)."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from accounts.models import User
from incidents.models import Report
from overview.disclosure import Figure as Shown
from overview.figures.counted_incidents import SIDE, count, quarters_of
from overview.figures.quarters import before, published, settled, whole_quarters
from overview.figures.registry import Period, figure_of
from sharing.access import access_of
from sharing.control import change_audience, withdraw
from sharing.models import Item
from tests.factories.incidents import USUAL, an_account, file_report, followed_up

pytestmark = pytest.mark.django_db
JANUARY, APRIL = date(2026, 1, 1), date(2026, 4, 1)
NOW = datetime(2026, 7, 10, 12, tzinfo=UTC)
YEAR = Period(date(2025, 7, 1), date(2026, 6, 30), NOW)
CODES = ("by_quarter", "by_area", "by_category", "by_consequence", "directions")


def filed(cast, on, number=1, *, happened=datetime(2026, 2, 3, tzinfo=UTC), category="robbery", **fields):
    """So many reports filed on a day, of what happened in a quarter."""
    with time_machine.travel(on, tick=False):
        account = an_account(occurred_from=happened, groups=[], coded={"category": category})
        return [file_report(cast, account=account, **fields) for _ in range(number)]


def numbers(as_of=NOW, quarter=JANUARY):
    """What is there in a quarter, by category."""
    return {key: number for key, number in count([quarter], as_of)[quarter]["category"].items() if number}


def item_of(report):
    return Item.objects.for_system("test").get(pk=report.incident.item_id)


@pytest.mark.sqlite
def test_what_the_newest_report_said_by_then(cast):
    [first, second] = filed(cast, "2026-02-10", 2)
    with time_machine.travel("2026-05-20", tick=False):
        followed_up(cast, first, category="threat")
        moved = datetime(2026, 4, 1, tzinfo=UTC)
        followed_up(cast, second, occurred_from=moved)
    assert numbers(datetime(2026, 2, 28, tzinfo=UTC)) == {}  # not settled
    assert numbers(datetime(2026, 5, 31, tzinfo=UTC)) == {"robbery": 2}
    assert numbers(datetime(2026, 6, 1, tzinfo=UTC)) == {"threat": 1}
    assert numbers(quarter=APRIL) == {"robbery": 1}
    found = count([JANUARY, APRIL], NOW)
    assert {sum(table.values()) for tables in found.values() for table in tables.values()} == {1}


@pytest.mark.sqlite
def test_a_withdrawal_counts_at_once_and_sharing_again_too(cast):
    [report, _] = filed(cast, "2026-02-10", 2)
    by = cast["field@alba.example"]
    with time_machine.travel("2026-07-03T10:00Z", tick=False):
        withdraw(item_of(report), by=by, version=1)
    with time_machine.travel("2026-07-05T10:00Z", tick=False):
        change_audience(item_of(report), marking="TLP:AMBER", choices=USUAL, shows_originator=False, by=by, version=2)
    moments = [datetime(2026, 7, day, 10, 1, tzinfo=UTC) for day in (2, 3, 5)]
    assert [numbers(moment) for moment in moments] == [{"robbery": 2}, {"robbery": 1}, {"robbery": 2}]


def test_late_data_does_not_change_what_was_counted(cast):
    """Reports, further reports and withdrawals after the cut-off, and reports of its month."""
    reports = filed(cast, "2026-02-10", 9)
    figures = [figure_of(f"incidents.{code}") for code in CODES]
    then = [figure.count(YEAR) for figure in figures]
    filed(cast, "2026-07-09", 4)  # before the cut-off, but in its month
    filed(cast, "2026-07-11", 7)
    with time_machine.travel("2026-07-12", tick=False):
        followed_up(cast, reports[0], category="threat")
        withdraw(item_of(reports[1]), by=cast["field@alba.example"], version=1)
    assert [figure.count(YEAR) for figure in figures] == then
    assert then[0][-2:] == [("2026-01-01", [[1, 9]]), ("2026-04-01", [0])]


def test_what_is_not_dated_to_the_month_is_in_no_quarter_and_what_partners_and_the_un_reported_apart(cast):
    filed(cast, "2026-02-10", 6)
    filed(cast, "2026-02-10", 7, by="dss.field@un.example", organisation="dss", category="threat")
    with time_machine.travel("2026-02-10", tick=False):
        file_report(cast, account=an_account(time_precision="year"))
    assert count([JANUARY], NOW)[JANUARY][SIDE] == {"partners": 6, "un": 7}
    User.objects.update(created_at=datetime(2024, 1, 1, tzinfo=UTC))
    assert figure_of("incidents.directions").count(YEAR) == [("partners", [[1, 9], 0]), ("un", [[1, 9], 0])]
    assert figure_of("incidents.by_area").count(YEAR) == [("south-sudan", [[10, 19], 0])]
    rows = dict(figure_of("incidents.by_category").count(YEAR))
    assert (rows["robbery"], rows["threat"], rows["safety"]) == ([[1, 9], 0], [[1, 9], 0], [0, 0])
    User.objects.update(created_at=datetime(2025, 11, 1, tzinfo=UTC))
    assert figure_of("incidents.by_area").count(YEAR) == [("south-sudan", [[10, 19], "no data"])]
    assert figure_of("incidents.by_quarter").count(YEAR)[4:] == [
        ("2025-07-01", ["no data"]), ("2025-10-01", [0]), ("2026-01-01", [[10, 18]]), ("2026-04-01", [0])
    ]  # fmt: skip


def test_few_are_not_broken_down_and_no_row_says_where_they_are(cast):
    filed(cast, "2026-02-10", 4)
    User.objects.update(created_at=datetime(2024, 1, 1, tzinfo=UTC))
    assert figure_of("incidents.by_area").count(YEAR) == []
    assert {tuple(values[0]) for _key, values in figure_of("incidents.by_category").count(YEAR)} == {(0, 4)}
    [quarter] = quarters_of([JANUARY], NOW)
    assert {quarter.cell("area", key) for key in ("south-sudan", "chad", "anywhere")} == {Shown(0, 4)}


def test_only_whole_quarters_that_are_over(cast):
    assert whole_quarters(date(2026, 1, 1), date(2026, 12, 31), NOW) == [JANUARY, APRIL]
    assert whole_quarters(date(2026, 1, 2), date(2026, 6, 30), NOW) == [APRIL]
    assert whole_quarters(date(2026, 1, 1), date(2026, 6, 29), NOW) == [JANUARY]
    assert whole_quarters(date(2026, 2, 1), date(2026, 3, 31), NOW) == []
    assert whole_quarters(date(2026, 1, 1), date(2026, 6, 30), datetime(2026, 6, 30, 23, 59, tzinfo=UTC)) == [JANUARY]
    assert before([APRIL], 2) == [date(2025, 10, 1), JANUARY]
    assert settled(NOW) == datetime(2026, 7, 1, tzinfo=UTC)
    assert published(JANUARY, {"side": {"un": 0}}).cell("side", "other") == Shown(0, 0)
    for code in CODES:
        assert figure_of(f"incidents.{code}").count(Period(date(2026, 2, 1), date(2026, 4, 30), NOW)) == []


@pytest.mark.parametrize("number", [1, 3])
def test_questions_do_not_grow(cast, django_assert_num_queries, number):
    """The rows and their areas' codes, and when the portal began."""
    filed(cast, "2026-02-10", number)
    assert Report.objects.for_system("test").count() == number
    for code in CODES:
        with django_assert_num_queries(3):
            figure_of(f"incidents.{code}").count(YEAR)


def test_words_and_pages_behind_the_rows(cast):
    access = access_of(cast["io@lake.example"])
    rows = {
        "by_quarter": ("2026-04-01", "Q2 2026", "/incidents/?since=2026-04-01&until=2026-06-30"),
        "by_area": ("chad", "Chad", "/incidents/?area=chad"),
        "by_category": ("robbery", "Robbery, burglary or theft", "/incidents/?category=robbery"),
        "by_consequence": ("killed", "killed", "/incidents/?consequence=killed"),
        "directions": ("un", "the United Nations", "/incidents/"),
    }
    for code, (key, label, href) in rows.items():
        figure = figure_of(f"incidents.{code}")
        assert (str(figure.labels([key])[key]), figure.href(access, key)) == (label, href)
        assert figure.href(access_of(cast["nobody@elsewhere.example"]), key) == ""
        assert figure.watches == {"sharing.withdrawn", "sharing.audience_changed"}
