"""Sending feedback, and what the sender does with it afterwards: write, accept, refuse, withdraw, open again (F1, F2).

Whoever is concerned is noted in the transaction in which the case comes to be, before anybody is let in or told (F3).
"""

from collections.abc import Iterable
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from audit.actions import record
from documents.models import DataKey
from feedback import handlers
from feedback.attachments import Files, keep
from feedback.codes import EntryKind, Outcome, Side
from feedback.concerned import concerns_dss, note, rows_for
from feedback.messages import filing as messages
from feedback.models import Case, CaseStep, Entry
from feedback.policies import parties_to_case
from notifications.actions import announce
from notifications.models import Subject
from sharing.access import access_of
from slt_portal.states import StaleState

from .steps import checked, due_in, enter, locked, say

State = Case.State


class NobodyTakesIn(Exception):
    """Everybody at the chosen offices is concerned, or works with the sender: it must go to another."""


class NotToItself(Exception):
    """DSS headquarters are concerned, and it was to go to DSS headquarters (F3)."""


@transaction.atomic
def file_case(
    *,
    submission: UUID,
    sender: User,
    title: str,
    text: str,
    about_text: str,
    persons_text: str,
    persons: Iterable[User],
    files: Files = (),
    **fields,
) -> Case:
    """Send feedback of `sender`; the same `submission` twice is the first case (F1).

    `fields` are columns of Case: organisation (for which the sender writes), kind, about, area, office,
    about_organisation, is_dss_concerned, to_dss, desk, headquarters_read, is_named_to_area. `persons` and who is named
    in `persons_text` never see it; DSS headquarters neither if they, or an office or organisation of theirs, are what
    it is about. Raises NotToItself, NobodyTakesIn, UploadRefused or FileNotStored; StaleState if the submission is
    somebody else's.
    """
    if known := _sent(submission, sender):
        return known
    now = timezone.now()
    moments = {"filed_at": now, "state_since": now, "due_at": due_in(State.RECEIVED, now)}
    case = Case(submission=submission, sender=sender, **fields, **moments)
    if concerns_dss(office=case.office, organisation=case.about_organisation):
        case.is_dss_concerned = True
    if case.is_dss_concerned and (case.to_dss or case.desk is None):
        raise NotToItself
    try:
        _save(case, {"title": title, "text": text, "about": about_text, "persons": persons_text})
    except IntegrityError:  # the other half of a double click was a moment faster
        known = _sent(submission, sender)
        if known is None:
            raise
        return known
    note(rows_for(case, persons=persons, persons_text=persons_text))
    if not handlers.entitle(case):
        raise NobodyTakesIn
    keep(case, files, by=sender)
    facts = {"kind": str(case.kind), "about": str(case.about), "to_dss": case.to_dss, "to_desk": case.desk is not None}
    record("feedback.filed", by=sender, object_type="case", object_ref=case.ref, facts=facts)
    _announce(messages.Receipt, case, {sender.pk}, case.ref)
    _announce(messages.Arrived, case, handlers.handlers_of(case), case.ref)
    return case


def _sent(submission, sender):
    known = Case.objects.for_system("is it the same form").filter(submission=submission).first()
    if known is not None and known.sender_id != sender.pk:
        raise StaleState("this form was sent by somebody else")
    return known


@transaction.atomic
def _save(case, texts):
    case.data_key, case.subject = DataKey.objects.make(), Subject.objects.create()
    case.write(texts)
    case.save(force_insert=True)
    step = CaseStep(case=case, state=State.RECEIVED, by=case.sender, at=case.filed_at, due_at=case.due_at)
    step.save(force_insert=True)


def _announce(kind, case, recipients, key):
    announce(kind, subject=case.subject, event_key=f"{kind.code}:{key}", recipients=recipients)


@transaction.atomic
def withdraw(case: Case, *, by) -> None:
    """The sender takes it back: it is closed. Raises StaleState."""
    case = checked(case, "withdraw", by=by)
    told = handlers.handlers_of(case)
    enter(case, State.CLOSED, by=by, outcome=Outcome.WITHDRAWN)
    _announce(messages.Withdrawn, case, told, f"{case.ref}:{case.closed_at.isoformat()}")


