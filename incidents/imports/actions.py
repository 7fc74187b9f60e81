"""Importing a file of a public data set: read, compare, write what is new, say what was done."""

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

from django.db import transaction

from areas.models import Area
from audit.actions import record
from slt_portal.tables import TableError, read_csv

from .plan import areas_by_country, make_plan
from .report import Report
from .sources import SOURCES
from .store import store, store_refused
from .totals import forget_totals


def import_incidents(
    path: Path, *, source: str, as_of: date, dry_run: bool, by, progress: Callable[[int, int], None]
) -> Report:
    """Take over the rows of the file at `path` that are new; all of them or, if anything fails, none.

    `as_of` is the day of the export: later dates are impossible. `progress` is told (rows written, rows to write).
    A row that changed at the source since it was taken over is only counted: releases are never altered.
    Raises TableError, with a sentence, when the file cannot be read or there are no areas yet.
    """
    chosen = SOURCES[source]
    table = read_csv(path, required=chosen.reader.REQUIRED, optional=chosen.reader.OPTIONAL)
    if not Area.objects.exists():
        raise TableError("There are no areas yet: run “manage.py load_areas” first.")
    with transaction.atomic():
        plan = make_plan(table.rows, source=chosen, as_of=as_of)
        areas = areas_by_country(reading.record["country_code"] for reading in plan.readings)
        report = Report.of(plan, table=table, source=chosen, areas=areas)
        if not dry_run:
            _write(plan, chosen, areas, table.digest, by, progress)
    return report


def _write(plan, source, areas, file_digest, by, progress):
    done = 0
    for written in store(plan.new, source=source, areas=areas):
        done += written
        progress(done, len(plan.new))
    refused = store_refused(plan.refused, source=source)
    transaction.on_commit(partial(forget_totals, source.code))
    if done or refused:
        record(
            "incidents.imported",
            by=by,
            object_type="reference_source",
            object_ref=source.code,
            facts={
                "file_sha256": file_digest,
                "rows": done,
                "listed": sum(bool(reading.facts) for reading in plan.new),
                "quarantined": sum(len(reading.notes) for reading in plan.new) + refused,
            },
        )
