"""A few out of many: found by the rule, then held against the wall one by one, in the same question (C2)."""

import pytest
from django.db import connection
from django.db.models import Q

from incidents.models import IncidentRelease
from sharing.access import access_of
from sharing.querysets import ReleaseQuerySet
from sharing.wall import SYSTEM
from tests.factories.incidents import file_report

pytestmark = pytest.mark.django_db
READER = "field@benu.example"


@pytest.fixture
def rows(cast):
    """What one reader may read of five reports, four of which are shared with them."""
    for number in range(5):
        choices = ["dss_desks"] if number == 2 else ["dss_desks", "partners_of_area"]
        file_report(cast, choices=choices)
    return IncidentRelease.objects.visible_to(access_of(cast[READER])).by_date(oldest_first=False)


def keys(found) -> list[int]:
    return [row.pk for row in found]


def test_they_are_the_first_of_all(rows, django_assert_num_queries):
    assert len(rows) == 4
    with django_assert_num_queries(1):
        assert keys(rows.with_release().with_lives_at_risk().top(3)) == keys(rows)[:3]
    assert keys(rows.top(9)) == keys(rows)
    assert list(rows.filter(severity=99).top(3)) == []


def test_a_number_of_the_rule(rows):
    assert [rows.capped_count(most) for most in (3, 9)] == [3, 4]


def test_what_is_beside_the_wall_already_stays_there(cast, rows):
    beside = IncidentRelease.objects.all_visible_to(access_of(cast[READER])).by_date(oldest_first=False)
    assert beside.query.wall == SYSTEM
    assert keys(beside.top(3)) == keys(rows)[:3]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no such wall")
def test_a_rule_that_forgets_shows_nothing_more(cast, rows, monkeypatch):
    wanted = keys(rows)
    monkeypatch.setattr(ReleaseQuerySet, "visible", staticmethod(lambda access, **_: Q()))
    forgetful = IncidentRelease.objects.visible_to(access_of(cast[READER])).by_date(oldest_first=False)
    assert forgetful.capped_count(99) > len(wanted), "the rule does forget"
    assert set(keys(forgetful.top(99))) <= set(wanted)
