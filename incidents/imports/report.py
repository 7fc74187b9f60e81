"""What an import did or would do, in numbers and in lines for the person at the terminal."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from slt_portal.tables import Table

from .cells import Reason
from .plan import Plan
from .sources import Source

MOST_NOTES = 20_000  # kept for the download; more can only come from a file that is damaged as a whole


@dataclass
class Report:
    """Counts of the file, whether or not its rows were here before."""

    source: Source
    plan: Plan
    missing: list[str]
    extra: list[str]
    listed: int
    quarantined: Counter
    flagged: Counter
    without_area: Counter

    @classmethod
    def of(cls, plan: Plan, *, table: Table, source: Source, areas: dict[str, int]) -> "Report":
        """The report on `plan`, with the area of each country."""
        notes = [note for reading in plan.readings for note in reading.notes] + [row.note for row in plan.refused]
        records = [reading.record for reading in plan.readings]
        return cls(
            source=source,
            plan=plan,
            missing=table.missing,
            extra=table.extra,
            listed=sum(bool(reading.facts) for reading in plan.readings),
            quarantined=Counter((note.column, note.reason) for note in notes if not note.is_kept),
            flagged=Counter((note.column, note.reason) for note in notes if note.is_kept),
            without_area=Counter(
                row["country_text"] or "(blank)" for row in records if row["country_code"] not in areas
            ),
        )

    @property
    def duplicates(self) -> int:
        """Rows left out because an earlier row of the file has their id."""
        return sum(row.note.reason == Reason.DUPLICATE_ID for row in self.plan.refused)

    def counts(self) -> dict:
        """The numbers, for the run that is kept."""
        plan = self.plan
        return {
            "rows": len(plan.readings) + len(plan.refused),
            "new": len(plan.new),
            "changed": len(plan.changed),
            "unchanged": plan.unchanged,
            "missing": len(plan.missing),
            "reappeared": len(plan.reappeared),
            "left_out": len(plan.refused),
            "duplicates": self.duplicates,
            "listed": self.listed,
            "counted": len(plan.readings) - self.listed,
            "quarantined": sum(self.quarantined.values()),
            "flagged": sum(self.flagged.values()),
            "without_area": sum(self.without_area.values()),
            "latest": self.latest.isoformat() if self.latest else "",
            "columns_missing": self.missing,
            "columns_extra": [name[:60] for name in self.extra[:50]],
        }

    def quarantine(self) -> list[list]:
        """Row, id, column, value, reason and whether it was kept, of what is wrong, in the order of the file."""
        noted = [(row, note) for row in self.plan.readings for note in row.notes]
        noted += [(row, row.note) for row in self.plan.refused]
        noted.sort(key=lambda pair: pair[0].row)
        return [
            [row.row, row.source_id, note.column, note.value, str(note.reason), note.is_kept]
            for row, note in noted[:MOST_NOTES]
        ]

    def changes(self) -> list[list]:
        """What becomes of which row: what, row of the file (None: not in it) and id."""
        plan, rows = self.plan, {reading.source_id: reading.row for reading in self.plan.readings}
        rows |= {row.source_id: row.row for row in plan.refused if row.source_id not in rows}
        new, changed = ([reading.source_id for reading in some] for some in (plan.new, plan.changed))
        sorts = {"new": new, "changed": changed, "missing": plan.missing, "reappeared": plan.reappeared}
        return [[what, rows.get(name), name] for what, names in sorts.items() for name in names]

    @property
    def latest(self) -> date | None:
        """The latest full date of the file; the person who exported it sees at once whether it can be true."""
        whole = [
            date(record["year"], record["month"], record["day"])
            for record in (reading.record for reading in self.plan.readings)
            if record["day"]
        ]
        return max(whole, default=None)

    def lines(self, *, dry_run: bool) -> Iterator[str]:
        """The report as text."""
        plan = self.plan
        verb = "would be taken over" if dry_run else "taken over"
        yield f"{self.source.name}: {len(plan.readings) + len(plan.refused)} rows in the file."
        yield f"  {len(plan.new)} {verb}, {plan.unchanged} unchanged, {len(plan.refused)} left out."
        if self.duplicates:
            yield f"  {self.duplicates} of those left out have the id of an earlier row."
        if plan.changed:
            yield f"  {len(plan.changed)} changed at the source: {verb}; what they said before is kept."
        if plan.missing:
            yield f"  {len(plan.missing)} not in this file any more: kept and flagged."
        if plan.reappeared:
            yield f"  {len(plan.reappeared)} in the file again: the flag is taken away."
        counted = len(plan.readings) - self.listed
        yield f"  {self.listed} listed; {counted} on sexual violence, counted only: no narrative, place or actor."
        yield f"  {sum(self.without_area.values())} without an area: {_most(self.without_area)}."
        yield f"  Latest date: {self.latest or '–'}. If the file was exported before that, give --as-of."
        if self.missing:
            yield f"  Columns this file does not have: {', '.join(self.missing)}."
        if self.extra:
            yield f"  Columns not taken over: {', '.join(self.extra)}."
        yield from _by_column("Values in quarantine", self.quarantined)
        yield from _by_column("Figures that contradict each other, kept as published", self.flagged)
        yield f"Source: {self.source.credit}."

    def totals(self) -> Iterator[str]:
        """Incidents per year and country and people per outcome, of all rows that were not left out."""
        records = [reading.record for reading in self.plan.readings]
        for title, name in (("Year", "year"), ("Country", "country_code")):
            yield f"{title}\tIncidents\tKilled"
            incidents, killed = Counter(), Counter()
            for record in records:
                incidents[record[name] or "(blank)"] += 1
                killed[record[name] or "(blank)"] += record["killed"] or 0
            for key in sorted(incidents, key=str):
                yield f"{key}\t{incidents[key]}\t{killed[key]}"
        yield "Outcome\tPeople"
        for name in ("killed", "wounded", "kidnapped", "detained", "affected"):
            yield f"{name}\t{sum(record[name] or 0 for record in records)}"


def _by_column(title, counts: Counter) -> Iterator[str]:
    yield f"  {title}: {sum(counts.values())}{':' if counts else '.'}"
    for (column, reason), count in sorted(counts.items()):
        yield f"    {count} x {'whole row' if column == '*' else column}: {reason.label}"


def _most(counts: Counter, shown: int = 8) -> str:
    some = [f"{name} {count}" for name, count in counts.most_common(shown)]
    return ", ".join(some + (["…"] if len(counts) > shown else [])) or "none"
