"""`manage.py watch`: looks once a minute whether the portal works, from outside the worker and beat, and tells."""

import signal
import threading

import structlog
from django.core.management.base import BaseCommand
from django.db import connections

from operations.alarms import Watcher

log = structlog.get_logger(__name__)
SECONDS = 60.0


class Command(BaseCommand):
    """Watch until SIGTERM or SIGINT."""

    help = "Watches the portal and mails SLT_ALARM_TO when something is wrong. Runs until it is ended."
    requires_system_checks = []  # it must run when the database does not

    def add_arguments(self, parser):
        """--once: look a single time, for a test of the mail server and for cron."""
        parser.add_argument("--once", action="store_true", help="look once and end")

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
                watcher.look()
            except Exception:
                log.exception("watch_failed")
            connections.close_all()  # a connection kept for a minute may be dead by then
            if once or end.wait(SECONDS):
                return
