"""Readers are told once per batch of changes, at once when it became graver; and who is reminded of final reports."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail

from accounts.models import User
from incidents import desk as desks
from incidents.control import share_with, sharing_of, take_back
from incidents.models import Change
from incidents.reminders import remind
from notifications.actions import follow
from notifications.digests import make_digests
from notifications.models import Message
from notifications.outbox import drain
from organisations.models import Membership
from sharing.models import Item
from tests.factories.desk import desk_of_area
from tests.factories.incidents import an_account, file_report, followed_up

from .test_lists import make_reference

pytestmark = pytest.mark.django_db
ALBA, ALBA_HQ, BENU, LAKE = "field@alba.example", "hq@alba.example", "field@benu.example", "io@lake.example"
DESK, DO, WFP = "dss.field@un.example", "do@un.example", "wfp.security@un.example"
HERE = {DESK, DO, WFP, BENU, LAKE}
START = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
NOT_URGENT = {"coded": {"category": "robbery"}, "groups": []}
WOUNDED = [{"outcome": "wounded", "staff_of": "ingo", "nationality": "unknown", "sex": "unknown", "count": 1}]


@pytest.fixture(autouse=True)
def clock():
    """Stands at noon until a test moves it."""
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def report(clock, cast):
    """A report that puts no life at risk; its first mails are out."""
    User.objects.update(language="en")
    made = file_report(cast, account=an_account(**NOT_URGENT))
    assert told() == HERE
    return made


@pytest.fixture
def item(report):
    return report.incident.item


def told() -> set[str]:
    """Who gets a mail when the outbox is worked off now; nobody gets two."""
    mail.outbox.clear()
    drain()
    found = [message.to[0] for message in mail.outbox]
    assert len(found) == len(set(found)), found
    return set(found)


def grade(cast, item, **how):
    how = {"by": cast[DESK], "desk": desk_of_area(cast), "reliability": "", "credibility": "3", **how}
    desks.grade(item, **how)


def test_three_changes_in_half_an_hour_are_one_mail(cast, report, clock):
    for minutes in (0, 10, 19):
        clock.move_to(START + timedelta(minutes=minutes))
        followed_up(cast, report, what=f"version of minute {minutes}")
    assert told() == set()
    clock.move_to(START + timedelta(minutes=29, seconds=59))
    assert told() == set()
    clock.move_to(START + timedelta(minutes=30))
    assert told() == HERE
    assert len({message.subject for message in mail.outbox}) == 1
    assert "minute" not in mail.outbox[0].body
    clock.move_to(START + timedelta(days=1))
    assert told() == set()


def test_the_next_change_after_that_is_a_mail_of_its_own(cast, report, clock):
    for minutes in (0, 31):
        clock.move_to(START + timedelta(minutes=minutes))
        followed_up(cast, report)
    assert told() == HERE
    clock.move_to(START + timedelta(minutes=61))
    assert told() == HERE
    assert [change.number for change in Change.objects.for_system("test").order_by("pk")] == [1, 2]


def test_nobody_is_told_of_what_they_did_alone(cast, report, item, clock):
    grade(cast, item)
    clock.move_to(START + timedelta(minutes=30))
    assert told() == HERE - {DESK} | {ALBA}  # headquarters are not told: the area has a desk


def test_who_changed_it_too_is_told_of_what_the_others_did(cast, report, item, clock):
    """The desk graded it, the reporter followed it up: each did one thing and is told of the other's."""
    grade(cast, item)
    followed_up(cast, report)
    clock.move_to(START + timedelta(minutes=30))
    assert told() == HERE | {ALBA}


def test_who_joins_in_between_is_told_once(cast, report, item, clock):
    follow(cast.areas["south-sudan"], by=cast["ocha@un.example"])
    followed_up(cast, report)
    sharing = sharing_of(item)
    wider = type(sharing)(sharing.marking, [*sharing.choices, "ocha"])
    share_with(Item.objects.for_system("test").get(pk=item.pk), wider, by=cast[ALBA], version=item.version)
    assert told() == {"ocha@un.example"}  # that there is a report, at once
    clock.move_to(START + timedelta(minutes=10))
    followed_up(cast, report)
    clock.move_to(START + timedelta(minutes=30))
    assert told() == HERE | {"ocha@un.example"}


def test_graver_is_told_at_once_and_what_waited_falls_away(cast, report, clock):
    followed_up(cast, report)
    clock.move_to(START + timedelta(minutes=5))
    followed_up(cast, report, groups=WOUNDED)
    assert told() == HERE
    assert all("lives may be at risk" in message.subject for message in mail.outbox)
    clock.move_to(START + timedelta(minutes=31))
    assert told() == set()
    assert set(Message.objects.filter(kind="incidents.changed").values_list("state", flat=True)) == {"sent", "dropped"}


def test_a_change_right_after_the_grave_one_waits_again(cast, report, clock):
    followed_up(cast, report, groups=WOUNDED)
    assert told() == HERE
    clock.move_to(START + timedelta(minutes=1))
    followed_up(cast, report, groups=WOUNDED)
    assert told() == set()
    clock.move_to(START + timedelta(minutes=31))
    assert told() == HERE


