"""An invitation from the form to the first page: mail, link, password, role, second factor."""

import re
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core import mail, serializers
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.actions import token_of
from accounts.models import ActionLink, User
from audit.models import Event
from notifications.models import Message
from notifications.outbox import drain
from organisations.actions import accept_invitation, add_standing, end_membership, invite, withdraw_invitation
from organisations.models import Invitation, Membership, Organisation
from slt_portal.states import StaleState

PASSWORD = "a long sentence of mine"
TYPED = {
    "email": "New.Person@Alba.example",
    "name": "Adaeze Nwosu",
    "role": "partner_field",
    "area": "",
    "language": "fr",
}


def address(cast, key, tail=""):
    return f"/people/{cast.organisations[key].ref}/{tail}"


def send(cast, sign_in, by="hq@alba.example", key="alba", **typed):
    values = {**TYPED, "area": cast.areas["south-sudan"].pk, **typed}
    return sign_in(cast[by]).post(address(cast, key, "invite/"), values)


def link_in(message):
    [path] = re.findall(r"http://testserver(/invitations/\w+/)", message.body)
    return path


@pytest.fixture
def invitation(cast):
    """A new person is invited as Alba's field focal point in South Sudan."""
    return invite(
        email="new.person@alba.example",
        name="Adaeze Nwosu",
        organisation=cast.organisations["alba"],
        area=cast.areas["south-sudan"],
        role="partner_field",
        language="fr",
        by=cast["hq@alba.example"],
    )


def page_of(invitation):
    return f"/invitations/{token_of(invitation.link)}/"


def roles_of(email):
    return list(Membership.objects.on().filter(user__email=email).values_list("role", "area__code"))


def test_from_the_form_to_the_second_factor(cast, sign_in):
    response = send(cast, sign_in)
    assert response.url == address(cast, "alba")
    person = User.objects.get(email="new.person@alba.example")
    assert (person.name, person.language, person.has_usable_password()) == ("Adaeze Nwosu", "fr", False)
    assert drain() == 1
    [message] = mail.outbox
    assert message.to == ["new.person@alba.example"]
    assert message.subject.endswith("INGO Alba")
    assert "INGO Alba" in message.body
    assert "Soudan du Sud" in message.body
    client, path = Client(), link_in(message)
    for _ in range(3):  # a mail scanner may look as often as it likes
        assert client.get(path).status_code == 200
    assert roles_of(person.email) == []
    accepted = client.post(path, {"new_password1": PASSWORD, "new_password2": PASSWORD})
    assert accepted.status_code == 302
    assert roles_of(person.email) == [("partner_field", "south-sudan")]
    assert client.get("/").url == "/accounts/2fa/totp/activate/"
    # The password was typed a moment ago: it is not asked for again before the second factor.
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200


def test_the_token_is_stored_nowhere_in_clear(invitation):
    token = token_of(invitation.link)
    drain()
    assert token in mail.outbox[0].body
    rows = [*ActionLink.objects.all(), *Invitation.objects.all(), *Message.objects.all(), *Event.objects.all()]
    assert token not in serializers.serialize("json", rows)


def test_a_double_click_on_accept_gives_one_role(invitation):
    first, second = Client(), Client()
    typed = {"new_password1": PASSWORD, "new_password2": PASSWORD}
    assert first.post(page_of(invitation), typed).status_code == 302
    again = second.post(page_of(invitation), typed)
    assert (again.status_code, "This link no longer works" in again.content.decode()) == (404, True)
    assert roles_of("new.person@alba.example") == [("partner_field", "south-sudan")]
    with pytest.raises(StaleState):
        accept_invitation(Invitation.objects.get(pk=invitation.pk))


def test_a_double_click_on_send_is_one_invitation(cast, sign_in):
    for _ in range(2):
        assert send(cast, sign_in).status_code == 302
    assert Invitation.objects.count() == 1
    assert drain() == 1


