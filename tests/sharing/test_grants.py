"""Individual grants: the one wrapper, what they open and when they end."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.utils import timezone

from audit.models import Event
from organisations.models import Membership, Standing
from sharing.grants import grant, revoke
from sharing.models import Grant, Release
from tests.factories.sharing import make_item, make_release

pytestmark = pytest.mark.django_db


@pytest.fixture
def release(cast):
    """A release in South Sudan that nobody reads yet."""
    return make_release(make_item(cast.organisations["alba"], cast.areas["south-sudan"], "TLP:RED"))


def sees(cast, email, release):
    return Release.objects.visible_to(cast[email]).filter(pk=release.pk).exists()


def give(cast, release, email, **options):
    grant(release, [cast[email]], by=cast["field@alba.example"], **options)


def test_a_grant_opens_to_one_person(cast, release):
    give(cast, release, "io@lake.example")
    assert [email for email in cast.people if sees(cast, email, release)] == ["io@lake.example"]


def test_granting_twice_changes_nothing(cast, release):
    give(cast, release, "io@lake.example")
    give(cast, release, "io@lake.example")
    assert Grant.objects.for_system("test").count() == 1
    assert Event.objects.filter(verb="sharing.granted").count() == 1


def test_a_revoked_grant_opens_nothing(cast, release):
    give(cast, release, "io@lake.example")
    revoke(release, cast["io@lake.example"], by=cast["field@alba.example"])
    revoke(release, cast["io@lake.example"], by=cast["field@alba.example"])
    assert not sees(cast, "io@lake.example", release)
    assert Event.objects.filter(verb="sharing.revoked").count() == 1


def test_a_grant_ends_when_it_expires(cast, release):
    give(cast, release, "io@lake.example", expires_at=timezone.now() + timedelta(hours=1))
    assert sees(cast, "io@lake.example", release)
    past = timezone.now() - timedelta(hours=1)
    Grant.objects.for_system("test").update(granted_at=past - timedelta(hours=1), expires_at=past)
    assert not sees(cast, "io@lake.example", release)


@pytest.mark.parametrize(
    "email", ["nobody@elsewhere.example", "admin@portal.example", "applicant@dune.example", "hq@suspended.example"]
)
def test_a_grant_opens_nothing_to_who_is_no_active_member(cast, release, email):
    give(cast, release, email)
    assert not sees(cast, email, release)


def test_a_grant_ends_with_membership_or_standing(cast, release):
    give(cast, release, "io@lake.example")
    suspension = Standing.objects.create(
        organisation=cast.organisations["lake"], area=cast.areas["south-sudan"], kind="suspended"
    )
    assert not sees(cast, "io@lake.example", release)
    suspension.delete()
    assert sees(cast, "io@lake.example", release)
    Membership.objects.filter(user=cast["io@lake.example"]).update(ends_at=timezone.now())
    assert not sees(cast, "io@lake.example", release)


def test_only_the_one_permission_can_be_granted(cast, release):
    other = Permission.objects.exclude(codename="read_release").first()
    with pytest.raises(ValidationError):
        Grant.objects.create(
            user=cast["io@lake.example"], permission=other, content_object=release, kind="incident",
            sort_at=release.sort_at, granted_by=cast["field@alba.example"],
        )  # fmt: skip
