"""Making exports in a worker (C9): claim with a lease, ask the rule, render, and finish in one transaction.

Whatever happens to the worker, an export ends as a file, or with a reason, or is taken over once its lease ran out.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from audit.actions import record
from documents import files
from documents.pdf import PdfUnavailable, render_pdf
from notifications.actions import announce
from notifications.models import Subject
from notifications.rendering import as_read_by
from sharing.access import Access, access_of
from sharing.actions import log_readings
from sharing.models import Reading, Release
from slt_portal.crypto import keyed_digest
from slt_portal.states import StaleState, move

from . import policies
from .export_rows import Stamp, as_csv, dossier_context, entries_of
from .exports_messages import MassExport, watchers_of
from .filters import IncidentFilter
from .models import Export, IncidentRelease

log = structlog.get_logger(__name__)

_State, _Problem = Export.State, Export.Problem
MOST = {Export.Format.CSV: 2000, Export.Format.PDF: 200}  # items
MEDIA_TYPES = {Export.Format.CSV: "text/csv", Export.Format.PDF: "application/pdf"}
KEPT = timedelta(hours=24)
MOST_ATTEMPTS = 3
_AT_ONCE = 2000  # ids in one question


class NotMade(Exception):
    """There is no file to make; `problem` says why."""

    def __init__(self, problem: str):
        super().__init__(problem)
        self.problem = problem


def rows_of(access: Access, *, query: str = "", ref: str = ""):
    """What an export of this list (`query` as in its address) or this one incident would hold, in the list's order.

    What an emergency opened is read and not taken away: of that the export holds what its reader was chosen for (C8).
    Raises NotMade for filters that make no sense.
    """
    access = access.as_chosen()
    rows = IncidentRelease.objects.visible_to(access)
    if ref:
        return rows.filter(release__item__ref=ref)
    filters = IncidentFilter(QueryDict(query), queryset=rows, request=None, access=access)
    if not filters.form.is_valid():
        raise NotMade(_Problem.FILTERS)
    return filters.qs.by_date(oldest_first=filters.oldest_first)


def run_due() -> int:
    """Make what is queued, take over what a killed worker left, remove what is over. Returns how many were made."""
    remove_expired()
    made = 0
    while export := claim():
        made += _run(export)
    return made


def claim(now=None) -> Export | None:
    """Lease the oldest export that waits, or whose worker died; None if there is none."""
    now = now or timezone.now()
    rows = Export.objects.for_system("make exports").select_for_update(skip_locked=True).order_by("asked_at", "pk")
    with transaction.atomic():
        abandoned = Q(state=_State.RUNNING, leased_until__lt=now)
        export = rows.filter(Q(state=_State.QUEUED) | abandoned).first()
        if export is None:
            return None
        move(
            export,
            _State.RUNNING,
            lease=uuid.uuid4(),
            leased_until=now + timedelta(seconds=settings.EXPORT_LEASE_SECONDS),
            attempts=export.attempts + 1,
        )
    return export


@dataclass(frozen=True)
class _Made:
    """A finished export: the bytes and what they hold."""

    content: bytes
    rows: list[IncidentRelease]
    at: object
    purpose: str


def _run(export) -> bool:
    """Bring one claimed export to its end; whether there is a file now."""
    lease = export.lease  # ours, whatever becomes of the object below
    try:
        if export.attempts > MOST_ATTEMPTS:
            raise NotMade(_Problem.BROKEN)
        with as_read_by(export.owner):
            made = _make(export)
        _finish(export, made)
    except NotMade as stop:
        _fail(export, lease, stop.problem)
        return False
    except StaleState:  # slower than the lease: another worker has it
        log.warning("export_lease_lost", export=str(export.pk))
        return False
    except Exception as error:  # its text may quote an incident: only the name is kept
        log.error("export_failed", export=str(export.pk), error=type(error).__name__)
        _fail(export, lease, _Problem.BROKEN)
        return False
    return True


def _make(export) -> _Made:
    owner, now = export.owner, timezone.now()
    if not (owner.is_active and policies.can_export(owner)):
        raise NotMade(_Problem.NOT_ALLOWED)
    wish = export.wish
    found = rows_of(access_of(owner), query=wish["query"], ref=wish["ref"])
    most = MOST[export.format]
    rows = list(found.with_release().select_related("report")[: most + 1])
    if not rows or len(rows) > most:
        raise NotMade(_Problem.TOO_MANY if rows else _Problem.NOTHING)
    stamp = Stamp(wish["purpose"], owner.name, now)
    return _Made(_rendered(export, entries_of(rows), stamp), rows, now, wish["purpose"])


def _rendered(export, entries, stamp) -> bytes:
    if export.format == Export.Format.CSV:
        return as_csv(entries, stamp, with_hxl=export.with_hxl)
    try:
        return render_pdf(
            "incidents/export_dossier.html",
            dossier_context(entries, stamp),
            title=_("Incidents") if len(entries) > 1 else entries[0].facts.release.item.ref,
            language=get_language(),
        )
    except PdfUnavailable as error:
        raise NotMade(_Problem.NO_PDF) from error


@transaction.atomic
def _finish(export, made):
    """Keep the file, write the reader log, sound the alarm, record: all or nothing."""
    confidential = sum(row.release.item.originator_id is not None for row in made.rows)
    try:
        file = files.store(made.content, name=f"{export.pk}.{export.format}", media_type=MEDIA_TYPES[export.format])
    except files.FileNotStored as error:
        raise NotMade(_Problem.NOT_STORED) from error
    move(
        export,
        _State.DONE,
        where={"lease": export.lease},
        lease=None,
        leased_until=None,
        file=file,
        made_at=made.at,
        expires_at=made.at + KEPT,
        items=len(made.rows),
        confidential=confidential,
        releases=[[row.release_id, row.release.version, row.release.item.marking] for row in made.rows],
    )
    if not holds(export.releases, Release.objects.for_system("is it still so")):
        raise NotMade(_Problem.CHANGED)
    log_readings(
        [row.release for row in made.rows],
        reader=export.owner,
        how=Reading.How.EXPORTED,
        access=access_of(export.owner),
    )
    number = _sound_alarm(export)
    facts = {"format": export.format, "items": export.items, "confidential": confidential}
    facts["purpose"] = keyed_digest("export purpose", made.purpose)
    about = {"by": export.owner, "object_type": "export", "object_ref": str(export.pk)}
    record("incidents.exported", facts=facts, **about)
    if number:
        record("incidents.mass_export", facts={"confidential": number}, **about)


def holds(held: list, rows) -> bool:
    """Whether every release that an export holds is in `rows` in just this version, under this marking."""
    now = rows.filter(pk__in=[release for release, *_rest in held]).values_list("pk", "version", "item__marking")
    return sorted(map(tuple, held)) == sorted(now)


def _sound_alarm(export) -> int:
    """Tell the watchers if this one takes the person's day over the threshold, or over a multiple of it (C9).

    Returns how many confidential items the person exported in 24 hours then, else 0.
    """
    day = Export.objects.of(export.owner).filter(made_at__gt=export.made_at - KEPT)
    earlier = day.exclude(pk=export.pk).values_list("releases", flat=True)
    before = _confidential({release for some in earlier for release, *_rest in some})
    now = before | _confidential({release for release, *_rest in export.releases})
    most = settings.MASS_EXPORT_ITEMS
    if len(now) <= most or (len(before) > most and (len(before) - 1) // most == (len(now) - 1) // most):
        return 0
    Export.objects.of(export.owner).filter(pk=export.pk).update(
        alarm=(alarm := Subject.objects.create()), alarm_items=len(now)
    )
    announce(MassExport, subject=alarm, event_key=f"export {export.pk}", recipients=watchers_of(export.owner))
    return len(now)


def _confidential(releases) -> set[int]:
    """The items of some releases that have an originator."""
    rows = Release.objects.for_system("count what was exported").filter(pk__in=releases, item__originator__isnull=False)
    return set(rows.values_list("item", flat=True))


def _fail(export, lease, problem):
    export.refresh_from_db()  # `_finish` may have set it DONE before its transaction was rolled back
    try:
        move(export, _State.FAILED, where={"lease": lease}, problem=problem, lease=None, leased_until=None)
    except StaleState:
        log.warning("export_lease_lost", export=str(export.pk))


@transaction.atomic
def remove(export: Export, problem: str) -> None:
    """Remove the file of a finished export, with its key; `problem` says why."""
    try:
        move(export, _State.EXPIRED, problem=problem)
    except StaleState:  # somebody else has just done it
        return
    if export.file is not None:
        files.remove(export.file)


def remove_expired(now=None) -> int:
    """Remove the files of exports whose day is over, with their keys. Returns how many."""
    over = Export.objects.for_system("remove old exports").filter(
        state=_State.DONE, expires_at__lte=now or timezone.now()
    )
    over = list(over.select_related("file"))
    for export in over:
        remove(export, _Problem.OVER)
    return len(over)