@pytest.mark.parametrize("end", ["expired", "withdrawn", "never was"])
def test_a_link_that_works_no_longer_says_what_to_do(cast, invitation, end):
    path, moment = page_of(invitation), timezone.now()
    if end == "expired":
        moment += timedelta(days=14, seconds=1)
    elif end == "withdrawn":
        withdraw_invitation(invitation, by=cast["hq@alba.example"])
    else:
        path = f"/invitations/{'0' * 40}/"
    with time_machine.travel(moment):
        for method in ("get", "post"):
            response = getattr(Client(), method)(path)
            assert response.status_code == 404
            assert "ask the person who invited you" in response.content.decode()
    assert roles_of("new.person@alba.example") == []


def test_a_withdrawn_or_expired_invitation_is_not_mailed(cast, invitation):
    withdraw_invitation(invitation, by=cast["hq@alba.example"])
    assert drain() == 0
    assert mail.outbox == []


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"new_password1": PASSWORD, "new_password2": "something else"},
        {"new_password1": "short", "new_password2": "short"},
        {"new_password1": "12345678901234", "new_password2": "12345678901234"},
        {"new_password1": "new.person@alba.example", "new_password2": "new.person@alba.example"},
    ],
)
def test_a_refused_password_consumes_nothing(invitation, typed):
    response = Client().post(page_of(invitation), typed)
    assert response.status_code == 200
    assert response.context["form"].errors
    assert roles_of("new.person@alba.example") == []
    assert ActionLink.objects.get(pk=invitation.link_id).used_at is None


def test_somebody_with_an_account_keeps_their_password_and_signs_in_as_always(cast, sign_in):
    known, unknown = send(cast, sign_in, email="field@benu.example"), send(cast, sign_in)
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    person = cast["field@benu.example"]
    invitation = Invitation.objects.get(user=person)
    assert "new_password1" not in Client().get(page_of(invitation)).content.decode()
    typed = {"new_password1": PASSWORD, "new_password2": PASSWORD}
    client = Client()
    response = client.post(page_of(invitation), typed)
    assert response.url == "/accounts/login/"
    assert "_auth_user_id" not in client.session
    person.refresh_from_db()
    assert (person.name, person.check_password(PASSWORD)) == (cast["field@benu.example"].name, False)
    assert sorted(roles_of(person.email)) == [
        ("partner_field", "chad"),
        ("partner_field", "south-sudan"),
        ("partner_field", "south-sudan"),
    ]


def test_who_has_the_role_already_keeps_one(cast):
    terms = {"organisation": cast.organisations["alba"], "area": cast.areas["south-sudan"], "role": "partner_field"}
    invitation = invite(email="field@alba.example", name="x", language="en", by=cast["hq@alba.example"], **terms)
    accept_invitation(invitation)
    assert roles_of("field@alba.example") == [("partner_field", "south-sudan")]


def test_accepting_while_somebody_else_is_signed_in_ends_their_session(cast, sign_in, invitation):
    client = sign_in(cast["hq@benu.example"])
    client.post(page_of(invitation), {"new_password1": PASSWORD, "new_password2": PASSWORD})
    assert client.session["_auth_user_id"] == str(invitation.user_id)
    assert client.get("/accounts/profile/").url == "/accounts/2fa/totp/activate/"


def test_a_deactivated_person_cannot_accept(invitation):
    User.objects.filter(pk=invitation.user_id).update(is_active=False)
    assert Client().get(page_of(invitation)).status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", ""),
        ("email", "not an address"),
        ("email", "somebody@gmail.com"),
        ("email", "Somebody@Yahoo.CO.UK"),
        ("email", "hq@alba.example"),
        ("email", "a" * 300 + "@alba.example"),
        ("email", "x\x00@alba.example"),
        ("name", ""),
        ("name", "x" * 151),
        ("name", "a\x00b"),
        ("role", ""),
        ("role", "dss_headquarters"),
        ("role", "administrator"),
        ("role", "no such role"),
        ("area", ""),
        ("area", "999999999"),
        ("area", "x"),
        ("language", "de"),
    ],
)
def test_a_refused_invitation_says_so_at_the_field_and_sends_nothing(cast, sign_in, field, value):
    response = send(cast, sign_in, **{field: value})
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    assert (Invitation.objects.count(), Message.objects.count()) == (0, 0)
    assert not User.objects.filter(email="new.person@alba.example").exists()


