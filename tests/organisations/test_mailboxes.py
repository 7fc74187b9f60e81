"""Functional mailboxes: they say yes to mails, receive in their scope, and nobody ever signs in with one (item 10)."""

import re

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import User
from notifications.account_mail import answer_password_resets
from notifications.models import Message
from notifications.outbox import drain
from organisations.actions import accept_invitation, add_mailbox, end_membership, invite
from organisations.address_actions import add_domain
from organisations.models import Invitation, Membership
from organisations.policies import can_add_mailbox
from organisations.querysets import contacts_in, people_of
from slt_portal.states import StaleState
from tests.cast import signed_in
from tests.factories.incidents import file_report

HQ, DSS, BOX = "hq@alba.example", "dss.hq@un.example", "duty@alba.example"
PASSWORD = "a long sentence of mine"


def of(cast, tail="", key="alba"):
    return f"/people/{cast.organisations[key].ref}/{tail}"


def typed(cast, **changes):
    return {"email": BOX, "name": "Duty, Juba", "language": "en", "area": cast.areas["south-sudan"].pk} | changes


@pytest.fixture
def domain(cast):
    """Alba's addresses are at alba.example."""
    return add_domain(organisation=cast.organisations["alba"], domain="alba.example", by=cast[DSS])


def added(cast, area="south-sudan", **changes):
    values = {"email": BOX, "name": "Duty, Juba", "language": "en", "area": cast.areas[area] if area else None}
    return add_mailbox(**values | changes, organisation=cast.organisations["alba"], by=cast[HQ])


@pytest.fixture
def mailbox(cast, domain):
    """Alba's duty mailbox in South Sudan, which said yes."""
    membership = accept_invitation(added(cast))
    drain()
    mail.outbox.clear()
    return membership.user


def told():
    return sorted(Message.objects.filter(kind__startswith="incidents.").values_list("recipient__email", flat=True))


def test_from_the_form_to_the_first_mail(cast, sign_in, domain):
    client = sign_in(cast[HQ])
    assert client.get(of(cast, "mailboxes/add/")).status_code == 200
    for _ in range(2):  # a double click is one mail
        assert client.post(of(cast, "mailboxes/add/"), typed(cast)).url == of(cast)
    assert drain() == 1
    [message] = mail.outbox
    assert (message.to, "Duty, Juba," in message.body) == ([BOX], True)
    assert "INGO Alba wants this mailbox to be told" in message.body
    [path] = re.findall(r"http://testserver(/invitations/\w+/)", message.body)
    file_report(cast, by="hq@benu.example", organisation="benu")
    assert BOX not in told()  # nothing before it said yes
    page = Client().get(path).content.decode()
    assert "This mailbox wants these mails" in page
    assert "password" not in page
    assert not Membership.objects.filter(user__email=BOX).exists()
    answered = Client().post(path, {"new_password1": PASSWORD, "new_password2": PASSWORD})
    assert answered.status_code == 200
    assert "_auth_user_id" not in answered.wsgi_request.session
    assert Client().post(path).status_code == 404  # single use
    assert not User.objects.get(email=BOX).has_usable_password()
    file_report(cast, by="hq@benu.example", organisation="benu")
    assert BOX in told()
    page = client.get(of(cast)).content.decode()
    assert BOX in page
    assert "Functional mailbox" in page
    assert "not for a mailbox" in page


def test_its_scope_is_its_area(cast, mailbox):
    file_report(cast, by="hq@benu.example", organisation="benu", area="chad")
    assert BOX not in told()
    end_membership(Membership.objects.get(user=mailbox), by=cast[HQ])
    file_report(cast, by="hq@benu.example", organisation="benu")
    assert BOX not in told()


def test_nobody_signs_in_with_it(cast, mailbox):
    stranger = Client()
    unknown = stranger.post("/accounts/login/", {"login": "nobody@nowhere.example", "password": PASSWORD})
    answer = Client().post("/accounts/login/", {"login": BOX, "password": PASSWORD})
    assert (answer.status_code, answer.context["form"].errors) == (unknown.status_code, unknown.context["form"].errors)
    assert "_auth_user_id" not in answer.wsgi_request.session


def test_a_password_reset_looks_the_same_and_sends_nothing(cast, mailbox):
    unknown = Client().post("/accounts/password/reset/", {"email": "nobody@nowhere.example"})
    answer = Client().post("/accounts/password/reset/", {"email": BOX})
    assert (answer.status_code, answer.url) == (unknown.status_code, unknown.url)
    assert (answer_password_resets(), drain()) == (2, 0)
    assert mail.outbox == []


