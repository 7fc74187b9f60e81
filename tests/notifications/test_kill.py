"""A worker killed with -9 at any of five points: nothing is lost, and only what was in flight is repeated."""

import signal
import subprocess
import sys
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings as project
from django.db import connection
from django.utils import timezone

from notifications.models import Message
from notifications.outbox import drain

from .worker import POINTS

KEYS = ["a", "b", "c"]


def _start(point, port):
    command = [sys.executable, "-m", "tests.notifications.worker", point, connection.settings_dict["NAME"], str(port)]
    return subprocess.Popen(command, cwd=project.BASE_DIR, stderr=subprocess.PIPE, text=True)


def _finish(worker):
    _, errors = worker.communicate(timeout=60)
    assert worker.returncode in {0, -signal.SIGKILL}, errors
    return worker.returncode


@pytest.mark.slow
@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("point", POINTS)
def test_nothing_is_lost_and_only_the_message_in_flight_is_repeated(point, announced, office, settings):
    announced(*KEYS)
    assert _finish(_start(point, settings.EMAIL_PORT)) == -signal.SIGKILL
    sent_before = office.ids
    assert len(sent_before) == {"accepted": 1, "committed": 1}.get(point, 0)
    in_flight = Message.objects.filter(state="sending").count()
    assert in_flight == {"announced": 0, "committed": 2}.get(point, 3)

    drain()  # a living worker respects the lease of the dead one
    assert Message.objects.filter(state="sending").count() == in_flight
    with time_machine.travel(timezone.now() + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS + 1)):
        drain()

    expected = [*KEYS, "last words"] if point == "announced" else KEYS
    assert sorted(Message.objects.filter(state="sent").values_list("event_key", flat=True)) == expected
    wanted = {f"<{message.pk}@testserver>": 1 for message in Message.objects.all()}
    if point == "accepted":
        wanted |= dict.fromkeys(sent_before, 2)  # the repeat, recognisable by its Message-ID
    assert dict(office.ids) == wanted


@pytest.mark.slow
@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_two_worker_processes_at_once_send_each_message_once(announced, office, settings):
    announced(*[f"n{number}" for number in range(150)])
    workers = [_start("never", settings.EMAIL_PORT) for _ in range(2)]
    assert [_finish(worker) for worker in workers] == [0, 0]
    assert (len(office.ids), set(office.ids.values())) == (150, {1})
    assert Message.objects.filter(state="sent").count() == 150
