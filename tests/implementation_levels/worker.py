"""A worker as a process of its own that sends the list and kills itself (SIGKILL) on the way. Started by test_kill.py.

`python -m tests.implementation_levels.worker POINT COUNT DATABASE SMTP_PORT`; POINT is `queued` (in the middle of the
transaction that queues everything), `accepted` or `committed` (at the message of that count), or `never`.
"""

import os
import signal
import sys
from itertools import count


def die_at(module, name: str, number: int) -> None:
    """Replace a function by one that does its work and is killed the `number`th time."""
    original, calls = getattr(module, name), count(1)

    def killed(*args, **kwargs):
        result = original(*args, **kwargs)
        if next(calls) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(module, name, killed)


def main(point: str, number: str, database: str, port: str) -> None:
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = database
    settings.EMAIL_BACKEND = "notifications.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", int(port)
    import django

    django.setup()
    from implementation_levels.actions import distribution
    from notifications import outbox
    from notifications.delivery import MailServer

    place = {"queued": (distribution, "announce"), "accepted": (MailServer, "deliver"), "committed": (outbox, "settle")}
    if point in place:
        die_at(*place[point], int(number))
    distribution.send_due()
    outbox.drain()


if __name__ == "__main__":
    main(*sys.argv[1:])
