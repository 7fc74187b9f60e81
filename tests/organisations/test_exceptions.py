"""A personal address: only with an exception that somebody else approved, and only until it runs out (I7)."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.actions import token_of
from audit.models import Event
from notifications.models import Message
from notifications.outbox import drain
from organisations.actions import accept_invitation, end_membership, invite
from organisations.address_actions import (
    add_domain,
    approve_exception,
    refuse_exception,
    remind_of_exceptions,
    renew_exception,
    request_exception,
)
from organisations.models import AddressException, ExceptionReminder, Invitation, Membership, OrganisationDomain
from organisations.tasks import remind_of_exceptions as tick
from sharing.holdings import holdings
from slt_portal.states import StaleState

HQ, DSS, OTHER_DSS = "hq@alba.example", "dss.hq@un.example", "dss.field@un.example"
EMAIL = "adaeze@gmail.com"


def of(cast, tail="", key="alba"):
    return f"/people/{cast.organisations[key].ref}/{tail}"


def typed(cast, **changes):
    values = {"email": EMAIL, "name": "Adaeze Nwosu", "role": "partner_field", "language": "fr"}
    return values | {"area": cast.areas["south-sudan"].pk} | changes


def ask(cast, email=EMAIL, by=HQ, key="alba"):
    return request_exception(organisation=cast.organisations[key], email=email, reason="No server yet.", by=cast[by])


def in_days(days):
    return timezone.now() + timedelta(days=days)


@pytest.fixture
def asked(cast):
    """Alba's headquarters asked for an exception."""
    return ask(cast)


@pytest.fixture
def approved(cast, asked):
    """It was approved for thirty days."""
    approve_exception(asked, until=in_days(30), by=cast[DSS])
    return asked


def invited(cast, email=EMAIL):
    return invite(
        email=email,
        name="Adaeze Nwosu",
        organisation=cast.organisations["alba"],
        area=cast.areas["south-sudan"],
        role="partner_field",
        language="fr",
        by=cast[HQ],
    )


def second_dss(cast):
    """One more person of DSS headquarters."""
    Membership.objects.create(user=cast[OTHER_DSS], organisation=cast.organisations["dss"], role="dss_headquarters")
    return cast[OTHER_DSS]


def test_from_the_refused_invitation_to_access_that_ends_by_itself(cast, sign_in):
    alba, dss = sign_in(cast[HQ]), sign_in(cast[DSS])
    refused = alba.post(of(cast, "invite/"), typed(cast))
    assert "personal mail provider" in refused.content.decode()
    assert f'formaction="{of(cast, "exceptions/request/")}"' in refused.content.decode()
    # The button sends everything typed along; nothing is asked for yet, and one can go back.
    form = alba.post(of(cast, "exceptions/request/"), typed(cast, begin="1"))
    assert (form.status_code, form.context["form"].errors, form.context["form"]["email"].value()) == (200, {}, EMAIL)
    carried = dict(form.context["carried"])
    back = alba.post(of(cast, "invite/"), {**carried, "email": EMAIL, "reason": "x", "back": "1"})
    assert back.context["form"]["name"].value() == "Adaeze Nwosu"
    assert back.context["form"]["area"].value() == str(cast.areas["south-sudan"].pk)
    assert not Invitation.objects.exists()
    asked = alba.post(of(cast, "exceptions/request/"), {**carried, "email": EMAIL, "reason": "No server yet."})
    assert asked.url == of(cast, "exceptions/")
    row = AddressException.objects.get()
    assert drain() == 1
    assert mail.outbox[0].to == [DSS]
    assert EMAIL not in mail.outbox[0].body
    path = of(cast, f"exceptions/{row.ref}/decide/")
    assert f"http://testserver{path}" in mail.outbox[0].body
    assert "No server yet." in dss.get(path).content.decode()
    until = timezone.now().date() + timedelta(days=30)
    assert dss.post(path, {"decision": "approve", "until": until.isoformat()}).url == of(cast, "exceptions/")
    assert drain() == 1
    assert mail.outbox[1].to == [HQ]
    page = alba.get(of(cast, f"invite/?exception={row.ref}"))
    assert page.context["form"]["email"].value() == EMAIL
    assert alba.post(of(cast, "invite/"), typed(cast)).status_code == 302
    invitation = Invitation.objects.get()
    membership = accept_invitation(invitation, password="a long sentence of mine")
    row.refresh_from_db()
    assert (membership.ends_at, membership.exception) == (row.expires_at, row)
    assert (row.expires_at.date(), row.expires_at.hour) == (until, 23)
    assert list(holdings(user=membership.user))
    assert list(holdings(row.expires_at, user=membership.user)) == []
    assert "personal address" in alba.get(of(cast)).content.decode()


