"""What every test has: a database and a Redis of its own, an empty cache, no network, and the same order of kinds.

The servers start with the settings (tests/servers.py). The cast is in tests/cast.py.
"""

import gc
import json
import os
import socket
from pathlib import Path

import hypothesis
import kombu.pools
import pytest
from django.core.cache import cache

from sharing.wall import as_system

REPOSITORY = Path(__file__).resolve().parent.parent
pytest_plugins = ["tests.cast", "tests.visibility.summary"]
LOCAL = {"127.0.0.1", "::1", "localhost", "testserver", "0.0.0.0", "", None}

hypothesis.settings.register_profile("quick", max_examples=25, deadline=None)
hypothesis.settings.register_profile("long", max_examples=1000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Tests that empty the database come last: the others rely on what migrations put there.

    The longest of them, in the browser, begin: so no process waits long for another at the end. What shares a world
    (tests/visibility/walk) stays together, so that a process makes it once.
    """
    items.sort(key=lambda item: (_empties_the_database(item), not item.get_closest_marker("browser"), _world(item)))


def pytest_collection_finish():
    """What was imported stays: the collector of garbage need not look at it again in each of thousands of tests."""
    gc.collect()
    gc.freeze()


def _world(item) -> bool:
    return "made_world" in item.fixturenames


def _empties_the_database(item) -> bool:
    marker = item.get_closest_marker("django_db")
    by_fixture = {"transactional_db", "live_server", "django_db_serialized_rollback"} & set(item.fixturenames)
    return bool(by_fixture) or bool(marker and marker.kwargs.get("transaction"))


def pytest_terminal_summary(terminalreporter):
    """Leave the counts where `make test` adds up its two runs."""
    if path := os.environ.get("SLT_TEST_COUNTS"):
        counts = {kind: len(terminalreporter.stats.get(kind, [])) for kind in ("passed", "failed", "error", "skipped")}
        Path(path).write_text(json.dumps(counts), encoding="utf-8")


@pytest.fixture(autouse=True, scope="session")
def no_network():
    """A test that would leave this machine fails instead."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self, address):
        if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in LOCAL:
            raise AssertionError(f"A test tried to reach {address[0]}.")
        return connect(self, address)

    def guarded_look_up(host, *args, **kwargs):
        if (host.decode() if isinstance(host, bytes) else host) not in LOCAL:
            raise AssertionError(f"A test tried to look up {host}.")
        return look_up(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket, "getaddrinfo", guarded_look_up)
        yield


@pytest.fixture(autouse=True, scope="session")
def beside_the_wall():
    """A test sees every row, whoever it is about; what it asks of the portal is asked as in the portal."""
    with as_system("a test"):
        yield


@pytest.fixture(autouse=True)
def empty_cache():
    """Rate limits and cached pages of one test do not reach the next."""
    cache.clear()


@pytest.fixture
def shared_data() -> Path:
    """The folder of public data sets beside the clone; the test is skipped where there is none."""
    path = Path(os.environ.get("SLT_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
    if not path.is_dir():
        pytest.skip(f"no data sets at {path}: set SLT_SHARED_DATA")
    return path


@pytest.fixture
def dead_broker():
    """The broker's address leads to a closed port while the test runs."""
    from slt_portal.celery import app

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed = f"redis://127.0.0.1:{probe.getsockname()[1]}/0"
    before = app.conf.broker_url
    _point_broker_at(app, closed)
    yield closed
    _point_broker_at(app, before)


def _point_broker_at(app, url: str) -> None:
    app.conf.update(broker_url=url, broker_write_url=url, broker_read_url=url)
    kombu.pools.reset()  # kombu keeps closed pools by address, and would hand one out again
    app._pool = None  # the pool of connections remembers the address it was made with
    app.amqp._producer_pool = None
