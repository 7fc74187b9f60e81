"""How fast a list of reinforced areas goes out with its PDF to 3,000 recipients, against the least that sending costs.

Makes a list with its real PDFs, queues it as the worker does (send_due) and drains it to a local SMTP sink; then sends
the very same bytes to the same sink with a bare smtplib loop on one connection. Both in turn, so that other work on the
machine hits both. Prints the ratio (goal: at least 0.5). On a throw-away database, as for tests:

    .venv/bin/python -m benchmarks.levels_fanout [RECIPIENTS]
"""

import os
import statistics
import sys
import time
from multiprocessing import get_context
from pathlib import Path
from subprocess import PIPE, Popen

from benchmarks.outbox import SMTP, WORKERS, bare, stored, work
from benchmarks.rows import Row, show, throw_away_database

ROUNDS, LIMIT, AREAS = 2, 0.5, 60


def make_recipients(number: int) -> None:
    """Organisations with three contacts each, two of three readers in English."""
    from django.utils import timezone

    from accounts.models import User
    from organisations.models import Membership, Organisation, Standing
    from tests.cast import make_cast

    make_cast()
    organisations = [
        Organisation.objects.create(kind="ingo", name=f"Bench {place:04}") for place in range(max(number // 3, 1))
    ]
    now = timezone.now()
    Standing.objects.bulk_create(Standing(organisation=row, kind="partner", starts_at=now) for row in organisations)
    people = User.objects.bulk_create(
        User(email=f"p{place}@benchmark.example", name=f"Person {place}", language="fr" if place % 3 == 0 else "en")
        for place in range(number)
    )
    Membership.objects.bulk_create(
        Membership(
            user=user, organisation=organisations[place // 3 % len(organisations)], role="partner_headquarters",
            starts_at=now,
        )
        for place, user in enumerate(people)
    )  # fmt: skip


def publish(number: int) -> int:
    """List `number`, with its PDFs: many areas, one of which is new. Returns the bytes of the English PDF."""
    from areas.models import Area
    from documents.issue import document_of, make_due
    from implementation_levels.actions.lists import publish_due
    from tests.cast import make_cast
    from tests.factories.levels import a_level

    cast = make_cast()
    for place in range(AREAS if number == 1 else 1):
        code = f"bench-{number}-{place}"
        Area.objects.create(code=code, name_en=f"Area {code}", name_fr=f"Zone {code}", kind="country")
        a_level(cast, code=code, reasons="Access became harder, and several convoys were stopped.")
    level_list = publish_due()
    make_due()
    return len(document_of(level_list.document_number, "en").file.read())


def fan_out(workers) -> tuple[float, float]:
    """Seconds to queue the newest list, and to send it to everybody."""
    from implementation_levels.actions.distribution import send_due

    began = time.perf_counter()
    people = send_due()
    queued = time.perf_counter()
    sent = sum(workers.map(work, range(WORKERS), chunksize=1))
    if sent != people or not people:
        raise SystemExit(f"{sent} of {people} were sent")
    return queued - began, time.perf_counter() - queued


def rounds(kept: Path) -> tuple[list[float], list[float], int]:
    """Seconds a mail of each round of the portal and of the bare loop, and the bytes of a mail."""
    from django.db import connections
    from django.test.utils import override_settings

    sink = Popen([sys.executable, "-m", "benchmarks.mail_sink", str(kept)], stdout=PIPE, text=True)
    ours, least, size = [], [], 0
    try:
        port = int(sink.stdout.readline())
        connections.close_all()  # the workers are forks: each needs a database connection of its own
        with (
            override_settings(EMAIL_BACKEND=SMTP, EMAIL_HOST="127.0.0.1", EMAIL_PORT=port),
            get_context("fork").Pool(WORKERS) as workers,
        ):
            for number in range(1, ROUNDS + 1):
                paper = publish(number)
                kept.write_bytes(b"")
                queued, sent = fan_out(workers)
                mails = stored(kept)
                taken = bare(mails, port)
                ours.append(sent / len(mails))
                least.append(taken / len(mails))
                size = sum(map(len, mails)) // len(mails)
                sys.stderr.write(
                    f"list {number}: {len(mails)} mails of {size} bytes, PDF of {paper}; queued in {queued:.1f} s, "
                    f"sent in {sent:.1f} s, bare loop {taken:.1f} s\n"
                )
    finally:
        sink.terminate()
        kept.unlink(missing_ok=True)
    return ours, least, size


def measure(number: int) -> list[Row]:
    """Measure on a test database; says on standard error what each round took."""
    import django

    django.setup()
    from django.conf import settings

    folder = settings.DATA_DIR / f"benchmark-{os.getpid()}"
    folder.mkdir(parents=True, exist_ok=True)
    with throw_away_database():
        make_recipients(number)
        ours, least, size = rounds(folder / "mails")
    ratios = [limit / portal for limit, portal in zip(least, ours, strict=True)]
    what = f"list with its PDF ({size:,} bytes a mail), {WORKERS} workers"
    size_text = f"{number:,} recipients"
    return [Row(what, size_text, statistics.median(ratios), LIMIT, base="bare smtplib loop", at_least=True)]


if __name__ == "__main__":
    show(measure(next((int(word) for word in sys.argv[1:] if word.isdigit()), 3000)))
