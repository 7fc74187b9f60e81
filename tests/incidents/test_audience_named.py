"""An organisation that is named and takes no part at present: what the originator did not change stays (C1)."""

from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from accounts.models import User
from incidents.control import sharing_of
from organisations.models import Organisation, Standing
from sharing.audiences import nameable_organisations, readers_of
from sharing.models import Item
from tests.factories.incidents import file_report

pytestmark = pytest.mark.django_db
ALBA, LAKE, BENU = "field@alba.example", "io@lake.example", "field@benu.example"


@pytest.fixture(autouse=True)
def today(now):
    """The cast is there in the tests' today."""


@pytest.fixture
def suspension(cast) -> Standing:
    hour_ago = timezone.now() - timedelta(hours=1)
    return Standing(organisation=cast.organisations["lake"], kind="suspended", starts_at=hour_ago)


@pytest.fixture
def item(cast, suspension) -> Item:
    """Shared with two organisations by name, of which one is suspended since."""
    User.objects.update(language="en")
    item = file_report(cast, choices=["named_organisations"], organisations=("benu", "lake")).incident.item
    suspension.save()
    return item


def names(item) -> list[str]:
    return [organisation.name for organisation in sharing_of(item).organisations]


def as_it_is(client, path) -> dict:
    """The form of the page as a browser sends it when nothing was touched."""
    page = client.get(path)
    form = page.context["form"]
    offered = {value for value in form["organisations"].value() if f'value="{value}"' in page.content.decode()}
    typed = {name: form[name].value() for name in ("version", "marking", "audience", "named_persons")}
    return (
        typed
        | {"organisations": sorted(offered)}
        | ({"shows_originator": "on"} if form["shows_originator"].value() else {})
    )


def test_unchanged_stays_unchanged(cast, item, suspension, sign_in):
    client, path, before = sign_in(cast[ALBA]), f"/incidents/{item.ref}/audience/", names(item)
    assert len(before) == 2
    assert f"{cast.organisations['lake'].name} (takes no part at present)" in unescape(
        client.get(path).content.decode()
    )
    answer = client.post(path, as_it_is(client, path), follow=True)
    assert answer.redirect_chain == [(f"/incidents/{item.ref}/", 302)]
    item.refresh_from_db()
    assert (item.version, names(item)) == (2, before)
    assert cast[LAKE].pk not in readers_of(item)
    suspension.delete()
    assert cast[LAKE].pk in readers_of(item)


def test_taken_away_it_is_not_offered_again(cast, item, sign_in):
    client, path = sign_in(cast[ALBA]), f"/incidents/{item.ref}/audience/"
    benu = cast.organisations["benu"]
    client.post(path, as_it_is(client, path) | {"organisations": [benu.ref]}, follow=True)
    item.refresh_from_db()
    assert names(item) == [benu.name]
    assert "takes no part" not in client.get(path).content.decode()
    refused = client.post(path, as_it_is(client, path) | {"organisations": [cast.organisations["lake"].ref]})
    assert (refused.status_code, "organisations" in refused.context["form"].errors) == (422, True)


def test_who_takes_part_and_who_is_named_anyway(cast, item):
    lake = cast.organisations["lake"]
    assert lake not in nameable_organisations()
    [offered] = [row for row in nameable_organisations([lake.pk]) if not row.takes_part]
    assert offered == lake
    assert (
        nameable_organisations(Organisation.objects.values_list("pk", flat=True)).count()
        == Organisation.objects.count()
    )
