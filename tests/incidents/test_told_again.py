"""Summaries and mails that are on their way, or went out, while the report they are about goes on changing."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail

from accounts.models import User
from incidents.account import Sharing
from incidents.control import share_with, sharing_of, take_back
from notifications.actions import choose
from notifications.digests import make_digests
from notifications.models import Message
from notifications.outbox import claim, drain
from notifications.querysets import mailed
from sharing.models import Item
from tests.factories.incidents import an_account, file_report, followed_up

pytestmark = pytest.mark.django_db
ALBA, BENU, LAKE = "field@alba.example", "field@benu.example", "io@lake.example"
NOT_URGENT = {"coded": {"category": "robbery"}, "groups": []}
SIX = datetime(2026, 3, 20, 6, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    """Stands at noon of the day before until a test moves it."""
    with time_machine.travel(SIX - timedelta(hours=18), tick=False) as traveller:
        yield traveller


@pytest.fixture
def report(clock, cast):
    """A report that puts no life at risk. One reader wants the daily summary, at six."""
    User.objects.update(language="en", time_zone="UTC")
    choose(cast.areas["south-sudan"], by=cast[BENU], choice="follow", delivery="digest")
    return file_report(cast, account=an_account(**NOT_URGENT))


def fresh(report) -> Item:
    return Item.objects.for_system("test").select_related("area", "originator").get(pk=report.incident.item_id)


def share(cast, report, sharing):
    item = fresh(report)
    return share_with(item, sharing, by=cast[ALBA], version=item.version)


def withdraw(cast, report):
    item = fresh(report)
    return take_back(item, by=cast[ALBA], version=item.version)


def summaries() -> int:
    """How many summaries the reader gets now."""
    make_digests()
    mail.outbox.clear()
    drain()
    return sum(message.to == [BENU] and "daily summary" in message.subject for message in mail.outbox)


def recalled() -> set[str]:
    rows = Message.objects.filter(kind="sharing.recalled")
    return set(rows.values_list("recipient__email", flat=True))


@pytest.mark.parametrize("was_listed", [False, True])
def test_who_wants_the_summary_and_regains_access_is_told_again(cast, report, clock, was_listed):
    """Whether the first one stood in a summary or was gone from it by the time that was sent."""
    usual = sharing_of(fresh(report))
    if not was_listed:
        share(cast, report, Sharing(usual.marking, ["dss_desks"]))
    clock.move_to(SIX)
    assert summaries() == was_listed
    if was_listed:
        share(cast, report, Sharing(usual.marking, ["dss_desks"]))
    share(cast, report, usual)
    clock.move_to(SIX + timedelta(days=1))
    assert summaries() == 1
    lines = [row for row in mailed([report.subject_id]) if row.recipient_id == cast[BENU].pk]
    assert [row.how for row in lines] == ["digest"] * (1 + was_listed)


def test_narrowed_and_widened_before_the_morning_is_one_line(cast, report, clock):
    usual = sharing_of(fresh(report))
    share(cast, report, Sharing(usual.marking, ["dss_desks"]))
    share(cast, report, usual)
    clock.move_to(SIX)
    assert summaries() == 1
    clock.move_to(SIX + timedelta(days=1))
    assert summaries() == 0


def test_a_change_of_a_batch_that_a_summary_told_of_is_in_the_next_one(cast, report, clock):
    clock.move_to(SIX - timedelta(minutes=5))
    followed_up(cast, report)
    clock.move_to(SIX)
    assert summaries() == 1
    clock.move_to(SIX + timedelta(minutes=15))
    followed_up(cast, report)
    followed_up(cast, report)
    clock.move_to(SIX + timedelta(days=1))
    assert summaries() == 1
    clock.move_to(SIX + timedelta(days=2))
    assert summaries() == 0


def test_who_is_being_sent_it_while_it_is_withdrawn_gets_a_recall(cast, report):
    """A worker has the mails in its hands: whether the mail server took one of them nobody knows."""
    held = {message.recipient.email for message in claim()}
    assert LAKE in held
    withdraw(cast, report)
    assert recalled() == held


def test_whose_summary_is_being_sent_gets_one_as_well(cast, report, clock):
    Message.objects.all().delete()
    clock.move_to(SIX)
    make_digests()
    assert [message.recipient.email for message in claim()] == [BENU]
    withdraw(cast, report)
    assert recalled() == {BENU}


def test_for_whom_it_only_waits_gets_none(cast, report):
    withdraw(cast, report)
    assert recalled() == set()
