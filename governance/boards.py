"""Where a decision stands: its seats, who holds them, what each said, and what follows from that (P6, P9).

Everything here reads; it is asked of the rows again under the lock before anything is written (governance.actions).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.functional import cached_property

from .models import Closing, Comment, Decision, Position, Seat
from .questions import question_of
from .said import said_in
from .seats import excluded_from, people_at

NO_CONSENSUS = "no_consensus"
FEWEST_FOR_SILENCE = 2  # nobody's silence is nobody's consent
Choice = Position.Choice


def silence_decides(decision: Decision) -> bool:
    """Whether what is proposed comes about by the deadline when nobody objects (P6)."""
    return decision.rule == Decision.Rule.SILENCE and decision.proposal in question_of(decision).by_silence


@dataclass
class Line:
    """One seat in one decision: who holds it now, and what it said, oldest first. Its newest position counts."""

    seat: Seat
    holders: frozenset[int]
    positions: list[Position]
    is_kept_out: bool = False  # it is held, but by nobody who has a part in this decision
    is_held: bool = field(init=False)

    def __post_init__(self):
        self.is_held = bool(self.holders)

    @property
    def choice(self) -> str:
        """Where the seat stands; empty while it has said nothing. Who recused themselves stays out."""
        return Choice.RECUSE if self.is_recused else self.positions[-1].choice if self.positions else ""

    @property
    def is_recused(self) -> bool:
        """Whether the seat has no part in this decision any more; that is final."""
        return any(position.choice == Choice.RECUSE for position in self.positions)

    @property
    def is_able(self) -> bool:
        """Whether somebody can speak for the seat."""
        return self.is_held and not self.is_recused


@dataclass(frozen=True)
class Verdict:
    """What a decision closes with: the outcome, and the reasons that the chairs gave for it."""

    outcome: str
    reasons: str = ""


@dataclass
class Board:
    """One decision with its lines, the proposals to close it and the discussion, oldest first."""

    decision: Decision
    lines: list[Line]
    closings: list[Closing]
    comments: list[Comment] = field(default_factory=list)

    @cached_property
    def able(self) -> list[Line]:
        """The seats that are held and not recused."""
        return [line for line in self.lines if line.is_able]

    @cached_property
    def counted(self) -> list[Line]:
        """The seats whose position counts: also of a seat that became vacant since it spoke."""
        return [line for line in self.lines if not line.is_recused]

    def count(self, choice: str) -> int:
        """How many seats stand there."""
        return sum(line.choice == choice for line in self.counted)

    @property
    def silent(self) -> list[Line]:
        """The seats that could speak and have not."""
        return [line for line in self.able if not line.choice]

    @property
    def silence_decides(self) -> bool:
        """Whether what is proposed comes about when nobody objects; else only the chairs close, with reasons."""
        return silence_decides(self.decision)

    @property
    def has_enough_for_silence(self) -> bool:
        """Whether there are two seats, held by two people, whose silence means something."""
        people = frozenset().union(*(line.holders for line in self.able))
        return min(len(self.able), len(people)) >= FEWEST_FOR_SILENCE

    @property
    def is_stopped(self) -> bool:
        """Whether somebody objected, ever: then silence closes nothing any more, even when they changed their mind."""
        positions = [position for line in self.lines for position in line.positions]
        return any(position.choice == Choice.OBJECT for position in positions)

    @property
    def quorum(self) -> int:
        """How many of the seats that are held and not recused must have spoken (a setting; default: more than half)."""
        return settings.COMMITTEE_QUORUM or len(self.able) // 2 + 1

    @property
    def has_quorum(self) -> bool:
        """Whether so many have."""
        return len(self.able) - len(self.silent) >= self.quorum

    @property
    def shut_out(self) -> frozenset[int]:
        """The people to whom this deliberation is closed: one recused seat closes it, whatever else they hold."""
        found = set()
        for line in self.lines:
            if line.is_recused:
                found |= line.holders
                found |= {position.by_id for position in line.positions if position.choice == Choice.RECUSE}
        return frozenset(found)

    def recused_at(self, user_id: int) -> datetime | None:
        """Since when the deliberation is closed to this person."""
        moments = [
            position.at
            for line in self.lines
            for position in line.positions
            if position.choice == Choice.RECUSE and (user_id in line.holders or position.by_id == user_id)
        ]
        return min(moments, default=None)

    def lines_of(self, user_id: int) -> list[Line]:
        """The seats for which this person can speak in this decision. Where everybody must agree, each seat speaks
        through somebody of its own: who holds two of them agrees with nobody else by saying it twice (§3)."""
        if user_id in self.shut_out:
            return []
        lines = [line for line in self.able if user_id in line.holders]
        if self.decision.rule == Decision.Rule.UNANIMOUS:
            spoken = [line for line in self.lines if any(said.by_id == user_id for said in line.positions)]
            return [line for line in lines if line in spoken or not spoken]
        return lines

    @property
    def proposed(self) -> Closing | None:
        """The proposal to close that stands: the newest, unless its seat recused itself since."""
        newest = next((row for row in reversed(self.closings) if row.confirms_id is None), None)
        recused = {line.seat.pk for line in self.lines if line.is_recused}
        return None if newest is None or newest.seat_id in recused else newest

    @property
    def confirmed(self) -> Closing | None:
        """The proposal that stands, if the second signature is there."""
        closing = self.proposed
        signed = {row.confirms_id for row in self.closings}
        return closing if closing and closing.pk in signed else None

    @property
    def first_signers(self) -> list[Line]:
        """Who may propose to close: the co-chairs; without any, every seat that can speak."""
        if self.decision.rule != Decision.Rule.SILENCE:
            return []
        return [line for line in self.able if line.seat.is_co_chair] or self.able

    @property
    def second_signers(self) -> list[Line]:
        """Who may confirm: the other co-chair; where that seat is vacant or recused, every other seat. Never the person
        who proposed."""
        closing = self.proposed
        if closing is None or self.confirmed:
            return []
        others = [line for line in self.able if line.seat.pk != closing.seat_id and line.holders - {closing.by_id}]
        return [line for line in others if line.seat.is_co_chair] or others

    def may_confirm(self, user_id: int) -> list[Line]:
        """The seats for which this person may give the second signature."""
        closing = self.proposed
        if closing is None or closing.by_id == user_id:
            return []
        signers = self.second_signers
        return [line for line in self.lines_of(user_id) if line in signers]

    def may_propose(self, user_id: int) -> list[Line]:
        """The seats for which this person may propose to close."""
        signers = self.first_signers
        return [line for line in self.lines_of(user_id) if line in signers]

    def trouble_with(self, outcome: str, reasons: str) -> str:
        """Why the chairs cannot close with that: `outcome`, `reasons`, `quorum`, `majority`; empty if they can.

        Every seat was told that it has until the deadline: before, and against the proposal or an objection, enough of
        them must have spoken.
        """
        question = question_of(self.decision)
        is_proposal = outcome == self.decision.proposal
        objections = self.count(Choice.OBJECT)
        if outcome not in question.outcomes:
            return "outcome"
        if question.needs_reasons(self.decision, outcome) and not reasons.strip():
            return "reasons"
        is_early = self.decision.deadline > timezone.now()
        if (objections or not is_proposal or is_early) and not self.has_quorum:
            return "quorum"
        if is_proposal and objections >= max(self.count(Choice.AGREE), 1):
            return "majority"
        return ""

    def verdict(self, now: datetime, *, is_opening: bool = False) -> Verdict | None:
        """What the decision closes with at the moment `now`; None while it stays open."""
        if self.decision.rule == Decision.Rule.UNANIMOUS:
            return self._agreement(now, is_opening)
        if closing := self.confirmed:
            return Verdict(closing.outcome, closing.texts.get("reasons", ""))
        is_silent = self.silence_decides and not self.is_stopped and self.has_enough_for_silence
        return Verdict(self.decision.proposal) if is_silent and self.decision.deadline <= now else None

    def _agreement(self, now, is_opening):
        """Everybody's yes, or no consensus as soon as that cannot be had any more."""
        choices = {line.choice for line in self.lines}
        if choices == {Choice.AGREE}:
            return Verdict(self.decision.proposal)
        is_vacant = is_opening and len(self.able) < len(self.lines)
        is_hopeless = not choices or bool(choices - {Choice.AGREE, ""})
        return Verdict(NO_CONSENSUS) if is_hopeless or is_vacant or self.decision.deadline <= now else None


