"""A worker killed with -9 while a list goes out with its papers: all get it, and only what was in flight twice."""

import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta

import pytest
from django.conf import settings as project
from django.db import connection
from django.utils import timezone

from implementation_levels.models import Delivery, Distribution
from implementation_levels.recipients import recipients
from notifications.models import Message
from tests.factories.levels import a_list, a_pdf
from tests.notifications.post_office import post_office

PAPERS = {language: f"%PDF-1.7 {language} ".encode() + bytes(range(256)) * 400 for language in ("en", "fr")}
# Where the workers are killed, one after the other; the last one lives.
KILLS = [("queued", 1), ("accepted", 1), ("committed", 3), ("accepted", 4), ("never", 0)]


def work(point, number, port) -> int:
    """A worker, to its end; how it ended."""
    command = [sys.executable, "-m", "tests.implementation_levels.worker", point, str(number)]
    command += [str(connection.settings_dict["NAME"]), str(port)]
    worker = subprocess.run(command, cwd=project.BASE_DIR, capture_output=True, text=True, timeout=120, check=False)
    assert worker.returncode in {0, -signal.SIGKILL}, worker.stderr
    return worker.returncode


def lease_runs_out() -> list[str]:
    """What was in flight when a worker died may be taken over now; returns the addresses."""
    rows = Message.objects.filter(state="sending")
    emails = list(rows.values_list("recipient__email", flat=True))
    rows.update(leased_until=timezone.now() - timedelta(seconds=1))
    return emails


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_everybody_gets_the_list_whenever_a_worker_dies(cast, capsys):
    level_list = a_list(cast, pdfs=False)
    for language, content in PAPERS.items():
        a_pdf(level_list, language, content)
    people, story, repeated = {user for user, _organisation in recipients()}, [], set()
    with post_office() as (office, port):
        for point, number in KILLS:
            before = set(office.ids)
            ended = work(point, number, port)
            assert ended == (0 if point == "never" else -signal.SIGKILL)
            in_flight = lease_runs_out()
            states = dict(sorted(Counter(Message.objects.values_list("state", flat=True)).items()))
            story.append(f"{point} {number}: {len(set(office.ids) - before)} accepted, then {states}")
            unsure = {f"<{message.pk}@testserver>" for message in Message.objects.filter(state="sending")}
            repeated |= unsure & set(office.ids)  # accepted, and the worker died before it wrote that down
            if point == "queued":
                assert (Distribution.objects.count(), Delivery.objects.count(), in_flight) == (0, 0, [])
    assert sorted(Delivery.objects.values_list("user", flat=True)) == sorted(people)
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}
    wanted = {f"<{message.pk}@testserver>": 1 for message in Message.objects.all()}
    assert dict(office.ids) == wanted | dict.fromkeys(repeated, 2)
    assert len(repeated) == 2
    assert Counter(mail["To"] for mail in office.accepted).keys() == {
        email for email, user in cast.people.items() if user.pk in people
    }
    for mail in office.accepted:
        papers = [part.get_payload(decode=True) for part in mail.walk() if part.get_filename()]
        assert papers == [PAPERS[cast[mail["To"]].language]]
    with capsys.disabled():
        print("\n" + "\n".join(story))
