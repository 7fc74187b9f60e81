"""The drain: what goes out, to whom, in which order and language, and what never does."""

import threading
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from notifications import outbox
from notifications.actions import announce
from notifications.delivery import MailServer
from notifications.models import Message, Subject
from notifications.outbox import claim, drain
from slt_portal.states import StaleState, move

from .notices import Notice
from .post_office import text_of


def _rows(*fields):
    return list(Message.objects.order_by("event_key").values_list("event_key", *fields))


def test_a_mail_has_one_recipient_a_fixed_id_and_says_that_a_machine_wrote_it(announced, office):
    alba = announced("one")
    assert drain() == 1
    (mail,) = office.accepted
    message = Message.objects.get()
    assert (mail["To"], mail["Subject"], mail["Message-ID"], mail["Auto-Submitted"]) == (
        alba.email,
        "Notice one",
        f"<{message.pk}@testserver>",
        "auto-generated",
    )
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert (message.state, message.attempts, message.lease, message.last_error) == ("sent", 1, None, "")
    assert message.sent_at is not None


def test_text_and_times_are_in_the_recipients_language_and_time_zone(announced, office, person):
    announced("fr", to=person("benu", language="fr", time_zone="Africa/Juba"))
    announced("en", to=person("cedar", time_zone="Nowhere/At_All"))
    with time_machine.travel("2026-03-14T18:40:00Z", tick=False):
        Message.objects.update(next_attempt_at=timezone.now(), created_at=timezone.now())
        drain()
    texts = {mail["Subject"]: text_of(mail) for mail in office.accepted}
    assert texts == {"Notice fr": "Oui 20:40 CAT", "Notice en": "Yes 18:40 UTC"}


def test_life_safety_goes_first_then_the_oldest(announced, office):
    alba = announced("normal 1", "normal 2")
    announced("urgent 1", "urgent 2", to=alba, priority=Message.Priority.LIFE_SAFETY)
    drain()
    assert office.subjects == ["Notice urgent 1", "Notice urgent 2", "Notice normal 1", "Notice normal 2"]
    assert office.connections == 1


def test_more_than_one_claim_is_sent_in_one_drain(announced, office, settings):
    settings.OUTBOX_BATCH = 2
    announced(*"abcde")
    assert (drain(), drain(), len(office.accepted)) == (5, 0, 5)


@pytest.mark.parametrize(("batch", "calls"), [(3, 0), (2, 1), (1, 1)])
def test_a_full_claim_calls_for_help_once(announced, office, settings, batch, calls):
    settings.OUTBOX_BATCH = batch
    announced("a", "b")
    called = []
    assert drain(call_for_help=lambda: called.append("help")) == 2
    assert len(called) == calls


def test_what_is_no_longer_due_is_dropped(announced, office, notice):
    announced("due", "past")
    notice.due.add("past")
    drain()
    assert (_rows("state"), office.subjects) == ([("due", "sent"), ("past", "dropped")], ["Notice due"])


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"is_active": False}, "dropped"),
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "dropped"),
        ({"expires_at": timezone.now() + timedelta(days=1)}, "sent"),
    ],
)
def test_nobody_who_cannot_sign_in_any_more_gets_a_mail(announced, office, person, fields, state):
    alba = announced("x")
    type(alba).objects.filter(pk=alba.pk).update(**fields)
    drain()
    assert (_rows("state"), len(office.accepted)) == ([("x", state)], int(state == "sent"))


def test_a_kind_that_breaks_stops_no_other_and_leaves_nothing_of_its_text(announced, office, notice, capfd):
    announced("broken", "whole")
    notice.broken.add("broken")
    drain()
    assert _rows("state", "attempts", "last_error") == [
        ("broken", "queued", 1, "the text could not be made: ValueError"),
        ("whole", "sent", 1, ""),
    ]
    assert "SECRET-CANARY" not in "".join(capfd.readouterr())


def test_a_message_of_an_app_that_is_gone_waits_for_its_return(announced, office):
    announced("x")
    Message.objects.update(kind="gone.notice")
    drain()
    assert _rows("state", "last_error") == [("x", "queued", "the text could not be made: UnknownKind")]


def test_a_dropped_message_of_an_app_that_is_gone_ends(announced, office):
    alba = announced("x")
    Message.objects.update(kind="gone.notice")
    type(alba).objects.filter(pk=alba.pk).update(is_active=False)
    drain()
    assert _rows("state") == [("x", "dropped")]


