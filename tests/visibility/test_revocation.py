"""What is taken away is gone at the next request: memberships, accounts, standings, grants; in lists, pages, mails."""

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from notifications.models import Message
from notifications.outbox import drain
from organisations.models import Membership, Standing
from sharing.grants import grant, revoke
from sharing.markings import Depth
from sharing.models import Grant, Item, Release
from tests.cast import signed_in

from . import oracle
from .oracle import ALBA_FIELD, BENU_FIELD, BENU_HQ, DSS_FIELD, LAKE, SS, TD
from .world import file_thing, make_thing

ALL_CHOICES = ("dss_desks", "un_of_area", "partners_of_area", "ocha", "community", "everyone")


@pytest.fixture
def things(cast):
    """One report for everybody in each area, by others and by Benu, and a TLP:RED one for Lake alone."""
    made = [
        make_thing(0, "alba", ALBA_FIELD, SS, "TLP:CLEAR", ALL_CHOICES, ()),
        make_thing(1, "dss", DSS_FIELD, SS, "TLP:CLEAR", ("everyone",), ()),
        make_thing(2, "cedar", oracle.CEDAR, TD, "TLP:CLEAR", ALL_CHOICES, ()),
        make_thing(3, "benu", BENU_FIELD, SS, "TLP:AMBER+STRICT", (), ()),
        make_thing(4, "benu", BENU_FIELD, TD, "TLP:AMBER+STRICT", (), ()),
        make_thing(5, "alba", ALBA_FIELD, SS, "TLP:RED", ("named_persons",), (LAKE, BENU_FIELD)),
    ]
    return {thing.number: file_thing(cast, thing) for thing in made}


def seen(client, things):
    """The numbers of the things that the list shows; every page of a thing agrees with it."""
    response = client.get(reverse("incidents:list"))
    if response.status_code != 200:
        return None
    listed = {row.release.item.ref for row in response.context["items"]}
    opened = {ref for ref in things.values() if client.get(reverse("incidents:detail", args=[ref])).status_code == 200}
    assert listed == opened
    assert response.context["count_label"] == str(len(listed))
    return {number for number, ref in things.items() if ref in listed}


def suspend(cast, key, area=None):
    return Standing.objects.create(
        organisation=cast.organisations[key], kind="suspended", area=area and cast.areas[area]
    )


def test_before_anything_is_taken_away(cast, things):
    assert seen(signed_in(cast[BENU_FIELD]), things) == {0, 1, 2, 3, 4, 5}
    assert seen(signed_in(cast[BENU_HQ]), things) == {0, 1, 2, 3, 4}
    assert seen(signed_in(cast[LAKE]), things) == {0, 1, 2, 5}


def test_a_membership_that_ended(cast, things):
    client = signed_in(cast[BENU_FIELD])
    Membership.objects.filter(user=cast[BENU_FIELD], area=cast.areas[SS]).update(ends_at=timezone.now())
    assert seen(client, things) == {
        0,
        1,
        2,
        4,
        5,
    }  # still a member, in Chad: reads what is for everyone, not Benu's own
    Membership.objects.filter(user=cast[BENU_FIELD]).update(ends_at=timezone.now())
    assert seen(client, things) == set()


def test_an_account_that_was_closed(cast, things):
    client = signed_in(cast[LAKE])
    cast[LAKE].is_active = False
    cast[LAKE].save(update_fields=["is_active"])
    assert seen(client, things) is None


def test_an_account_that_expired(cast, things):
    client = signed_in(cast[LAKE])
    cast[LAKE].expires_at = timezone.now() - timedelta(seconds=1)
    cast[LAKE].save(update_fields=["expires_at"])
    assert seen(client, things) is None


