"""What a decision of the Committee on levels brings about, in the transaction that closes it (§5c; L3, L8).

Area by area: what was decided elsewhere since the Working Group recommended is overtaken, the others go on. Done once:
what is not before the Committee with this decision any more is left alone.
"""

from dataclasses import dataclass, field
from datetime import date

from django.db import transaction
from django.utils import timezone

from areas.models import Area
from audit.actions import record
from governance.models import Decision
from governance.seats import committee, people_of_body, working_group
from implementation_levels.levels import AreaLevel, last_numbers, levels_on, today
from implementation_levels.messages.deciding import Overtook, Returned
from implementation_levels.models import LevelDecision, Proposal, Review, ReviewedArea
from implementation_levels.recommending import RETURN, level_after
from implementation_levels.tasks import nudge
from notifications.actions import announce
from slt_portal.states import move

from .distribution import announce_change
from .levels import Overtaken, confirm_levels, record_level
from .tasks import make_tasks

State, Verdict = ReviewedArea.State, ReviewedArea.Verdict
_WHY = "what a decision on levels brings about"


@dataclass
class _Case:
    """A decision with the rows that it settles, under their locks; what became of them."""

    decision: Decision
    review: Review
    rows: list[ReviewedArea]
    by: object
    recorded: list[LevelDecision] = field(default_factory=list)
    overtaken: list[ReviewedArea] = field(default_factory=list)


@transaction.atomic
def list_closed(decision: Decision, *, by) -> None:
    """The list is approved as the Working Group recommended it, or goes back to it with reasons. `by` is None when the
    portal closed the decision."""
    case = _locked(decision, by)
    if decision.outcome == RETURN:
        _send_back(case)
        return
    rows = _with_levels(case)
    # Nobody ever decided, and that stays so; or a change is to come, and stays to come: nothing to write down.
    stays = [now for row, now in rows if row.verdict == Verdict.KEEP and not (now.is_default or now.to_come)]
    kept = confirm_levels(stays, decision=decision, is_urgent=case.review.is_urgent, by=by)
    case.recorded.extend(kept.values())
    for row, now in rows:
        if row.verdict == Verdict.KEEP:
            move(row, State.DECIDED, result=kept.get(row.area_id))
        else:
            _settle(case, row, level_after(row.verdict, now), row.effective_from, row.reasons)
    _finish(case)


@transaction.atomic
def area_closed(decision: Decision, *, by) -> None:
    """One area has the level that was decided: as recommended from the day that was recommended, with the reasons of
    the Working Group where the chairs wrote none; otherwise from today."""
    case = _locked(decision, by)
    said = decision.texts.get("reasons", "")
    is_followed = decision.outcome == decision.proposal
    for row, now in _with_levels(case):
        is_untouched = is_followed and row.verdict == Verdict.KEEP and now.to_come is not None
        level = None if is_untouched else decision.outcome
        begins, reasons = (row.effective_from, said or row.reasons) if is_followed else (None, said)
        _settle(case, row, level, begins, reasons)
    _finish(case)


def _locked(decision, by) -> _Case:
    """The areas first: of two decisions on one area, the second to close sees what the first has written."""
    before = ReviewedArea.objects.for_system(_WHY).filter(decision=decision, state=State.PUT)
    areas = Area.objects.filter(pk__in=before.values("area"))
    list(areas.select_for_update(no_key=True).order_by("pk"))
    proposal = Proposal.objects.for_system(_WHY).get(decision=decision)
    reviews = Review.objects.for_system(_WHY).select_for_update(of=("self",), no_key=True)
    review = reviews.select_related("subject", "data_key").get(pk=proposal.review_id)
    rows = before.select_for_update(of=("self",), no_key=True).select_related("area").order_by("area_id")
    return _Case(decision, review, list(rows), by)


def _with_levels(case) -> list[tuple[ReviewedArea, AreaLevel]]:
    """What is settled now, with the level of its area; the overtaken ones are noted."""
    numbers = last_numbers(row.area_id for row in case.rows)
    for row in case.rows:
        if numbers.get(row.area_id, 0) != row.seen:
            _overtake(case, row)
    rows = [row for row in case.rows if row.state == State.PUT]
    return list(zip(rows, levels_on([row.area for row in rows], today()), strict=True))


def _settle(case, row, level: str | None, begins: date | None, reasons: str) -> None:
    """Write down the level of one area; None: only that it was looked at."""
    result = None
    if level is not None:
        try:
            result = record_level(
                area=row.area,
                level=level,
                decision=case.decision,
                seen=row.seen,
                effective_from=begins,
                reasons=reasons,
                is_urgent=case.review.is_urgent,
                by=case.by,
            )
        except Overtaken:
            _overtake(case, row)
            return
        case.recorded.append(result)
    move(row, State.DECIDED, result=result)


def _overtake(case, row):
    move(row, State.OVERTAKEN)
    case.overtaken.append(row)


def _finish(case) -> None:
    """Who has to do something is told, and the review is done once nothing of it is before the Committee."""
    changed = [row for row in case.recorded if row.is_change]
    make_tasks(*changed)
    announce_change(case.recorded, by=case.by)  # what comes into effect later, or does not any more
    if any(row.effective_from == row.decided_on for row in changed):
        transaction.on_commit(nudge)
    if case.overtaken:
        people = people_of_body(committee()) | people_of_body(working_group())
        key = f"overtaken:{case.decision.ref}"
        announce(Overtook, subject=case.review.subject, event_key=key, recipients=people)
    rows = ReviewedArea.objects.for_system(_WHY).filter(review=case.review)
    if case.review.state == Review.State.DECIDING and not rows.filter(state=State.PUT).exists():
        move(case.review, Review.State.DONE, state_since=timezone.now())
    overtaken = [row.area.code for row in case.overtaken]
    _record("implementation_levels.carried_out", case, levels=len(case.recorded), overtaken=overtaken)


def _send_back(case) -> None:
    """The Working Group has it again, with the reasons of the Committee."""
    for row in case.rows:
        move(row, State.RECOMMENDED)
    move(case.review, Review.State.RECOMMENDING, state_since=timezone.now())
    key = f"returned:{case.decision.ref}"
    announce(Returned, subject=case.review.subject, event_key=key, recipients=people_of_body(working_group()))
    _record("implementation_levels.returned", case, areas=len(case.rows))


def _record(verb, case, **facts):
    facts = {"decision": case.decision.ref, **facts}
    record(verb, by=case.by, object_type="review", object_ref=case.review.ref, facts=facts)
