"""Writing reference incidents: each an item without originator, marked CLEAR, with one release for every member."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from documents.models import DataKey
from incidents.models import Incident, IncidentRelease, QuarantinedValue, ReferenceRecord
from incidents.models.incident import release_context
from sharing.access import EVERYONE
from sharing.markings import Depth, Marking
from sharing.models import Audience, Item, Kind, Release, item_reference
from sharing.search import index_releases

from .plan import Refused
from .readings import Reading
from .sources import Source

BATCH = 500


def store(readings: Sequence[Reading], *, source: Source, areas: Mapping[str, int]) -> Iterator[int]:
    """Write new rows; call it inside a transaction. Yields how many rows each batch had."""
    for batch in batches(readings):
        releases = release_all([reading for reading in batch if reading.facts], source=source, areas=areas)
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
        store_notes(batch, source=source)
        yield len(batch)


def batches(rows: Sequence) -> Iterator[Sequence]:
    """`rows` in pieces that a statement takes."""
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


def store_notes(readings: Iterable[Reading], *, source: Source) -> int:
    """Write the notes on rows, but for those known from an earlier run; returns how many."""
    return _store_notes(source, [(reading, note) for reading in readings for note in reading.notes])


def store_refused(rows: Iterable[Refused], *, source: Source) -> int:
    """Write the notes on rows that were left out, but for those known from an earlier run; returns how many."""
    return _store_notes(source, [(row, row.note) for row in rows])


def _store_notes(source, noted):
    written = 0
    for batch in batches(noted):
        digests = {row.digest for row, _ in batch}
        rows = QuarantinedValue.objects.filter(source=source.code, digest__in=digests)
        known = set(rows.values_list("digest", "column"))
        new = {(row.digest, note.column): (row, note) for row, note in batch}
        values = [_quarantined(source, row, note) for key, (row, note) in new.items() if key not in known]
        written += len(QuarantinedValue.objects.bulk_create(values))
    return written


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


def release_all(readings: Sequence[Reading], *, source: Source, areas: Mapping[str, int]) -> dict[str, Release]:
    """New releases of rows that are listed, by the id of the row."""
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
    pairs = list(zip(releases, readings, strict=True))
    IncidentRelease.objects.bulk_create(facts_of(*pair, source=source) for pair in pairs)
    index(pairs)
    return {reading.source_id: release for release, reading in pairs}


def facts_of(release: Release, reading: Reading, *, source: Source) -> IncidentRelease:
    """What `release` says of a listed row, its texts sealed."""
    sealed = release.item.data_key.seal_json(reading.texts, context=release_context(release.pk))
    return IncidentRelease(release=release, credit=source.credit, sealed=sealed, **reading.facts)


def index(pairs: Iterable[tuple[Release, Reading]]) -> None:
    """Make releases be found by the words of their rows."""
    index_releases((release, reading.texts.values()) for release, reading in pairs)


def _fresh_references(count: int) -> set[str]:
    """References that no item has. Thousands drawn at once do meet by chance now and then."""
    fresh: set[str] = set()
    while len(fresh) < count:
        drawn = {item_reference() for _ in range(count - len(fresh))}
        fresh |= drawn - set(
            Item.objects.for_system("fresh references").filter(ref__in=drawn).values_list("ref", flat=True)
        )
    return fresh
