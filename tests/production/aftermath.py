"""What must be true after any fault: everything filed is there once, and everybody was told of it."""

import json
import subprocess
import sys
import time

from tests.infrastructure.commands import REPOSITORY

from .mail_ledger import Ledger


def ask(running, *arguments: str) -> dict:
    """The answer of tests/production/people.py inside a running installation."""
    command = [sys.executable, "-m", "tests.production.people", *arguments]
    environment = {"DJANGO_SETTINGS_MODULE": "slt_portal.settings.production"} | running.environment
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def emptied(running, *, seconds: float = 300) -> dict:
    """What the database says once nothing waits any more."""
    deadline = time.monotonic() + seconds
    while True:
        truth = ask(running, "truth")
        if not {"queued", "sending"} & {row[2] for row in truth["messages"]}:
            return truth
        assert time.monotonic() < deadline, "the outbox did not empty"
        time.sleep(3)


def repeats_of(truth: dict, ledger: Ledger, *, filed: list[str], readers: int) -> dict[str, list[float]]:
    """The times at which a mail came more than once, by message; asserts everything that holds whatever happened."""
    assert sorted(truth["submissions"]) == sorted(filed), "each report is one incident, however often it was sent"
    assert truth["chain"] == []
    assert len({row[3] for row in truth["messages"] if row[3].startswith("reader")}) == readers
    assert {row[2] for row in truth["messages"]} == {"sent"}
    times = {one.strip("<>").partition("@")[0]: when for one, when in ledger.times.items()}
    assert set(times) == {row[0] for row in truth["messages"]}, "every message came, and nothing else did"
    return {one: when for one, when in times.items() if len(when) > 1}
