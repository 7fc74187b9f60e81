"""The e-mail domains of an organisation: who notes them, and who can be invited where (I7)."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.actions import token_of
from accounts.models import User
from audit.models import Event
from notifications.outbox import drain
from organisations.actions import accept_invitation, add_mailbox, invite
from organisations.address_actions import add_domain, remove_domain
from organisations.addresses import check_address, clean_domain
from organisations.models import Invitation, Membership, OrganisationDomain
from slt_portal.states import StaleState

HQ, DSS = "hq@alba.example", "dss.hq@un.example"


def of(cast, tail="", key="alba"):
    return f"/people/{cast.organisations[key].ref}/{tail}"


def typed(cast, **changes):
    values = {"email": "x@alba.example", "name": "Adaeze", "role": "partner_field", "language": "en"}
    return values | {"area": cast.areas["south-sudan"].pk} | changes


@pytest.fixture
def domain(cast):
    """Alba's addresses are at alba.example."""
    return add_domain(organisation=cast.organisations["alba"], domain="Alba.Example", by=cast[DSS])


@pytest.mark.parametrize(
    ("email", "is_own"),
    [
        ("a@alba.example", True),
        ("A@ALBA.EXAMPLE", True),
        ("a@juba.alba.example", True),
        ("a@alba.example.", True),
        ("a@notalba.example", False),
        ("a@alba.example.evil.example", False),
        ("alba.example@evil.example", False),
        ("a@benu.example", False),
        ("a@gmail.com", False),
        ("a@xn--alba-example", False),
    ],
)
def test_only_addresses_at_a_domain_or_below_it(cast, domain, email, is_own):
    if is_own:
        assert check_address(email, cast.organisations["alba"]) is None
    else:
        with pytest.raises(ValidationError, match="has its addresses at alba.example"):
            check_address(email, cast.organisations["alba"])


def test_other_alphabets_are_compared_as_mail_servers_write_them(cast):
    alba = cast.organisations["alba"]
    row = add_domain(organisation=alba, domain="bücher.example", by=cast[DSS])
    assert row.domain == "xn--bcher-kva.example"
    assert check_address("a@bücher.example", alba) is None
    with pytest.raises(ValidationError):
        check_address("a@bücher.example".replace("ü", "u"), alba)


def test_without_a_domain_only_personal_providers_are_refused(cast):
    assert check_address("a@anything.example", cast.organisations["benu"]) is None
    with pytest.raises(ValidationError, match="personal mail provider"):
        check_address("a@gmail.com", cast.organisations["benu"])


def test_the_form_says_so_at_the_field_and_keeps_what_was_typed(cast, sign_in, domain):
    client = sign_in(cast[HQ])
    page = client.post(of(cast, "invite/"), typed(cast, email="x@benu.example", name="Adaeze Nwosu"))
    assert list(page.context["form"].errors) == ["email"]
    text = page.content.decode()
    assert "INGO Alba has its addresses at alba.example" in text
    assert "Adaeze Nwosu" in text
    assert not User.objects.filter(email="x@benu.example").exists()
    assert client.post(of(cast, "invite/"), typed(cast)).status_code == 302


def test_the_action_and_the_command_hold_the_same_rule(cast, domain):
    with pytest.raises(ValidationError):
        invite(
            email="x@benu.example",
            name="X",
            organisation=cast.organisations["alba"],
            area=None,
            role="partner_headquarters",
            language="en",
            by=cast[HQ],
        )
    with pytest.raises(CommandError, match="has its addresses at"):
        call_command("invite", "x@benu.example", name="X", organisation="Alba", role="partner_headquarters")
    assert not Invitation.objects.exists()


def test_dss_headquarters_adds_and_removes_and_others_see_the_list(cast, sign_in):
    dss, alba = sign_in(cast[DSS]), sign_in(cast[HQ])
    assert dss.get(of(cast, "domains/add/")).status_code == 200
    for _ in range(2):  # a double click
        assert dss.post(of(cast, "domains/add/"), {"domain": " @ALBA.example. "}).url == of(cast)
    assert [row.domain for row in OrganisationDomain.objects.all()] == ["alba.example"]
    assert "alba.example</code>" in alba.get(of(cast)).content.decode()
    assert "/domains/" not in alba.get(of(cast)).content.decode()
    remove = of(cast, "domains/alba.example/remove/")
    assert dss.get(remove).status_code == 200
    assert dss.post(remove).url == of(cast)
    assert dss.post(remove).status_code == 404
    assert not OrganisationDomain.objects.exists()
    assert list(Event.objects.values_list("verb", "facts")) == [
        ("organisations.domain_added", {"domain": "alba.example"}),
        ("organisations.domain_removed", {"domain": "alba.example"}),
    ]


