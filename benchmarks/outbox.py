"""How fast the outbox sends, against the least that sending can cost.

Queues N mails of a kind with templates and drains them to a local SMTP sink; then sends the very same bytes to the same
sink with a bare smtplib loop on one connection. Prints both rates and their ratio (goal: at least 0.5; the more, the
nearer to the limit). Run it as `make` runs tests, on a throw-away database:

    .venv/bin/python -m benchmarks.outbox [N]
"""

import os
import smtplib
import sys
import time
from pathlib import Path
from subprocess import PIPE, Popen

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slt_portal.settings.testing")

SINK = """
import asyncio, socket, sys
from aiosmtpd.smtp import SMTP
class Keep:
    def __init__(self): self.file = open(sys.argv[1], "ab")
    async def handle_DATA(self, server, session, envelope):
        if sys.argv[1] != "/dev/null":
            self.file.write(len(envelope.content).to_bytes(4, "big") + envelope.content); self.file.flush()
        return "250 OK"
async def main():
    keep = Keep()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(keep), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


def sink(path: str) -> tuple[Popen, int]:
    """An SMTP server in its own process; keeps what it gets in `path`."""
    process = Popen([sys.executable, "-c", SINK, path], stdout=PIPE, text=True)
    return process, int(process.stdout.readline())


def queue(number: int) -> None:
    """One event to `number` people."""
    from accounts.models import User
    from notifications.actions import announce
    from notifications.kinds import Kind, register
    from notifications.models import Subject

    @register
    class Benchmark(Kind):
        code = "notifications.benchmark"

        def still_due(self, message):
            return True

        def context(self, message):
            return {"what": message.event_key, "link": f"https://portal.example/incidents/{message.pk}/"}

    User.objects.bulk_create(
        User(email=f"p{n}@benchmark.example", name=f"Person {n}", language="fr" if n % 3 == 0 else "en")
        for n in range(number)
    )
    recipients = User.objects.filter(email__endswith="@benchmark.example").values_list("pk", flat=True)
    announce(Benchmark, subject=Subject.objects.create(), event_key="an incident", recipients=recipients)


def templates(folder: Path) -> None:
    """Templates of the usual shape and length, on the portal's own frame for mails."""
    place = folder / "notifications" / "email"
    place.mkdir(parents=True)
    (place / "benchmark.subject.txt").write_text("{% load i18n %}{% translate 'Incident' %} {{ what }}")
    words = "{% block content %}{% translate 'Area' %}: {{ what }}\n\n{{ link }}\n{% endblock %}"
    for ending in ("txt", "html"):
        frame = f"{{% extends 'notifications/email/base.{ending}' %}}{{% load i18n %}}"
        (place / f"benchmark.{ending}").write_text(frame + words)


def bare(mails: list[bytes], port: int) -> float:
    """Seconds of a loop that does nothing but send."""
    began = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as server:
        for mail in mails:
            server.sendmail("portal@slt.example", ["somebody@benchmark.example"], mail)
    return time.perf_counter() - began


def stored(path: Path) -> list[bytes]:
    """The mails that a sink kept."""
    data, mails = path.read_bytes(), []
    while data:
        size = int.from_bytes(data[:4], "big")
        mails.append(data[4 : 4 + size])
        data = data[4 + size :]
    return mails


def main(number: int) -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.test.utils import get_runner, override_settings

    from notifications.outbox import drain

    folder = settings.DATA_DIR / f"benchmark-{os.getpid()}"
    templates(folder)
    runner = get_runner(settings)(verbosity=0, interactive=False)
    databases = runner.setup_databases()
    kept = folder / "mails"
    server, port = sink(str(kept))
    engine = {**settings.TEMPLATES[0], "DIRS": [folder, *settings.TEMPLATES[0]["DIRS"]]}
    mail = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": port, "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend"}
    try:
        with override_settings(TEMPLATES=[engine], **mail):
            queue(number)
            began = time.perf_counter()
            sent = drain(seconds=600)
            ours = time.perf_counter() - began
        mails = stored(kept)
        if sent != number or len(mails) != number:
            raise SystemExit(f"{sent} of {number} sent, {len(mails)} arrived")
        least = min(bare(mails, port) for _ in range(2))
    finally:
        server.terminate()
        runner.teardown_databases(databases)
    size = sum(map(len, mails)) // number
    print(f"{number} mails of {size} bytes, {settings.DATABASES['default']['ENGINE'].rsplit('.')[-1]}")
    print(f"bare smtplib loop: {number / least:7.0f} a second")
    print(f"outbox drain:      {number / ours:7.0f} a second")
    print(f"ratio:             {least / ours:7.2f}  (goal 0.50)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
