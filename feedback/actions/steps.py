"""Moving a case on: step, deadline, line in the history, audit event; and what is said in it, in one place."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audit.actions import record
from feedback.codes import Side
from feedback.models import Case, CaseStep, Entry
from slt_portal.states import StaleState, move

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
    """The case as it is now, under its lock: one after the other. Call it first in an action."""
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
    facts = {"state": str(state), "outcome": str(case.outcome)}
    record("feedback.case_moved", by=by, object_type="case", object_ref=case.ref, facts=facts)


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
