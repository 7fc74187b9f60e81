"""`manage.py serve`: starts three processes, starts a dead one again, leaves none behind."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.infrastructure.commands import REPOSITORY, clean_environment, manage, run

pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(what: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def descendants(pid: int) -> dict[int, str]:
    """The processes below `pid`, with their command lines."""
    found: dict[int, str] = {}
    children = Path(f"/proc/{pid}/task/{pid}/children")
    for child in map(int, children.read_text().split()) if children.exists() else ():
        found[child] = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        found |= descendants(child)
    return found


def alive(pid: int) -> bool:
    """Whether the process exists and is not only waiting to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Served:
    """A portal served on a data folder of its own."""

    def __init__(self, data_dir: Path) -> None:
        self.port, self.data_dir = free_port(), data_dir
        self.environment = {"PORT": str(self.port), "SLT_DATA_DIR": str(data_dir)}
        self.output = data_dir / "output"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=REPOSITORY,
                env=clean_environment(**self.environment),
                stdout=output,
                stderr=output,
            )

    def said(self, text: str) -> bool:
        assert self.process.poll() is None, self.output.read_text()
        return text in self.output.read_text()

    def child(self, name: str) -> int | None:
        """The process id of the worker, beat, or gunicorn's master."""
        found = [pid for pid, command in descendants(self.process.pid).items() if name in command]
        return found[0] if found else None

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    """A data folder with a migrated database, to be copied."""
    folder = tmp_path_factory.mktemp("migrated")
    result = manage("migrate", "--verbosity", "0", SLT_DATA_DIR=str(folder))
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture
def served(migrated, tmp_path):
    data_dir = tmp_path / "data"
    shutil.copytree(migrated, data_dir)
    (data_dir / "broker.sqlite3").write_bytes(b"what a kill left of the last broker")
    portal = Served(data_dir)
    yield portal
    portal.end()


def test_a_portal_from_start_to_end(served):
    address = f"http://127.0.0.1:{served.port}"
    wait_until(lambda: served.said(address))
    with urllib.request.urlopen(f"{address}/healthz") as response:
        assert response.status == 200, "the address is said when it answers"
    again = manage("serve", **served.environment | {"PORT": str(free_port())})
    assert (again.returncode, again.stderr.count("\n")) == (1, 1)
    assert str(served.data_dir) in again.stderr, "one data folder, one portal"

    worker = served.child(" worker ")
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: served.child(" worker ") not in (worker, None))
    assert served.said("worker ended")

    below = descendants(served.process.pid)
    assert len(below) >= 5, "gunicorn's master and its worker, Celery's worker, beat, watch"
    served.process.terminate()
    assert served.process.wait(20) == 0
    assert [pid for pid in below if alive(pid)] == []
    kept = sorted(path.name for path in served.data_dir.glob("logs/*.log"))
    assert kept == ["beat.log", "watch.log", "web.log", "worker.log"]
    assert "Traceback" not in "".join(path.read_text() for path in served.data_dir.glob("logs/*.log"))


@pytest.mark.long
def test_children_die_with_a_killed_parent(served):
    wait_until(lambda: served.said("The portal runs at"))
    below = descendants(served.process.pid)
    served.process.kill()
    served.process.wait()
    wait_until(lambda: not any(map(alive, below)), seconds=5)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["make", "run"], id="make", marks=pytest.mark.long),
        pytest.param([sys.executable, "manage.py", "serve"], id="serve"),
    ],
)
def test_a_taken_port_is_one_plain_sentence(command, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = run(*command, PORT=port, SLT_DATA_DIR=str(tmp_path))
    assert result.returncode != 0
    said = [line for line in result.stderr.splitlines() if not line.startswith("make:")]
    assert said == [f"Port {port} is taken by another program. Choose another: PORT=8001 make run"]
    assert not (tmp_path / "portal.sqlite3").exists(), "nothing was changed before it was said"


@pytest.mark.parametrize("port", ["0", "-1", "70000", "http", ""])
def test_a_port_that_is_none_is_one_plain_sentence(port, tmp_path):
    result = manage("serve", PORT=port, SLT_DATA_DIR=str(tmp_path))
    assert result.returncode != 0
    assert result.stderr.count("\n") == 1
    assert "PORT" in result.stderr.upper()
