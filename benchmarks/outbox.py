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

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slt_portal.settings.testing")

ROUNDS = 5
WORKERS = int(os.environ.get("SLT_WORKERS", "2"))
SMTP = "django.core.mail.backends.smtp.EmailBackend"


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


def main(number: int) -> None:
    """Measure on a test database and print."""
    import django

    django.setup()
    from django.conf import settings
    from django.test.utils import get_runner, override_settings

    folder = settings.DATA_DIR / f"benchmark-{os.getpid()}"
    templates(folder)
    engine = {**settings.TEMPLATES[0], "DIRS": [folder, *settings.TEMPLATES[0]["DIRS"]]}
    runner = get_runner(settings)(verbosity=0, interactive=False)
    databases = runner.setup_databases()
    try:
        with override_settings(TEMPLATES=[engine]):
            ours, least, size = rounds(number // ROUNDS, folder)
    finally:
        runner.teardown_databases(databases)
    ratios = [limit / outbox for limit, outbox in zip(least, ours, strict=True)]
    share, engine = number // ROUNDS, settings.DATABASES["default"]["ENGINE"]
    sys.stdout.write(
        f"{ROUNDS} rounds of {share} mails of {size} bytes, {WORKERS} workers, {engine}\n"
        f"bare smtplib loop: {share / statistics.median(least):6.0f} a second\n"
        f"outbox drain:      {share / statistics.median(ours):6.0f} a second\n"
        f"ratio:             {statistics.median(ratios):6.2f} ({min(ratios):.2f} to {max(ratios):.2f}; goal 0.50)\n"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
