"""`manage.py watch`: one mail when trouble lasts, again each hour, one when it is over; whatever is gone meanwhile."""

import json
import signal
import subprocess
import sys
import time
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections
from django.utils import timezone

from notifications.models import Message, Subject
from operations.alarms import WATCHED, Watcher
from operations.models import Tick, Watch
from tests.infrastructure.commands import REPOSITORY, clean_environment
from tests.notifications.post_office import post_office, text_of

START = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
OUTBOX = [check for check in WATCHED if check.name in {"database", "outbox"}]


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


@pytest.fixture
def office(settings, tmp_path):
    """A real SMTP server, where alarms go."""
    settings.DATA_DIR = tmp_path
    with post_office() as (office, port):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 5
        yield office


@pytest.fixture
def old(cast):
    """A message of the outbox that nobody sends."""
    return Message.objects.create(
        kind="incidents.desk_did",
        subject=Subject.objects.create(),
        event_key=f"canary {uuid.uuid4()}",
        recipient=cast["field@alba.example"],
        created_at=at(-60),
        next_attempt_at=at(-60),
        last_error="canary",
    )


def watcher() -> Watcher:
    return Watcher(started=START, checks=OUTBOX)


def look(watch: Watcher, *minutes: float) -> None:
    for minute in minutes:
        watch.look(at(minute))


def test_trouble_is_told_once_an_hour_and_when_it_is_over(office, old, settings):
    one = watcher()
    look(one, 0, 1, 4)
    assert office.subjects == [], "what passes soon is not told"
    look(one, 5, 6, 30, 64)
    assert office.subjects == ["SLT portal, alarm: Outgoing mail"]
    look(one, 65)
    assert len(office.accepted) == 2, "again after an hour"
    Message.objects.update(state="dropped")
    look(one, 66, 69)
    assert len(office.accepted) == 2
    look(one, 70, 71, 200)
    assert office.subjects[2:] == ["SLT portal, over: Outgoing mail"]
    assert Watch.objects.get().troubles == {}
    first = office.accepted[0]
    assert (first["To"], first["Auto-Submitted"]) == (settings.ALARM_TO[0], "auto-generated")
    assert "Since 2026-03-20 12:00 UTC." in text_of(first)
    for word in ("canary", "alba", "desk_did", str(old.pk)):
        assert word not in str(first), "names of checks, no content"


def test_what_passes_soon_is_forgotten_and_what_comes_and_goes_is_told(office, old):
    one = watcher()
    look(one, 0)
    Message.objects.update(state="dropped")
    look(one, 1, 6)
    assert Watch.objects.get().troubles == {}
    for minute in range(10, 20, 2):
        Message.objects.update(state="queued")
        look(one, minute)
        Message.objects.update(state="dropped")
        look(one, minute + 1)
    assert office.subjects == ["SLT portal, alarm: Outgoing mail"], "well for a minute only is one trouble"


def test_a_restart_neither_repeats_nor_forgets(office, old):
    look(watcher(), 0, 5)
    look(watcher(), 6)
    assert len(office.accepted) == 1
    Message.objects.update(state="dropped")
    look(watcher(), 7, 11, 12)
    assert office.subjects[1:] == ["SLT portal, over: Outgoing mail"]


def test_two_watchers_send_one_mail(office, old):
    one, other = watcher(), watcher()
    look(one, 0)
    look(other, 1)
    for minute in (5, 6, 65, 66):
        look(one, minute)
        look(other, minute)
    assert len(office.accepted) == 2
    Message.objects.update(state="dropped")
    for minute in (67, 71, 72):
        look(other, minute)
        look(one, minute)
    assert len(office.accepted) == 3


def test_while_one_sends_the_other_does_not(office, old):
    look(watcher(), 0)
    Watch.objects.update(mailing_until=at(7))
    look(watcher(), 5, 6)
    assert office.accepted == []
    look(watcher(), 7)
    assert len(office.accepted) == 1, "whoever wanted to send it was killed"


def test_a_mail_that_does_not_leave_is_tried_each_minute(office, old):
    answers = iter(["451 later", "550 no"])
    office.at_text = lambda mail: next(answers, "250 OK")
    look(one := watcher(), 0, 5, 6)
    assert office.accepted == []
    look(one, 7, 8)
    assert len(office.accepted) == 1


def test_alarms_may_go_over_another_server(office, old, settings):
    settings.ALARM_MAIL = {"host": "127.0.0.1", "port": settings.EMAIL_PORT, "username": "", "use_tls": False}
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    look(watcher(), 0, 5)
    assert len(office.accepted) == 1


@pytest.fixture
def gone(db):
    """A function that takes the database away, and one that brings it back."""
    own = connections["default"]
    dead = own.copy()
    dead.settings_dict |= (
        {"HOST": "127.0.0.1", "PORT": "1"} if own.vendor == "postgresql" else {"NAME": "/nowhere/portal"}
    )

    def be(is_gone):
        connections["default"] = dead if is_gone else own

    yield be
    be(False)


def test_without_the_database_each_tells_once_and_one_says_that_it_is_over(office, old, gone, settings, tmp_path):
    one, folder = watcher(), settings.DATA_DIR
    look(one, 0, 5)
    gone(True)
    look(one, 6, 11, 12)
    assert office.subjects[1:] == ["SLT portal, alarm: Database"]
    again = watcher()
    look(again, 13, 19)
    assert len(office.accepted) == 2, "a restart knows it from its file"
    (tmp_path / "elsewhere").mkdir()
    settings.DATA_DIR = tmp_path / "elsewhere"
    other = watcher()
    look(other, 13, 18, 19)
    assert len(office.accepted) == 3, "at most one per process"
    settings.DATA_DIR = folder
    gone(False)
    for minute in (20, 21):
        look(again, minute)
        look(other, minute)
    assert len(office.accepted) == 3, "mail still waits: told at minute 5"
    for minute in (25, 26, 27):
        look(again, minute)
        look(other, minute)
    assert office.subjects[3:] == ["SLT portal, over: Database"]
    assert "Over: Database." in text_of(office.accepted[3])
    assert list(Watch.objects.get().troubles) == ["outbox"]
    assert not (folder / "watch.json").exists()


def test_neither_a_broken_file_nor_a_full_disk_stops_it(office, gone, settings):
    (settings.DATA_DIR / "watch.json").write_text("{broken")
    gone(True)
    one = watcher()
    one.file = settings.DATA_DIR / "nowhere" / "watch.json"
    look(one, 0, 5, 6)
    assert len(office.accepted) == 1


def test_it_leaves_its_own_tick(office, db, settings):
    Watcher().look()
    assert Tick.objects.get(pk="watch").succeeded_at > timezone.now() - timedelta(minutes=1)


@pytest.mark.long
def test_as_a_process_it_ends_when_asked(tmp_path):
    values = {"SLT_DATA_DIR": str(tmp_path), "SLT_ALARM_AFTER_MINUTES": "0"}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "django", "watch"],
            cwd=REPOSITORY,
            env=clean_environment(**values) | {"DJANGO_SETTINGS_MODULE": "slt_portal.settings.embedded"},
            stdout=log,
            stderr=log,
        )
    deadline = time.monotonic() + 20
    while not list((tmp_path / "mail").glob("*.log")) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    events = [json.loads(line)["event"] for line in (tmp_path / "log").read_text().splitlines()]
    assert events[0] == "watch_started"
    assert "alarm" in events, "there are no tables"
    assert "Subject: SLT portal, alarm:" in next((tmp_path / "mail").glob("*.log")).read_text()