def test_nobody_approves_their_own(cast, sign_in):
    row = ask(cast, by=DSS, key="cedar")
    until = in_days(30)
    for act in (lambda: approve_exception(row, until=until, by=cast[DSS]), lambda: refuse_exception(row, by=cast[DSS])):
        with pytest.raises(PermissionError):
            act()
    path = of(cast, f"exceptions/{row.ref}/decide/", "cedar")
    client = sign_in(cast[DSS])
    typed = {"decision": "approve", "until": until.date().isoformat()}
    assert (client.get(path).status_code, client.post(path, typed).status_code) == (403, 403)
    assert path not in client.get(of(cast, "exceptions/", "cedar")).content.decode()
    row.refresh_from_db()
    assert row.state == "requested"
    with pytest.raises(IntegrityError), transaction.atomic():  # whatever the door
        AddressException.objects.filter(pk=row.pk).update(
            state="refused", decided_by=cast[DSS], decided_at=timezone.now()
        )
    approve_exception(row, until=until, by=second_dss(cast))
    assert row.state == "approved"


def test_only_dss_headquarters_decides(cast, sign_in, asked):
    typed = {"decision": "approve", "until": in_days(30).date().isoformat()}
    for email in ("hq@benu.example", HQ, "field@alba.example", "admin@portal.example", "dss.field@un.example"):
        for tail in ("decide/", "renew/"):
            path = of(cast, f"exceptions/{asked.ref}/{tail}")
            assert sign_in(cast[email]).get(path).status_code == 404
            assert sign_in(cast[email]).post(path, typed).status_code == 404
        with pytest.raises(PermissionError):
            approve_exception(asked, until=in_days(30), by=cast[email])
    asked.refresh_from_db()
    assert asked.state == "requested"


def test_another_organisation_sees_and_uses_nothing_of_it(cast, sign_in, approved):
    other = sign_in(cast["hq@benu.example"])
    for tail in ("exceptions/", "exceptions/request/"):
        assert other.get(of(cast, tail)).status_code == 404
        assert other.post(of(cast, tail), {"email": EMAIL, "reason": "x"}).status_code in {404, 405}
    assert EMAIL not in other.get(of(cast, "exceptions/", "benu")).content.decode()
    page = other.get(of(cast, f"invite/?exception={approved.ref}", "benu"))
    assert page.context["form"]["email"].value() is None
    mine = typed(cast)
    assert list(other.post(of(cast, "invite/", "benu"), mine).context["form"].errors) == ["email"]
    path = of(cast, f"exceptions/{approved.ref}/renew/", "benu")
    assert sign_in(cast[DSS]).get(path).status_code == 404  # not of this organisation


def test_a_double_click_is_one_request_and_one_decision(cast, sign_in):
    client, dss = sign_in(cast[HQ]), sign_in(cast[DSS])
    for _ in range(2):
        client.post(of(cast, "exceptions/request/"), {"email": EMAIL.upper(), "reason": "x"})
    row = AddressException.objects.get()
    assert drain() == 1
    typed = {"decision": "refuse"}
    path = of(cast, f"exceptions/{row.ref}/decide/")
    for _ in range(2):
        assert dss.post(path, typed).status_code == 302
    assert "Somebody decided meanwhile" in dss.get(path, follow=True).content.decode()
    assert Event.objects.filter(verb="organisations.exception_refused").count() == 1
    assert drain() == 1
    with pytest.raises(StaleState):
        approve_exception(AddressException.objects.get(), until=in_days(3), by=cast[DSS])


def test_a_refused_or_expired_exception_opens_nothing(cast, sign_in, asked):
    client = sign_in(cast[HQ])
    assert list(client.post(of(cast, "invite/"), typed(cast)).context["form"].errors) == ["email"]  # only asked for
    refuse_exception(asked, by=cast[DSS])
    assert list(client.post(of(cast, "invite/"), typed(cast)).context["form"].errors) == ["email"]
    again = ask(cast)
    approve_exception(again, until=in_days(2), by=cast[DSS])
    with time_machine.travel(again.expires_at), pytest.raises(ValidationError):
        invited(cast)


