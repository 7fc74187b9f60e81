"""The one figure: years that are over, from ten on, in steps; counted once, of those who agreed then (C10)."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import User
from operations import retention
from restricted.actions.filing import change_consents, withdraw_report
from restricted.models import Report, YearFigure
from restricted.tasks import look_after_reports
from restricted.years import count_year, figures
from tests.factories.restricted import BENU, HANDLER, a_report

pytestmark = pytest.mark.django_db
LAST_YEAR = timezone.now().year - 1
NEW_YEAR = datetime(LAST_YEAR + 2, 1, 1, 0, 30, tzinfo=UTC)


def shown(now=None):
    return figures(now or timezone.now())


def reports(cast, number, *, by=BENU, consents=("count",), year=LAST_YEAR):
    """So many of one year, closed as they go, so that one sender may send them."""
    found = []
    for _ in range(number):
        row = a_report(cast, by, consents=consents, wish="none", reach="")
        Report.objects.for_system("test").filter(pk=row.pk).update(
            month=date(year, 5, 1), state="closed", ended_in=date(year, 6, 1)
        )
        found.append(row)
    return found


def test_nine_are_not_shown(cast):
    reports(cast, 9)
    reports(cast, 3, consents=())
    reports(cast, 3, year=LAST_YEAR - 1)
    assert count_year()
    assert set(shown().values()) == {None}


def test_from_ten_on_in_steps_of_five(cast):
    rows = reports(cast, 12)
    change_consents(rows[0], consents=[], by=cast[BENU])
    withdraw_report(rows[1], by=cast[BENU])
    look_after_reports()
    assert shown()[LAST_YEAR] == (10, 14)


def test_it_is_counted_once_and_nothing_later_changes_it(cast, django_assert_num_queries):
    rows = reports(cast, 10)
    agrees_late = reports(cast, 5, consents=())
    assert count_year()
    change_consents(rows[0], consents=[], by=cast[BENU])
    withdraw_report(rows[1], by=cast[BENU])
    for row in agrees_late:
        change_consents(row, consents=["count"], by=cast[BENU])
    with django_assert_num_queries(1):
        assert not count_year()
    assert shown()[LAST_YEAR] == (10, 14)
    assert YearFigure.objects.count() == 1


def test_that_it_was_too_few_is_counted_once_too(cast):
    late = reports(cast, 12, consents=())
    count_year()
    for row in late:
        change_consents(row, consents=["count"], by=cast[BENU])
    count_year()
    assert shown()[LAST_YEAR] is None


def test_what_is_destroyed_after_its_time_was_counted_before(cast):
    """Nothing ran for months; the first that runs is retention. The figure stands all the year in which it is shown."""
    reports(cast, 10)
    rule = next(rule for rule in retention.RULES if rule.code == "restricted")
    late = timezone.now() + timedelta(days=500)
    assert retention.sweep([rule], now=late)["restricted"] == 10
    assert shown()[LAST_YEAR] == (10, 14)


def test_the_year_under_way_is_in_none_until_it_is_over(cast):
    reports(cast, 12, year=LAST_YEAR + 1)
    count_year()
    assert LAST_YEAR + 1 not in shown()
    assert set(shown().values()) == {None}
    assert list(shown()) == [LAST_YEAR - 2, LAST_YEAR - 1, LAST_YEAR]
    with time_machine.travel(NEW_YEAR, tick=False):
        assert count_year()
        assert shown()[LAST_YEAR + 1] == (10, 14)


def test_a_year_that_was_missed_is_not_counted_from_what_is_left(cast):
    reports(cast, 12, year=LAST_YEAR - 1)
    count_year()
    assert shown()[LAST_YEAR - 1] is None


def test_the_page_says_not_shown_and_never_zero(cast, sign_in):
    User.objects.update(language="en")
    reports(cast, 10)
    count_year()
    for person in (HANDLER, "wg@icva.example", "chair@gisf.example"):
        page = sign_in(cast[person]).get("/support/years/").content.decode()
        assert "10–14" in page
        assert "not shown: fewer than ten, none, or not counted" in page
        assert 'href="/support/years/"' in sign_in(cast[person]).get("/support/").content.decode()
    assert sign_in(cast[BENU]).get("/support/years/").status_code == 404


def test_one_question_for_all(cast, django_assert_num_queries):
    count_year()
    with django_assert_num_queries(1):
        shown()
