"""Items and releases for tests, straight into the tables."""

from datetime import UTC, datetime

from documents.models import DataKey
from sharing.models import Audience, Item, Kind, Release

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def make_item(originator=None, area=None, marking="TLP:CLEAR", **fields) -> Item:
    """An item without releases."""
    fields.setdefault("data_key", DataKey.objects.make())
    return Item.objects.create(kind=Kind.INCIDENT, originator=originator, area=area, marking=marking, **fields)


def make_release(item, *principals, depth=1, sort_at=LONG_AGO) -> Release:
    """A release of `item` that `principals` may read."""
    release = Release.objects.create(item=item, depth=depth, area=item.area, sort_at=sort_at)
    Audience.objects.bulk_create(
        Audience(principal=name, kind=item.kind, sort_at=sort_at, release=release) for name in principals
    )
    return release
