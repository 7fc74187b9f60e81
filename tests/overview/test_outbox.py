"""The page that watches the outbox: who may, what it shows, and the button that sends again."""

import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from demo.cast import PEOPLE
from notifications.models import Message, Subject

PAGE = "/outbox/"
QUERIES = 7  # session, user with factor, policy, menu and what one may see (2), their number, failures


ADMINISTRATOR = "admin@portal.example"
LAST_SUNDAY = datetime(2026, 6, 14, 20, 59, tzinfo=UTC)  # 23:59 on the administrator's clock
MAY = {ADMINISTRATOR, "dss.hq@un.example"}


@pytest.fixture
def message(cast):
    """Makes a message in a state."""

    def make(state, **fields):
        held = {"lease": uuid.uuid4(), "leased_until": timezone.now()} if state == "sending" else {}
        sent = {"sent_at": timezone.now()} if state in {"sent", "bounced"} else {}
        about = {"kind": "notifications.account", "recipient": cast["field@alba.example"]}
        return Message.objects.create(
            subject=Subject.objects.create(),
            event_key=str(uuid.uuid4()),
            state=state,
            **about | held | sent | fields,
        )

    return make


@pytest.fixture
def client(cast, sign_in):
    """The administrator's browser."""
    return sign_in(cast[ADMINISTRATOR])


@pytest.mark.parametrize("email", [person.email for person in PEOPLE])
def test_it_exists_for_administrators_and_dss_headquarters_only(email, cast, message, sign_in):
    browser, failed = sign_in(cast[email]), message("failed")
    assert browser.get(PAGE).status_code == (200 if email in MAY else 404)
    again = browser.post(reverse("overview:outbox_send_again", args=[failed.pk]))
    assert again.status_code == (302 if email in MAY else 404)
    assert Message.objects.get().state == ("queued" if email in MAY else "failed")


def test_an_ended_membership_opens_nothing(cast, client):
    cast[ADMINISTRATOR].memberships.update(ends_at=timezone.now())
    assert client.get(PAGE).status_code == 404


def test_it_says_why_something_failed_and_nothing_of_what_goes_on(message, client):
    message("failed", last_error="550 5.1.1 <b>no such user</b>")
    alone = client.get(PAGE).content.decode()
    for state in ["queued", "sending", "sent", "dropped"]:
        message(state)
    answer = client.get(PAGE)
    assert re.sub(r"csrf[^>]*", "", answer.content.decode()) == re.sub(r"csrf[^>]*", "", alone)
    page = answer.content.decode()
    for text in ["field@alba.example", "notifications.account", "550 5.1.1 &lt;b&gt;no such user", "Send again"]:
        assert text in page


