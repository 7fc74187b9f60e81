"""Fifty kills -9 while four hundred people are being told: nothing is lost, only what was in flight is repeated."""

import random
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from tests.notifications.post_office import post_office

from .aftermath import ask, emptied, repeats_of
from .embedded import CHILDREN, Embedded
from .mail_ledger import Ledger
from .stack import PORTAL, Stack
from .visitor import Visitor

RECIPIENTS = 400
KILLS = 50
LEASE_SECONDS = 6
# Accepted by the mail server and not yet written down: as long as a commit takes on a machine that is starting things.
IN_FLIGHT_SECONDS = 3.0
NAMES = {Stack: (*PORTAL, "postgresql", "redis"), Embedded: ("serve", *CHILDREN)}

pytestmark = [pytest.mark.long, pytest.mark.timeout(1500)]


@pytest.fixture(params=["PostgreSQL and Redis", "embedded"])
def installation(request, tmp_path):
    """A running portal of either kind and the mail server that it sends to."""
    ledger = Ledger(hesitation=0.15)
    kind = Stack if request.param.startswith("PostgreSQL") else Embedded
    with (
        post_office(ledger) as (_, port),
        kind(tmp_path / "run", smtp_port=port, settings={"SLT_OUTBOX_LEASE_SECONDS": str(LEASE_SECONDS)}) as running,
    ):
        yield running, ledger


def _kill_fifty_times(running, chance) -> list[tuple[float, float]]:
    """Kill something at random again and again, and start it again; when each was killed, and when it was back."""
    times = []
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.1, 2.5))
        name, began = chance.choice(NAMES[type(running)]), time.monotonic()
        running.kill(name)
        time.sleep(chance.uniform(0.0, 0.5))
        running.start(name)
        if isinstance(running, Stack):  # some end by themselves when what they need is gone: they are watched, too
            for other in NAMES[Stack]:
                if running.processes[other].poll() is not None:
                    running.start(other)
        times.append((began, time.monotonic()))
    return times


def _go_on_reporting(benu, filed, is_over):
    """Life goes on: reports are filed, each sent again and again until there is a receipt."""
    while not is_over.is_set():
        filed.append(str(uuid.uuid4()))
        benu.report(filed[-1])
        time.sleep(0.5)


def test_nothing_is_lost_and_only_what_was_in_flight_comes_twice(installation):
    running, ledger = installation
    ask(running, "make", str(RECIPIENTS))
    alba = Visitor(running.url, ask(running, "sign_in", "field@alba.example", "alba", "south-sudan"))
    benu = Visitor(running.url, ask(running, "sign_in", "field@benu.example", "benu", "chad"))
    filed = [str(uuid.uuid4())]
    alba.report(filed[0])

    is_over, seed = threading.Event(), random.randrange(10**6)
    with ThreadPoolExecutor() as pool:
        life = pool.submit(_go_on_reporting, benu, filed, is_over)
        try:
            # Not in the other thread: the servers end with the thread that started them.
            kills = _kill_fifty_times(running, random.Random(seed))
        finally:
            is_over.set()
        life.result()

    repeats = repeats_of(emptied(running), ledger, filed=filed, readers=RECIPIENTS)
    for one, when in repeats.items():
        for first, second in pairwise(when):
            struck = [began for began, ended in kills if began - IN_FLIGHT_SECONDS < first < ended and began < second]
            assert struck, f"{one} was repeated without a kill that explains it (seed {seed})"
    print(
        f"\n{type(running).__name__}, seed {seed}: {len(kills)} kills, {len(filed)} reports, "
        f"{len(ledger.times)} messages, 0 lost, {len(repeats)} repeated in flight"
    )