def test_lives_at_risk_reach_who_wants_to_hear_of_nothing_else(cast, clock):
    User.objects.update(language="en")
    area = cast.areas["south-sudan"]
    for email in (BENU, "hq@benu.example"):
        follow(area, by=cast[email], choice="life_safety")
    report = file_report(cast, account=an_account(**NOT_URGENT))
    assert told() == HERE - {BENU}
    followed_up(cast, report)
    followed_up(cast, report, groups=WOUNDED)
    assert told() == HERE | {"hq@benu.example"}
    clock.move_to(START + timedelta(days=1))
    assert told() == set()


def test_graver_but_nobody_at_risk(cast, clock):
    """More severe than before is told at once all the same, not as a matter of life."""
    User.objects.update(language="en")
    report = file_report(cast, account=an_account(coded={"category": "robbery", "is_near_miss": True}, groups=[]))
    told()
    follow(cast.areas["south-sudan"], by=cast[BENU], choice="life_safety")
    followed_up(cast, report, is_near_miss=False)
    assert told() == HERE - {BENU}
    assert not any("lives" in message.subject for message in mail.outbox)


def test_no_graver_but_now_lives_are_at_risk(cast, clock):
    """A threat that turns out to be shelling: as severe as before, and told at once to everybody all the same."""
    User.objects.update(language="en")
    follow(cast.areas["south-sudan"], by=cast[BENU], choice="life_safety")
    threatened = [{**WOUNDED[0], "outcome": "threatened"}]
    report = file_report(cast, account=an_account(coded={"category": "threat"}, groups=threatened))
    assert told() == HERE - {BENU}
    followed_up(cast, report, category="explosives")
    assert told() == HERE
    assert all("lives may be at risk" in message.subject for message in mail.outbox)
    followed_up(cast, report, what="they were at risk before")
    assert told() == set()


def test_what_waited_for_who_made_the_graver_change_does_not_fall_away(cast, report, item, clock):
    """The mail about their own update goes to the others; of the grade they are told all the same."""
    grade(cast, item)
    clock.move_to(START + timedelta(minutes=5))
    followed_up(cast, report, groups=WOUNDED)
    assert told() == HERE
    clock.move_to(START + timedelta(minutes=30))
    assert told() == {ALBA}


def test_withdrawn_meanwhile_nothing_is_sent_but_that(cast, report, item, clock):
    followed_up(cast, report)
    take_back(item, by=cast[ALBA], version=item.version)
    clock.move_to(START + timedelta(minutes=30))
    assert told() == HERE
    assert {message.subject for message in mail.outbox} == {f"{item.ref} is no longer shared with you"}
    assert set(Message.objects.filter(kind="incidents.changed").values_list("state", flat=True)) == {"dropped"}


def test_the_summary_has_one_line_for_a_batch(cast, report, item, clock):
    Message.objects.all().delete()
    follow(cast.areas["south-sudan"], by=cast[BENU])
    cast[BENU].subscriptions.update(delivery="digest")
    for minutes in (0, 5, 40):
        clock.move_to(START + timedelta(minutes=minutes))
        followed_up(cast, report)
    clock.move_to(START + timedelta(days=2))
    make_digests()
    mail.outbox.clear()
    drain()
    [summary] = [message for message in mail.outbox if message.to == [BENU]]
    assert summary.body.count(item.ref) == 2  # the reference and its link


# Final reports


def due(cast, days, **filed):
    """The mails about a final report that go out `days` after the report."""
    with time_machine.travel(START + timedelta(days=days), tick=False):
        remind()
        remind()
        return told()


@pytest.fixture
def days(settings):
    return settings.FINAL_REPORT_DUE_DAYS, settings.FINAL_REPORT_OVERDUE_DAYS


def test_the_author_is_reminded_and_later_headquarters(cast, report, days):
    first, second = days
    assert due(cast, first - 1) == set()
    assert due(cast, first) == {ALBA}
    assert due(cast, first + 1) == set()
    assert due(cast, second) == {ALBA_HQ}
    assert due(cast, second + 1) == set()
    assert due(cast, second + 100) == set()


def test_after_a_long_downtime_both_are_told_once(cast, report, days):
    assert due(cast, days[1] + 200) == {ALBA, ALBA_HQ}
    assert due(cast, days[1] + 201) == set()


@pytest.mark.parametrize("what", ["final", "withdrawn"])
def test_nothing_is_due_of(cast, report, item, days, what):
    if what == "final":
        followed_up(cast, report, kind="final")
    else:
        take_back(item, by=cast[ALBA], version=item.version)
    told()
    due(cast, 0.1)
    assert due(cast, days[1]) == set()


def test_an_update_is_no_final_report(cast, report, days):
    followed_up(cast, report)
    due(cast, 1)
    assert due(cast, days[0]) == {ALBA}


def test_sent_meanwhile_the_reminder_falls_away(cast, report, days):
    with time_machine.travel(START + timedelta(days=days[0]), tick=False):
        remind()
        followed_up(cast, report, kind="final")
        assert ALBA not in told()


def test_public_sources_owe_nothing(cast, days):
    make_reference(2)
    assert due(cast, days[1] + 400) == set()


def test_when_the_author_has_left_others_of_the_organisation_are_told(cast, report, days):
    Membership.objects.filter(user=cast[ALBA]).delete()
    assert due(cast, days[0]) == {ALBA_HQ}


def test_when_nobody_is_left_nobody_is_told_and_nothing_fails(cast, report, days):
    Membership.objects.filter(organisation=cast.organisations["alba"]).delete()
    assert due(cast, days[1]) == set()
