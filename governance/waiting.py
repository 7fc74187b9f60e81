"""What is open in the bodies of a person, and what of it waits for them (G1, G2, G4)."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils import timezone

from sharing.access import Access

from .boards import Board, boards_of
from .models import Decision, Seat
from .querysets import held_by
from .questions import question_of

POSITION, CONFIRM, CLOSE = "position", "confirm", "close"


@dataclass(frozen=True)
class Entry:
    """One decision as one person reads it in a list: `step` is what waits for them, empty if nothing does.

    Of a decision in which a seat of theirs recused itself they read no more than that (`recused_at`).
    """

    decision: Decision
    title: str
    href: str
    step: str = ""
    recused_at: datetime | None = None

    @property
    def deadline(self) -> datetime:
        """By when."""
        return self.decision.deadline

    @property
    def opened_at(self) -> datetime:
        """Since when."""
        return self.decision.opened_at


def waiting_for(access: Access) -> list[Entry]:
    """The decisions that wait for this person, the nearest deadline first; at most six queries, one for who has none.

    A position to take, a closing to confirm, or a procedure that only the chairs can close.
    """
    mine = Seat.objects.filter(held_by(access), closed_at=None).order_by()
    rows = Decision.objects.visible_to(access).filter(body__in=mine.values("body")).waiting()
    return [entry for entry in entries_of(access, rows.select_related("body__area", "concerns", "area")) if entry.step]


def entries_of(access: Access, decisions) -> list[Entry]:
    """`decisions` (with body, `concerns` and `area`) as this person reads them, in their order."""
    now = timezone.now()
    return [_entry(access, board, now) for board in boards_of(decisions, now)]


def _entry(access, board, now):
    decision = board.decision
    title, href = question_of(decision).title(decision), reverse("governance:decision", args=[decision.ref])
    if access.user_id in board.shut_out:
        return Entry(decision, title, href, recused_at=board.recused_at(access.user_id))
    step = step_for(board, access.user_id, now) if decision.state == Decision.State.OPEN else ""
    return Entry(decision, title, href, step)


def step_for(board: Board, user_id: int, now: datetime) -> str:
    """What an open decision asks of this person now; empty for who holds no seat in it, and for who has done it."""
    if board.verdict(now):
        return ""  # the portal closes it
    if any(line in board.silent for line in board.lines_of(user_id)):
        return POSITION
    if board.may_confirm(user_id):
        return CONFIRM
    is_stuck = board.is_stopped or board.decision.deadline <= now
    return CLOSE if is_stuck and not board.proposed and board.may_propose(user_id) else ""
