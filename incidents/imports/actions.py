"""Importing a file of a public data set: read, compare, write what is new or changed, say what was done."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from areas.models import Area
from audit.actions import record
from incidents.models import ImportRun
from slt_portal.states import move
from slt_portal.table_files import read_table
from slt_portal.tables import Table, TableError, content_of
from slt_portal.templatetags.portal import day_text

from .plan import Plan, areas_by_country, compare, read_rows
from .renewal import flag_missing, renew
from .report import Report
from .sources import SOURCES, Source
from .store import store, store_refused
from .totals import forget_totals

Progress = Callable[[int, int], None]


@dataclass
class Examined:
    """A file that was read: its rows, and the area of each country in it."""

    source: Source
    as_of: date
    table: Table
    plan: Plan
    areas: dict[str, int]

    def report(self) -> Report:
        """What becomes of its rows, compared with what is here now."""
        compare(self.plan, source=self.source)
        return Report.of(self.plan, table=self.table, source=self.source, areas=self.areas)


def import_incidents(path: Path, *, source: str, as_of: date, dry_run: bool, by, progress: Progress) -> Report:
    """Take over the rows of the file at `path` that are new or changed; all of them or, if anything fails, none (I9).

    `as_of` is the day of the export: later dates are impossible, and a file older than one that was taken over is
    refused. `progress` is told (rows written, rows to write). Raises TableError, with a sentence, when the file cannot
    be read or there are no areas yet; IntegrityError when another import of the source is under way.
    """
    examined = examine(content_of(path), source=source, as_of=as_of)
    if dry_run:
        return examined.report()
    with transaction.atomic():
        # The constraint on active runs keeps a second import of the source out until this one has ended.
        run = ImportRun(source=source, by=by, as_of=as_of, state=ImportRun.State.CONFIRMED)
        run.file_digest = examined.table.digest
        run.save(force_insert=True)
        return write(examined, run=run, progress=progress)


def examine(data: bytes, *, source: str, as_of: date, progress: Progress | None = None) -> Examined:
    """Read a file of `source`. Writes nothing. `progress` is told (rows read, all rows); errors as import_incidents."""
    chosen = SOURCES[source]
    reader = chosen.reader
    table = read_table(data, required=reader.REQUIRED, optional=reader.OPTIONAL, tags=reader.TAGS)
    if not Area.objects.exists():
        raise TableError(_("There are no areas yet: run “manage.py load_areas” first."))
    _refuse_older(source, as_of)
    plan = read_rows(table.rows, source=chosen, as_of=as_of, progress=progress)
    areas = areas_by_country(reading.record["country_code"] for reading in plan.readings)
    return Examined(chosen, as_of, table, plan, areas)


def _refuse_older(source, as_of):
    done = ImportRun.objects.filter(source=source, state=ImportRun.State.DONE)
    latest = done.aggregate(latest=Max("as_of"))["latest"]
    if latest and as_of < latest:
        sentence = _("A file of %(latest)s was imported already; this one, of %(this)s, would undo it.")
        raise TableError(sentence % {"latest": day_text(latest), "this": day_text(as_of)})


def write(examined: Examined, *, run: ImportRun, progress: Progress) -> Report:
    """Write an examined file and end its run; call it inside a transaction in which nobody else can write the source.

    `progress` is told (rows written, rows to write).
    """
    report = examined.report()
    plan, source, areas = examined.plan, examined.source, examined.areas
    done, total = 0, len(plan.new) + len(plan.changed)
    for rows in (
        store(plan.new, source=source, areas=areas),
        renew(plan.changed, source=source, areas=areas, run=run),
    ):
        for written in rows:
            done += written
            progress(done, total)
    flag_missing(plan.missing, plan.reappeared, source=source, as_of=examined.as_of)
    refused = store_refused(plan.refused, source=source)
    end(run, report)
    transaction.on_commit(forget_totals)
    if plan.writes or refused:
        _record(run, report, refused)
    return report


def end(run: ImportRun, report: Report) -> None:
    """Close a run that is done, with its numbers. Raises StaleState if somebody else ended it."""
    move(
        run,
        ImportRun.State.DONE,
        finished_at=timezone.now(),
        claimed_until=None,
        counts=report.counts(),
        quarantined=report.quarantine(),
        changes=report.changes(),
    )


def _record(run, report, refused):
    plan = report.plan
    written = [*plan.new, *plan.changed]
    record(
        "incidents.imported",
        by=run.by,
        object_type="reference_source",
        object_ref=run.source,
        facts={
            "run": run.ref,
            "file_sha256": run.file_digest,
            "as_of": run.as_of.isoformat(),
            "rows": len(plan.new),
            "listed": sum(bool(reading.facts) for reading in plan.new),
            "changed": len(plan.changed),
            "missing": len(plan.missing),
            "reappeared": len(plan.reappeared),
            "quarantined": sum(len(reading.notes) for reading in written) + refused,
        },
    )