def test_the_database_itself_refuses_a_password(cast, mailbox):
    mailbox.set_password(PASSWORD)
    with pytest.raises(IntegrityError), transaction.atomic():
        mailbox.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(email=HQ).update(is_mailbox=True)


def test_a_session_that_exists_all_the_same_ends_at_the_next_request(mailbox):
    for path in ("/", "/accounts/profile/", "/accounts/rules/", "/incidents/report/"):
        client = signed_in(mailbox)
        assert client.get(path).url == "/accounts/login/"
        assert "_auth_user_id" not in client.session


def test_it_is_no_person(cast, mailbox, sign_in):
    alba = cast.organisations["alba"]
    assert [place.count for place in contacts_in(alba, people_of(alba))] == [1, 1]
    page = sign_in(cast[HQ]).post(of(cast, "invite/"), typed(cast, role="partner_field"))
    assert list(page.context["form"].errors) == ["email"]
    with pytest.raises(ValidationError):
        invite(email=BOX, name="x", organisation=alba, area=None, role="partner_headquarters", language="en", by=None)
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("invite", BOX, "--name=x", "--organisation=Alba", "--role=duty_mailbox")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", ""),
        ("email", "duty@benu.example"),
        ("email", "duty@gmail.com"),
        ("email", "field@alba.example"),
        ("email", "duty@alba.example\r\nBcc: x@evil.example"),
        ("name", ""),
        ("name", "a\x00b"),
        ("area", "x"),
        ("language", "de"),
    ],
)
def test_a_refused_mailbox_says_so_at_the_field_and_sends_nothing(cast, sign_in, domain, field, value):
    page = sign_in(cast[HQ]).post(of(cast, "mailboxes/add/"), typed(cast, **{field: value}))
    assert (page.status_code, list(page.context["form"].errors)) == (200, [field])
    assert (Invitation.objects.count(), Message.objects.count()) == (0, 0)


def test_without_a_noted_domain_there_is_no_mailbox(cast, sign_in):
    page = sign_in(cast[HQ]).post(of(cast, "mailboxes/add/"), typed(cast))
    assert "noted no e-mail domain" in page.content.decode()
    with pytest.raises(ValidationError):
        added(cast)
    assert not User.objects.filter(email=BOX).exists()


def test_the_action_makes_no_mailbox_of_a_person(cast, domain):
    with pytest.raises(ValidationError):
        added(cast, email="field@alba.example")
    assert not User.objects.get(email="field@alba.example").is_mailbox


def test_who_may_add_one(cast, sign_in, domain):
    pairs = {(email, key) for email in cast.people for key, row in cast.organisations.items()
             if can_add_mailbox(cast[email], row)}  # fmt: skip
    lists = {(DSS, key) for key in ("dss", "ocha", "wfp", "unhcr", "unmiss", "unfpa")}  # of UN entities (G6)
    partners = {(HQ, "alba"), ("hq@benu.example", "benu")} | {(DSS, key) for key in ("cedar", "lake", "dune")}
    assert pairs == partners | lists
    for email in ("hq@benu.example", "field@alba.example", DSS, "admin@portal.example"):
        client = sign_in(cast[email])
        assert client.get(of(cast, "mailboxes/add/")).status_code == 404
        assert client.post(of(cast, "mailboxes/add/"), typed(cast)).status_code == 404
    assert not User.objects.filter(email=BOX).exists()


def test_an_account_that_became_a_mailbox_accepts_no_role_of_a_person(cast, domain):
    invitation = invite(
        email="new@alba.example",
        name="New",
        organisation=cast.organisations["alba"],
        area=None,
        role="partner_headquarters",
        language="en",
        by=cast[HQ],
    )
    User.objects.filter(email="new@alba.example").update(is_mailbox=True)
    with pytest.raises(StaleState):
        accept_invitation(Invitation.objects.get(pk=invitation.pk), password=PASSWORD)
    assert drain() == 0


def test_hostile_names_stay_on_one_line(cast, sign_in, domain):
    client = sign_in(cast[HQ])
    client.post(of(cast, "mailboxes/add/"), typed(cast, name="Duty\r\nhttps://evil.example/\u202etxet"))
    assert drain() == 1
    assert "https://evil.example/" not in [line.strip() for line in mail.outbox[0].body.splitlines()]


def test_a_withdrawn_mailbox_gets_no_mail(cast, domain, sign_in):
    row = added(cast)
    path = of(cast, f"invitations/{row.subject_id}/withdraw/")
    assert sign_in(cast[HQ]).post(path).url == of(cast)
    assert drain() == 0