def test_an_invitation_ends_with_the_exception_it_rests_on(cast, approved):
    invitation = invited(cast)
    path = f"/invitations/{token_of(invitation.link)}/"
    assert Client().get(path).status_code == 200
    AddressException.objects.update(expires_at=approved.decided_at + timedelta(days=3))
    with time_machine.travel(in_days(4)):
        assert Client().get(path).status_code == 404
        assert Client().post(path, {"new_password1": "a long sentence", "new_password2": "x"}).status_code == 404
        assert drain() == 1  # the decision; not the invitation
        with pytest.raises(StaleState):
            accept_invitation(Invitation.objects.get())
    assert not Membership.objects.filter(user__email=EMAIL).exists()


def test_a_renewal_prolongs_what_rests_on_it_and_nothing_else(cast, sign_in, approved):
    membership = accept_invitation(invited(cast))
    ended = Membership.objects.create(
        user=membership.user,
        organisation=membership.organisation,
        role="partner_headquarters",
        exception=approved,
        ends_at=approved.expires_at,
    )
    end_membership(ended, by=cast[DSS])
    stopped = Membership.objects.get(pk=ended.pk).ends_at
    path = of(cast, f"exceptions/{approved.ref}/renew/")
    dss = sign_in(cast[DSS])
    assert dss.get(path).status_code == 200
    later = timezone.now().date() + timedelta(days=300)
    assert dss.post(path, {"until": later.isoformat()}).status_code == 302
    newer = AddressException.objects.exclude(pk=approved.pk).get()
    membership.refresh_from_db()
    assert (membership.ends_at, membership.exception) == (newer.expires_at, newer)
    assert newer.expires_at.date() == later
    assert Membership.objects.get(pk=ended.pk).ends_at == stopped
    # A second click finds the first renewal done.
    assert "Somebody decided meanwhile" in dss.post(path, {"until": later.isoformat()}, follow=True).content.decode()
    assert AddressException.objects.count() == 2
    with pytest.raises(StaleState):
        renew_exception(approved, until=in_days(350), by=cast[DSS])


def test_a_new_request_for_the_same_address_prolongs_as_well(cast, approved):
    membership = accept_invitation(invited(cast))
    newer = ask(cast)
    approve_exception(newer, until=in_days(100), by=cast[DSS])
    membership.refresh_from_db()
    assert (membership.ends_at, membership.exception) == (newer.expires_at, newer)
    shorter = ask(cast)
    approve_exception(shorter, until=in_days(10), by=cast[DSS])
    membership.refresh_from_db()
    assert membership.ends_at == newer.expires_at


def test_when_the_address_becomes_the_organisation_s_a_new_invitation_lifts_the_end(cast, approved):
    membership = accept_invitation(invited(cast))
    Invitation.objects.all().delete()
    add_domain(organisation=cast.organisations["alba"], domain="personal.example", by=cast[DSS])
    OrganisationDomain.objects.update(domain="gmail.com")  # as if the provider had been the organisation's own
    again = accept_invitation(invited(cast))
    assert (again.pk, again.ends_at, again.exception) == (membership.pk, None, None)
    assert Membership.objects.filter(user=membership.user).count() == 1


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"decision": "approve"},
        {"decision": "approve", "until": "x"},
        {"decision": "approve", "until": "0001-01-01"},
        {"decision": "approve", "until": "9999-12-31"},
        {"decision": "perhaps", "until": "2030-01-01"},
        {"decision": "approve", "until": "today"},
        {"decision": "approve", "until": "a year and a day"},
    ],
)
def test_a_refused_decision_says_so_and_changes_nothing(cast, sign_in, asked, values):
    today = timezone.now().date()
    days = {"today": today, "a year and a day": today + timedelta(days=366)}
    values = {name: str(days.get(value, value)) for name, value in values.items()}
    page = sign_in(cast[DSS]).post(of(cast, f"exceptions/{asked.ref}/decide/"), values)
    assert page.status_code == 200
    assert page.context["form"].errors
    asked.refresh_from_db()
    assert asked.state == "requested"


