"""What the Working Group can recommend, and what the Committee would then be asked (§5c, §5d; L3). Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from areas.models import Area
from governance.models import Decision
from governance.policies import recused_in
from governance.querysets import is_secretariat
from sharing.access import Access

from .levels import AreaLevel, last_numbers, level_of
from .models import Level, LevelDecision, Proposal, Review, ReviewedArea

State, Verdict = ReviewedArea.State, ReviewedArea.Verdict
LIST, AREA = "implementation_levels.list", "implementation_levels.area"
RETURN = "return"
ASKED_FOR = {Verdict.ADD: Level.REINFORCED, Verdict.REMOVE: Level.NORMAL}


def level_after(verdict: str, now: AreaLevel) -> str:
    """The level that an area has if a recommendation is followed; what stays includes a change that is to come."""
    known = now.to_come.level if now.to_come else now.level
    return ASKED_FOR.get(verdict, known)


def trouble_of(area: Area, verdict: str, begins: date) -> str:
    """What keeps the Working Group from recommending that for the day `begins`; empty if nothing does (L3).

    What is reinforced on that day and stays so cannot be added; what is normal and stays so cannot be removed. Bringing
    a change forward, or taking it back before its day, is possible.
    """
    if verdict == Verdict.KEEP:
        return ""
    coming = LevelDecision.objects.filter(area=area).to_come(begins).values_list("level", flat=True)
    if {level_of(area, begins).level, *coming} != {ASKED_FOR[verdict]}:
        return ""
    if verdict == Verdict.ADD:
        return _("This area is on the reinforced list on that day already. Keep its level, or remove it.")
    return _("This area is not on the reinforced list on that day. Keep its level, or add it.")


def deadline_of(review: Review) -> datetime:
    """Until when the Committee has for what is put to it now (P6, L3)."""
    days = settings.URGENT_DECISION_DAYS if review.is_urgent else settings.DECISION_DAYS
    return timezone.now() + timedelta(days=days)


def stale(rows: list[ReviewedArea]) -> list[ReviewedArea]:
    """Those of `rows` about whose area something was decided since the Working Group recommended; one query."""
    numbers = last_numbers(row.area_id for row in rows)
    return [row for row in rows if numbers.get(row.area_id, 0) != row.seen]


@dataclass
class Standing:
    """How far a review is with its areas. `added`, `removed` and `kept` are what can be put to the Committee, or is.

    `proposals` are what the Committee was asked, newest first; `returned` the reasons for which it sent the list back,
    as long as the Working Group has it. `is_closed`: the reader recused themselves in a decision of it.
    """

    waiting: int = 0
    added: list[ReviewedArea] = field(default_factory=list)
    removed: list[ReviewedArea] = field(default_factory=list)
    kept: list[ReviewedArea] = field(default_factory=list)
    stale: list[ReviewedArea] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    returned: str = ""
    is_closed: bool = False
    opens_decisions: bool = False

    @property
    def count(self) -> int:
        """How many areas there is a recommendation on."""
        return len(self.added) + len(self.removed) + len(self.kept)

    @property
    def is_ready(self) -> bool:
        """Whether all of it can be put to the Committee."""
        return bool(self.count) and not self.waiting and not self.stale


def standing_of(review: Review, rows: Iterable[ReviewedArea], access: Access) -> Standing:
    """How far `review` is, from those of its areas that this person may see; two queries, one more for who has a seat
    of the Committee."""
    rows = list(rows)
    standing = Standing(waiting=sum(row.state == State.WAITING for row in rows))
    lists = {Verdict.ADD: standing.added, Verdict.REMOVE: standing.removed, Verdict.KEEP: standing.kept}
    current = [row for row in rows if row.state in {State.RECOMMENDED, State.PUT}]
    for row in current:
        lists[row.verdict].append(row)
    standing.stale = stale(current)
    has_seat = bool(access.offices_for("oversight_committee"))
    standing.opens_decisions = has_seat or is_secretariat(access)
    proposals = Proposal.objects.for_system("the decisions of a review, but for who recused themselves")
    proposals = proposals.select_related("decision__data_key", "decision__area")
    proposals = list(proposals.filter(review=review).order_by("-pk"))
    closed = recused_in(access, [row.decision_id for row in proposals]) if has_seat and proposals else set()
    standing.is_closed = bool(closed)
    standing.proposals = [row for row in proposals if row.decision_id not in closed]
    if review.state == Review.State.RECOMMENDING:
        standing.returned = _why_returned(standing.proposals)
    return standing


def _why_returned(proposals):
    """The reasons of the Committee for sending the list back: written for the Working Group, whoever reads them."""
    newest = next((row.decision for row in proposals if row.decision.question == LIST), None)
    return newest.texts.get("reasons", "") if newest is not None and newest.outcome == RETURN else ""


def open_list_of(reviewed: ReviewedArea) -> Decision | None:
    """The open decision on a list of which this area is one; None if it is decided by itself, or not now. One query."""
    if reviewed.state != State.PUT:
        return None
    rows = Decision.objects.for_system("which decision an area can be taken out of")
    rows = rows.select_related("body", "data_key", "concerns", "area")
    return rows.filter(pk=reviewed.decision_id, question=LIST, state=Decision.State.OPEN).first()