def test_nobody_else_touches_the_domains(cast, sign_in, domain):
    paths = [of(cast, "domains/add/"), of(cast, "domains/alba.example/remove/")]
    for email in (HQ, "hq@benu.example", "field@alba.example", "admin@portal.example", "dss.field@un.example"):
        client = sign_in(cast[email])
        for path in paths:
            assert client.get(path).status_code == 404
            assert client.post(path, {"domain": "evil.example"}).status_code == 404
    assert [row.domain for row in OrganisationDomain.objects.all()] == ["alba.example"]


@pytest.mark.parametrize(
    "text",
    ["", "com", "gmail.com", "yahoo.fr", "a b.example", "x@", "-a.example", "a..example", "a\x00.example", "x" * 300,
     "alba.example\r\nBcc: x@evil.example", "\u202eelpmaxe.abla", "=cmd()", "<b>.example", "127.0.0.1"],
)  # fmt: skip
def test_what_is_no_domain_is_refused_at_the_field(cast, sign_in, text):
    page = sign_in(cast[DSS]).post(of(cast, "domains/add/"), {"domain": text})
    assert page.status_code == 200
    assert list(page.context["form"].errors) == ["domain"]
    assert not OrganisationDomain.objects.exists()


def test_removing_twice_is_stale(cast, domain):
    remove_domain(domain, by=cast[DSS])
    domain.pk = 999_999
    with pytest.raises(StaleState):
        remove_domain(domain, by=cast[DSS])


def test_a_domain_of_one_organisation_is_none_of_another(cast, domain):
    with pytest.raises(ValidationError):
        check_address("x@benu.example", cast.organisations["alba"])
    assert check_address("x@benu.example", cast.organisations["benu"]) is None
    assert clean_domain("@Alba.example") == "alba.example"


def test_a_control_character_in_the_address_finds_nothing(cast, sign_in):
    assert sign_in(cast[DSS]).get(of(cast, "domains/%00/remove/")).status_code == 404


def invited(cast, email, **changes):
    terms = {"organisation": cast.organisations["alba"], "area": None, "role": "partner_headquarters", "by": cast[HQ]}
    return invite(email=email, name="X", language="en", **terms | changes)


def test_an_invitation_to_an_address_that_fits_no_longer_opens_nothing(cast):
    """Who was invited before the organisation noted its domains is asked in again, at an address of theirs."""
    elsewhere, there = invited(cast, "x@elsewhere.example"), invited(cast, "y@alba.example")
    path = f"/invitations/{token_of(elsewhere.link)}/"
    assert Client().get(path).status_code == 200
    domain = add_domain(organisation=cast.organisations["alba"], domain="alba.example", by=cast[DSS])
    typed = {"new_password1": "a long sentence of mine", "new_password2": "a long sentence of mine"}
    for page in (Client().get(path), Client().post(path, typed)):
        assert page.status_code == 404
        assert "not one of <bdi>INGO Alba</bdi>" in page.content.decode()
        assert "Ask the person who invited you" in page.content.decode()
        assert "alba.example" not in page.content.decode()
    with pytest.raises(StaleState):
        accept_invitation(Invitation.objects.get(pk=elsewhere.pk), password="a long sentence of mine")
    user = User.objects.get(email="x@elsewhere.example")
    assert not Membership.objects.filter(user=user).exists()
    assert not user.has_usable_password()
    assert drain() == 1  # the other one: an invitation that opens nothing is not sent
    assert accept_invitation(Invitation.objects.get(pk=there.pk)).role == "partner_headquarters"
    remove_domain(domain, by=cast[DSS])
    assert Client().get(path).status_code == 200


def test_whose_sender_lost_the_right_reads_nothing_of_the_organisation(cast, domain):
    sent = invited(cast, "y@alba.example")
    OrganisationDomain.objects.update(domain="other.example")
    Membership.objects.filter(user=cast[HQ]).delete()
    page = Client().get(f"/invitations/{token_of(sent.link)}/")
    assert page.status_code == 404
    assert "Alba" not in page.content.decode()


def test_a_mailbox_without_its_domain_gets_nothing(cast, domain):
    terms = {"organisation": cast.organisations["alba"], "area": None, "language": "en", "by": cast[HQ]}
    mailbox = add_mailbox(email="duty@alba.example", name="Duty", **terms)
    remove_domain(domain, by=cast[DSS])
    assert "Ask the person" in Client().post(f"/invitations/{token_of(mailbox.link)}/").content.decode()
    assert not Membership.objects.filter(user__email="duty@alba.example").exists()
