"""A newer file over an older one: what a row says now is written, what it said before is kept (I9).

What a row said is kept sealed under its item's key. A row that a newer file marks as sexual violence loses its readers
at once, and its key: neither the release nor any older version can be opened again, also not out of this table (C10).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import F

from documents.models import DataKey
from incidents.models import ImportRun, IncidentRelease, QuarantinedValue, ReferenceRecord, ReferenceVersion
from sharing.models import Audience, Grant, Item, Release
from sharing.search import index_releases
from slt_portal.crypto import SealBroken

from .readings import RESTRICTED, Reading
from .sources import Source
from .store import batches, facts_of, index, release_all, store_notes

_WHY = "a newer file of a public source"
_NOT_PUBLISHED = {"id", "source", "source_id", "digest", "release", "area", "imported_at", "missing_since"}
_PUBLISHED = [field.name for field in ReferenceRecord._meta.concrete_fields if field.name not in _NOT_PUBLISHED]
_NOT_FACTS = {"release", "report", "sealed"}
_FACTS = [field.name for field in IncidentRelease._meta.concrete_fields if field.name not in _NOT_FACTS]


def version_context(record_id: int, digest: str) -> str:
    """What an older version of a row is sealed for."""
    return f"reference version {record_id} {digest}"


def renew(readings: Sequence[Reading], *, source: Source, areas: Mapping[str, int], run: ImportRun) -> Iterator[int]:
    """Write what changed rows say now; call it inside a transaction. Yields how many rows each batch had."""
    for batch in batches(readings):
        rows = ReferenceRecord.objects.filter(source=source.code, source_id__in=[row.source_id for row in batch])
        _hold(rows)
        records = {row.source_id: row for row in rows.select_related("release__item__data_key")}
        pairs = [(records[reading.source_id], reading) for reading in batch]
        erased = [(record, reading) for record, reading in pairs if record.release and record.release.item.is_erased]
        _pass_over(erased)
        pairs = [pair for pair in pairs if pair not in erased]
        _keep_versions(pairs, run)
        _close([record for record, reading in pairs if record.release and not reading.facts], source)
        _rewrite([(record.release, reading) for record, reading in pairs if record.release and reading.facts],
                 source=source, areas=areas)  # fmt: skip
        opened = [reading for record, reading in pairs if not record.release and reading.facts]
        releases = release_all(opened, source=source, areas=areas)
        for record, reading in pairs:
            record.release = releases.get(reading.source_id, record.release)
            record.digest, record.area_id = reading.digest, areas.get(reading.record["country_code"])
            for name, value in reading.record.items():
                setattr(record, name, value)
        ReferenceRecord.objects.bulk_create(
            [record for record, _ in pairs],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["digest", "release", "area", *_PUBLISHED],
        )
        store_notes([reading for _, reading in pairs], source=source)
        yield len(batch)


def _hold(rows):
    """Until the transaction ends nobody erases the items of these rows: it would come back, search words and all."""
    releases = Release.objects.for_system(_WHY).filter(pk__in=rows.exclude(release=None).values("release"))
    items = Item.objects.for_system(_WHY).filter(pk__in=releases.values("item")).order_by("pk")
    list(items.select_for_update(no_key=True).values_list("pk", flat=True))


def _pass_over(pairs):
    """What was destroyed on a decision no newer file brings back; that this row was seen is remembered."""
    for record, reading in pairs:
        record.digest = reading.digest
    ReferenceRecord.objects.bulk_update([record for record, _ in pairs], ["digest"])


def flag_missing(missing: Sequence[str], reappeared: Sequence[str], *, source: Source, as_of: date) -> None:
    """Keep rows that the file does not have any more, flagged; take the flag from those that are back."""
    rows = ReferenceRecord.objects.filter(source=source.code)
    for ids in batches(missing):
        rows.filter(source_id__in=ids).update(missing_since=as_of)
    for ids in batches(reappeared):
        rows.filter(source_id__in=ids).update(missing_since=None)


def _keep_versions(pairs, run):
    """What each row said until now. Of a row that is only counted from now on nothing is kept but that it was."""
    listed = [record.release for record, _ in pairs if record.release]
    facts = {row.pk: row for row in IncidentRelease.objects.for_system(_WHY).filter(release__in=listed)}
    versions = []
    for record, reading in pairs:
        version = ReferenceVersion(record=record, run=run, digest=record.digest)
        said = {name: getattr(record, name) for name in _PUBLISHED}
        if record.release and reading.facts:
            version.sealed = _sealed(record, {"record": said, **_said(record.release, facts[record.release.pk])})
        elif not record.release:
            version.published = said
        versions.append(version)
    ReferenceVersion.objects.bulk_create(versions)


def _said(release, facts):
    facts.release = release  # with its item and key, which the query has brought already
    try:
        texts = facts.texts
    except SealBroken:  # damage of one text must not keep the newer one out
        texts = {}
    if any(RESTRICTED.search(str(text)) for text in texts.values()):
        texts = {}  # listed when only codes were searched: a newer file has taken the story back, and so do we (C10)
    return {"facts": {name: getattr(facts, name) for name in _FACTS}, "texts": texts}


def _sealed(record, said):
    plain = json.loads(json.dumps(said, cls=DjangoJSONEncoder))
    context = version_context(record.pk, record.digest)
    return record.release.item.data_key.seal_json(plain, context=context)


def _rewrite(pairs, *, source, areas):
    """The releases of listed rows say what the rows say now."""
    for release, reading in pairs:
        release.area_id = release.item.area_id = areas.get(reading.record["country_code"])
        release.sort_at = reading.sort_at
        release.version += 1
    Release.objects.for_system(_WHY).bulk_update(
        [release for release, _ in pairs], ["area", "sort_at", "version"], batch_size=100
    )
    Item.objects.for_system(_WHY).bulk_update([release.item for release, _ in pairs], ["area"], batch_size=100)
    sort_at = {release.pk: release.sort_at for release, _ in pairs}
    audience = list(Audience.objects.for_system(_WHY).filter(release__in=sort_at))
    for row in audience:
        row.sort_at = sort_at[row.release_id]
    Audience.objects.for_system(_WHY).bulk_update(audience, ["sort_at"], batch_size=100)
    IncidentRelease.objects.bulk_create(
        [facts_of(release, reading, source=source) for release, reading in pairs],
        update_conflicts=True,
        unique_fields=["release"],
        update_fields=["sealed", *_FACTS],
    )
    index(pairs)


def _close(records, source):
    """Take what rows said from everybody, and destroy its key."""
    if not records:
        return
    releases = [record.release for record in records]
    items = [release.item_id for release in releases]
    keys = [release.item.data_key_id for release in releases]
    Audience.objects.for_system(_WHY).filter(release__in=releases).delete()
    Grant.objects.for_system(_WHY).filter(content_object__in=releases).delete()
    index_releases((release, []) for release in releases)
    IncidentRelease.objects.for_system(_WHY).filter(release__in=releases).delete()
    Release.objects.for_system(_WHY).filter(pk__in=[release.pk for release in releases]).update(
        version=F("version") + 1
    )
    Item.objects.for_system(_WHY).filter(pk__in=items).update(
        state=Item.State.WITHDRAWN, version=F("version") + 1, data_key=None
    )
    DataKey.objects.filter(pk__in=keys).delete()
    blank_values({record.source_id for record in records}, source.code)
    for record in records:
        record.release = None


def blank_values(ids: set[str], source: str) -> None:
    """Take the values of these rows of a source out of the quarantine, where they stand in the clear, and out of the
    lists of earlier runs."""
    QuarantinedValue.objects.filter(source=source, source_id__in=ids).update(value="")
    for run in ImportRun.objects.filter(source=source).only("quarantined"):
        if any(source_id in ids for _, source_id, *_ in run.quarantined):
            blanked = [
                [row, source_id, column, "" if source_id in ids else value, *rest]
                for row, source_id, column, value, *rest in run.quarantined
            ]
            ImportRun.objects.filter(pk=run.pk).update(quarantined=blanked)