def test_a_partner_cannot_give_a_role_in_an_area_where_it_does_not_work(cast, sign_in):
    response = send(cast, sign_in, area=cast.areas["chad"].pk)
    assert list(response.context["form"].errors) == ["area"]


def test_a_world_wide_role_has_no_area(cast, sign_in):
    response = send(cast, sign_in, role="partner_headquarters")
    assert list(response.context["form"].errors) == ["area"]
    assert send(cast, sign_in, role="partner_headquarters", area="").status_code == 302


def test_dss_headquarters_names_the_first_focal_point_of_a_partner_and_no_other(cast, sign_in):
    assert send(cast, sign_in, by="dss.hq@un.example", email="a@cedar.example", key="cedar").status_code == 302
    # Alba has one: whoever could name a second from outside would read what Alba reported.
    answer = send(cast, sign_in, by="dss.hq@un.example", email="a@alba.example")
    assert list(answer.context["form"].errors) == ["role"]


def test_the_administrator_gives_no_role_that_reads(cast, sign_in):
    assert send(cast, sign_in, by="admin@portal.example", key="cedar").status_code == 404
    for role in ("dss_headquarters", "dss_field", "un_security_officer"):
        answer = send(cast, sign_in, by="admin@portal.example", key="dss", email="b@un.example", role=role)
        assert list(answer.context["form"].errors) == ["role"]
    ours = {"email": "b@un.example", "role": "administrator", "area": ""}
    assert send(cast, sign_in, by="admin@portal.example", key="dss", **ours).status_code == 302


def test_ending_a_role_ends_the_invitations_that_the_person_sent(cast, invitation):
    membership = Membership.objects.get(user=cast["hq@alba.example"])
    end_membership(membership, by=cast["dss.hq@un.example"])
    assert Client().get(page_of(invitation)).status_code == 404


def _leave(cast):
    Membership.objects.filter(user=cast["dss.hq@un.example"]).update(ends_at=timezone.now())


def _lose_the_account(cast):
    User.objects.filter(email="dss.hq@un.example").update(is_active=False)


def _be_suspended(cast):
    add_standing(organisation=cast.organisations["dss"], kind="suspended", by=None)


@pytest.mark.parametrize("end", [_leave, _lose_the_account, _be_suspended])
def test_an_invitation_ends_with_the_right_to_send_it_in_whatever_organisation(cast, end):
    """Whoever is about to leave cannot open a back door for a second address of theirs."""
    sent = invite(
        email="second.address@un.example",
        name="Me Again",
        organisation=cast.organisations["cedar"],
        area=None,
        role="partner_headquarters",
        language="en",
        by=cast["dss.hq@un.example"],
    )
    assert Client().get(page_of(sent)).status_code == 200
    end(cast)
    assert drain() == 0
    assert Client().get(page_of(sent)).status_code == 404
    assert Client().post(page_of(sent), {"new_password1": PASSWORD, "new_password2": PASSWORD}).status_code == 404
    with pytest.raises(StaleState):
        accept_invitation(Invitation.objects.get(pk=sent.pk), password=PASSWORD)
    assert roles_of("second.address@un.example") == []


