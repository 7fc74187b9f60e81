"""Taking a case in: whose it is, what it is about, to whom it goes, and what is none of the portal's (F2-F4; C10)."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from audit.actions import record
from feedback import handlers
from feedback.codes import Category, EntryKind, LinkKind, Outcome, Side
from feedback.messages.intake import Assigned, Diverted, HandedOver, Redirected
from feedback.models import Case, CaseLink
from feedback.policies import parties_to_case
from notifications.actions import announce
from sharing.access import access_of
from slt_portal.states import StaleState

from .steps import checked, claimed, enter, locked, say
from .texts import destroy_texts

State = Case.State
_WHY = "what an action does"


def handled(case: Case, *, by) -> Case:
    """The case under its lock, once `by` handles it: for what is no step, in whatever state. Raises PermissionDenied
    for whoever does not, or is concerned by now."""
    row, access = locked(case), access_of(by)
    is_there = Case.objects.handled_by(access).filter(pk=row.pk).exists()
    if not is_there or "handler" not in parties_to_case(access, row):
        raise PermissionDenied("who works on a case is one of those who handle it")
    return row


def handled_and_open(case: Case, *, by) -> Case:
    """As `handled`, of a case that is not closed. Raises StaleState too."""
    row = handled(case, by=by)
    if row.state not in Case.OPEN:
        raise StaleState("the case is closed")
    return row


@transaction.atomic
def take(case: Case, *, by) -> None:
    """`by`, of the intake, takes the case in; pressing twice is once.

    Raises StaleState when somebody else has it, who still handles it; PermissionDenied for who is not of the intake.
    """
    row = checked(case, "take", by=by)
    if row.owner_id == by.pk:
        return
    if row.owner_id and row.owner_id in handlers.handlers_of(row):
        raise StaleState("somebody else has taken it in")
    enter(row, State.RECEIVED, by=by, owner=by)
    _record("feedback.taken", row, by=by)


@transaction.atomic
def classify(case: Case, *, category: str, by) -> None:
    """Those who handle it say what it turns out to be about (F2). Raises PermissionDenied, StaleState, ValueError."""
    row = handled_and_open(case, by=by)
    category = Category(category)
    if row.category == category:
        return
    Case.objects.for_system(_WHY).filter(pk=row.pk).update(category=category)
    _record("feedback.classified", row, by=by, category=str(category))


@transaction.atomic
def hand_over(case: Case, *, note: str, uid: UUID, by) -> int:
    """The intake gives it to the Working Group, with an internal note if there is something to say (F2). Returns how
    many people of the Working Group may handle it: none where all of them are concerned, or of the sender's own.

    It is nobody's own until one of those who handle it is made its owner. Twice the same form with a note is once.
    Raises PermissionDenied, StaleState.
    """
    if (row := claimed(case, "hand_over", uid, by=by)) is None:
        return len(_group(locked(case)))
    if note:
        say(row, EntryKind.NOTE, note, side=Side.HANDLER, by=by, uid=uid, is_internal=True)
    enter(row, State.HANDLING, by=by, owner=None)
    handlers.entitle(row)
    group = _group(row)
    _announce(HandedOver, row, "handed_over", group - {by.pk})
    _record("feedback.handed_over", row, by=by)
    return len(group)


@transaction.atomic
def redirect(case: Case, *, reasons: str, uid: UUID, by) -> None:
    """It is no matter of Saving Lives Together: closed, with reasons that the sender reads, and where to turn to (F2).

    Twice the same form is once. Raises PermissionDenied, StaleState.
    """
    if (row := claimed(case, "redirect", uid, by=by)) is None:
        return
    say(row, EntryKind.OUTCOME, reasons, side=Side.HANDLER, by=by, uid=uid, outcome=Outcome.REDIRECTED)
    enter(row, State.CLOSED, by=by, outcome=Outcome.REDIRECTED)
    _announce(Redirected, row, "redirected", handlers.people_of_sender(row) - {by.pk})
    _record("feedback.redirected", row, by=by)


@transaction.atomic
def divert(case: Case, *, by) -> None:
    """It is an allegation of sexual exploitation or abuse by aid staff: that has its own mandatory channels, and the
    portal keeps nothing of it (C10). Its key is destroyed, its files, links and drafts of lessons go; that there was a
    case stays, and who must never see it. Only the sender is told. Raises PermissionDenied, StaleState.
    """
    row = checked(case, "divert", by=by)
    enter(row, State.CLOSED, by=by, outcome=Outcome.DIVERTED, owner=None, category="")
    destroy_texts(row)
    _announce(Diverted, row, "diverted", {row.sender_id} & handlers.people_of_sender(row))
    _record("feedback.diverted", row, by=by)


@transaction.atomic
def assign(case: Case, *, owner, by) -> None:
    """`owner`, one of those who handle it, has the case in hand from now on, and is told unless it is `by`.

    Raises StaleState when the owner is not the one that `case` says any more, or `owner` does not handle it;
    PermissionDenied for who does not handle it.
    """
    row = checked(case, "assign", by=by)
    if row.owner_id == owner.pk:
        return
    if row.owner_id != case.owner_id:
        raise StaleState("somebody else gave it to somebody")
    if owner.pk not in handlers.able(row):
        raise StaleState("who has it in hand is one of those who handle it")
    enter(row, row.state, by=by, owner=owner)
    _announce(Assigned, row, f"assigned:{timezone.now().isoformat()}", {owner.pk} - {by.pk})
    _record("feedback.assigned", row, by=by, owner=owner.pk)


@transaction.atomic
def link(case: Case, *, kind: str, target: str, by) -> None:
    """Note what the case has to do with, by its reference. The view asks whether `by` may see that themselves
    (feedback.links). Linked twice is once. Raises PermissionDenied, StaleState."""
    row = handled_and_open(case, by=by)
    fields = {"kind": LinkKind(kind), "by": by}
    _link, is_new = CaseLink.objects.for_system(_WHY).get_or_create(case=row, target=target, defaults=fields)
    if is_new:
        _record("feedback.linked", row, by=by, target=target)


@transaction.atomic
def unlink(case: Case, *, target: str, by) -> None:
    """It has nothing to do with that after all; harmless where it is gone. Raises PermissionDenied, StaleState."""
    row = handled_and_open(case, by=by)
    count, _each = CaseLink.objects.for_system(_WHY).filter(case=row, target=target).delete()
    if count:
        _record("feedback.unlinked", row, by=by, target=target)


def _group(case) -> set[int]:
    return {user for user, principal in handlers.entitled(case) if principal.startswith("working_group:")}


def _announce(kind, case, event, recipients):
    announce(kind, subject=case.subject, event_key=f"case:{case.ref}:{event}", recipients=recipients)


def _record(verb, case, *, by, **facts):
    record(verb, by=by, object_type="case", object_ref=case.ref, facts=facts)
