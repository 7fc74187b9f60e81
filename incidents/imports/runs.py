"""A file brought on the page, on its way in: checked by a worker, decided on by a person, written by a worker (I9).

Whatever happens to the worker, a file is taken over whole or not at all: rows and the end of the run are one
transaction. A run whose worker was killed is found by the minute tick once its claim has run out, and done again.
"""

from datetime import date, timedelta

import structlog
from django.core.cache import cache
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from audit.actions import record
from documents import files
from incidents.models import ImportRun
from slt_portal.states import StaleState, move
from slt_portal.tables import TableError

from .actions import examine, write

log = structlog.get_logger(__name__)

CLAIM = timedelta(minutes=5)  # many times what a file of the largest size takes
MOST_ATTEMPTS = 3
UNDECIDED = timedelta(hours=24)
_State = ImportRun.State
_TO_DO = (_State.WAITING, _State.CONFIRMED)


class Busy(Exception):
    """An import of this source is under way; `run` is that one."""

    def __init__(self, run: ImportRun):
        super().__init__(run.ref)
        self.run = run


def start_import(*, by, source: str, as_of: date, content: bytes, name: str) -> ImportRun:
    """Keep a file, encrypted, until a worker has checked it and somebody has decided (I9). Returns its run.

    Raises Busy if an import of the source is under way, files.FileNotStored if the disk does not take it.
    """
    if running := _active(source):
        raise Busy(running)
    try:
        with transaction.atomic():
            file = files.store(content, name=name, media_type="application/octet-stream")
            run = ImportRun.objects.create(by=by, source=source, as_of=as_of, file=file, file_digest="")
            _record("incidents.import_started", run, by=by)
    except IntegrityError:  # two at the same moment: the constraint lets one of them in
        if running := _active(source):
            raise Busy(running) from None
        raise
    return run


def _active(source):
    return ImportRun.objects.filter(source=source, state__in=ImportRun.ACTIVE).defer("quarantined", "changes").first()


@transaction.atomic
def confirm_import(run: ImportRun, *, by) -> None:
    """Have a checked file written. Raises StaleState if it was decided on already."""
    move(run, _State.CONFIRMED, attempts=0, claimed_until=None)
    _record("incidents.import_confirmed", run, by=by)


@transaction.atomic
def discard_import(run: ImportRun, *, by) -> None:
    """End a run that is not being written, and remove its file. Raises StaleState if it is written or has ended."""
    _end(run, _State.DISCARDED)
    _record("incidents.import_discarded", run, by=by)


def _record(verb, run, *, by):
    facts = {"source": run.source, "as_of": run.as_of.isoformat()}
    record(verb, by=by, object_type="import_run", object_ref=run.ref, facts=facts)


def _end(run, state, **changes):
    """Move to an end; the file goes with it."""
    file = run.file
    move(run, state, finished_at=timezone.now(), claimed_until=None, file=None, **changes)
    if file:
        files.remove(file)


def run_due(now=None) -> int:
    """Check or write every file that waits for it; returns how many. Also ends runs on which nobody decided."""
    now = now or timezone.now()
    for run in ImportRun.objects.filter(state=_State.CHECKED, started_at__lt=now - UNDECIDED).defer(
        "quarantined", "changes"
    ):
        discard_forgotten(run)
    done = 0
    while run := _claim(now):
        _work(run)
        done += 1
    return done


def discard_forgotten(run: ImportRun) -> None:
    """End a run on which nobody decided in time."""
    try:
        discard_import(run, by=None)
    except StaleState:  # somebody just did
        log.info("import_decided_meanwhile", run=run.ref)


def _claim(now):
    """The oldest run that nobody is at, claimed; None if there is none."""
    rows = ImportRun.objects.filter(state__in=_TO_DO).exclude(claimed_until__gte=now)
    for run in rows.select_related("file__data_key", "by").order_by("started_at", "pk"):
        mine = {"attempts": run.attempts + 1, "claimed_until": timezone.now() + CLAIM}
        if ImportRun.objects.filter(pk=run.pk, state=run.state, attempts=run.attempts).update(**mine) == 1:
            run.attempts += 1
            return run
    return None


def _work(run):
    """Bring a claimed run one step on. Whatever is wrong with the file ends it with a sentence."""
    with translation.override(run.by.language if run.by else "en"):
        try:
            _step(run)
        except StaleState:  # discarded meanwhile, or our claim ran out and another worker was faster
            log.info("import_ended_meanwhile", run=run.ref)
        except (TableError, files.FileBroken) as error:
            _fail(run, str(error))
        except DatabaseError as error:  # a busy or lost database says nothing about the file: the tick tries again
            log.warning("import_will_be_tried_again", run=run.ref, error=type(error).__name__)
        except Exception:  # a run must not stay open, and its source closed, for a fault of ours
            log.exception("import_failed", run=run.ref)
            _fail(run, _("An error of the portal stopped this import. Nothing was written. Tell the administrator."))
    _tell(run, None)


def _step(run):
    if run.attempts > MOST_ATTEMPTS:
        raise TableError(_("The portal was interrupted each time it worked on this file. Nothing was written."))
    examined = examine(
        run.file.read(), source=run.source, as_of=run.as_of, progress=lambda *how_far: _tell(run, "reading", *how_far)
    )
    run.file_digest = examined.table.digest
    if run.state == _State.CONFIRMED:
        _write(run, examined)
        return
    report = examined.report()
    results = {
        "counts": report.counts(),
        "quarantined": report.quarantine(),
        "changes": report.changes(),
        "file_digest": run.file_digest,
    }
    if examined.plan.writes:
        move(run, _State.CHECKED, claimed_until=None, **results)
    else:  # nothing to decide on
        with transaction.atomic():
            _end(run, _State.DONE, **results)


@transaction.atomic
def _write(run, examined):
    # First of all, so that two workers whose claims overlap write one after the other, and the second finds it done.
    mine = ImportRun.objects.filter(pk=run.pk, state=_State.CONFIRMED)
    if mine.update(file=None, file_digest=run.file_digest) != 1:
        raise StaleState(f"{run.ref} is not to be written any more")
    files.remove(run.file)
    write(examined, run=run, progress=lambda *how_far: _tell(run, "writing", *how_far))


def _fail(run, sentence):
    run.refresh_from_db(fields=["state", "file"])
    try:
        with transaction.atomic():
            _end(run, _State.FAILED, error=sentence[:400])
            _record("incidents.import_failed", run, by=None)
    except StaleState:
        log.info("import_ended_meanwhile", run=run.ref)


def progress_of(run: ImportRun) -> tuple[str, int, int] | None:
    """What a worker does with a run now (reading or writing), how many rows are done, and how many there are."""
    try:
        said = cache.get(_key(run))
        return tuple(said) if said else None
    except Exception as error:  # whatever a dead cache raises must close no page
        log.warning("cache_does_not_answer", error=type(error).__name__)
        return None


def _tell(run, what, done=0, total=0):
    # In the cache, because what a transaction wrote nobody sees before its end.
    try:
        cache.set(_key(run), (what, done, total) if what else None, CLAIM.seconds)
    except Exception as error:  # nor stop an import
        log.warning("cache_does_not_answer", error=type(error).__name__)


def _key(run):
    return f"import_progress:{run.ref}"
