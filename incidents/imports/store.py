"""Writing reference incidents: each an item without originator, marked CLEAR, with one release for every member."""

from collections.abc import Iterator, Sequence

from documents.models import DataKey
from incidents.models import Incident, IncidentRelease, QuarantinedValue, ReferenceRecord
from incidents.models.incident import release_context
from sharing.access import EVERYONE
from sharing.markings import Depth, Marking
from sharing.models import Audience, Item, Kind, Release, item_reference

from .awsd import Reading
from .plan import Refused
from .sources import Source

BATCH = 500


def store(readings: Sequence[Reading], *, source: Source, areas: dict[str, int]) -> Iterator[int]:
    """Write new rows; call it inside a transaction. Yields how many rows each batch had."""
    for start in range(0, len(readings), BATCH):
        batch = readings[start : start + BATCH]
        releases = _release([reading for reading in batch if reading.facts], source=source, areas=areas)
        ReferenceRecord.objects.bulk_create(
            ReferenceRecord(
                source=source.code,
                source_id=reading.source_id,
                digest=reading.digest,
                release=releases.get(reading.source_id),
                area_id=areas.get(reading.record["country_code"]),
                **reading.record,
            )
            for reading in batch
        )
        QuarantinedValue.objects.bulk_create(
            _quarantined(source, reading, note) for reading in batch for note in reading.notes
        )
        yield len(batch)


def store_refused(rows: Sequence[Refused], *, source: Source) -> int:
    """Write the notes on rows that were left out, but for those known from an earlier run; returns how many."""
    if not rows:
        return 0
    known = set(QuarantinedValue.objects.filter(source=source.code).values_list("digest", "column"))
    new = {(row.digest, row.note.column): row for row in rows if (row.digest, row.note.column) not in known}
    return len(QuarantinedValue.objects.bulk_create(_quarantined(source, row, row.note) for row in new.values()))


def _quarantined(source, row, note):
    return QuarantinedValue(
        source=source.code,
        source_id=row.source_id,
        digest=row.digest,
        row=row.row,
        column=note.column,
        value=note.value,
        reason=note.reason,
        is_kept=note.is_kept,
    )


def _release(readings, *, source, areas) -> dict[str, Release]:
    """The releases of rows that are listed, by the id of the row."""
    items = Item.objects.bulk_create(
        Item(
            ref=ref,
            kind=Kind.INCIDENT,
            area_id=areas.get(reading.record["country_code"]),
            marking=Marking.CLEAR,
            data_key=DataKey.objects.make(),
        )
        for reading, ref in zip(readings, _fresh_references(len(readings)), strict=True)
    )
    releases = Release.objects.bulk_create(
        Release(item=item, depth=Depth.SHARED, area_id=item.area_id, sort_at=reading.sort_at)
        for item, reading in zip(items, readings, strict=True)
    )
    Audience.objects.bulk_create(
        Audience(principal=EVERYONE, kind=Kind.INCIDENT, sort_at=release.sort_at, release=release)
        for release in releases
    )
    Incident.objects.bulk_create(Incident(item=item) for item in items)
    IncidentRelease.objects.bulk_create(
        IncidentRelease(
            release=release,
            credit=source.credit,
            sealed=release.item.data_key.seal_json(reading.texts, context=release_context(release.pk)),
            **reading.facts,
        )
        for release, reading in zip(releases, readings, strict=True)
    )
    return {reading.source_id: release for reading, release in zip(readings, releases, strict=True)}


def _fresh_references(count: int) -> set[str]:
    """References that no item has. Thousands drawn at once do meet by chance now and then."""
    fresh: set[str] = set()
    while len(fresh) < count:
        drawn = {item_reference() for _ in range(count - len(fresh))}
        fresh |= drawn - set(
            Item.objects.for_system("fresh references").filter(ref__in=drawn).values_list("ref", flat=True)
        )
    return fresh
