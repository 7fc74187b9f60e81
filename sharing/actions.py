"""Making items and releases, and logging who read them."""

from collections.abc import Iterable

from django.db import transaction

from documents.models import DataKey
from organisations.models import Membership

from .markings import Depth, principals_for
from .models import Audience, Item, Reading, Release, item_reference


@transaction.atomic
def create_item(*, kind, originator, area, marking) -> Item:
    """A new item with its own data key. It has no readers until it has releases."""
    return Item.objects.create(
        ref=_free_reference(),
        kind=kind,
        originator=originator,
        area=area,
        marking=marking,
        data_key=DataKey.objects.make(),
    )


def _free_reference():
    """References are short and random: now and then a fresh one is taken."""
    while True:
        ref = item_reference()
        if not Item.objects.for_system("is a reference free").filter(ref=ref).exists():
            return ref


@transaction.atomic
def release_item(item: Item, *, choices, organisation_ids=(), sort_at, shows_originator=False) -> dict[Depth, Release]:
    """Make the full and the shared release of `item` and the audience rows that `choices` compile to.

    Returns the releases by depth. Raises AudienceRefused when the item's marking does not allow a choice (C1).
    """
    principals = principals_for(
        choices,
        marking=item.marking,
        originator_id=item.originator_id,
        area=item.area,
        organisation_ids=organisation_ids,
    )
    releases = {
        depth: Release.objects.create(
            item=item,
            depth=depth,
            area=item.area,
            sort_at=sort_at,
            shows_originator=shows_originator or depth == Depth.FULL,
        )
        for depth in Depth
    }
    Audience.objects.bulk_create(
        Audience(principal=name, kind=item.kind, sort_at=sort_at, release=releases[depth])
        for name, depth in principals.items()
    )
    return releases


def log_reading(release: Release, *, reader, how: str, memberships=None) -> None:
    """Write to the reader log that `reader` got to see `release`, with the organisation and role they then had.

    `memberships` are the reader's in force, where a request has read them already.
    """
    log_readings([release], reader=reader, how=how, memberships=memberships)


def log_readings(releases: Iterable[Release], *, reader, how: str, memberships=None) -> None:
    """The same for many releases at once, each with the version that was read; their items must be loaded (C6)."""
    rows = memberships
    if rows is None:
        rows = list(Membership.objects.on().filter(user=reader).select_related("organisation").order_by("pk"))
    Reading.objects.bulk_create(_reading(release, reader, rows, how) for release in releases)


def _reading(release, reader, memberships, how):
    # Who belongs to several organisations reads as the one they work for in the place, if there is one.
    here = [row for row in memberships if row.area_id == release.area_id]
    membership = next(iter(here or memberships), None)
    return Reading(
        item_ref=release.item.ref,
        release=release.pk,
        version=release.version,
        reader=reader.pk,
        organisation=membership.organisation.name if membership else "",
        role=membership.role if membership else "",
        how=how,
    )
