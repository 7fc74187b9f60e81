"""Passing on what the originator has from others: who it comes from has to have accepted that (C3)."""

import re

import pytest
from django.utils import timezone

from accounts.models import User
from incidents import consents
from sharing.access import access_of
from sharing.consent_terms import NotAccepted
from sharing.markings import AudienceRefused
from sharing.models import Item, Release
from tests.factories.consents import (
    ALBA,
    DESKS_AND_BENU,
    LAKE,
    again,
    asked,
    asked_and_given,
    given,
    loaded,
    shared_with_benu,
)
from tests.factories.incidents import file_report, typed
from tests.factories.withholding import withheld_report

from .controlling import fresh, share
from .test_consents import answer_form

pytestmark = pytest.mark.django_db
ACCEPTED = {"accepted_on": "2026-03-18", "accepted_by": "Office of the Governor"}


@pytest.fixture(autouse=True)
def today(now, cast):
    User.objects.update(language="en")


@pytest.fixture
def item(cast):
    return shared_with_benu(cast)


def from_authorities(item) -> Item:
    Item.objects.for_system("test").filter(pk=item.pk).update(source="host_authority")
    return loaded(item)


def with_benu(cast) -> dict:
    return {"organisations": [cast.organisations["benu"]]}


def test_without_acceptance_nothing_is_given(cast, item):
    request = asked(cast, from_authorities(item))
    for terms in ({}, {"accepted_on": timezone.now().date()}, {"accepted_by": "x"}):
        with pytest.raises(NotAccepted):
            given(cast, request, **terms)
    assert again(request).state == "open"
    assert not Release.objects.for_system("test").filter(item=item, depth=0).exists()
    given(cast, request, accepted_on=timezone.now().date(), accepted_by="x")


def test_said_while_the_form_was_open(cast, item, sign_in, monkeypatch):
    request = asked(cast, item)
    client, path = sign_in(cast[ALBA]), f"/incidents/consents/{request.ref}/"
    form, gives = answer_form(client, request, "yes"), consents.give

    def late(*args, **options):
        from_authorities(item)
        return gives(*args, **options)

    monkeypatch.setattr(consents, "give", late)
    answer = client.post(path, form)
    assert (answer.status_code, again(request).state) == (409, "open")
    assert set(answer.context["form"].errors) == {"accepted_by", "accepted_on"}
    assert client.post(path, {**form, **ACCEPTED}).status_code == 302


def test_said_afterwards_ends_what_nobody_accepted(cast, item):
    done = asked_and_given(cast, item)
    accepted = given(cast, asked(cast, item), accepted_on=timezone.now().date(), accepted_by="x")
    share(cast, item, DESKS_AND_BENU, source="host_authority", **with_benu(cast))
    assert (again(done).state, again(accepted).state) == ("closed", "given")
    share(cast, item, DESKS_AND_BENU, source="host_authority", **with_benu(cast))
    assert again(accepted).state == "given"
    share(cast, item, DESKS_AND_BENU, source="diplomatic_mission", **with_benu(cast))
    assert again(accepted).state == "closed"  # another source accepted it
    assert not Release.objects.visible_to(access_of(cast[LAKE])).filter(item=item).exists()


def test_what_others_told_has_a_limit(cast, item, sign_in):
    """TLP:CLEAR would let everybody pass it on without being asked."""
    with pytest.raises(AudienceRefused):
        file_report(cast, marking="TLP:CLEAR", choices=["everyone"], source="diplomatic_mission")
    with pytest.raises(AudienceRefused):
        share(cast, item, ["everyone"], marking="TLP:CLEAR", source="diplomatic_mission")
    kept = fresh(item)
    assert (kept.marking, kept.source) == ("TLP:AMBER", "own")
    form = {
        "version": kept.version,
        "marking": "TLP:CLEAR",
        "audience": ["everyone"],
        "source": "diplomatic_mission",
    }
    answer = sign_in(cast[ALBA]).post(f"/incidents/{item.ref}/audience/", form)
    assert (answer.status_code, set(answer.context["form"].errors)) == (422, {"marking"})
    assert "TLP:CLEAR has no limit on passing it on." in answer.content.decode()


@pytest.mark.parametrize("kept", [{}, {"is_withheld": "on", "ground": "duty", "audience": None}])
def test_nor_when_it_is_filed(cast, send, kept):
    form = {"marking": "TLP:CLEAR", "audience": ["everyone"], "source": "diplomatic_mission"}
    assert "TLP:CLEAR has no limit on passing it on." in send(typed(cast, **{**form, **kept})).refused("marking")
    send(typed(cast, **{**form, "source": "own"})).filed()


def test_nor_in_a_warning(cast, sign_in):
    item = from_authorities(withheld_report(cast).incident.item)
    client, path = sign_in(cast[ALBA]), f"/incidents/{item.ref}/warning/"
    form = {"version": item.version, "answer": "warn", "warning-text": "Do not use the road to Torit today."}
    form |= {"warning-marking": "TLP:CLEAR", "warning-audience": ["everyone"]}
    answer = client.post(path, form)
    assert (answer.status_code, set(answer.context["form"].errors)) == (422, {"marking"})
    assert (
        client.post(path, {**form, "warning-marking": "TLP:AMBER", "warning-audience": ["dss_desks"]}).status_code
        == 302
    )
    asked = client.post(f"/incidents/{item.ref}/withdraw/", {"version": fresh(item).version, "ground": "risk"})
    hidden = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)">', asked.content.decode()))
    answer = client.post(f"/incidents/{item.ref}/withdraw/", hidden | form | {"version": hidden["version"]})
    assert (answer.status_code, set(answer.context["form"].errors)) == (422, {"marking"})
