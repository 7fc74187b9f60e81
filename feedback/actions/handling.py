"""What those who handle a case do with it: propose a resolution, take it back, conclude, put it to the Committee (F2).

Each locks the case first and asks whether the step is open to `by` now; the same form sent twice is one step.
"""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from feedback import handlers
from feedback.codes import EntryKind, Outcome, Side
from feedback.messages import handling as messages
from feedback.models import Case, Concerned, Escalation
from governance.actions import open_decision
from governance.boards import FEWEST_FOR_SILENCE
from governance.models import Decision, Exclusion
from governance.seats import committee, people_at, seats_in
from notifications.actions import announce
from slt_portal.states import StaleState

from .steps import checked, claimed, enter, say

State = Case.State
QUESTION, UPHOLD = "feedback.case", "uphold"
_WHY = "what handling a case does"


@transaction.atomic
def propose(case: Case, *, text: str, uid: UUID, by) -> None:
    """Propose a resolution to the sender, who has FEEDBACK_ANSWER_DAYS to answer. Raises as steps.checked."""
    if (row := claimed(case, "propose", uid, by=by)) is None:
        return
    entry = say(row, EntryKind.PROPOSAL, text, side=Side.HANDLER, by=by, uid=uid)
    enter(row, State.PROPOSED, by=by)
    _announce(messages.Proposed, row, entry.uid, handlers.people_of_sender(row))


@transaction.atomic
def take_back(case: Case, *, by) -> None:
    """Take back what was proposed, before the sender has answered. Raises as steps.checked."""
    row = checked(case, "take_back", by=by)
    enter(row, State.HANDLING, by=by)
    _announce(messages.TakenBack, row, row.state_since.isoformat(), handlers.people_of_sender(row))


@transaction.atomic
def conclude(case: Case, *, reasons: str, uid: UUID, by) -> None:
    """Close a case whose sender has not answered in time, with reasons; they can open it again. Nothing closes by
    itself (F2). Raises as steps.checked."""
    if (row := claimed(case, "conclude", uid, by=by)) is None:
        return
    outcome = Outcome.UNANSWERED
    entry = say(row, EntryKind.OUTCOME, reasons, side=Side.HANDLER, by=by, uid=uid, outcome=outcome)
    enter(row, State.CLOSED, by=by, outcome=outcome)
    tell_all(messages.Closed, row, entry.uid, but={by.pk})


@transaction.atomic
def escalate(case: Case, *, proposal: str, why: str, uid: UUID, by) -> Decision:
    """The Working Group puts the case to the Oversight Committee: whoever is not concerned reads it from now on (F2).

    `proposal` is the resolution asked for, which the sender reads once it is decided; `why` is for the Committee. Who
    is concerned, and the sender's organisation, never learn that there is a decision (F3). Raises as steps.checked.
    """
    if (row := claimed(case, "escalate", uid, by=by)) is None:
        return _put_before(uid)
    told = handlers.able(row) | handlers.people_of_sender(row)
    say(row, EntryKind.ESCALATED, side=Side.HANDLER, by=by, uid=uid)
    decision = open_decision(
        question=QUESTION,
        body=committee(),
        proposal=UPHOLD,
        deadline=timezone.now() + timedelta(days=settings.DECISION_DAYS),
        rule=Decision.Rule.SILENCE,
        by=by,
        area=row.area,
        excluded=exclusions_of(row),
    )
    put = Escalation(uid=uid, case=row, decision=decision, by=by)
    put.write({"proposal": proposal, "why": why})
    put.save(force_insert=True)
    enter(row, State.COMMITTEE, by=by, due_at=decision.deadline)
    handlers.entitle(row, by=by)
    _announce(messages.Escalated, row, uid, told - {by.pk})
    return decision


def exclusions_of(case: Case) -> list[Exclusion]:
    """Whom a decision about `case` is kept from: whoever is concerned, also when they have left the office that is, and
    the sender's organisation, since nobody decides what their own organisation brings (F3)."""
    rows = Concerned.objects.for_system(_WHY).filter(case=case).order_by("pk")
    facts = list(rows.values("user_id", "principal", "organisation_id"))
    if case.organisation_id and case.organisation_id not in {fact.get("organisation_id") for fact in facts}:
        facts.append({"organisation_id": case.organisation_id})
    each = {tuple(fact.items()): fact for fact in facts}  # whoever held two of the offices is one
    return [Exclusion(**fact) for fact in each.values()]


def hold_decisions(case: Case) -> None:
    """Lock the open decisions of `case`, for what changes them and the case: in the order in which a decision that
    closes takes them, it first and then the case. Call it before `locked`, in the action's transaction."""
    put = Escalation.objects.for_system(_WHY).filter(case=case).values("decision")
    rows = Decision.objects.for_system(_WHY).filter(pk__in=put, state=Decision.State.OPEN).order_by("pk")
    list(rows.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))


def seats_that_can_decide(case: Case) -> int:
    """How many seats of the Committee somebody holds who would have a part in a decision about `case`; silence decides
    with FEWEST_FOR_SILENCE of them."""
    barred = handlers.barred_people(case)
    return sum(bool(people - barred) for people in people_at(seats_in(committee())).holders.values())


def silence_can_decide(case: Case) -> bool:
    """Whether enough seats would have a part in it."""
    return seats_that_can_decide(case) >= FEWEST_FOR_SILENCE


def tell_all(kind, case: Case, key, *, but: set[int] = frozenset()) -> None:
    """Tell the sender's side and those who handle it; the Committee hears of its decisions from them."""
    _announce(kind, case, key, (handlers.able(case) | handlers.people_of_sender(case)) - but)


def _put_before(uid):
    put = Escalation.objects.for_system(_WHY).select_related("decision").filter(uid=uid).first()
    if put is None:
        raise StaleState("this form took another step")
    return put.decision


def _announce(kind, case, key, recipients):
    announce(kind, subject=case.subject, event_key=f"{kind.code}:{case.ref}:{key}", recipients=recipients)
