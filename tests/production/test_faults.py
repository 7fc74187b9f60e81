"""Faults other than a kill: each ends with the same truth as without it. A real installation each time."""

import asyncio
import os
import signal
import threading
import time
import uuid
from pathlib import Path

import psycopg2
import pytest

from tests import servers
from tests.infrastructure.test_serve import wait_until
from tests.notifications.post_office import post_office

from .aftermath import ask, emptied, repeats_of
from .disks import small_disk
from .embedded import Embedded
from .mail_ledger import Ledger
from .stack import Stack
from .visitor import Visitor

READERS = 40
LEASE_SECONDS = 6
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


@pytest.fixture
def office():
    """A mail server that takes its time, and its port."""
    with post_office(Ledger(hesitation=0.2)) as (ledger, port):
        yield ledger, port


def started(kind, folder, port, **more):
    """An installation with a short lease."""
    settings = {"SLT_OUTBOX_LEASE_SECONDS": str(LEASE_SECONDS)} | more.pop("settings", {})
    return kind(folder / "run", smtp_port=port, settings=settings, **more)


def visitor(running) -> Visitor:
    """The focal point of Alba, and people who are told of what she reports."""
    ask(running, "make", str(READERS))
    return Visitor(running.url, ask(running, "sign_in", "field@alba.example", "alba", "south-sudan"))


def reported(alba, number=1) -> list[str]:
    """The submissions of so many reports, one after another."""
    filed = [str(uuid.uuid4()) for _ in range(number)]
    for one in filed:
        alba.report(one)
    return filed


def test_two_schedulers_and_two_workers_tell_everybody_once(office, tmp_path):
    ledger, port = office
    with started(Stack, tmp_path, port) as stack:
        alba = visitor(stack)
        first = {name: stack.processes[name] for name in ("beat", "worker")}
        stack.folder.joinpath("beat").rename(stack.folder / "beat of the first")
        stack.folder.joinpath("beat").mkdir(mode=0o700)
        for name in first:
            stack.start(name)  # a second one beside the first
        filed = reported(alba, 3)
        time.sleep(65)  # both have ticked
        filed += reported(alba)
        for process in first.values():
            assert process.poll() is None
            process.kill()
            process.wait()
        assert repeats_of(emptied(stack), ledger, filed=filed, readers=READERS) == {}


def test_a_worker_that_hangs_is_relieved_and_writes_nothing_when_it_wakes(office, tmp_path):
    ledger, port = office
    with started(Stack, tmp_path, port) as stack:
        alba = visitor(stack)
        filed = reported(alba)
        wait_until(lambda: len(ledger.times) > 3)
        hanging, first = stack.pids("worker"), stack.processes["worker"]
        for pid in hanging:
            os.kill(pid, signal.SIGSTOP)
        stack.start("worker")  # as whoever watches it does
        time.sleep(LEASE_SECONDS + 1)
        filed += reported(alba)
        truth = emptied(stack)
        before = len(ledger.accepted)
        for pid in hanging:
            os.kill(pid, signal.SIGCONT)
        time.sleep(5)
        repeats = repeats_of(truth, ledger, filed=filed, readers=READERS)
        assert len(repeats) + len(ledger.accepted) - before <= 2, "what the two hanging processes had in their hands"
        assert ask(stack, "truth") == truth
        first.kill()
        first.wait()


@pytest.mark.parametrize("fault", ["stalls", "refuses one", "drops in the middle"])
def test_a_mail_server_in_trouble_delays_only_what_it_troubles(fault, tmp_path):
    class Difficult(Ledger):
        """Troubles one reader's mails, once (a refusal for good is for good)."""

        troubled = 0

        async def handle_RCPT(self, server, session, envelope, address, options):
            if fault == "refuses one" and address.startswith("reader7@"):
                return "550 5.1.1 no such mailbox"
            return await super().handle_RCPT(server, session, envelope, address, options)

        async def handle_DATA(self, server, session, envelope):
            if envelope.rcpt_tos[0].startswith("reader7@") and not self.troubled:
                self.troubled += 1
                if fault == "stalls":
                    await asyncio.sleep(25)  # longer than the portal waits
                    return "451 too late"
                server.transport.abort()
                return "421 gone"
            return await super().handle_DATA(server, session, envelope)

    with post_office(Difficult()) as (ledger, port), started(Stack, tmp_path, port) as stack:
        alba = visitor(stack)
        filed = reported(alba)
        truth = emptied(stack)
        assert truth["submissions"] == filed
        states = {row[3]: row[2] for row in truth["messages"]}
        refused = {address for address, state in states.items() if state != "sent"}
        assert refused == ({"reader7@benu.example"} if fault == "refuses one" else set())
        came = [mail["To"] for mail in ledger.accepted]
        assert len(came) == len(set(came)) == len(states) - len(refused)


