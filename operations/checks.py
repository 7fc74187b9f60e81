"""What an operator and a load balancer ask: does the portal work? Each check is a yes or no, cheap and bounded in time.

Only what leaves no page working takes an instance out of service (`is_vital`). Everything else is shared by all
instances, or does not stop people from reporting: taking the web away for it would make it worse.
"""

import select
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, cached_property

import psycopg2
import structlog
from django.conf import settings
from django.core.cache import cache as shared_cache
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Value
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from psycopg2 import extensions

from audit.chain import head_fits
from audit.roles import is_owner, may_make
from documents import files
from documents.issue import late_documents
from governance.models import Decision
from notifications.querysets import OutboxState, outbox_state
from sharing.wall_policies import gaps
from slt_portal.celery import app

from .backups import last_backup
from .models import Tick

log = structlog.get_logger(__name__)
STARTED = timezone.now()
DATABASE_SECONDS = 2.0
INTERVALS_MISSED = 3
GRACE = timedelta(minutes=2)
WATCH_JOB = "watch"
WATCH_SILENT = timedelta(minutes=5)


class Portal:
    """The portal now, as far as the checks look; what several of them ask is asked once."""

    def __init__(self, now: datetime | None = None, *, started: datetime | None = None):
        self.now = now or timezone.now()
        self.started = started or STARTED

    @cached_property
    def outbox(self) -> OutboxState:
        """How much waits and failed."""
        return outbox_state(self.now, late=timedelta(minutes=settings.OUTBOX_ALARM_MINUTES))

    @cached_property
    def ticks(self) -> dict[str, Tick]:
        """When each job last ran, by its name."""
        return Tick.objects.in_bulk()

    @cached_property
    def undone(self) -> set[str]:
        """What the portal should have done and has not: `documents` to be made, outcomes of `decisions`; one query."""
        documents = late_documents(self.now).order_by().values_list(Value("documents"))
        decisions = Decision.objects.for_system("whether outcomes are carried out").in_trouble()
        return {name for (name,) in documents.union(decisions.order_by().values_list(Value("decisions")))}

    def stopped_jobs(self) -> list[str]:
        """The entries of the schedule that have not succeeded for three of their intervals."""
        return [name for name, entry in settings.CELERY_BEAT_SCHEDULE.items() if self._is_overdue(entry)]

    def _is_overdue(self, entry):
        allowed = INTERVALS_MISSED * timedelta(seconds=entry["schedule"]) + GRACE
        if settings.CELERY_TASK_ROUTES.get(entry["task"], {}).get("queue") == "long":
            allowed += timedelta(seconds=settings.EXPORT_LEASE_SECONDS)  # it may stand behind one that takes long
        tick = self.ticks.get(entry["task"])
        last = tick.succeeded_at if tick else None
        # After a start everything has its time: what was missed while all stood still comes now.
        return self.now - max(last or self.started, self.started) > allowed


def _database(portal: Portal) -> bool:
    return database_answers(DATABASE_SECONDS)


def database_answers(seconds: float) -> bool:
    """Whether the database takes a connection and answers in so many seconds, also when it takes one and is silent."""
    if connection.vendor != "postgresql":
        connection.ensure_connection()  # opens the file; the next check reads it
        return True
    parameters = connection.get_connection_params()
    for name in ("cursor_factory", "isolation_level", "assume_role", "server_side_binding"):
        parameters.pop(name, None)
    # Not Django's connection: libpq would wait for it without end.
    probe = psycopg2.connect(**parameters, async_=True)
    try:
        deadline = time.monotonic() + seconds
        _wait(probe, deadline)
        with probe.cursor() as cursor:
            cursor.execute("SELECT 1")
            _wait(probe, deadline)
            return cursor.fetchone() == (1,)
    finally:
        probe.close()


def _wait(probe, deadline):
    """Until `probe` has done what it was asked. Raises TimeoutError at the deadline."""
    while (state := probe.poll()) != extensions.POLL_OK:
        left = max(0.0, deadline - time.monotonic())
        reading, writing = ([probe], []) if state == extensions.POLL_READ else ([], [probe])
        if not any(select.select(reading, writing, [], left)):
            raise TimeoutError("the database does not answer")


def _role(portal: Portal) -> bool:
    return not (settings.DATABASE_ROLES_APART and (is_owner() or may_make() or gaps()))


def _migrations(portal: Portal) -> bool:
    applied = MigrationRecorder(connection).migration_qs.values_list("app", "name")
    return not _migrations_of_code() - set(applied)


@cache
def _migrations_of_code():
    return set(MigrationLoader(None, ignore_no_migrations=True).graph.nodes)


def _broker(portal: Portal) -> bool:
    with app.connection_for_write() as broker:  # the settings bound it: a second, and no second attempt
        broker.default_channel.close()
    return True


def _cache(portal: Portal) -> bool:
    shared_cache.set("readyz", "here", 60)
    return shared_cache.get("readyz") == "here"


def _outbox(portal: Portal) -> bool:
    return portal.outbox.late == 0


def _life_safety(portal: Portal) -> bool:
    return portal.outbox.failed_life_safety == 0


def _jobs(portal: Portal) -> bool:
    return not portal.stopped_jobs()


def _documents(portal: Portal) -> bool:
    return "documents" not in portal.undone


def _decisions(portal: Portal) -> bool:
    return "decisions" not in portal.undone


def _audit_chain(portal: Portal) -> bool:
    return head_fits()


def _disk(portal: Portal) -> bool:
    return free_megabytes() >= settings.DISK_ALARM_MB


