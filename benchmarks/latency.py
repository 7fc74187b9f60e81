"""How long a report takes to reach the mail server while the worker has nothing else to do, on both ways to run.

From the moment the form is sent (so the commit is a little later) until the server has accepted a mail about it; every
report has a few readers, each mail counts. Real installations: tests/production/stack.py and `manage.py serve`.

    .venv/bin/python -m benchmarks.latency
"""

import statistics
import tempfile
import time
import uuid
from pathlib import Path

from benchmarks.rows import Row, show

REPORTS, READERS = 15, 3
LIMITS = {"Stack": ("PostgreSQL and Redis", 1.0), "Embedded": ("embedded", 2.0)}


def measure() -> list[Row]:
    """The median of each way to run."""
    from tests.production.embedded import Embedded
    from tests.production.stack import Stack

    return [_of(Stack), _of(Embedded)]


def _of(kind) -> Row:
    from tests.notifications.post_office import post_office
    from tests.production.aftermath import ask
    from tests.production.mail_ledger import Ledger
    from tests.production.visitor import Visitor

    ledger, waits = Ledger(), []
    with (
        tempfile.TemporaryDirectory(dir="/var/tmp") as folder,
        post_office(ledger) as (_, port),
        kind(Path(folder) / "run", smtp_port=port, settings={}) as running,
    ):
        ask(running, "make", str(READERS))
        visitor = Visitor(running.url, ask(running, "sign_in", "field@alba.example", "alba", "south-sudan"))
        for number in range(REPORTS + 1):
            known = set(ledger.times)
            began = time.monotonic()
            visitor.report(str(uuid.uuid4()))
            time.sleep(3)  # until the worker is idle again
            if number:  # the first finds everything cold
                waits += [times[0] - began for one, times in ledger.times.items() if one not in known]
    if len(waits) < REPORTS * READERS:
        raise SystemExit(f"only {len(waits)} mails came")
    name, limit = LIMITS[kind.__name__]
    what = f"form sent -> mail accepted, median (longest {max(waits):.2f} s)"
    return Row(what, f"{name}, {len(waits)} mails", statistics.median(waits), limit, "s")


if __name__ == "__main__":
    show(measure())
