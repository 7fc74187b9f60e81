"""A worker as a process of its own, which kills itself (SIGKILL) at a named point. Started by test_kill.py.

`python -m tests.notifications.worker POINT DATABASE SMTP_PORT`; POINT is one of POINTS, `never`,
`summary begun` or `summary made`.
"""

import os
import signal
import sys

POINTS = ["announced", "claimed", "rendered", "accepted", "committed"]


def die(*_args, **_kwargs):
    os.kill(os.getpid(), signal.SIGKILL)


def after(module, name):
    """Replace a function by one that does its work and is then killed."""
    original = getattr(module, name)

    def killed(*args, **kwargs):
        original(*args, **kwargs)
        die()

    setattr(module, name, killed)


def main(point: str, database: str, port: str) -> None:
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = database
    settings.EMAIL_BACKEND = "notifications.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", int(port)
    import django

    django.setup()
    from notifications import actions, digests, kinds, outbox
    from notifications.delivery import MailServer
    from notifications.models import Message, Subject
    from tests.notifications.notices import Item, Notice

    kinds.register(Notice)
    kinds.register(Item)
    if point == "announced":
        actions.nudge = die
        recipients = Message.objects.values_list("recipient", flat=True)[:1]
        actions.announce(Notice, subject=Subject.objects.create(), event_key="last words", recipients=recipients)
    elif point.startswith("summary"):
        # In the middle of its transaction, or right after it.
        after(digests, "_claim" if point == "summary begun" else "_make")
        digests.make_digests()
    elif point == "claimed":
        after(outbox, "claim")
    elif point == "rendered":
        after(outbox, "render")
    elif point == "accepted":
        after(MailServer, "deliver")
    elif point == "committed":
        after(outbox, "settle")
    outbox.drain()


if __name__ == "__main__":
    main(*sys.argv[1:])
