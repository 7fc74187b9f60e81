"""`manage.py watch`: looks once a minute whether the portal works, from outside the worker and beat, and tells."""

import signal
import threading

import structlog
from django.core.management.base import BaseCommand
from django.db import connections

from operations.alarms import Watcher
from operations.checks import CHECKS

log = structlog.get_logger(__name__)
SECONDS = 60.0


class Command(BaseCommand):
    """Watch until SIGTERM or SIGINT."""

    help = "Watches the portal and mails SLT_ALARM_TO when something is wrong. Runs until it is ended."
    requires_system_checks = []  # it must run when the database does not

    def add_arguments(self, parser):
        """--once: look a single time and say what is found, for cron and for who has just changed something."""
        parser.add_argument("--once", action="store_true", help="look once, say what is found, and end")

    def handle(self, *, once: bool, **options) -> None:
        """Look, wait, look again; whatever fails is logged and does not end it."""
        end = threading.Event()
        if not once:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: end.set())
        watcher = Watcher()
        log.info("watch_started")
        while True:
            try:
                found = watcher.look()
                if once:
                    self._say(found)
            except Exception:
                log.exception("watch_failed")
            connections.close_all()  # a connection kept for a minute may be dead by then
            if once or end.wait(SECONDS):
                return

    def _say(self, found):
        wrong = [check for check in CHECKS if found.get(check.name) is False]
        for check in wrong:
            self.stdout.write(f"{check.wrong} {check.advice}")
        if not wrong:
            self.stdout.write("Everything works.")