@transaction.atomic
def accept(case: Case, *, text: str, uid: UUID, by) -> None:
    """The sender accepts the proposed resolution: it is closed as resolved. Twice the same form is once.

    Raises StaleState, PermissionDenied.
    """
    case = locked(case)
    entry = say(case, EntryKind.ACCEPTED, text, side=Side.SENDER, by=by, uid=uid, outcome=Outcome.RESOLVED)
    if entry is None:
        return
    case = checked(case, "accept", by=by)
    enter(case, State.CLOSED, by=by, outcome=Outcome.RESOLVED)
    _announce(messages.Accepted, case, handlers.handlers_of(case), f"{case.ref}:{entry.uid}")


@transaction.atomic
def refuse(case: Case, *, text: str, uid: UUID, by) -> None:
    """The sender does not accept it, and says why: it is back with the Working Group. Raises StaleState."""
    case = locked(case)
    entry = say(case, EntryKind.REFUSED, text, side=Side.SENDER, by=by, uid=uid)
    if entry is None:
        return
    case = checked(case, "refuse", by=by)
    enter(case, State.HANDLING, by=by)
    _announce(messages.Refused, case, handlers.handlers_of(case), f"{case.ref}:{entry.uid}")


@transaction.atomic
def reopen(case: Case, *, text: str, uid: UUID, by) -> None:
    """Open a closed case again, with why: the Working Group has it, whoever had it before. Raises StaleState."""
    case = locked(case)
    side = Side.SENDER if "sender" in parties_to_case(access_of(by), case) else Side.HANDLER
    entry = say(case, EntryKind.REOPENED, text, side=side, by=by, uid=uid)
    if entry is None:
        return
    case = checked(case, "reopen", by=by)
    enter(case, State.HANDLING, by=by)
    handlers.entitle(case)
    told = (handlers.handlers_of(case) | handlers.people_of_sender(case)) - {by.pk}
    _announce(messages.Reopened, case, told, f"{case.ref}:{entry.uid}")


def may_write(case: Case, parties: Iterable[str]) -> bool:
    """Whether somebody who is one of `parties` to `case` may say something in it now: until it is closed."""
    return case.state in Case.OPEN and bool({"sender", "handler"} & set(parties))


@transaction.atomic
def write_message(
    case: Case, *, text: str, uid: UUID, by, files: Files = (), is_internal: bool = False
) -> Entry | None:
    """Say something in `case`, as the sender to those who handle it, or the other way round; `is_internal`: among those
    who handle it, as is everything in a case without a sender. None if the same form was sent before.

    Raises StaleState once it is closed, PermissionDenied for anybody else; UploadRefused or FileNotStored.
    """
    case, access = locked(case), access_of(by)
    is_theirs = Case.objects.visible_to(access).filter(pk=case.pk).exists()
    parties = parties_to_case(access, case) if is_theirs else frozenset()
    is_sender = "sender" in parties
    if not {"sender", "handler"} & parties:
        raise PermissionDenied("what is said in a case is not theirs")
    is_internal = not is_sender and (is_internal or case.sender_id is None)
    kind, side = (EntryKind.NOTE if is_internal else EntryKind.MESSAGE), (Side.SENDER if is_sender else Side.HANDLER)
    entry = say(case, kind, text, side=side, by=by, uid=uid, is_internal=is_internal)
    if entry is None:
        return None
    if not may_write(case, parties):
        raise StaleState("it is closed")
    files = list(files)
    keep(case, files, by=by, entry=entry)
    facts = {"kind": str(kind), "files": len(files)}
    record("feedback.said", by=by, object_type="case", object_ref=case.ref, facts=facts)
    if not is_internal:
        told = handlers.handlers_of(case) if is_sender else handlers.people_of_sender(case)
        _announce(messages.NewMessage, case, told - {by.pk}, f"{case.ref}:{entry.uid}")
    return entry