def test_a_full_disk_loses_nothing_that_was_said_to_be_kept_embedded(office, tmp_path):
    ledger, port = office
    with small_disk(tmp_path / "run", "48m") as fill, started(Embedded, tmp_path, port) as portal:
        alba = visitor(portal)
        filed = reported(alba)
        full = fill()
        filed.append(str(uuid.uuid4()))
        sending = threading.Thread(target=lambda: alba.report(filed[-1], seconds=120))
        sending.start()
        time.sleep(10)
        full.unlink()
        sending.join()
        repeats = repeats_of(emptied(portal), ledger, filed=filed, readers=READERS)
        assert len(repeats) <= 3, "what the threads had in flight when a commit was refused"


def test_a_full_disk_under_postgresql_loses_nothing_that_was_said_to_be_kept(office, tmp_path):
    ledger, port = office
    place = servers.folder() / f"small-disk-{os.getpid()}"
    with small_disk(place, "64m", owner="postgres") as fill, started(Stack, tmp_path, port) as stack:
        for name in ("web", "worker", "long", "beat"):
            stack.stop(name)
        _move_database(stack, place / "space")
        for name in ("web", "worker", "long", "beat"):
            stack.start(name)
        alba = visitor(stack)
        filed = reported(alba)
        full = fill()
        told = [str(uuid.uuid4()) for _ in range(40)]

        def report_all():
            for one in told:
                alba.report(one, seconds=180)

        sending = threading.Thread(target=report_all)
        sending.start()
        wait_until(lambda: "DiskFull" in stack.said("web") + stack.said("worker"), seconds=90)
        time.sleep(3)
        full.unlink()
        sending.join()
        filed += told
        repeats = repeats_of(emptied(stack), ledger, filed=filed, readers=READERS)
        assert len(repeats) <= 2, "what was in flight when the commit was refused"


def _move_database(stack, folder):
    """The portal's tables to another disk; the log of the server stays where it is."""
    address = {"host": str(stack.place / "postgresql"), "port": stack.ports["postgresql"], "user": servers.USER}
    superuser = psycopg2.connect(dbname="postgres", **address)
    superuser.autocommit = True
    with superuser.cursor() as cursor:
        cursor.execute("CREATE TABLESPACE small LOCATION %s", [str(folder)])
        cursor.execute("ALTER DATABASE portal SET TABLESPACE small")
    superuser.close()


@pytest.mark.skipif(FAKETIME is None, reason="needs libfaketime: apt-get install faketime")
def test_a_clock_set_back_an_hour_holds_nothing_up(office, tmp_path):
    ledger, port = office
    clock = tmp_path / "clock"
    clock.write_text("+0")
    faked = ("worker", "long", "beat")  # not the web server: it is as if those ran on another machine
    with started(Stack, tmp_path, port, without=faked) as stack:
        ours = stack.environment
        faking = ours | {
            "LD_PRELOAD": str(FAKETIME),
            "FAKETIME_TIMESTAMP_FILE": str(clock),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        stack.environment = faking
        for name in faked:
            stack.start(name)
        stack.environment = ours
        alba = visitor(stack)
        filed = reported(alba)
        wait_until(lambda: len(ledger.times) > 3)
        stack.kill("worker")  # with some leased until an hour from now
        clock.write_text("-3600")
        stack.environment = faking
        stack.start("worker")
        stack.environment = ours
        time.sleep(65)  # a tick
        filed += reported(alba)
        repeats = repeats_of(emptied(stack, seconds=120), ledger, filed=filed, readers=READERS)
        assert len(repeats) <= 2, "what was in flight at the kill"
