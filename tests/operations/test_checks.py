"""What probes are told: each check fails for what it is there for, names only, and never hangs."""

import json
import socket
import time
import uuid
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from audit.actions import record
from audit.models import ChainHead, Event
from notifications.models import Message, Subject
from operations import checks
from operations.checks import CHECKS, Portal, database_answers, outcomes
from operations.models import Tick

CLOSED = "redis://127.0.0.1:1/0"
DEAD_CACHE = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": CLOSED}}


@pytest.fixture
def message(cast):
    """Makes a message that was written some minutes ago and is due since then."""

    def make(minutes, *, due=None, state="queued", **fields):
        now = timezone.now()
        held = {"lease": uuid.uuid4(), "leased_until": now - timedelta(minutes=minutes)} if state == "sending" else {}
        return Message.objects.create(
            kind="notifications.account",
            subject=Subject.objects.create(),
            event_key=str(uuid.uuid4()),
            recipient=cast["field@alba.example"],
            state=state,
            created_at=now - timedelta(minutes=minutes),
            next_attempt_at=now - timedelta(minutes=minutes if due is None else due),
            **held | fields,
        )

    return make


def failing(now=None, **options) -> set[str]:
    return {name for name, holds in outcomes(Portal(now), **options).items() if not holds}


def test_a_portal_in_order(db):
    assert failing() == set()
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "checks": {check.name: "ok" for check in CHECKS}}
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(
    ("minutes", "fields", "late"),
    [
        (9, {}, False),
        (11, {}, True),
        (60, {"due": -15, "attempts": 3, "last_error": "451 later"}, False),  # greylisted: tried again
        (60, {"due": -15, "attempts": 3, "priority": 0}, True),  # unless lives are at risk
        (60, {"due": -1, "last_error": "no connection to the mail server"}, True),  # moved on minute by minute
        (25, {"due": -5}, False),  # waits for further changes: not due yet
        (11, {"state": "sending"}, True),
        (11, {"state": "dropped"}, False),
    ],
)
def test_what_is_due_should_have_gone(message, minutes, fields, late):
    message(minutes, **fields)
    assert failing() == ({"outbox"} if late else set())


@pytest.mark.parametrize(("priority", "hours", "told"), [(0, 1, True), (0, 40, False), (5, 1, False)])
def test_life_safety_that_failed(message, priority, hours, told):
    message(60 * hours, state="failed", priority=priority)
    assert failing() == ({"life_safety"} if told else set())


def test_jobs_that_do_not_run(db, settings):
    start = timezone.now()

    def stopped(**later):
        return set(Portal(start + timedelta(**later), started=start).stopped_jobs())

    assert stopped(minutes=4) == set(), "what was missed while all stood still has its time"
    assert "outbox" in stopped(minutes=6)
    assert "exports" not in stopped(minutes=6), "it may stand behind one that takes long"
    assert stopped(days=4) == set(settings.CELERY_BEAT_SCHEDULE)
    Tick.note("notifications.tasks.drain_outbox", succeeded_at=start + timedelta(minutes=4))
    assert "outbox" not in stopped(minutes=6)
    Tick.note("notifications.tasks.drain_outbox", failed_at=start + timedelta(minutes=10), error="LookupError")
    assert "outbox" in stopped(minutes=11), "it runs, and fails each time"


def test_nobody_watches(db):
    assert failing(checks.STARTED + timedelta(days=9)) >= {"watch", "jobs"}
    Tick.note("watch", succeeded_at=checks.STARTED + timedelta(days=9))
    assert "watch" not in failing(checks.STARTED + timedelta(days=9))


def test_the_head_of_the_chain(db):
    for number in range(2):
        record("thing.done", by=None, object_type="thing", object_ref=f"T-{number}")
    assert failing() == set()
    ChainHead.objects.update(number=1)
    assert failing() == {"audit_chain"}
    ChainHead.objects.update(number=Event.objects.count(), hash="0" * 64)
    assert failing() == {"audit_chain"}
    ChainHead.objects.all().delete()
    assert failing() == {"audit_chain"}


def test_a_migration_that_is_missing_takes_the_instance_out(db):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'operations'")
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "not ready")
    words = answer.json()["checks"]
    assert (words["migrations"], words["outbox"]) == ("failed", "not asked"), "its tables may not be there"


def test_who_owns_the_tables_is_not_the_application(db, settings):
    settings.DATABASE_ROLES_APART = True
    assert failing() == ({"role"} if connection.vendor == "postgresql" else set())


def test_a_backup_that_does_not_come_any_more(db, settings):
    now = timezone.now()
    settings.BACKUP_ALARM_HOURS = 48
    assert "backup" not in failing(now)
    event = record("operations.backup_made", by=None, object_type="backup", object_ref="b")
    assert "backup" not in failing(event.at + timedelta(hours=47))
    assert "backup" in failing(event.at + timedelta(hours=49))
    settings.BACKUP_ALARM_HOURS = 0
    assert "backup" not in failing(event.at + timedelta(hours=49))


def test_disk_and_files(db, settings, tmp_path):
    settings.DISK_ALARM_MB = 10**9
    assert failing() == {"disk"}
    settings.DISK_ALARM_MB = 1
    settings.DATA_DIR = tmp_path
    (tmp_path / "files").write_text("no folder")
    assert failing() == {"files"}


def test_redis_that_is_dead_leaves_the_instance_in(db, settings, dead_broker):
    settings.CACHES = DEAD_CACHE
    started = time.monotonic()
    answer = Client().get("/readyz")
    assert time.monotonic() - started < 1.5
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    words = answer.json()["checks"]
    assert {name for name, word in words.items() if word == "failed"} == {"broker", "cache"}


@pytest.fixture
def silent():
    """A port that takes connections and says nothing."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="a file cannot be silent")
def test_a_database_that_is_silent_or_gone(db, silent, settings, monkeypatch):
    def elsewhere(port):
        parameters = connection.get_connection_params() | {"host": "127.0.0.1", "port": port}
        monkeypatch.setattr(connections["default"], "get_connection_params", lambda: dict(parameters))

    elsewhere(silent)
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        database_answers(0.3)
    assert 0.2 < time.monotonic() - started < 2
    elsewhere(1)
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "not ready")
    words = answer.json()["checks"]
    assert (words["database"], words["outbox"], words["disk"]) == ("failed", "not asked", "ok")


def test_a_question_that_takes_too_long_is_a_failed_check(db, monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite answers readers at once")
    monkeypatch.setattr(checks, "DATABASE_SECONDS", 0.2)

    def sleeps(portal):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(5)")

    slow = [checks.Check("slow", sleeps, "", "", ""), *CHECKS[1:2]]
    assert outcomes(Portal(), slow) == {"slow": False, "migrations": True}


def test_the_answer_says_names_and_words_only(message):
    message(60)
    message(60, state="failed", priority=0, last_error="550 no such user canary")
    answer = Client().get("/readyz")
    words = {word for pair in answer.json()["checks"].items() for word in pair} | {answer.json()["status"]}
    assert words <= {check.name for check in CHECKS} | {"ok", "failed", "degraded"}
    assert not any(character.isdigit() for character in json.dumps(answer.json()))


def test_probes_only_look(db):
    assert [Client().post(path).status_code for path in ("/healthz", "/readyz")] == [405, 405]
