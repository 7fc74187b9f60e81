"""Home page and dashboards tell when something was reported as exactly as its readers may know, and no more (C4)."""

from datetime import datetime, timedelta

import pytest
import time_machine

from accounts.models import User
from incidents.account import Limits
from tests.factories.consents import asked, given, shared_with_benu
from tests.factories.incidents import file_report

from .test_home import home, words

pytestmark = pytest.mark.django_db
BENU, LAKE = "field@benu.example", "io@lake.example"
FILED = datetime.fromisoformat("2026-03-20T12:34:00+00:00")


@pytest.fixture(autouse=True)
def english(cast):
    User.objects.update(language="en")


def pages(client) -> str:
    return words(home(client)) + words(client.get("/dashboard/").content.decode())


@pytest.mark.parametrize("limit", ["day", "month"])
def test_a_limited_time_is_told_to_the_day(cast, sign_in, limit):
    with time_machine.travel(FILED):
        report = file_report(cast, limits=Limits(time=limit))
    with time_machine.travel(FILED + timedelta(hours=3)):
        said = pages(sign_in(cast[BENU]))
    assert said.count(report.incident.item.ref) >= 3
    assert "20 Mar 2026" in said
    assert not any(told in said for told in ("14:34", "12:34", "3 h ago"))


def test_what_was_passed_on_does_not_tell_when_it_was_reported(cast, sign_in):
    with time_machine.travel(FILED) as clock:
        item = shared_with_benu(cast)
        clock.shift(timedelta(hours=5))
        given(cast, asked(cast, item, fields=["what", "category"]))
        clock.shift(timedelta(hours=2))
        said = pages(sign_in(cast[LAKE]))
    assert said.count(item.ref) >= 2
    assert not any(told in said for told in ("14:34", "12:34", "7 h ago", "2 h ago"))


def test_what_was_passed_on_is_new_from_then(cast, sign_in):
    """For two weeks, however old the report is: when it falls out of the list would tell, too."""
    with time_machine.travel(FILED - timedelta(days=13)) as clock:
        item = shared_with_benu(cast)
        clock.shift(timedelta(days=13))
        given(cast, asked(cast, item, fields=["what", "category"]))
        clock.shift(timedelta(days=3))
        said = pages(sign_in(cast[LAKE]))
        assert said.count(item.ref) >= 2
        clock.shift(timedelta(days=12))
        assert item.ref not in words(home(sign_in(cast[LAKE]))).split("Newest in your areas")[0]


@pytest.mark.parametrize("first", ["coarse", "exact"])
def test_the_order_tells_no_hour(cast, sign_in, first):
    """What is told to the day stands behind what was reported on that day, whichever came first."""
    refs = {}
    for number, name in enumerate(sorted(["coarse", "exact"], key=lambda name: name != first)):
        with time_machine.travel(FILED + timedelta(hours=number)):
            how = {"limits": Limits(time="day")} if name == "coarse" else {}
            refs[name] = file_report(cast, **how).incident.item.ref
    with time_machine.travel(FILED + timedelta(hours=4)):
        said = words(home(sign_in(cast[BENU]))).split("Newest in your areas")[0]
    assert said.index(refs["exact"]) < said.index(refs["coarse"])
