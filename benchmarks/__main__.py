"""Every benchmark in turn and one table of what it measured beside its limit (`make bench`, `make bench FULL=1`).

Each runs as a process of its own, on a throw-away database, and measures what it compares with in the same run; what
they say on the way goes to standard error. The table is kept as JSON in SLT_DATA_DIR. Ends with 1 if a limit is missed.
"""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.rows import Row, table

SQLITE = {"SLT_TEST_DATABASE": "sqlite"}
# Module, arguments, arguments with FULL=1 (None: the same), further environment.
BENCHMARKS = [
    ("visibility", ["10000", "100000"], ["10000", "100000", "1000000"], {}),
    ("search", ["10000", "100000"], ["10000", "100000", "1000000"], {}),
    ("list_page", ["100000"], None, {}),
    ("outbox", [], None, {}),
    ("outbox", [], None, SQLITE),
    ("latency", [], None, {}),
    ("pdf", [], None, {}),
    ("phone", [], None, {}),
    ("imports", [], None, {}),
    ("imports", [], None, SQLITE),
    ("duplicates", [], None, {}),
    ("finder", [], None, {}),
    ("partnership", [], None, {}),
    ("levels", [], None, {}),
    ("levels_fanout", [], None, {}),
    ("figures", ["100000"], ["1000000"], {}),
    ("load", ["--seconds", "60"], ["--seconds", "180"], {}),
]


def run(module: str, arguments: list[str], environment: dict[str, str]) -> list[Row]:
    """The rows of one benchmark; one that says so if it failed."""
    began = time.monotonic()
    sys.stderr.write(f"== {module} {' '.join(arguments)}\n")
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{module}", *arguments, "--json"],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    sys.stderr.write(f"   {time.monotonic() - began:.0f} s\n")
    lines = [line for line in done.stdout.splitlines() if line.startswith("[")]
    if done.returncode or not lines:
        return [Row(f"{module} did not end well", " ".join(arguments), 1, 0, "failures")]
    return [_row(values) for values in json.loads(lines[-1])]


def _row(values) -> Row:
    if "ratio" in values:  # of the benchmarks that only know ratios
        at_least = values["ratio"] >= values["limit"] if values["met"] else values["ratio"] < values["limit"]
        size = f"{values['size']:,}"
        return Row(values["what"], size, values["ratio"], values["limit"], base="its base", at_least=at_least)
    return Row(**{name: value for name, value in values.items() if name != "met"})


def main(*, full: bool, only: list[str]) -> int:
    """Run what was asked for, print and keep the table; how many limits were missed."""
    rows = []
    for module, quick, long, environment in BENCHMARKS:
        if not only or module in only:
            rows += run(module, long if full and long else quick, environment)
    folder = Path(os.environ.get("SLT_DATA_DIR", "data"))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = folder / f"benchmarks-{datetime.now(UTC):%Y-%m-%dT%H%M%S}.json"
    kept.write_text(
        json.dumps(
            [dict(zip(("what", "size", "measured", "limit", "is"), row.written(), strict=True)) for row in rows],
            indent=1,
        )
    )
    missed = sum(not row.is_met for row in rows)
    sys.stdout.write(f"\n{table(rows)}\n\n{len(rows)} limits, {missed} missed; kept in {kept}\n")
    return missed


if __name__ == "__main__":
    names = [word for word in sys.argv[1:] if not word.startswith("-")]
    raise SystemExit(1 if main(full="--full" in sys.argv, only=names) else 0)
