"""The one figure: years that are over, from ten on, in steps; only of those who agreed, while they agree (C10)."""

from datetime import date

import pytest
from django.utils import timezone

from restricted.actions.filing import change_consents, withdraw_report
from restricted.models import Report
from restricted.years import counted_by_year
from tests.factories.restricted import BENU, HANDLER, a_report

pytestmark = pytest.mark.django_db
LAST_YEAR = timezone.now().year - 1
SENDERS = [f"{name}@alba.example" for name in ("field", "hq")]


def count():
    return counted_by_year(timezone.now())


def reports(cast, number, *, by, consents=("count",), year=LAST_YEAR):
    """So many of one year, closed as they go, so that one sender may send them."""
    found = []
    for _ in range(number):
        row = a_report(cast, by, consents=consents, wish="none", reach="")
        Report.objects.for_system("test").filter(pk=row.pk).update(
            month=date(year, 5, 1), state="closed", ended_in=date(year, 6, 1)
        )
        found.append(row)
    return found


def test_from_ten_on_in_steps_of_five(cast):
    assert set(count().values()) == {None}
    nine = reports(cast, 9, by=BENU)
    reports(cast, 3, by=BENU, consents=())
    assert count()[LAST_YEAR] is None
    reports(cast, 2, by=BENU)
    assert count()[LAST_YEAR] == (10, 14)
    change_consents(nine[0], consents=[], by=cast[BENU])
    assert count()[LAST_YEAR] == (10, 14)
    withdraw_report(nine[1], by=cast[BENU])
    assert count()[LAST_YEAR] is None


def test_the_year_under_way_is_in_none(cast):
    reports(cast, 12, by=BENU, year=LAST_YEAR + 1)
    assert LAST_YEAR + 1 not in count()
    assert set(count().values()) == {None}
    assert list(count()) == [LAST_YEAR - 2, LAST_YEAR - 1, LAST_YEAR]


def test_the_page_says_not_shown_and_never_zero(cast, sign_in):
    reports(cast, 10, by=BENU)
    for person in (HANDLER, "wg@icva.example", "chair@gisf.example"):
        page = sign_in(cast[person]).get("/support/years/").content.decode()
        assert "10–14" in page
        assert "not shown: fewer than ten, or none" in page
        assert 'href="/support/years/"' in sign_in(cast[person]).get("/support/").content.decode()
    assert sign_in(cast[BENU]).get("/support/years/").status_code == 404


def test_one_question_for_all(cast, django_assert_num_queries):
    reports(cast, 3, by=BENU)
    with django_assert_num_queries(1):
        count()
