"""What an import of a file would do: every row read and compared with what is already here. Writes nothing."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from areas.models import Area, Country
from incidents.models import QuarantinedValue, ReferenceRecord
from slt_portal.tables import Row

from .awsd import Reading
from .cells import Cells, Note, Reason, shown
from .sources import Source


@dataclass(frozen=True)
class Refused:
    """A row that is left out as a whole."""

    row: int
    source_id: str
    digest: str
    note: Note


@dataclass
class Plan:
    """The rows of a file, sorted by what becomes of them. `readings` has every row that is not refused."""

    readings: list[Reading] = field(default_factory=list)
    new: list[Reading] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    unchanged: int = 0
    changed: list[str] = field(default_factory=list)


def make_plan(rows: Iterable[Row], *, source: Source, as_of: date) -> Plan:
    """Read all `rows` of `source`; no date may be later than `as_of`."""
    known = dict(ReferenceRecord.objects.filter(source=source.code).values_list("source_id", "digest"))
    countries = set(Country.objects.values_list("code", flat=True))
    plan, seen = Plan(), set()
    for row in rows:
        cells = Cells(row)
        digest = _digest(source.reader.spoken(row))
        source_id = source.reader.read_id(cells)
        if note := _refusal(cells, source_id, seen, restricted=source.reader.is_restricted(cells)):
            plan.refused.append(Refused(row.number, source_id or "", digest, note))
            continue
        seen.add(source_id)
        reading = source.reader.read_row(row, source_id=source_id, digest=digest, as_of=as_of, countries=countries)
        plan.readings.append(reading)
        if source_id not in known:
            plan.new.append(reading)
        elif known[source_id] == digest:
            plan.unchanged += 1
        else:
            plan.changed.append(source_id)
    return plan


def _digest(cells) -> str:
    return hashlib.sha256(json.dumps(cells, ensure_ascii=False).encode()).hexdigest()


def _refusal(cells, source_id, seen, *, restricted) -> Note | None:
    """Why the row is left out as a whole, if it is."""
    if cells.row.surplus:  # where its cells belong is unknown
        return Note(QuarantinedValue.WHOLE_ROW, f"{len(cells.row.surplus)} too many", Reason.TOO_MANY_CELLS)
    if source_id is None:
        return Note("Incident ID", "" if restricted else shown(cells.raw("Incident ID")), Reason.NO_ID)
    return Note("Incident ID", source_id, Reason.DUPLICATE_ID) if source_id in seen else None


def areas_by_country(codes: Iterable[str]) -> dict[str, int]:
    """The area of each country or territory that exactly one current area covers as a whole.

    Where several do, or parts of a country are areas of their own, which one is meant is not ours to guess.
    """
    found = {}
    for code in set(codes):
        covering = list(Area.objects.current().covering(code).values_list("pk", flat=True)[:2])
        if len(covering) == 1:
            found[code] = covering[0]
    return found
