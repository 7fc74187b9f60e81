"""Many incidents at once, straight into the tables, readable for every active member."""

from datetime import UTC, datetime
from itertools import count

from incidents.models import Incident, IncidentRelease
from sharing.models import Audience, Item, Kind, Release

AT = datetime(2026, 3, 14, tzinfo=UTC)
_numbers = count(1)  # of thousands drawn by chance two would meet now and then


def make_incidents(rows, originator=None, at=AT) -> list[Item]:
    """One incident for each of `rows`: dicts of what a release says, with `area` and `at`. No originator: public."""
    rows = [dict(row) for row in rows]
    wheres = [(row.pop("area", None), row.pop("at", at)) for row in rows]
    items = Item.objects.bulk_create(
        Item(ref=f"INC-M{next(_numbers):07}", kind=Kind.INCIDENT, marking="TLP:CLEAR", originator=originator, area=area)
        for area, _ in wheres
    )
    releases = Release.objects.bulk_create(
        Release(item=item, depth=1, area=area, sort_at=when) for item, (area, when) in zip(items, wheres, strict=True)
    )
    Incident.objects.bulk_create(Incident(item=item) for item in items)
    IncidentRelease.objects.bulk_create(
        IncidentRelease(release=release, occurred_from=release.sort_at, sealed=b"", **{"time_precision": "day", **row})
        for release, row in zip(releases, rows, strict=True)
    )
    Audience.objects.bulk_create(
        Audience(principal="everyone", kind=Kind.INCIDENT, sort_at=release.sort_at, release=release)
        for release in releases
    )
    return items
