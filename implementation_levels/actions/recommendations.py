"""The Working Group recommends, area by area or the rest in bulk, and puts it all to the Committee (§5c, §5d; L3).

Locks are taken in one order, everywhere: the decision, the areas, the review, its rows, then the audit chain; with
`no_key`, so that nobody waits for them whose rows only refer to these (at the commit, the audit chain in hand).
"""

from datetime import date

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.actions import record
from governance.actions import at_the_table, cancel_decision, comment, open_decision
from governance.models import Decision, Seat
from governance.seats import committee
from implementation_levels.levels import last_number, last_numbers, levels_on, today
from implementation_levels.models import Proposal, Review, ReviewedArea
from implementation_levels.recommending import AREA, LIST, deadline_of, level_after, stale, trouble_of
from partners.policies import is_working_group
from sharing.access import access_of
from slt_portal.states import StaleState, move

State, Verdict = ReviewedArea.State, ReviewedArea.Verdict
_WHY = "what a review does"


@transaction.atomic
def recommend(
    reviewed: ReviewedArea, *, verdict: str, effective_from: date | None, reasons: str, internal: str, by
) -> ReviewedArea:
    """Recommend to keep the level of an area, to add it or to remove it, from a day on (None: the day of the decision).

    `reviewed` is the row as who recommends has read it: if somebody recommended meanwhile, StaleState is raised, as it
    is once the review is not with the Working Group. `reasons` will be read by every reader of the levels, `internal`
    by the bodies. The same twice is one. Raises ValidationError with the field; PermissionDenied for who is not of it.
    """
    verdict = Verdict(verdict)
    begins = None if verdict == Verdict.KEEP else effective_from
    review = _lock(reviewed.review_id, by)
    row = ReviewedArea.objects.for_system(_WHY).select_for_update(of=("self",), no_key=True).get(pk=reviewed.pk)
    row.review, row.area = review, reviewed.area
    said = (verdict, begins, reasons, internal, by.pk)
    if (row.verdict, row.effective_from, row.reasons, row.texts.get("internal", ""), row.recommended_by_id) == said:
        if not stale([row]):
            return row
    elif row.recommended_at != reviewed.recommended_at:
        raise StaleState("somebody else recommended meanwhile")
    _check(row.area, verdict, begins, reasons)
    row.write({"internal": internal})
    move(
        row,
        State.RECOMMENDED,
        verdict=verdict,
        effective_from=begins,
        reasons=reasons,
        sealed=row.sealed,
        seen=last_number(row.area),
        recommended_by=by,
        recommended_at=timezone.now(),
    )
    facts = {"area": row.area.code, "verdict": str(verdict), "seen": row.seen}
    _record("implementation_levels.recommended", review, by, **facts)
    return row


@transaction.atomic
def keep_the_rest(review: Review, *, by) -> int:
    """Recommend to keep the level of every area on which there is no recommendation; returns of how many.

    Raises StaleState once the review is not with the Working Group; PermissionDenied for who is not of it.
    """
    review = _lock(review.pk, by)
    rows = ReviewedArea.objects.for_system(_WHY).filter(review=review, state=State.WAITING)
    areas = dict(rows.values_list("area", "pk"))
    numbers, by_number = last_numbers(areas), {}
    for area, pk in areas.items():
        by_number.setdefault(numbers.get(area, 0), []).append(pk)
    kept = 0
    changes = {
        "state": State.RECOMMENDED,
        "verdict": Verdict.KEEP,
        "recommended_by": by,
        "recommended_at": timezone.now(),
    }
    for number, keys in by_number.items():
        kept += rows.filter(pk__in=keys).update(seen=number, **changes)
    if kept:
        _record("implementation_levels.rest_kept", review, by, areas=kept)
    return kept


@transaction.atomic
def put(review: Review, *, by) -> Decision:
    """Put what is recommended to the Oversight Committee as one decision, or one area by itself (§5c; L3). Whoever
    recused themselves before the list went back has no part in what comes again.

    Raises ValidationError with a sentence where a recommendation is missing or out of date; StaleState when the review
    is not with the Working Group, as for the second of two at once; PermissionDenied for who is not of it.
    """
    review = _lock(review.pk, by)
    rows = ReviewedArea.objects.for_system(_WHY).filter(review=review).select_related("area", "decision")
    rows = list(rows.select_for_update(of=("self",), no_key=True).order_by("area_id"))
    if trouble := trouble_of_putting(rows):
        raise ValidationError(trouble, code="not_ready")
    rows = [row for row in rows if row.state == State.RECOMMENDED]
    if not rows:
        raise StaleState("nothing to put")
    verdicts = _verdicts(rows)
    of_one = {"question": AREA, "proposal": verdicts[0]["level"], "area": rows[0].area}
    decision = open_decision(
        **(of_one if len(rows) == 1 else {"question": LIST, "proposal": "approve"}),
        body=committee(),
        rule=Decision.Rule.SILENCE,
        deadline=deadline_of(review),
        by=by,
        after=next((row.decision for row in rows if row.decision), None),
        link=lambda decision: _enter(review, rows, verdicts, decision),
    )
    changes = {row["area"]: row["verdict"] for row in verdicts if row["verdict"] != Verdict.KEEP}
    _record("implementation_levels.put", review, by, decision=decision.ref, areas=len(rows), changes=changes)
    return decision


