"""Moving a case on: step, deadline, line in the history, audit event; and what is said in it, in one place."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from audit.actions import hold, record
from feedback.codes import Side
from feedback.messages.handling import InquiryWithdrawn
from feedback.models import Case, CaseStep, Entry, Inquiry
from feedback.offices import people_asked
from feedback.policies import parties_to_case
from notifications.actions import announce
from sharing.access import access_of
from slt_portal.states import StaleState, move, steps_open

_WHY = "what an action does"
_DAYS = {
    Case.State.RECEIVED: "FEEDBACK_INTAKE_DAYS",
    Case.State.HANDLING: "FEEDBACK_HANDLING_DAYS",
    Case.State.PROPOSED: "FEEDBACK_ANSWER_DAYS",
}


def due_in(state: str, now: datetime) -> datetime | None:
    """By when the next step is due in `state`; None where another deadline counts, or none."""
    return now + timedelta(days=getattr(settings, _DAYS[state])) if state in _DAYS else None


def locked(case: Case) -> Case:
    """The case as it is now, under its lock: one after the other. Call it first in an action.

    The step of a suspension comes to the case of it when it has recorded something already, so the chain comes first.
    """
    if case.suspension_id:
        hold()
    rows = Case.objects.for_system(_WHY).select_for_update(of=("self",), no_key=True)
    return rows.select_related("data_key", "subject", "area", "organisation", "desk", "about_organisation").get(
        pk=case.pk
    )


@transaction.atomic
def enter(case: Case, state: str, *, by, due_at: datetime | None = None, **changes) -> None:
    """Move `case` to `state`, start its deadline and note it; `by` None for the portal. Raises StaleState.

    `outcome` among `changes` closes it; entering HANDLING or COMMITTEE for the first time notes since when. The same
    state again (take, assign) keeps its deadline.
    """
    now, old = timezone.now(), case.state
    stays = old == state
    due_at = case.due_at if stays else due_at or due_in(state, now)
    changes |= {"due_at": due_at, "closed_at": now if state == Case.State.CLOSED else None}
    if not stays:
        changes["state_since"] = now
    if state != Case.State.CLOSED:
        changes["outcome"] = ""
    if state == Case.State.HANDLING and case.handed_over_at is None:
        changes["handed_over_at"] = now
    if state == Case.State.COMMITTEE and case.escalated_at is None:
        changes["escalated_at"] = now
    move(case, state, **changes)
    if not stays:
        step = CaseStep(case=case, state=state, outcome=case.outcome, by=by, at=now, due_at=due_at)
        step.save(force_insert=True)
    if state == Case.State.CLOSED:
        end_inquiries(Inquiry.objects.for_system(_WHY).filter(case=case), by=None)
    facts = {"state": str(state), "outcome": str(case.outcome)}
    record("feedback.case_moved", by=by, object_type="case", object_ref=case.ref, facts=facts)


@transaction.atomic
def end_inquiries(rows: QuerySet[Inquiry], *, by) -> None:
    """Ask nothing more: the open ones of `rows` are withdrawn, and whom they were put to is told; `by` None for the
    portal: the case is closed, or its handling goes on without them. Call it under the lock of the case."""
    for row in rows.filter(state=Inquiry.State.OPEN).select_related("subject"):
        move(row, Inquiry.State.WITHDRAWN, settled_at=timezone.now())
        people = people_asked(row)
        announce(InquiryWithdrawn, subject=row.subject, event_key=f"inquiry:{row.ref}:withdrawn", recipients=people)
        record("feedback.inquiry_withdrawn", by=by, object_type="inquiry", object_ref=row.ref)


def say(
    case: Case,
    kind: str,
    text: str = "",
    *,
    side: str,
    by,
    uid: UUID | None = None,
    is_internal: bool = False,
    outcome: str = "",
) -> Entry | None:
    """Write an entry into `case` (locked by the caller); None if the same form (`uid`) has written it already.

    Raises StaleState when that uid is another's: somebody sends a form that is not theirs.
    """
    uid = uid or uuid4()
    known = Entry.objects.for_system(_WHY).filter(uid=uid).first()
    if known is not None:
        if (known.case_id, known.by_id) != (case.pk, by and by.pk):
            raise StaleState("this form was sent by somebody else")
        return None
    entry = Entry(uid=uid, case=case, kind=kind, side=Side(side), is_internal=is_internal, outcome=outcome, by=by)
    entry.write({"text": text})
    entry.save(force_insert=True)
    return entry


def checked(case: Case, step: str, *, by) -> Case:
    """The case under its lock, once `by` sees it and may take `step` of Case.STEPS.

    Raises PermissionDenied for whom the step is not, or who is concerned by now; StaleState where it is too late.
    """
    row, parties = locked(case), frozenset()
    access = access_of(by)
    if Case.objects.visible_to(access).filter(pk=row.pk).exists():
        parties = parties_to_case(access, row)
    if step in steps_open(row, parties):
        return row
    if not parties & {party for one in Case.STEPS if one.name == step for party in one.by}:
        raise PermissionDenied(f"{step} of a case is not theirs")
    raise StaleState(f"{step} of a case in {row.state}")


def claimed(case: Case, step: str, uid: UUID, *, by) -> Case | None:
    """As `checked`; None if the same form of theirs has taken it already, and said so in the case."""
    row = locked(case)
    if Entry.objects.for_system(_WHY).filter(uid=uid, case=row, by=by).exists():
        return None
    return checked(row, step, by=by)