def free_megabytes() -> int:
    """The free space where the data lie."""
    return shutil.disk_usage(settings.DATA_DIR).free // 2**20


def _backup(portal: Portal) -> bool:
    """Made lately enough; a fresh installation, and one that just started, has its time."""
    allowed = timedelta(hours=settings.BACKUP_ALARM_HOURS)
    return not allowed or portal.now - (last_backup() or portal.started) <= allowed


def _files(portal: Portal) -> bool:
    folder = files.folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        return True


def _watch(portal: Portal) -> bool:
    tick = portal.ticks.get(WATCH_JOB)
    last = tick.succeeded_at if tick else None
    return portal.now - max(last or portal.started, portal.started) <= WATCH_SILENT


@dataclass(frozen=True)
class Check:
    """One question: its name in answers, logs and mails; in words what is wrong, and what to do."""

    name: str
    holds: Callable[[Portal], bool]
    title: str | Promise
    wrong: str | Promise
    advice: str | Promise
    is_vital: bool = False
    asks_database: bool = True


CHECKS = [
    Check(
        "database",
        _database,
        _("Database"),
        _("The database does not answer."),
        _("See whether PostgreSQL runs and whether its disk is full; the portal goes on by itself once it answers."),
        is_vital=True,
        asks_database=False,
    ),
    Check(
        "migrations",
        _migrations,
        _("Release and database"),
        _("The database is older than this release."),
        _("Run the step “migrate” of the upgrade, then start the web again."),
        is_vital=True,
    ),
    Check(
        "role",
        _role,
        _("Rights in the database"),
        _("The portal may do more in the database than it needs, or its second wall does not stand."),
        _("Set SLT_DB_USER to the application’s role; as the owner run only “migrate”: it puts rights and wall up."),
    ),
    Check(
        "broker",
        _broker,
        _("Broker"),
        _("The broker (Redis) does not answer."),
        _("Start Redis again. Until then reports are taken and mails leave late; nothing is lost."),
        asks_database=False,
    ),
    Check(
        "cache",
        _cache,
        _("Cache"),
        _("The cache (Redis) does not answer."),
        _("Start Redis again. Until then nobody can sign in; who is signed in can work and report."),
        asks_database=False,
    ),
    Check(
        "outbox",
        _outbox,
        _("Outgoing mail"),
        _("Mail that is due does not leave."),
        _("See whether a worker runs and whether the mail server takes mail; nothing is lost meanwhile."),
    ),
    Check(
        "life_safety",
        _life_safety,
        _("Mail about lives at risk"),
        _("A message of the highest priority could not be sent."),
        _("Open the page “Outbox”, tell the person in another way, have the address put right, send it again."),
    ),
    Check(
        "jobs",
        _jobs,
        _("Jobs"),
        _("A regular job does not run or fails each time."),
        _("The page “State of the portal” says which one; see whether beat and the workers run, and their logs."),
    ),
    Check(
        "documents",
        _documents,
        _("Numbered documents"),
        _("A memorandum or a letter is not made."),
        _("See the log of the worker of the queue “long”; what is signed or decided stands, and the PDF follows."),
    ),
    Check(
        "decisions",
        _decisions,
        _("Outcomes of decisions"),
        _("The outcome of a decision could not be carried out."),
        _("See the log of the worker (“decision_not_carried_out”); the decision stays open and is tried again."),
    ),
    Check(
        "audit_chain",
        _audit_chain,
        _("Audit chain"),
        _("The end of the audit chain is not where it should be."),
        _("Somebody may have changed the database: keep a copy, run “verify_audit”, tell who answers for security."),
    ),
    Check(
        "disk",
        _disk,
        _("Disk"),
        _("The disk is nearly full."),
        _("Make room where the data folder lies: old backups and logs first, never files of the portal itself."),
        asks_database=False,
    ),
    Check(
        "files",
        _files,
        _("Folder of files"),
        _("Attachments cannot be stored."),
        _("See whether the data folder is there and belongs to the user the portal runs as."),
        asks_database=False,
    ),
    Check(
        "backup",
        _backup,
        _("Backup"),
        _("The last backup is too old."),
        _("See why the nightly backup does not run; make one now with the command “backup”."),
    ),
    Check(
        "watch",
        _watch,
        _("Alarms"),
        _("Nobody watches: the process that sends alarms does not run."),
        _("Start the service “watch” again and see what its log says."),
    ),
]


def outcomes(portal: Portal, checks: Iterable[Check] = CHECKS, *, is_bounded: bool = True) -> dict[str, bool | None]:
    """Whether each check holds, by name; None if it cannot be asked: the database is gone or older.

    Never raises: a check that does has failed. Unless told otherwise, no statement takes longer than DATABASE_SECONDS.
    """
    found: dict[str, bool | None] = {}
    is_lame = False
    for check in checks:
        if check.asks_database and is_lame:
            found[check.name] = None
            continue
        try:
            with _bounded() if is_bounded and check.asks_database else nullcontext():
                found[check.name] = check.holds(portal)
        except Exception as error:  # a check must answer, whatever is broken
            log.warning("check_failed", check=check.name, error=type(error).__name__)
            found[check.name] = False
        is_lame |= check.is_vital and not found[check.name]
    return found


@contextmanager
def _bounded():
    if connection.vendor != "postgresql":
        yield  # SQLite answers readers at once, and a transaction here would take its lock for writing
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = %s", [round(DATABASE_SECONDS * 1000)])
        yield