def test_names_stand_on_one_line_of_the_mail(cast, sign_in):
    client = sign_in(cast["hq@alba.example"])
    text = "https://evil.example/sign-in"
    client.post("/accounts/profile/", {"name": f"DSS\r\n\r\n{text}", "language": "en", "time_zone": "UTC"})
    assert send(cast, sign_in, name=f"Adaeze\n{text}", language="en").status_code == 302
    assert drain() == 1
    assert text not in mail.outbox[0].body.splitlines()
    assert "<" not in mail.outbox[0].body


def test_the_audit_chain_has_the_steps_and_no_address(cast, invitation):
    accept_invitation(Invitation.objects.get(pk=invitation.pk), password=PASSWORD)
    events = list(Event.objects.filter(verb__startswith="organisations.invitation_"))
    assert [(event.verb, event.actor) for event in events] == [
        ("organisations.invitation_sent", str(cast["hq@alba.example"].pk)),
        ("organisations.invitation_accepted", str(invitation.user_id)),
    ]
    assert {event.object_ref for event in events} == {cast.organisations["alba"].ref}
    assert "new.person" not in serializers.serialize("json", events)


def command(*words, **options):
    out = StringIO()
    call_command("invite", *words, stdout=out, **options)
    return out.getvalue()


@pytest.mark.django_db
def test_the_first_administrator_is_invited_from_the_command_line():
    arguments = {"name": "First Person", "organisation": "Some Entity", "role": "administrator"}
    told = command("first@un.example", **arguments, kind="unsms_entity")
    assert "http" not in told
    assert drain() == 1
    path = link_in(mail.outbox[0])
    assert Client().post(path, {"new_password1": PASSWORD, "new_password2": PASSWORD}).status_code == 302
    assert roles_of("first@un.example") == [("administrator", None)]
    made = Event.objects.get(verb="organisations.organisation_added")
    assert (made.object_ref, made.facts) == (
        Organisation.objects.get(name="Some Entity").ref,
        {"kind": "unsms_entity"},
    )


@pytest.mark.django_db
def test_the_command_prints_the_link_only_when_asked():
    arguments = {"name": "First Person", "organisation": "Some Entity", "role": "administrator", "kind": "unsms_entity"}
    [path] = re.findall(r"http://testserver(/invitations/\w+/)", command("a@un.example", **arguments, print_link=True))
    assert Client().get(path).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"email": "nonsense"}, "valid email address"),
        ({"email": "a@gmail.com"}, "personal mail provider"),
        ({"kind": None}, "Add --kind"),
        ({"kind": "ingo"}, "no role of this kind"),
        ({"role": "dss_field"}, "add --area"),
        ({"area": "chad"}, "leave --area out"),
        ({"role": "dss_field", "area": "atlantis"}, "There is no area atlantis"),
    ],
)
def test_the_command_says_what_is_wrong(changes, reason):
    values = {"name": "A", "organisation": "Some Entity", "role": "administrator", "kind": "unsms_entity", **changes}
    email = values.pop("email", "a@un.example")
    with pytest.raises(CommandError, match=reason):
        command(email, **{name: value for name, value in values.items() if value})
    assert (Invitation.objects.count(), Event.objects.count()) == (0, 0)
    assert not Organisation.objects.filter(name=values["organisation"]).exists()


def test_who_holds_the_role_here_is_not_invited_to_it_again(cast, sign_in):
    response = send(cast, sign_in, email="field@alba.example")
    assert (response.status_code, Invitation.objects.count()) == (200, 0)
    assert "This person holds this role here already" in response.content.decode()
    assert send(cast, sign_in, email="field@alba.example", area=cast.areas["chad"].pk).context[
        "form"
    ].errors.keys() == {"area"}


def test_a_role_that_ends_is_renewed_by_inviting_again(cast, sign_in):
    held = Membership.objects.filter(user=cast["field@alba.example"])
    held.update(ends_at=timezone.now() + timedelta(days=9))
    assert send(cast, sign_in, email="field@alba.example").status_code == 302
    assert Invitation.objects.count() == 1
