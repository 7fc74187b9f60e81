"""Individual grants (TLP:RED, later case handlers and reviewers): the one wrapper around django-guardian's rows.

guardian's own shortcuts, mixins and `has_perm` are banned elsewhere: they answer yes to every superuser.
"""

from collections.abc import Iterable

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from audit.actions import record

from .models import EmergencyAccess, Grant, Item, Release

PERMISSION = "read_release"


def _permission():
    return Permission.objects.get(codename=PERMISSION, content_type=ContentType.objects.get_for_model(Release))


@transaction.atomic
def grant(release: Release, users, *, by, expires_at=None) -> None:
    """Let each of `users` read `release`, until `expires_at` if given. Granting twice changes nothing."""
    permission, item = _permission(), Item.objects.for_system("grant").get(pk=release.item_id)
    have = Grant.objects.for_system("grant").filter(content_object=release)
    known = set(have.values_list("user_id", flat=True))
    for user in users:
        if user.pk in known:
            continue
        Grant.objects.create(
            permission=permission,
            user=user,
            content_object=release,
            kind=item.kind,
            sort_at=release.sort_at,
            granted_by=by,
            expires_at=expires_at,
        )
        record("sharing.granted", by=by, object_type="item", object_ref=item.ref, facts={"user": user.pk})


@transaction.atomic
def revoke(release: Release, user, *, by) -> None:
    """Take back what `grant` gave; the next request of `user` finds nothing."""
    item = Item.objects.for_system("revoke").get(pk=release.item_id)
    gone, _ = Grant.objects.for_system("revoke").filter(content_object=release, user=user).delete()
    if gone:
        record("sharing.revoked", by=by, object_type="item", object_ref=item.ref, facts={"user": user.pk})


def grant_in_emergency(releases: Iterable[Release], user, *, emergency: EmergencyAccess, by) -> None:
    """Let `user` read `releases` until `emergency` ends, while they are DSS of its area (C8). What they read anyhow
    must not be among them."""
    permission, releases = _permission(), list(releases)
    # An older grant that has ended stands in the way of a new one: a person has one for a release.
    Grant.objects.for_system("emergency").filter(user=user, content_object__in=releases).delete()
    Grant.objects.bulk_create(
        Grant(
            permission=permission,
            user=user,
            content_object=release,
            kind=release.item.kind,
            sort_at=release.sort_at,
            granted_by=by,
            granted_at=emergency.decided_at,
            expires_at=emergency.opened_until,
            emergency=emergency,
            emergency_area_id=emergency.area_id,
        )
        for release in releases
    )


def revoke_emergency(emergency: EmergencyAccess) -> None:
    """Take back all that `emergency` opened."""
    Grant.objects.for_system("emergency").filter(emergency=emergency).delete()


def close_emergencies(item: Item) -> None:
    """Take from everybody what emergency access opened of `item`: its originator keeps back what it says (C5)."""
    Grant.objects.for_system("emergency").filter(content_object__item=item, emergency__isnull=False).delete()