def test_a_lease_is_respected_until_it_ends(announced, office, settings):
    announced("x")
    (first,) = claim()
    assert (drain(), office.accepted) == (0, [])
    with time_machine.travel(timezone.now() + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS + 1)):
        assert drain() == 1
    assert _rows("state", "attempts") == [("x", "sent", 2)]
    with pytest.raises(StaleState):  # the first worker wakes up: too late to write anything
        outbox.settle(first, "queued")


def test_a_clock_set_back_an_hour_holds_nothing_up(announced, office):
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        announced("leased by one that died", "waiting")
        (leased,) = Message.objects.filter(event_key__startswith="leased")
        Message.objects.exclude(pk=leased.pk).update(state="failed")
        claim()
        Message.objects.exclude(pk=leased.pk).update(state="queued")
    assert drain() == 2
    assert _rows("state", "attempts") == [("leased by one that died", "sent", 2), ("waiting", "sent", 1)]


def test_what_was_put_off_before_the_clock_was_set_back_waits_no_hour(announced, office):
    """A server that said later, and one that could not be reached. What waits by our clock goes on waiting."""
    alba = announced("later")
    office.at_recipient = lambda address: "451 4.2.1 later"
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        drain()
    announced("unreachable", "not before", to=alba)
    rows = Message.objects.filter(event_key="unreachable")
    rows.update(last_error="no connection", next_attempt_at=timezone.now() + timedelta(hours=1))
    Message.objects.filter(event_key="not before").update(next_attempt_at=timezone.now() + timedelta(minutes=30))
    office.at_recipient = lambda address: "250 OK"
    assert drain() == 2
    assert _rows("state")[1] == ("not before", "queued")


def test_what_is_given_back_after_the_clock_was_set_back_is_due(announced, office, settings):
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        announced("a", "b")
        claim()
    settings.OUTBOX_LEASE_SECONDS = 0  # a slow server: each claim comes to one message only
    assert drain() == 2


def test_clocks_of_two_machines_may_differ_by_a_lease(announced, office, settings):
    with time_machine.travel(timezone.now() + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS / 2)):
        announced("x")
        claim()
    assert drain() == 0


def test_a_worker_that_lost_its_lease_changes_nothing_and_goes_on(announced, office):
    announced("lost", "kept")
    batch, server = claim(), MailServer()
    Message.objects.filter(event_key="lost").update(lease=uuid.uuid4())
    assert outbox._work_off(batch, server) == 1
    server.close()
    assert len(office.accepted) == 2
    assert _rows("state") == [("kept", "sent"), ("lost", "sending")]


def test_a_slow_server_does_not_make_us_send_under_an_old_lease(announced, office, settings):
    settings.OUTBOX_LEASE_SECONDS = 0
    announced("a", "b", "c")
    batch, server = claim(), MailServer()
    assert outbox._work_off(batch, server) == 1
    server.close()
    assert _rows("state", "attempts") == [("a", "sent", 1), ("b", "queued", 0), ("c", "queued", 0)]


def test_a_drain_ends_after_its_time(announced, office, settings):
    settings.OUTBOX_BATCH = 1
    announced("a", "b")
    assert (drain(seconds=0), len(office.accepted)) == (0, 0)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_queries_of_a_claim_do_not_grow(announced, rows, django_assert_num_queries):
    announced(*"abc"[:rows])
    with django_assert_num_queries(6):  # savepoint, two looks, update, savepoint, read
        claim()


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_four_drains_at_once_send_each_message_once(notice, person, office, settings):
    settings.OUTBOX_BATCH = 7
    alba, benu = person("alba"), person("benu")
    subject = Subject.objects.create()
    for number in range(40):
        announce(Notice, subject=subject, event_key=f"n{number}", recipients=[alba.pk, benu.pk])
    errors = []

    def work():
        try:
            drain()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert errors == []
    assert set(office.ids.values()) == {1}
    assert len(office.ids) == Message.objects.filter(state="sent").count() == 80


STATES = list(Message.State)


@pytest.mark.parametrize("old", STATES)
@pytest.mark.parametrize("new", STATES)
def test_states_follow_the_table(old, new, announced):
    announced("x")
    held = {"lease": uuid.uuid4(), "leased_until": timezone.now()}
    free = {"lease": None, "leased_until": None}
    fields = {
        s: {**(held if s == "sending" else free), "sent_at": timezone.now() if s in {"sent", "bounced"} else None}
        for s in STATES
    }
    Message.objects.update(state=old, **fields[old])
    message = Message.objects.get()
    if new in Message.NEXT[old]:
        move(message, new, **fields[new])
        assert Message.objects.get().state == new
    else:
        with pytest.raises(StaleState):
            move(message, new, **fields[new])
        assert Message.objects.get().state == old
