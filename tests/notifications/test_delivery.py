"""Difficult mail servers: what is tried again, when, what is given up, and what is written down about it."""

import asyncio
import socket
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from notifications.actions import requeue
from notifications.models import Message
from notifications.outbox import BACK_OFF, MOST_ATTEMPTS, drain


def _row():
    return Message.objects.values_list("state", "attempts", "last_error").get()


def test_a_temporary_refusal_is_tried_again_a_minute_later_with_the_same_id(announced, office):
    announced("x")
    office.at_recipient = lambda address: "451 4.7.1 greylisted, come back later"
    began = timezone.now()
    assert drain() == 0
    assert _row() == ("queued", 1, "451 4.7.1 greylisted, come back later")
    assert drain() == 0  # not before its time
    assert _row()[1] == 1
    due = Message.objects.get().next_attempt_at
    assert timedelta(seconds=59) < due - began < timedelta(seconds=90)
    office.at_recipient = lambda address: "250 OK"
    with time_machine.travel(due + timedelta(seconds=1)):
        assert drain() == 1
    assert _row() == ("sent", 2, "")
    assert dict(office.ids) == {f"<{Message.objects.get().pk}@testserver>": 1}


@pytest.mark.parametrize("attempt", range(1, MOST_ATTEMPTS + 1))
def test_each_attempt_waits_longer_and_the_last_one_gives_up(announced, office, attempt):
    announced("x")
    Message.objects.update(attempts=attempt - 1)
    office.at_text = lambda mail: "452 full"
    before = timezone.now()
    drain()
    message = Message.objects.get()
    assert message.attempts == attempt
    if attempt == MOST_ATTEMPTS:
        assert message.state == "failed"
    else:
        waits = message.next_attempt_at - before
        assert message.state == "queued"
        assert BACK_OFF[attempt - 1] <= waits < BACK_OFF[attempt - 1] + timedelta(seconds=30)


def test_the_attempts_take_about_a_day():
    assert timedelta(hours=20) < sum(BACK_OFF, timedelta()) < timedelta(hours=30)


def test_a_message_at_which_every_worker_died_is_given_up(announced, office):
    announced("x")
    Message.objects.update(attempts=MOST_ATTEMPTS)
    drain()
    assert (_row()[0], office.accepted) == ("failed", [])


def test_a_refusal_for_good_ends_in_failed_and_the_next_goes_out(announced, office, person):
    announced("gone", to=person("gone"))
    announced("there", to=person("there"))
    office.at_recipient = lambda address: "550 5.1.1 no such user" if "gone" in address else "250 OK"
    assert drain() == 1
    gone = Message.objects.get(event_key="gone")
    assert (gone.state, gone.last_error, gone.lease) == ("failed", "550 5.1.1 no such user", None)
    assert office.subjects == ["Notice there"]


def test_an_answer_to_the_text_is_not_written_down_because_it_may_quote_it(announced, office):
    announced("x")
    office.at_text = lambda mail: f"554 spam: {mail['Subject']}"
    drain()
    assert _row() == ("failed", 1, "554")


def test_a_long_answer_is_cut(announced, office):
    announced("x")
    office.at_recipient = lambda address: "550 " + "no " * 150
    drain()
    assert len(_row()[2]) <= 200


def test_an_address_that_is_none_fails_at_once(announced, office, person):
    alba = announced("x")
    type(alba).objects.filter(pk=alba.pk).update(email="two words@")
    drain()
    assert (_row()[0], office.accepted) == ("failed", [])


def test_a_connection_lost_in_the_middle_is_opened_anew_for_the_next(announced, office):
    announced("lost", "next")
    office.at_text = lambda mail: None if mail["Subject"] == "Notice lost" else "250 OK"
    assert drain() == 1
    lost = Message.objects.get(event_key="lost")
    assert (lost.state, lost.attempts, lost.last_error) == ("queued", 1, "connection lost: SMTPServerDisconnected")
    assert (office.subjects, office.connections) == (["Notice next"], 2)


def test_a_server_that_stalls_is_left_and_the_next_mail_goes_over_a_new_connection(announced, office, settings):
    settings.EMAIL_TIMEOUT = 0.2
    announced("stalled", "next")
    office.at_text = lambda mail: asyncio.sleep(3, "451 late") if mail["Subject"] == "Notice stalled" else "250 OK"
    assert drain() == 1
    stalled = Message.objects.get(event_key="stalled")
    assert (stalled.state, stalled.attempts) == ("queued", 1)
    assert stalled.last_error == "connection lost: SMTPServerDisconnected"
    assert (office.subjects, office.connections) == (["Notice next"], 2)


def test_a_server_that_is_down_costs_no_attempt_however_long(announced, office, settings):
    announced("a", "b")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        up, settings.EMAIL_PORT = settings.EMAIL_PORT, probe.getsockname()[1]
    now = timezone.now()
    for hour in range(48):
        with time_machine.travel(now + timedelta(hours=hour)):
            assert drain() == 0
    assert set(Message.objects.values_list("state", "attempts", "last_error")) == {
        ("queued", 0, "no connection to the mail server: ConnectionRefusedError")
    }
    settings.EMAIL_PORT = up
    with time_machine.travel(now + timedelta(hours=47, minutes=2)):
        assert drain() == 2


def test_a_failed_message_can_be_sent_again_and_that_is_on_record(announced, office, person):
    from audit.models import Event

    announced("x")
    office.at_recipient = lambda address: "550 mailbox closed"
    drain()
    office.at_recipient = lambda address: "250 OK"
    administrator = person("admin")
    requeue(Message.objects.get(), by=administrator)
    event = Event.objects.get()
    message = Message.objects.get()
    assert (event.verb, event.actor, event.object_ref, event.facts) == (
        "notifications.message_requeued",
        str(administrator.pk),
        str(message.pk),
        {"kind": "notifications.notice", "sent_at": None},
    )
    assert drain() == 1
    assert _row() == ("sent", 1, "")