def boards_of(decisions: Iterable[Decision], on: datetime | None = None, *also) -> list[Board]:
    """The boards of `decisions` (with `body`), in their order; four or five queries however many they are. `also`:
    Comment, where the discussion is wanted."""
    decisions = list(decisions)
    if not decisions:
        return []
    now = on or timezone.now()
    seats = Seat.objects.filter(body__in={row.body_id for row in decisions})
    seats = list(seats.select_related("body", "organisation"))
    people = people_at(seats, concerned={row.concerns_id for row in decisions} - {None}, on=now)
    excluded = excluded_from(decisions)
    said = said_in(decisions, {seat.pk: seat for seat in seats}, Closing, Position, *also)
    boards = []
    for decision in decisions:
        positions = defaultdict(list)
        for position in said[Position, decision.pk]:
            positions[position.seat_id].append(position)
        kept_out = excluded.get(decision.pk, set())
        concerned = people.concerned.get(decision.concerns_id, set()) | kept_out
        lines = [
            _line(seat, people.holders[seat.pk], concerned, _that_counts(decision, positions[seat.pk], kept_out))
            for seat in _seats_then(decision, seats)
        ]
        closings = _that_counts(decision, said[Closing, decision.pk], kept_out)
        boards.append(Board(decision, lines, closings, said[Comment, decision.pk]))
    return boards


def _line(seat, holders, concerned, positions):
    able = frozenset(holders - concerned)
    return Line(seat, able, positions, is_kept_out=bool(holders) and not able)


def _that_counts(decision, rows, kept_out):
    """Whoever is kept out decides nothing: what they said before the portal knew moves an open decision no more. In one
    that is over it counted, and stays on record."""
    return [row for row in rows if row.by_id not in kept_out or decision.state != Decision.State.OPEN]


def board_of(decision: Decision, on: datetime | None = None) -> Board:
    """Where this decision stands, with its discussion, and the vacancies as they were when it closed."""
    (board,) = boards_of([decision], on, Comment)
    if decision.state != Decision.State.OPEN and (then := decision.texts.get("seats")):
        board.lines = [line for line in board.lines if str(line.seat.pk) in then]
        for line in board.lines:
            line.is_held = then[str(line.seat.pk)]
            line.is_kept_out = line.seat.pk in decision.texts.get("kept_out", ())
    return board


def _seats_then(decision, seats):
    """The seats of its body that were not closed when it began."""
    return [
        seat
        for seat in seats
        if seat.body_id == decision.body_id and (seat.closed_at is None or seat.closed_at > decision.opened_at)
    ]
