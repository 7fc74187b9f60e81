"""A job is a hint that there is work in the database: publishing one may fail, and must not cost time."""

import socket
import time

import pytest
from kombu.exceptions import OperationalError

from slt_portal.celery import app


def publish() -> float:
    """Publish a job and return the seconds it took, whether or not the broker took it."""
    started = time.monotonic()
    try:
        app.send_task("notifications.tasks.drain_outbox")
    except OperationalError:
        return time.monotonic() - started
    raise AssertionError("the broker is not dead")


def test_dead_broker_costs_milliseconds(dead_broker):
    assert publish() < 0.5
    assert publish() < 0.1, "nor when it is asked again"


@pytest.mark.slow
def test_silent_broker_costs_about_a_second(dead_broker):
    with socket.socket() as silent:  # takes the connection and never answers
        silent.bind(("127.0.0.1", int(dead_broker.rpartition(":")[2].partition("/")[0])))
        silent.listen()
        assert publish() < 1.5


def test_living_broker_takes_the_job():
    with app.connection_for_write() as connection:
        connection.default_channel.queue_purge(app.conf.task_default_queue)
        app.send_task("notifications.tasks.drain_outbox")
        with connection.SimpleQueue(app.conf.task_default_queue) as queue:
            message = queue.get(timeout=2)
            assert message.headers["task"] == "notifications.tasks.drain_outbox"
            assert message.payload == [[], {}, message.payload[2]], "no arguments, therefore no content"
            message.ack()


def test_every_periodic_task_exists():
    app.loader.import_default_modules()
    tasks = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert tasks, "something is periodic"
    assert tasks - set(app.tasks) == set()
