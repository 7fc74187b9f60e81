"""How fast the outbox sends, against the least that sending can cost.

Queues mails of a kind with templates and drains them to a local SMTP sink; then sends the very same bytes to the same
sink with a bare smtplib loop on one connection. Does both in turn, so that other work on the machine hits both, and
prints the medians and their ratio (goal: at least 0.5). Two worker processes, as on two cores;
on a throw-away database, as for tests (SLT_TEST_DATABASE=sqlite for the other one):

    .venv/bin/python -m benchmarks.outbox [NUMBER]
"""

import os
import smtplib
import statistics
import sys
import time
from multiprocessing import get_context
from pathlib import Path
from subprocess import PIPE, Popen

from benchmarks.rows import Row, show, throw_away_database

ROUNDS, LIMIT = 5, 0.5
WORKERS = int(os.environ.get("SLT_WORKERS", "2"))
SMTP = "notifications.smtp.EmailBackend"


def templates(folder: Path) -> None:
    """Templates of the usual shape and length, on the portal's own frame for mails."""
    place = folder / "notifications" / "email"
    place.mkdir(parents=True)
    (place / "benchmark.subject.txt").write_text("{% load i18n %}{% translate 'Incident' %} {{ what }}")
    words = "{% block content %}{% translate 'Area' %}: {{ what }}\n\n{{ link }}\n{% endblock %}"
    for ending in ("txt", "html"):
        frame = f"{{% extends 'notifications/email/base.{ending}' %}}{{% load i18n %}}"
        (place / f"benchmark.{ending}").write_text(frame + words)


def make_kind_and_people(number: int) -> tuple[type, list[int]]:
    """A kind with templates, and people to send to."""
    from accounts.models import User
    from notifications.kinds import Kind, register

    @register
    class Benchmark(Kind):
        code = "notifications.benchmark"

        def still_due(self, message):
            return True

        def context(self, message):
            return {"what": message.event_key, "link": f"https://portal.example/incidents/{message.pk}/"}

    people = [
        User(email=f"p{n}@benchmark.example", name=f"Person {n}", language="fr" if n % 3 == 0 else "en")
        for n in range(number)
    ]
    return Benchmark, [user.pk for user in User.objects.bulk_create(people)]


def work(_number: int) -> int:
    """One drain, as in a worker process."""
    from notifications.outbox import drain

    return drain(seconds=600)


def drained(kind: type, people: list[int], event: str, workers) -> float:
    """Seconds to send one event to all these people."""
    from notifications.actions import announce
    from notifications.models import Subject

    announce(kind, subject=Subject.objects.create(), event_key=event, recipients=people)
    began = time.perf_counter()
    sent = sum(workers.map(work, range(WORKERS), chunksize=1))
    taken = time.perf_counter() - began
    if sent != len(people):
        raise SystemExit(f"{sent} of {len(people)} were sent")
    return taken


def stored(path: Path) -> list[bytes]:
    """The mails that the sink kept."""
    data, mails = memoryview(path.read_bytes()), []
    while data:
        size = int.from_bytes(data[:4], "big")
        mails.append(bytes(data[4 : 4 + size]))
        data = data[4 + size :]
    return mails


def bare(mails: list[bytes], port: int) -> float:
    """Seconds of a loop that does nothing but send."""
    began = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as server:
        for mail in mails:
            server.sendmail("portal@slt.example", ["somebody@benchmark.example"], mail)
    return time.perf_counter() - began


def rounds(number: int, folder: Path) -> tuple[list[float], list[float], int]:
    """Seconds of each round of the outbox and of the bare loop, and the bytes of a mail."""
    from django.db import connections
    from django.test.utils import override_settings

    kind, people = make_kind_and_people(number)
    kept = folder / "mails"
    sink = Popen([sys.executable, "-m", "benchmarks.mail_sink", str(kept)], stdout=PIPE, text=True)
    ours, least, mails = [], [], []
    try:
        port = int(sink.stdout.readline())
        connections.close_all()  # the workers are forks: each needs a database connection of its own
        with (
            override_settings(EMAIL_BACKEND=SMTP, EMAIL_HOST="127.0.0.1", EMAIL_PORT=port),
            get_context("fork").Pool(WORKERS) as workers,
        ):
            for turn in range(ROUNDS):
                kept.write_bytes(b"")
                ours.append(drained(kind, people, f"incident {turn}", workers))
                mails = stored(kept)
                least.append(bare(mails, port))
    finally:
        sink.terminate()
    return ours, least, sum(map(len, mails)) // len(mails)


def measure(number: int) -> list[Row]:
    """Measure on a test database; says on standard error how many mails a second that was."""
    import django

    django.setup()
    from django.conf import settings
    from django.test.utils import override_settings

    folder = settings.DATA_DIR / f"benchmark-{os.getpid()}"
    templates(folder)
    engine = {**settings.TEMPLATES[0], "DIRS": [folder, *settings.TEMPLATES[0]["DIRS"]]}
    with throw_away_database(), override_settings(TEMPLATES=[engine]):
        ours, least, size = rounds(number // ROUNDS, folder)
    ratios = [limit / outbox for limit, outbox in zip(least, ours, strict=True)]
    share, engine = number // ROUNDS, settings.DATABASES["default"]["ENGINE"].rpartition(".")[2]
    sys.stderr.write(
        f"{ROUNDS} rounds of {share} mails of {size} bytes, {WORKERS} workers, {engine}: bare smtplib loop "
        f"{share / statistics.median(least):.0f} a second, outbox {share / statistics.median(ours):.0f} a second, "
        f"ratio {min(ratios):.2f} to {max(ratios):.2f}\n"
    )
    what = f"outbox, {WORKERS} workers, {engine}"
    return [Row(what, f"{number:,} mails", statistics.median(ratios), LIMIT, base="bare smtplib loop", at_least=True)]


if __name__ == "__main__":
    show(measure(next((int(word) for word in sys.argv[1:] if word.isdigit()), 2000)))
