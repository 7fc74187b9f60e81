"""`manage.py serve`: the whole portal on one machine, in the foreground: web server, worker and beat."""

import errno
import fcntl
import http.client
import signal
import socket
import sys
import time
from pathlib import Path
from typing import NoReturn, TextIO

from django.conf import settings
from django.core.management.base import BaseCommand

from slt_portal import processes
from slt_portal.celery import app

HOST = "127.0.0.1"
PATIENCE = 10.0  # seconds a child may take to finish its request or mail
WEB_THREADS = 8
QUEUES = (app.conf.task_default_queue, "long")  # one worker for both; in production `long` has a worker of its own


class Command(BaseCommand):
    """Start and watch the processes of an embedded installation until SIGTERM, SIGINT or SIGHUP."""

    help = "Runs the portal on this machine: web server, worker and beat. Ends with Ctrl-C."
    requires_system_checks = []  # `migrate` has run them; a taken port is said at once

    def add_arguments(self, parser):
        """--check: only say whether it could start."""
        parser.add_argument("--check", action="store_true", help="only check that the port and the data are free")

    def handle(self, *, check: bool, **options) -> None:
        """Hold the data folder's lock, start the children, say the address once it answers, watch until told to end."""
        lock = self._lock()
        self._check_port()
        if not check:
            self._stop = False
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, self._ask_to_stop)
            self._fresh_broker()
            self._watch(_children())
        lock.close()

    def _lock(self) -> TextIO:
        """The open lock file; two portals on one data folder would delete each other's broker."""
        lock = (settings.DATA_DIR / "serve.lock").open("w", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._refuse(
                f"A portal already runs on {settings.DATA_DIR}. End it, or set SLT_DATA_DIR to another folder."
            )
        return lock

    def _check_port(self) -> None:
        """Refuse a taken port; wait a moment for the remains of a portal that was just killed."""
        for attempt in range(4):
            problem = _port_problem(settings.PORT)
            if problem != errno.EADDRINUSE:
                break
            time.sleep(0 if attempt == 3 else 0.75)
        if problem == errno.EADDRINUSE:
            self._refuse(f"Port {settings.PORT} is taken by another program. Choose another: PORT=8001 make run")
        if problem:
            self._refuse(f"Port {settings.PORT} cannot be used. Choose one from 1024 to 65535: PORT=8001 make run")

    def _fresh_broker(self) -> None:
        """Delete the broker's file and make it again, empty: the outbox holds what was not sent.

        Its tables are made here, before the children start, because two of them making the same table would fail.
        """
        scheme, _, path = settings.CELERY_BROKER_URL.partition(":///")
        if scheme != "sqla+sqlite":
            self._refuse("serve is for the embedded settings; in production each process is started on its own.")
        for suffix in ("", "-wal", "-shm", "-journal"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        with app.connection_for_write() as connection:
            for queue in QUEUES:
                connection.SimpleQueue(queue).close()

    def _refuse(self, sentence: str) -> NoReturn:
        self.stderr.write(sentence)
        raise SystemExit(1)

    def _ask_to_stop(self, _number: int, _frame: object) -> None:
        self._stop = True

    def _watch(self, children: list[processes.Child]) -> None:
        announced = False
        try:
            while not self._stop:
                for child in children:
                    child.watch(self._say)
                if not announced and _healthy(settings.PORT):
                    announced = True
                    self._say(f"The portal runs at {settings.SITE_URL}/  (Ctrl-C ends it)")
                    if settings.DEMO:
                        self._say(f"Sign in as anybody of the demo: {settings.SITE_URL}/demo/")
                time.sleep(0.5 if announced else 0.1)
            self._say("Ending ...")
        finally:
            processes.end(children, patience=PATIENCE)

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()


def _children() -> list[processes.Child]:
    """The web server, the worker, beat and what watches them, as commands of this Python."""
    logs = settings.DATA_DIR / "logs"
    logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in logs.glob("*.log"):
        path.replace(path.with_suffix(".log.1"))  # one older log is kept
    web = ["gunicorn", "slt_portal.wsgi", "--bind", f"{HOST}:{settings.PORT}", "--workers", "1"]
    web += ["--worker-class", "gthread", "--threads", str(WEB_THREADS), "--graceful-timeout", "8"]
    web += ["--no-control-socket", "--logger-class", "slt_portal.logs.WebServerLogger"]
    celery = ["celery", "-A", "slt_portal", "--quiet"]  # its banner is no log line
    worker = [*celery, "worker", "-P", "threads", "-c", "3", "-Q", ",".join(QUEUES), "--loglevel", "INFO"]
    worker += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    beat = [*celery, "beat", "--loglevel", "WARNING", "--pidfile", "", "-s", str(settings.DATA_DIR / "beat")]
    named = {"web": web, "worker": worker, "beat": beat, "watch": ["django", "watch"]}
    return [
        processes.Child(name, [sys.executable, "-m", *command], logs / f"{name}.log") for name, command in named.items()
    ]


def _port_problem(port: int) -> int:
    """The errno of listening on the port, 0 if it would work."""
    if not 0 < port < 65536:  # the system would choose one for 0
        return errno.EINVAL
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            return error.errno or errno.EINVAL
    return 0


def _healthy(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
