"""Addresses of departments and situation centres: they get the lists of levels and nothing else (G6)."""

import re

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.models import User
from implementation_levels.actions.distribution import send_due
from implementation_levels.recipients import is_recipient
from notifications.models import Message
from notifications.outbox import drain
from organisations.actions import accept_invitation, add_mailbox, invite
from organisations.address_actions import add_domain
from organisations.models import Membership
from sharing.access import access_of
from sharing.holdings import holdings, people_of
from slt_portal.states import StaleState
from tests.factories.incidents import file_report
from tests.factories.levels import a_list

DSS, BOX = "dss.hq@un.example", "centre@un.example"


@pytest.fixture
def unmiss(cast):
    """A UN mission with its addresses at un.example."""
    add_domain(organisation=cast.organisations["unmiss"], domain="un.example", by=cast[DSS])
    return cast.organisations["unmiss"]


@pytest.fixture
def centre(cast, unmiss):
    """Its situation centre, which said yes."""
    given = {"email": BOX, "name": "Situation centre", "organisation": unmiss, "language": "fr"}
    user = accept_invitation(add_mailbox(**given, by=cast[DSS])).user
    drain()
    mail.outbox.clear()
    return user


def test_from_the_form_to_the_first_list(cast, sign_in, unmiss):
    client, path = sign_in(cast[DSS]), f"/people/{unmiss.ref}/"
    assert "Add a functional mailbox" in client.get(path).content.decode()
    page = client.get(f"{path}mailboxes/add/")
    assert list(page.context["form"].fields) == ["email", "name", "language"]
    typed = {"email": BOX, "name": "Situation centre", "language": "en", "area": cast.areas["chad"].pk}
    assert client.post(f"{path}mailboxes/add/", typed).url == path
    assert drain() == 1
    [message] = mail.outbox
    assert ("lists of areas" in message.body, "incidents" in message.body) == (True, False)
    [link] = re.findall(r"http://testserver(/invitations/\w+/)", message.body)
    assert "lists of areas" not in Client().get("/").content.decode()
    page = Client().get(link).content.decode()
    said = ("each list of areas", "told of security incidents", "password")
    assert [words in page for words in said] == [True, False, False]
    assert "DSS headquarters can end this" in Client().post(link).content.decode()
    row = Membership.objects.get(user__email=BOX)
    assert (row.role, row.area, row.user.is_mailbox) == ("circulation", None, True)
    assert "Distribution list" in client.get(path).content.decode()


def test_it_gets_the_lists_and_nothing_else(cast, centre):
    assert [holding.principal.partition(":")[0] for holding in holdings(user=centre)] == ["circulation"]
    assert is_recipient(centre)
    access = access_of(centre)
    assert (access.plain, access.excepted, access.is_member, access.groups()) == ((), (), False, [])
    audiences = ("everyone", "community", "un:1", "dss_world", f"organisation:{cast.organisations['unmiss'].pk}")
    assert centre.pk not in people_of((*audiences, *access.offices))
    file_report(cast, by="hq@benu.example", organisation="benu")
    a_list(cast)
    send_due()
    told = Message.objects.filter(recipient=centre).exclude(kind="organisations.mailbox")
    assert list(told.values_list("kind", flat=True)) == ["implementation_levels.list"]
    drain()
    [message] = [message for message in mail.outbox if message.to == [BOX]]
    assert message.attachment.name == "SLT-LIST-0001.fr.pdf"


def test_nobody_signs_in_with_it(centre, sign_in):
    client = sign_in(centre)
    assert client.get("/").url == "/accounts/login/"


def test_mailboxes_and_people_hold_different_roles(cast, unmiss, centre):
    given = {"name": "x", "organisation": unmiss, "language": "en", "by": cast[DSS]}
    with pytest.raises(ValidationError):
        add_mailbox(**given, email="do@un.example")  # a person's
    with pytest.raises(ValidationError):
        add_mailbox(**given, email="other@un.example", area=cast.areas["chad"])  # a list has no area
    with pytest.raises(ValidationError):
        add_mailbox(**{**given, "organisation": cast.organisations["gisf"]}, email="x@un.example")
    with pytest.raises(ValidationError):
        invite(**given, email=BOX, area=None, role="ocha")
    invitation = invite(**given, email="person@un.example", area=None, role="circulation")
    with pytest.raises(StaleState):
        accept_invitation(invitation)
    assert not User.objects.get(email="person@un.example").memberships.exists()


def test_the_form_for_colleagues_does_not_offer_it(cast, sign_in, unmiss):
    page = sign_in(cast[DSS]).get(f"/people/{unmiss.ref}/invite/")
    assert "circulation" not in dict(page.context["form"].fields["role"].choices)


def test_without_a_noted_domain_the_form_says_what_to_do(cast, sign_in):
    path = f"/people/{cast.organisations['wfp'].ref}/mailboxes/add/"
    page = sign_in(cast[DSS]).post(path, {"email": BOX, "name": "x", "language": "en"})
    assert "Add it first" in page.content.decode()
