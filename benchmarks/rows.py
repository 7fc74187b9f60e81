"""A line of the table that `make bench` prints, and the throw-away database that benchmarks share."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slt_portal.settings.testing")
os.environ.setdefault("SLT_TEST_WALL", "yes")  # signed in as somebody whom the second wall binds, as in production


@dataclass(frozen=True)
class Row:
    """One limit and what was measured against it.

    `measured` and `limit` are in `unit`: "x" where both sides were measured in the same run (`base` says what the other
    side is), seconds or bytes where the limit is one. `at_least`: more is better.
    """

    what: str
    size: str
    measured: float
    limit: float
    unit: str = "x"
    base: str = ""
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether it keeps the limit."""
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit

    def written(self) -> tuple[str, str, str, str, str]:
        """What, size, measured, limit, verdict as texts."""
        sign = "≥" if self.at_least else "≤"
        limit = f"{sign} {_number(self.limit)} {self.unit}"
        what = f"{self.what} / {self.base}" if self.base else self.what
        return what, self.size, f"{_number(self.measured)} {self.unit}", limit, "met" if self.is_met else "MISSED"


def _number(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def table(rows: list[Row]) -> str:
    """The rows as text in columns."""
    lines = [("what", "size", "measured", "limit", ""), *(row.written() for row in rows)]
    widths = [max(len(line[n]) for line in lines) for n in range(5)]
    return "\n".join(
        "  ".join(cell.rjust(width) if n in {2, 3} else cell.ljust(width) for n, (cell, width) in parts).rstrip()
        for parts in (list(enumerate(zip(line, widths, strict=True))) for line in lines)
    )


def show(rows: list[Row]) -> None:
    """Print the rows: as a table, or with --json as one line that `python -m benchmarks` reads."""
    lines = [{**asdict(row), "met": row.is_met} for row in rows]
    sys.stdout.write((json.dumps(lines) if "--json" in sys.argv else table(rows)) + "\n")


@contextmanager
def throw_away_database() -> Iterator[None]:
    """Django set up, on an empty database like the tests' one: PostgreSQL, or SLT_TEST_DATABASE=sqlite."""
    import django
    from django.conf import settings
    from django.test.utils import get_runner

    from sharing.wall import as_system

    django.setup()
    runner = get_runner(settings)(verbosity=0, interactive=False)
    with as_system("a benchmark"):
        databases = runner.setup_databases()
        try:
            yield
        finally:
            runner.teardown_databases(databases)
