"""What handlers do with a report: open it, take it on, note in codes what they did, bring in others, close it (C10)."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction

from restricted.codes import Consent, NoteKind
from restricted.contents import consents_of
from restricted.handlers import readers_of
from restricted.models import Opening, Report, this_month
from restricted.querysets import handlers_now
from slt_portal.states import move

from .steps import handled, let_in, noted, today, write_note

# What can be noted while it is handled; the others are noted with their step.
NOTES = (NoteKind.CALLED, NoteKind.NO_ANSWER, NoteKind.REFERRED, NoteKind.EMPLOYER)
NEEDS = {NoteKind.REFERRED: Consent.PASS_ON, NoteKind.EMPLOYER: Consent.EMPLOYER}


class NotAgreed(Exception):
    """The sender did not agree to that, or took it back."""


def note_opening(report: Report, *, by) -> None:
    """That a handler opened it today, once for each day: the sender is told how many did (C10)."""
    row = Opening(report_ref=report.ref, reader=by.pk, on=today())
    Opening.objects.bulk_create([row], ignore_conflicts=True)


@transaction.atomic
def take_on(report: Report, *, by) -> None:
    """A handler takes it on: nobody is reminded any more. Raises StaleState if somebody else has, PermissionDenied."""
    row = handled(report, "take", by=by)
    move(row, Report.State.HANDLING)
    write_note(row, NoteKind.TAKEN, by=by)
    noted("taken", row)


@transaction.atomic
def note_done(report: Report, *, what: str, uid: UUID, by) -> None:
    """A handler notes what they did, in a code of NOTES; the same form twice is one note.

    Raises NotAgreed for what the sender has not agreed to, StaleState once it is closed, PermissionDenied.
    """
    row = handled(report, "note", by=by)
    kind = NoteKind(what)
    if kind in NEEDS and NEEDS[kind] not in consents_of(row):
        raise NotAgreed
    if write_note(row, kind, by=by, uid=uid):
        noted("noted", row)


@transaction.atomic
def bring_in(report: Report, *, membership: int, by) -> None:
    """Let another handler read it, with the sender's consent. Who reads it already is not told again.

    A handler who sent it themselves reads it as its sender only: nothing here tells that they did. Raises NotAgreed
    without that consent, StaleState once it is closed, PermissionDenied for whom it is not, or if the other is none.
    """
    row = handled(report, "note", by=by)
    if Consent.ADD not in consents_of(row):
        raise NotAgreed
    other = handlers_now().filter(pk=membership).first()
    if other is None:
        raise PermissionDenied("no handler")
    if any(one.user == other.user_id for one in readers_of(row)):
        return
    let_in(row, [membership])
    noted("readers_changed", row)


@transaction.atomic
def close_report(report: Report, *, by) -> None:
    """A handler closes it; its text is destroyed after its time (SLT_RETENTION_RESTRICTED_MONTHS).

    Raises StaleState, PermissionDenied.
    """
    row = handled(report, "close", by=by)
    move(row, Report.State.CLOSED, ended_in=this_month())
    write_note(row, NoteKind.CLOSED, by=by)
    noted("closed", row)
