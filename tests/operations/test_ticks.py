"""Every job leaves when it last ran, one line in the log, and the id of the request that asked for it."""

import io
import json
import logging
import uuid

import pytest
import structlog
from celery.app.trace import build_tracer
from django.db import connection

from operations.models import Tick
from slt_portal import logs
from slt_portal.celery import Job, app

CANARY = "canary-7f3a"


@pytest.fixture
def lines():
    """What is logged in the test, as dictionaries."""
    root = logging.getLogger()
    kept, level = list(root.handlers), root.level
    logs.configure({"level": "INFO"})
    stream = io.StringIO()
    root.handlers[0].setStream(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers = kept
    root.setLevel(level)


def _well(text=""):
    return text


def _ill():
    raise LookupError(CANARY)


@pytest.fixture
def well():
    """A job that returns what it was given."""
    yield app.task(name="tests.well")(_well)
    app.tasks.pop("tests.well")


@pytest.fixture
def ill():
    """A job that fails, with a text that no log may have."""
    yield app.task(name="tests.ill")(_ill)
    app.tasks.pop("tests.ill")


def test_every_periodic_job_leaves_its_ticks(settings):
    app.loader.import_default_modules()
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert isinstance(app.tasks[entry["task"]], Job)
        assert isinstance(entry["schedule"], int | float), "the check of ticks counts seconds"


def test_what_succeeded_and_what_failed(db, lines, well, ill):
    assert well() == ""
    with pytest.raises(LookupError):
        ill()
    good, bad = Tick.objects.get(pk=well.name), Tick.objects.get(pk=ill.name)
    assert good.began_at <= good.succeeded_at
    assert (good.failed_at, good.error) == (None, "")
    assert bad.began_at <= bad.failed_at
    assert (bad.succeeded_at, bad.error) == (None, "LookupError")
    said = [(line["event"], line["job"], line["outcome"], line["milliseconds"] >= 0) for line in lines()]
    assert said == [("job", well.name, "succeeded", True), ("job", ill.name, "failed", True)]


def test_a_tick_is_two_statements_and_one_row(db, well, django_assert_num_queries):
    well()
    with django_assert_num_queries(2):
        well()
    assert Tick.objects.count() == 1


def test_a_job_whose_tick_cannot_be_written_is_done_all_the_same(transactional_db, lines, well):
    with connection.schema_editor() as editor:
        editor.alter_db_table(Tick, "operations_tick", "operations_gone")
    try:
        assert well("done") == "done"
    finally:
        with connection.schema_editor() as editor:
            editor.alter_db_table(Tick, "operations_gone", "operations_tick")
    assert [line["event"] for line in lines()] == ["tick_not_written", "tick_not_written", "job"]


@pytest.mark.parametrize("offered", ["23b4b7b3-3e45-408c-89f6-73dc68a751bb", f"{CANARY} forged", ""])
def test_the_request_that_asked_is_in_every_line_of_the_job(db, lines, well, offered):
    """Through the broker and Celery's own machinery, as in a worker."""
    queue = f"test-{uuid.uuid4()}"
    with app.connection_for_write() as broker:
        with structlog.contextvars.bound_contextvars(**{"request_id": offered} if offered else {}):
            well.apply_async((CANARY,), queue=queue, connection=broker)
        message = broker.SimpleQueue(queue).get(timeout=2)
        message.ack()
    headers = message.headers
    assert headers.get("request_id", "") == offered
    request = {**headers, "args": message.payload[0], "kwargs": message.payload[1], "called_directly": False}
    build_tracer(well.name, app.tasks[well.name], app=app)(headers["id"], [CANARY], {}, request)
    (line,) = [line for line in lines() if line["event"] == "job"]
    assert line["job_id"] == headers["id"]
    assert line.get("request_id", "") == (offered if offered.count("-") == 4 else "")
    assert CANARY not in json.dumps(lines()), "neither what it was given nor what it returned"