@pytest.mark.parametrize("days", [0, -1, 367])
def test_the_action_knows_the_longest_time_too(cast, asked, days):
    with pytest.raises(ValueError, match="twelve months"):
        approve_exception(asked, until=in_days(days), by=cast[DSS])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", ""),
        ("email", "x"),
        ("email", "a@alba.example"),
        ("email", "a@gmail.com\r\nBcc: x@evil.example"),
        ("email", "a\x00@gmail.com"),
        ("reason", ""),
        ("reason", "a\x00b"),
        ("reason", "x" * 501),
    ],
)
def test_a_refused_request_says_so_at_the_field_and_keeps_what_was_typed(cast, sign_in, field, value):
    values = {"email": EMAIL, "reason": "Because of the flood", "name": "Kept", field: value}
    page = sign_in(cast[HQ]).post(of(cast, "exceptions/request/"), values)
    assert (page.status_code, list(page.context["form"].errors)) == (200, [field])
    assert 'value="Kept"' in page.content.decode()
    assert not AddressException.objects.exists()


@pytest.mark.parametrize("reason", ["=cmd|' /C calc'!A0", "\u202egnorw", "<script>alert(1)</script>", "a\r\nb\u2028c"])
def test_hostile_reasons_are_only_text(cast, sign_in, reason):
    sign_in(cast[HQ]).post(of(cast, "exceptions/request/"), {"email": EMAIL, "reason": reason})
    page = sign_in(cast[DSS]).get(of(cast, "exceptions/"))
    assert page.status_code == 200
    assert "<script>alert" not in page.content.decode()


def test_the_audit_chain_has_the_steps_and_no_address(cast, approved):
    renew_exception(approved, until=in_days(200), by=cast[DSS])
    events = Event.objects.filter(verb__startswith="organisations.exception_")
    assert [event.verb.rpartition("_")[2] for event in events] == ["requested", "approved", "renewed"]
    assert not any("gmail" in str(event.facts) for event in events)


# --- The reminder -------------------------------------------------------------------------------------------


def ending(cast, days, email=EMAIL, key="alba", by=HQ):
    row = ask(cast, email, by, key)
    approve_exception(row, until=in_days(days), by=cast[DSS])
    return row


def recipients():
    return sorted(
        Message.objects.filter(kind="organisations.exceptions_ending").values_list("recipient__email", flat=True)
    )


def test_two_weeks_before_one_summary_goes_to_each_who_has_to_know(cast):
    first, second = ending(cast, 10), ending(cast, 13, "b@gmail.com")
    other = ending(cast, 12, "c@gmail.com", "benu", "hq@benu.example")
    ending(cast, 20, "later@gmail.com")
    drain()
    mail.outbox.clear()
    tick()
    assert recipients() == [DSS, HQ, "hq@benu.example"]
    tick()  # the same day again: nothing twice
    assert drain() == 3
    bodies = {message.to[0]: message.body for message in mail.outbox}
    assert all(row.ref in bodies[DSS] for row in (first, second, other))
    assert [row.ref in bodies[HQ] for row in (first, second, other)] == [True, True, False]
    assert other.ref in bodies["hq@benu.example"]
    assert not any("gmail" in body for body in bodies.values())
    for days in (1, 2):  # not every day anew
        assert remind_of_exceptions(in_days(days)) == 0
    assert ExceptionReminder.objects.count() == 1
    assert remind_of_exceptions(in_days(7)) == 1  # the fourth one is due by then


def test_after_a_downtime_the_reminder_catches_up_but_not_after_the_end(cast):
    ending(cast, 30)
    assert remind_of_exceptions() == 0
    assert remind_of_exceptions(in_days(29)) == 1
    ending(cast, 30, "b@gmail.com")
    assert remind_of_exceptions(in_days(31)) == 0


def test_what_was_renewed_is_not_reminded_of(cast):
    row = ending(cast, 10)
    renew_exception(row, until=in_days(100), by=cast[DSS])
    assert remind_of_exceptions() == 0


def test_a_reminder_overtaken_by_a_renewal_is_not_mailed(cast):
    row = ending(cast, 10)
    drain()
    remind_of_exceptions()
    renew_exception(row, until=in_days(100), by=cast[DSS])
    mail.outbox.clear()
    assert drain() == 0
    assert mail.outbox == []


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_number_of_questions_for_one_row_and_for_three(
    cast, sign_in, django_assert_num_queries, count
):
    for number in range(count):
        ending(cast, 10 + number, f"p{number}@gmail.com")
    client = sign_in(cast[HQ])
    client.get(of(cast, "exceptions/"))
    with django_assert_num_queries(8):
        page = client.get(of(cast, "exceptions/"))
    assert len(page.context["items"]) == count
