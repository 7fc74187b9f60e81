"""What the Oversight Committee decided about a case, carried out in the transaction that closes the decision (F2)."""

from django.db import transaction

from feedback.codes import EntryKind, Outcome, Side
from feedback.messages import handling as messages
from feedback.models import Case, Escalation
from governance.models import Decision
from slt_portal.states import StaleState

from .handling import UPHOLD, tell_all
from .steps import enter, locked, say

State = Case.State
OTHER, RETURN = "other", "return"


@transaction.atomic
def case_decided(decision: Decision, *, by) -> None:
    """Close the case with the proposal, or with the chairs' reasons; or send it back to the Working Group, who alone
    read those reasons. `by` is None when the tick did. Raises StaleState."""
    put = Escalation.objects.for_system("what was decided").select_related("case__data_key").get(decision=decision)
    row, reasons = locked(put.case), decision.texts.get("reasons", "")
    if row.state != State.COMMITTEE:
        raise StaleState("the case is not before the Committee")
    if decision.outcome == RETURN:
        say(row, EntryKind.NOTE, reasons, side=Side.HANDLER, by=None, is_internal=True)
        enter(row, State.HANDLING, by=by)
        tell_all(messages.Returned, row, decision.ref)
        return
    said = [put.texts.get("proposal", ""), reasons] if decision.outcome == UPHOLD else [reasons]
    text = "\n\n".join(part for part in said if part)
    say(row, EntryKind.OUTCOME, text, side=Side.PORTAL, by=None, outcome=Outcome.DECIDED)
    enter(row, State.CLOSED, by=by, outcome=Outcome.DECIDED)
    tell_all(messages.Closed, row, decision.ref)