def test_it_does_not_say_who_reported_what(message, client, cast):
    """Kind and hour of a mail about an incident would tell; nor does its place among the others."""
    now = datetime(2026, 6, 18, 12, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        for hours, kind in ((1, "notifications.account"), (2, "incidents.final_due"), (3, "sharing.recalled")):
            message("failed", kind=kind, last_error="550 no such user", created_at=now - timedelta(hours=hours))
        message("failed", kind="incidents.desk_did", recipient=cast["field@benu.example"], created_at=now)
        message("failed", kind="incidents.desk_did", recipient=cast["field@alba.example"], created_at=LAST_SUNDAY)
        message("queued", kind="incidents.final_due", created_at=LAST_SUNDAY)
        answer = client.get(PAGE)
        home = client.get("/").content.decode()
    page = answer.content.decode()
    assert page.count("about something confidential") == 4
    assert not [text for text in ("final_due", "desk_did", "recalled", "10:00", "09:00", "23:59") if text in page]
    assert (page.count("week of"), "11:00" in page, page.count("no such user")) == (4, True, 3)
    emails = [(row.message.recipient.email, str(row.week)) for row in answer.context["failures"]]
    assert emails == [("field@alba.example", "2026-06-15")] * 3 + [
        ("field@benu.example", "2026-06-15"),
        ("field@alba.example", "2026-06-08"),
    ]
    assert "Messages could not be sent" in home
    assert "23:59" not in home


def test_the_words_of_a_mail_server_do_not_tell_the_hour(message, client):
    """Some servers add the moment of their refusal, or a number that holds it."""
    said = "550 5.4.1 Access denied. [AM1.mail.example 2026-06-18T10:03:22.123Z 08DD] at 10:03 d75a77b69052e.8 - gone"
    message("failed", kind="incidents.final_due", last_error=said)
    page = client.get(PAGE).content.decode()
    assert "550 5.4.1 Access denied. … at … … - gone" in page
    assert not [text for text in ("10:03", "2026-06-18T", "d75a") if text in page]


def test_nobody_of_dss_headquarters_learns_of_a_case_from_a_mail_that_failed(message, client):
    """They may be whom it is about: nor of a decision that they are kept out of (F3)."""
    for kind in ("feedback.arrived", "governance.decision_opened"):
        message("failed", kind=kind, last_error="550 no such user")
    page = client.get(PAGE).content.decode()
    assert (page.count("about something confidential"), page.count("week of")) == (2, 2)
    assert not [text for text in ("feedback.", "governance.") if text in page]


def test_it_says_so_when_nothing_failed(client):
    assert "Nothing has failed." in client.get(PAGE).content.decode()


@pytest.mark.parametrize("failures", [1, 3])
def test_it_costs_the_same_for_one_failure_and_three(failures, message, client, django_assert_num_queries):
    for _ in range(failures):
        message("failed")
    with django_assert_num_queries(QUERIES):
        client.get(PAGE)


def test_what_came_back_is_among_the_failures_with_the_same_concealment(message, client):
    now = datetime(2026, 6, 18, 12, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        message("bounced", kind="incidents.final_due", last_error="5.1.1", created_at=now - timedelta(hours=2))
        message("failed", kind="incidents.final_due", last_error="550 no", created_at=now - timedelta(hours=1))
        answer = client.get(PAGE)
        home = client.get("/").content.decode()
    page = answer.content.decode()
    assert (answer.context["failed"], page.count("about something confidential"), page.count("week of")) == (2, 2, 2)
    assert "It came back. <code>5.1.1</code>" in page
    assert not [text for text in ("final_due", "10:00", "11:00") if text in page]
    assert "Messages could not be sent" in home
    bounced = Message.objects.get(state="bounced")
    client.post(reverse("overview:outbox_send_again", args=[bounced.pk]))
    bounced.refresh_from_db()
    assert (bounced.state, bounced.sent_at) == ("queued", None)


def test_an_account_mail_that_came_back_has_no_button(message, client):
    bounced = message("bounced", kind="notifications.account")
    page = client.get(PAGE).content.decode()
    assert ("Its text is gone" in page, "Send again" in page) == (True, False)
    answer = client.post(reverse("overview:outbox_send_again", args=[bounced.pk]), follow=True)
    assert "The text of this message is gone." in answer.content.decode()
    assert Message.objects.get().state == "bounced"


@pytest.mark.parametrize("state", ["queued", "sent", "dropped"])
def test_only_what_failed_is_sent_again_and_two_clicks_are_one(state, message, client):
    other = message(state)
    answer = client.post(reverse("overview:outbox_send_again", args=[other.pk]), follow=True)
    assert "Somebody else has sent this message again already." in answer.content.decode()
    assert Message.objects.get().state == state


def test_the_button_sends_again(message, client):
    failed = message("failed", attempts=9, last_error="550")
    link = reverse("overview:outbox_send_again", args=[failed.pk])
    assert (client.get(link).url, Message.objects.get().state) == (PAGE, "failed")
    assert client.post(link).url == PAGE
    again = Message.objects.get()
    assert (again.state, again.attempts, again.last_error) == ("queued", 0, "")
    assert client.post(reverse("overview:outbox_send_again", args=[uuid.uuid4()])).status_code == 404
