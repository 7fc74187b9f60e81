"""Sending a report, or “call me”, to handlers of one's choice; and all that its sender does with it later (C10).

None of it is an event of the audit chain (steps says why).
"""

from collections.abc import Iterable
from datetime import UTC, datetime, time
from random import SystemRandom
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from documents.models import DataKey
from notifications.models import Subject
from restricted.codes import Consent
from restricted.contents import consents_of
from restricted.handlers import offered_again, offered_to, readers_of
from restricted.models import Handler, Report, this_month
from restricted.querysets import sender_digest
from slt_portal.states import StaleState, move

from .steps import WHY, choose, let_in, own

MOST_OPEN = 5  # reports of one sender that wait or are handled: who needs more adds to one of them by telephone


class NobodyReads(Exception):
    """None of those who were chosen is a handler any more."""


class TooManyOpen(Exception):
    """This sender has MOST_OPEN open ones already."""


@transaction.atomic
def send_report(
    *, submission: UUID, said: dict[str, str], consents: Iterable[str], readers: Iterable[int], by
) -> Report:
    """Send what somebody said in codes to the `readers` they chose (memberships); the same `submission` twice is one.

    Everything said is sealed under a key of its own; who sends is kept as a keyed digest. Raises NobodyReads,
    TooManyOpen; StaleState if the submission is somebody else's (C10).
    """
    if known := _sent(submission, by):
        return known
    chosen = {row.pk for row in offered_to(by)} & set(readers)
    if not chosen:
        raise NobodyReads
    if Report.objects.sent_by(by).filter(state__in=Report.OPEN).count() >= MOST_OPEN:
        raise TooManyOpen
    report = Report(submission=submission, sender=sender_digest(by))
    try:
        _save(report, {**said, "sent_at": timezone.now().isoformat()})
    except IntegrityError:  # the other half of a double click was a moment faster
        known = _sent(submission, by)
        if known is None:
            raise
        return known
    choose(report, set(consents) & set(Consent.values))
    let_in(report, chosen)
    return report


def _sent(submission, by):
    known = Report.objects.for_system("is it the same form").filter(submission=submission).first()
    if known is not None and known.sender != sender_digest(by):
        raise StaleState("this form was sent by somebody else")
    return known


@transaction.atomic
def _save(report, said):
    report.data_key, report.subject = DataKey.objects.make(at=_some_moment()), Subject.objects.create()
    report.write(said)
    report.save(force_insert=True)


def _some_moment() -> datetime:
    """A moment of this month until now, for a row that needs one of its own: not the true one."""
    now, first = timezone.now(), datetime.combine(this_month(), time.min, UTC)
    return first + (now - first) * SystemRandom().random()


@transaction.atomic
def change_consents(report: Report, *, consents: Iterable[str], by) -> None:
    """The sender agrees to this from now on, and to nothing else. The same again writes nothing.

    Raises StaleState once it is withdrawn, PermissionDenied for anybody else.
    """
    row = _own_with_key(report, by)
    wanted = set(consents) & set(Consent.values)
    if wanted != consents_of(row):
        choose(row, wanted)


@transaction.atomic
def change_contact(report: Report, *, contact: dict[str, str], by) -> None:
    """The sender says anew how to be reached (the names of forms.contact.ReachForm): what was there before is gone.

    Raises StaleState once it is withdrawn, PermissionDenied for anybody else.
    """
    row = _own_with_key(report, by)
    row.write({**row.texts, **contact})
    row.save(update_fields=["sealed"])


def _own_with_key(report, by):
    row = own(report, by=by)
    if row.data_key.destroyed_at:
        raise StaleState("it came back with an older backup, without its key")
    return row


@transaction.atomic
def change_readers(report: Report, *, readers: Iterable[int], by) -> None:
    """The sender says anew who of the handlers reads it: who is left out loses it at once, who is new is told.

    Raises NobodyReads if nobody would be left (withdrawing is another step), StaleState, PermissionDenied.
    """
    row = own(report, by=by)
    chosen = {one.pk for one in offered_again(by, readers_of(row))} & set(readers)
    if not chosen:
        raise NobodyReads
    grants = Handler.objects.for_system(WHY).filter(report=row, removed_in=None)
    had = set(grants.values_list("membership", flat=True))
    if had == chosen:
        return
    grants.exclude(membership__in=chosen).update(removed_in=this_month())
    let_in(row, chosen)


@transaction.atomic
def withdraw_report(report: Report, *, by) -> None:
    """The sender takes it back: its key is destroyed at once, nobody reads a word of it again, it is in no figure that
    was not counted before.

    A second click changes nothing. Raises PermissionDenied for anybody else.
    """
    try:
        row = own(report, by=by)
    except StaleState:
        return
    destroy(row, Report.State.WITHDRAWN, ended_in=this_month())


def destroy(row: Report, state: str, **changes) -> None:
    """Move a report (under its lock) to `state` and destroy its key: with it goes what was agreed and what was done.

    Who could read it is forgotten; who opened it on which days stays, in a table that is append-only.
    """
    move(row, state, **changes)
    DataKey.objects.destroy([row.data_key_id], at=_some_moment())
    Handler.objects.for_system(WHY).filter(report=row).delete()
