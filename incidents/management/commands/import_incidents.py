"""Takes over a public data set of incidents."""

import sys
from datetime import date
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError
from django.utils import timezone
from tqdm import tqdm

from incidents.imports.actions import import_incidents
from incidents.imports.sources import SOURCES
from slt_portal.tables import TableError


class Command(BaseCommand):
    help = (
        "Takes over a public data set of incidents (CSV, .xlsx or JSON) as attributed reference incidents. Of a newer "
        "file it adds what is new, writes what changed and keeps what it said before, and flags what is gone. Values "
        "that cannot be true are put in quarantine; nothing is guessed."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", required=True, choices=sorted(SOURCES))
        parser.add_argument("--dry-run", action="store_true", help="Print the report and write nothing.")
        parser.add_argument(
            "--as-of", metavar="DATE", help="Day of the export, YYYY-MM-DD: later dates are impossible. Default: today."
        )
        parser.add_argument("--totals", action="store_true", help="Also print totals per year, country and outcome.")

    def handle(self, *args, **options):
        as_of = _day(options["as_of"])
        with Progress(sys.stderr, quiet=options["verbosity"] == 0) as progress:
            try:
                report = import_incidents(
                    options["file"],
                    source=options["source"],
                    as_of=as_of,
                    dry_run=options["dry_run"],
                    by=None,
                    progress=progress,
                )
            except TableError as error:
                raise CommandError(f"{error} Nothing was written.") from error
            except IntegrityError as error:
                raise CommandError(
                    "Another import of this source is under way: let it end, or discard it on the page of imports."
                ) from error
        for line in report.lines(dry_run=options["dry_run"]):
            self.stdout.write(line)
        for line in report.totals() if options["totals"] else ():
            self.stdout.write(line)


class Progress:
    """A bar on a terminal; elsewhere a line per thousand rows, so that logs stay readable."""

    def __init__(self, stream, *, quiet):
        self.stream = stream
        self.quiet = quiet
        self.bar = None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self.bar is not None:
            self.bar.close()

    def __call__(self, done: int, total: int) -> None:
        """Show that `done` of `total` rows are written."""
        if self.quiet:
            return
        if not self.stream.isatty():
            if done % 1000 == 0 or done == total:
                self.stream.write(f"{done} of {total} rows\n")
            return
        if self.bar is None:
            self.bar = tqdm(total=total, file=self.stream, unit=" rows")
        self.bar.update(done - self.bar.n)


def _day(text: str | None) -> date:
    today = timezone.now().date()
    if text is None:
        return today
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise CommandError("--as-of: write the day as YYYY-MM-DD.") from error
    if day > today:
        raise CommandError("--as-of: this day is still to come.")
    return day