@transaction.atomic
def take_out(reviewed: ReviewedArea, *, seat: Seat, reasons: str, by) -> Decision:
    """A seat of the Committee takes one area out of the list that is before it: it is decided by itself, by a deadline
    of its own, and the rest goes on (§5c).

    `reasons` open the discussion of the new decision, in which whoever recused themselves from the list has no part.
    Raises ValidationError without reasons; PermissionDenied for who does not hold the seat; StaleState when it is not
    on an open list any more, as for the second of two at once.
    """
    if not reasons.strip():
        raise ValidationError({"reasons": _("Write why. The other seats read it.")}, code="reasons")
    if reviewed.decision_id is None or reviewed.decision.question != LIST:
        raise StaleState("not on a list")
    listed = at_the_table(reviewed.decision, seat=seat, by=by)
    rows = ReviewedArea.objects.for_system(_WHY).select_for_update(of=("self",), no_key=True)
    row = rows.select_related("area", "review").get(pk=reviewed.pk)
    if row.decision_id != listed.pk:
        raise StaleState("somebody else took it out")
    proposal = Proposal.objects.for_system(_WHY).select_for_update(no_key=True).get(decision=listed)
    verdict = next(one for one in proposal.verdicts if one["area"] == row.area.code)
    rest = [one for one in proposal.verdicts if one is not verdict]

    def link(decision):
        move(row, State.PUT, where={"decision": listed}, decision=decision)
        _propose(row.review, decision, [verdict])

    decision = open_decision(
        question=AREA,
        body=listed.body,
        proposal=verdict["level"],
        rule=Decision.Rule.SILENCE,
        deadline=deadline_of(row.review),
        by=by,
        area=row.area,
        after=listed,
        link=link,
    )
    comment(decision, seat=seat, text=reasons, by=by)
    Proposal.objects.for_system(_WHY).filter(pk=proposal.pk).update(verdicts=rest)
    if not rest:
        cancel_decision(listed, by=by)
    _record("implementation_levels.taken_out", row.review, by, area=row.area.code, decision=decision.ref)
    return decision


def trouble_of_putting(rows: list[ReviewedArea]) -> str:
    """What keeps the Working Group from putting the areas of a review to the Committee; empty if nothing does."""
    if missing := sum(row.state == State.WAITING for row in rows):
        text = ngettext(
            "%(count)s area has no recommendation yet. Recommend something for it, or keep its level.",
            "%(count)s areas have no recommendation yet. Recommend something for each, or keep the rest.",
            missing,
        )
        return text % {"count": missing}
    if late := stale([row for row in rows if row.state == State.RECOMMENDED]):
        names = ", ".join(str(row.area) for row in late)
        text = _("Decided elsewhere since you recommended: %(areas)s. Look at each again and recommend anew.")
        return text % {"areas": names}
    return ""


def _check(area, verdict, begins, reasons):
    if begins is not None and begins < today():
        raise ValidationError({"effective_from": _("This day is over. Levels change from today on.")}, code="past")
    if verdict != Verdict.KEEP and not reasons:
        text = _("Write the reasons. Everybody who reads the levels reads them.")
        raise ValidationError({"reasons": text}, code="reasons")
    if trouble := trouble_of(area, verdict, begins or today()):
        raise ValidationError({"verdict": trouble}, code="no_change")


def _lock(pk, by):
    """The review as it is now, under its lock. Raises StaleState when the Working Group does not have it, and
    PermissionDenied for who is not of it."""
    if not is_working_group(access_of(by)):
        raise PermissionDenied("the Working Group recommends")
    rows = Review.objects.for_system(_WHY).select_for_update(of=("self",), no_key=True)
    review = rows.select_related("data_key", "subject").get(pk=pk)
    if review.state != Review.State.RECOMMENDING:
        raise StaleState(f"{review.ref}: {review.state}")
    return review


def _verdicts(rows):
    """What is put, in codes, with the level that each area would have."""
    now = levels_on([row.area for row in rows], today())
    return [
        {
            "area": row.area.code,
            "verdict": str(row.verdict),
            "level": str(level_after(row.verdict, level)),
            "effective_from": row.effective_from and row.effective_from.isoformat(),
        }
        for row, level in zip(rows, now, strict=True)
    ]


def _enter(review, rows, verdicts, decision):
    """The rows and their review are before the Committee, with `decision`."""
    keys = [row.pk for row in rows]
    recommended = ReviewedArea.objects.for_system(_WHY).filter(pk__in=keys, state=State.RECOMMENDED)
    if recommended.update(state=State.PUT, decision=decision) != len(keys):
        raise StaleState("somebody else changed this first")
    move(review, Review.State.DECIDING, state_since=timezone.now())
    _propose(review, decision, verdicts)


def _propose(review, decision, verdicts):
    Proposal(review=review, decision=decision, verdicts=verdicts).save(force_insert=True)


def _record(verb, review, by, **facts):
    record(verb, by=by, object_type="review", object_ref=review.ref, facts=facts)
