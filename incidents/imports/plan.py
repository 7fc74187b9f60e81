"""What an import of a file would do: every row read and compared with what is already here. Writes nothing."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from areas.models import Area, Country
from incidents.models import QuarantinedValue, ReferenceRecord
from slt_portal.tables import Row

from .cells import Cells, Note, Reason, shown
from .readings import Reading
from .sources import Source

PROGRESS_EVERY = 250  # rows


@dataclass(frozen=True)
class Refused:
    """A row that is left out as a whole."""

    row: int
    source_id: str
    digest: str
    note: Note


@dataclass
class Plan:
    """The rows of a file, sorted by what becomes of them. `readings` has every row that is not refused.

    `missing` and `reappeared` are ids of rows that are here: not in this file any more, or in it again.
    """

    readings: list[Reading] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    new: list[Reading] = field(default_factory=list)
    changed: list[Reading] = field(default_factory=list)
    unchanged: int = 0
    missing: list[str] = field(default_factory=list)
    reappeared: list[str] = field(default_factory=list)

    @property
    def writes(self) -> bool:
        """Whether anything would be other than it is."""
        return bool(self.new or self.changed or self.missing or self.reappeared)


def read_rows(
    rows: Sequence[Row], *, source: Source, as_of: date, progress: Callable[[int, int], None] | None = None
) -> Plan:
    """Read all `rows` of `source`; no date may be later than `as_of`. `progress` is told (rows read, all rows)."""
    countries = _countries()
    plan, seen = Plan(), set()
    for done, row in enumerate(rows, start=1):
        cells = Cells(row)
        digest = _digest(source.reader.spoken(row))
        source_id = source.reader.read_id(cells)
        restricted = source.reader.is_restricted(cells)
        if note := _refusal(cells, source_id, seen, column=source.reader.ID, restricted=restricted):
            plan.refused.append(Refused(row.number, source_id or "", digest, note))
        else:
            seen.add(source_id)
            plan.readings.append(
                source.reader.read_row(row, source_id=source_id, digest=digest, as_of=as_of, countries=countries)
            )
        if progress and (done % PROGRESS_EVERY == 0 or done == len(rows)):
            progress(done, len(rows))
    return plan


def compare(plan: Plan, *, source: Source) -> None:
    """Sort the rows of `plan` by what is here; call it in the transaction that writes."""
    rows = ReferenceRecord.objects.filter(source=source.code)
    columns = ("source_id", "digest", "missing_since", "release_id")
    known = {source_id: rest for source_id, *rest in rows.values_list(*columns)}
    plan.new = [reading for reading in plan.readings if reading.source_id not in known]
    here = [reading for reading in plan.readings if reading.source_id in known]
    plan.changed = [reading for reading in here if _is_other(reading, *known[reading.source_id])]
    plan.unchanged = len(here) - len(plan.changed)
    # A row that is left out is not gone: its id still stands in the file.
    present = {row.source_id for row in [*plan.readings, *plan.refused]}
    plan.missing = [name for name, (_, since, _) in known.items() if name not in present and since is None]
    plan.reappeared = [name for name, (_, since, _) in known.items() if name in present and since is not None]


def _is_other(reading, digest, _since, release_id):
    # The very same row closes if it is still listed from a time when less of it was searched for sexual violence (C10).
    return digest != reading.digest or (reading.facts is None and release_id is not None)


def _countries() -> dict[str, str]:
    """The two letters of every country and territory, by two and by three letters."""
    found = {}
    for code, iso3 in Country.objects.values_list("code", "iso3"):
        found |= {code: code, iso3: code} if iso3 else {code: code}
    return found


def _digest(cells) -> str:
    return hashlib.sha256(json.dumps(cells, ensure_ascii=False).encode()).hexdigest()


def _refusal(cells, source_id, seen, *, column, restricted) -> Note | None:
    """Why the row is left out as a whole, if it is."""
    if cells.row.surplus:  # where its cells belong is unknown
        return Note(QuarantinedValue.WHOLE_ROW, f"{len(cells.row.surplus)} too many", Reason.TOO_MANY_CELLS)
    if source_id is None:
        return Note(column, "" if restricted else shown(cells.raw(column)), Reason.NO_ID)
    return Note(column, source_id, Reason.DUPLICATE_ID) if source_id in seen else None


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