def test_an_organisation_suspended_everywhere_reads_its_own(cast, things):
    clients = [signed_in(cast[email]) for email in (BENU_HQ, BENU_FIELD)]
    suspension = suspend(cast, "benu")
    assert [seen(client, things) for client in clients] == [{3, 4}, {3, 4}]
    assert all(client.get(reverse("incidents:file")).status_code == 200 for client in clients)
    suspension.ends_at = timezone.now()
    suspension.save()
    assert [seen(client, things) for client in clients] == [{0, 1, 2, 3, 4}, {0, 1, 2, 3, 4, 5}]


def test_an_organisation_suspended_in_an_area_reads_there_only_its_own(cast, things):
    clients = [signed_in(cast[email]) for email in (BENU_HQ, BENU_FIELD)]
    suspend(cast, "benu", SS)
    # 0 and 1 are for the community and for everyone, 5 by an individual grant: hidden all the same. Chad stays open.
    assert [seen(client, things) for client in clients] == [{2, 3, 4}, {2, 3, 4}]
    assert all(client.get(reverse("incidents:file")).status_code == 200 for client in clients)
    assert seen(signed_in(cast[LAKE]), things) == {0, 1, 2, 5}


def test_a_partnership_that_ended(cast, things):
    client = signed_in(cast[LAKE])
    Standing.objects.filter(organisation=cast.organisations["lake"], kind="partner").update(ends_at=timezone.now())
    assert seen(client, things) == set()


def test_a_grant_that_was_taken_back_or_ran_out(cast, things):
    client, item = signed_in(cast[LAKE]), Item.objects.for_system("test").get(ref=things[5])
    release = Release.objects.for_system("test").get(item=item, depth=Depth.SHARED)
    revoke(release, cast[LAKE], by=cast[ALBA_FIELD])
    assert seen(client, things) == {0, 1, 2}
    grant(release, [cast[LAKE]], by=cast[ALBA_FIELD], expires_at=timezone.now() + timedelta(hours=1))
    assert seen(client, things) == {0, 1, 2, 5}
    Grant.objects.for_system("test").filter(user=cast[LAKE]).update(
        granted_at=timezone.now() - timedelta(hours=2), expires_at=timezone.now() - timedelta(hours=1)
    )
    assert seen(client, things) == {0, 1, 2}


def test_a_later_joiner_sees_earlier_items_and_gets_no_old_mail(cast, things):
    client = signed_in(cast[oracle.NOBODY])
    assert seen(client, things) == set()
    before = Message.objects.count()
    Membership.objects.create(
        user=cast[oracle.NOBODY], organisation=cast.organisations["lake"], area=cast.areas[SS], role="partner_field"
    )
    assert seen(client, things) == {0, 1, 2}
    assert Message.objects.count() == before


@pytest.mark.parametrize("person", sorted(oracle.SHUT_OUT))
def test_a_superuser_flag_opens_nothing(cast, things, person):
    cast[person].is_superuser = True
    cast[person].save(update_fields=["is_superuser"])
    client = signed_in(cast[person])
    assert seen(client, things) == set()
    assert client.get(reverse("incidents:receipt", args=[things[0]])).status_code == 404


def test_queued_mails_of_who_lost_access_are_not_sent(cast, things):
    suspend(cast, "benu", SS)
    Membership.objects.filter(user=cast[oracle.DO]).update(ends_at=timezone.now())
    cast[LAKE].is_active = False
    cast[LAKE].save(update_fields=["is_active"])
    waiting = set(Message.objects.filter(state="queued").values_list("recipient__email", flat=True))
    assert {BENU_FIELD, oracle.DO, LAKE} <= waiting
    drain()
    told = {
        (message.to[0], number) for message in mail.outbox for number, ref in things.items() if ref in message.subject
    }
    assert not {(oracle.DO, 0), (LAKE, 0), (LAKE, 5), (BENU_FIELD, 0), (BENU_FIELD, 5)} & told
    assert (BENU_FIELD, 2) in told
    assert set(Message.objects.values_list("state", flat=True)) == {"sent", "dropped"}
