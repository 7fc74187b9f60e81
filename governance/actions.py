"""Putting something to a body, taking a position, closing: every write of a decision, under the lock of its row.

Whoever closes it, a last position, the second chair or the tick, asks the same board (.boards) for the verdict. What
follows from the outcome happens in the transaction that closes; if it fails, only the closing is taken back.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import structlog
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from audit.actions import record
from documents.models import DataKey
from notifications.actions import announce
from notifications.models import Message, Subject
from sharing.holdings import people_of
from slt_portal.states import StaleState, move

from .boards import Board, Line, Verdict, board_of, boards_of
from .messages import ClosingProposed, DecisionClosed, DecisionOpened, DecisionStopped, PositionWanted
from .models import Body, Closing, Comment, Decision, Exclusion, Position, Seat
from .querysets import SECRETARIAT
from .questions import question_of
from .seats import excluded_from, people_concerned

log = structlog.get_logger(__name__)
State, Rule, Choice = Decision.State, Decision.Rule, Position.Choice
_WHY = "what a decision does"
RETRY_AFTER = timedelta(minutes=10)  # what could not be carried out is tried again then
REMINDED_BEFORE = timedelta(days=2)


class CannotClose(ValueError):
    """The rule does not let the chairs close with that; `code` as Board.trouble_with says."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


@transaction.atomic
def open_decision(
    *,
    question: str,
    body: Body,
    proposal: str,
    deadline: datetime,
    rule: str,
    by,
    concerns=None,
    area=None,
    after: Decision | None = None,
    link: Callable[[Decision], object] | None = None,
    excluded: Iterable[Exclusion] = (),
) -> Decision:
    """Put something to `body` in the caller's transaction; everybody who holds a seat gets a mail.

    `after` is a decision that this one is a part of, or takes up again: whoever recused themselves there has no part in
    this one either.
    `link` notes the decision on the row it is about. Give it where the rule is that everybody must agree: with a
    vacant seat such a decision closes here and now, without consensus, and what follows needs that row.
    `excluded` are rows without their decision: whom the portal keeps out of it (F3).
    Raises UnknownQuestion, or ValueError for a proposal that the question does not know.
    """
    decision = Decision(
        question=question,
        body=body,
        proposal=proposal,
        deadline=deadline,
        rule=Rule(rule),
        opened_by=by,
        concerns=concerns,
        area=area,
        has_exclusions=bool(excluded := list(excluded)),
        data_key=DataKey.objects.make(),
        subject=Subject.objects.create(),
    )
    if proposal not in question_of(decision).outcomes:
        raise ValueError(f"{question}: nobody can propose {proposal!r}")
    decision.save(force_insert=True)
    _exclude(decision, excluded)
    if after is not None:
        _recuse_as_in(after, decision)
    if link is not None:
        link(decision)
    board = board_of(decision)
    _settle(board, by=by, verdict=board.verdict(decision.opened_at, is_opening=True))
    if decision.state == State.OPEN:
        _announce(DecisionOpened, decision, "opened", _holders(board))
    _record("governance.decision_opened", decision, by, question=question, rule=str(rule))
    return decision


@transaction.atomic
def exclude(decision: Decision, rows: Iterable[Exclusion], *, by) -> None:
    """Keep more people out of `decision` from now on, open or closed: somebody turned out to be concerned (F3)."""
    locked = _row(decision.pk)
    _exclude(locked, rows)
    Decision.objects.for_system(_WHY).filter(pk=locked.pk).update(has_exclusions=True)
    _record("governance.excluded", locked, by)


@transaction.atomic
def cancel_decision(decision: Decision, *, by) -> None:
    """It is no longer needed: what it is about was withdrawn (`by` is None for the portal). Raises StaleState."""
    locked = _locked(decision)
    board = board_of(locked)
    move(locked, State.CANCELLED, closed_at=timezone.now())
    _announce(DecisionClosed, locked, "closed", _holders(board) | _secretariat(board))
    _record("governance.decision_cancelled", locked, by)


@transaction.atomic
def take_position(decision: Decision, *, seat: Seat, choice: str, reasons: str = "", by) -> Position:
    """`by` says for `seat` where it stands; the newest counts, the earlier ones are kept (P6).

    Saying the same again changes nothing. The last position may close the decision; if what follows then fails, the
    position is kept. Raises PermissionDenied for who does not hold the seat, or recused it; ValueError for an
    objection without reasons; StaleState when it is closed, or about to be because the deadline has passed.
    """
    choice, reasons = Choice(choice), reasons.strip()
    if choice == Choice.OBJECT and not reasons:
        raise ValueError("an objection says why")
    board, line = _at_the_table(decision, seat, by)
    newest = line.positions[-1] if line.positions else None
    if newest and (newest.choice, newest.texts.get("reasons", "")) == (choice, reasons):
        return newest
    is_first_objection = choice == Choice.OBJECT and not board.is_stopped and board.decision.rule == Rule.SILENCE
    position = Position(decision=board.decision, seat=seat, by=by, choice=choice)
    _say(position, reasons=reasons)
    line.positions.append(position)
    if is_first_objection:
        chairs = {user for one in board.able if one.seat.is_co_chair for user in one.holders}
        _announce(DecisionStopped, board.decision, "stopped", (chairs | _secretariat(board)) - {by.pk})
    _settle(board, by=by)
    _record("governance.position_taken", board.decision, by, seat=seat.pk)
    return position


@transaction.atomic
def comment(decision: Decision, *, seat: Seat, text: str, by) -> Comment:
    """`by` contributes to the discussion for `seat`. The same twice in a row, as by a double click, is one comment.

    Raises as `take_position`, and ValueError for no text.
    """
    if not (text := text.strip()):
        raise ValueError("a comment says something")
    board, _ = _at_the_table(decision, seat, by)
    newest = board.comments[-1] if board.comments else None
    if newest and (newest.seat_id, newest.by_id, newest.texts.get("text")) == (seat.pk, by.pk, text):
        return newest
    row = Comment(decision=board.decision, seat=seat, by=by)
    _say(row, text=text)
    _record("governance.commented", board.decision, by, seat=seat.pk)
    return row


@transaction.atomic
def propose_closing(decision: Decision, *, seat: Seat, outcome: str, reasons: str = "", by) -> Closing:
    """A co-chair proposes to close with `outcome` and its reasons; a newer proposal replaces an older one (P6).

    Raises as `take_position`; PermissionDenied for who is no chair; CannotClose when the rule does not allow it.
    """
    reasons = reasons.strip()
    board, line = _at_the_table(decision, seat, by)
    if line not in board.first_signers:
        raise PermissionDenied("the co-chairs close")
    if trouble := board.trouble_with(outcome, reasons):
        raise CannotClose(trouble)
    known = board.proposed
    same = known and (known.seat_id, known.outcome, known.texts.get("reasons", "")) == (seat.pk, outcome, reasons)
    if same and known.by_id == by.pk:
        return known
    closing = Closing(decision=board.decision, seat=seat, by=by, outcome=outcome)
    _say(closing, reasons=reasons)
    board.closings.append(closing)
    others = {user for one in board.second_signers for user in one.holders} - {by.pk} - board.shut_out
    _announce(ClosingProposed, board.decision, f"proposed:{closing.pk}", others)
    _record("governance.closing_proposed", board.decision, by, seat=seat.pk)
    return closing


@transaction.atomic
def confirm_closing(closing: Closing, *, seat: Seat, by) -> None:
    """The other chair signs the same words, and the decision closes; the signature is kept if what follows fails (P6).

    Raises as `propose_closing`; StaleState when another proposal stands, or somebody else confirmed this one.
    """
    board, line = _at_the_table(closing.decision, seat, by)
    standing = board.proposed
    if standing is None or standing.pk != closing.pk or board.confirmed:
        raise StaleState("another proposal stands")
    if line not in board.may_confirm(by.pk):
        raise PermissionDenied("the other co-chair confirms")
    if trouble := board.trouble_with(standing.outcome, standing.texts.get("reasons", "")):
        raise CannotClose(trouble)
    signed = Closing(decision=board.decision, seat=seat, by=by, outcome=standing.outcome, confirms=standing)
    signed.save(force_insert=True)
    board.closings.append(signed)
    _settle(board, by=by)
    _record("governance.closing_confirmed", board.decision, by, seat=seat.pk)


def close_due(now: datetime | None = None) -> int:
    """Close what silence closes, what everybody had to agree on by now, and what could not be carried out before.

    Returns how many were closed. Each in a transaction of its own: one that fails does not keep the next from closing.
    """
    now = now or timezone.now()
    closed = 0
    for pk in _due(now):
        try:
            closed += _close_one(pk, now)
        except Exception as error:  # the tick goes on with the next, and comes again in a minute
            log.error("decision_not_closed", error=type(error).__name__)
    return closed


def remind_due(now: datetime | None = None) -> int:
    """Two days before the deadline ask the seats that have said nothing, once; returns for how many decisions."""
    now = now or timezone.now()
    rows = Decision.objects.for_system("who is asked again").filter(state=State.OPEN, deadline__gt=now)
    rows = rows.filter(deadline__lte=now + REMINDED_BEFORE).select_related("body", "subject")
    rows = [row for row in rows if row.opened_at < row.deadline - REMINDED_BEFORE]
    keys = [f"decision:{row.ref}:wanted" for row in rows]
    known = set(Message.objects.filter(event_key__in=keys).values_list("event_key", flat=True))
    due = [row for row, key in zip(rows, keys, strict=True) if key not in known]
    for board in boards_of(due, now) if due else ():
        silent = {user for line in board.silent for user in line.holders} - board.shut_out
        _announce(PositionWanted, board.decision, "wanted", silent)
    return len(due)


def _due(now):
    """The keys of decisions that the tick looks at, the nearest deadline first."""
    rows = Decision.objects.for_system("what is due").filter(state=State.OPEN)
    objected = Exists(Position.objects.filter(decision=OuterRef("pk"), choice=Choice.OBJECT))
    # An objection of somebody who is kept out by now stops nothing: the board knows, the question here does not.
    silent = Q(rule=Rule.UNANIMOUS) | ~objected | Q(has_exclusions=True)
    rows = rows.filter(Q(deadline__lte=now) & silent | ~Q(trouble=""))
    rows = rows.filter(Q(trouble_at=None) | Q(trouble_at__lte=now - RETRY_AFTER))
    return list(rows.order_by("deadline", "pk").values_list("pk", flat=True))


@transaction.atomic
def _close_one(pk, now):
    board = board_of(_row(pk), now)
    if board.decision.state != State.OPEN:
        return 0
    # What was hopeless when it opened is so still, if only carrying it out failed.
    _settle(board, by=None, verdict=board.verdict(now, is_opening=bool(board.decision.trouble)))
    return int(board.decision.state == State.CLOSED)


def _row(pk) -> Decision:
    rows = Decision.objects.for_system(_WHY).select_for_update(of=("self",), no_key=True)
    return rows.select_related("body", "data_key", "subject").get(pk=pk)


def _locked(decision):
    """The decision as it is now, under its lock: one after the other. Raises StaleState when it is over."""
    row = _row(decision.pk)
    if row.state != State.OPEN:
        raise StaleState("this decision is closed")
    return row


def _at_the_table(decision, seat, by) -> tuple[Board, Line]:
    """The board of the locked decision, and the line for which `by` speaks in it."""
    board = board_of(_locked(decision))
    line = next((one for one in board.lines_of(by.pk) if one.seat.pk == seat.pk), None)
    if line is None:
        raise PermissionDenied("nobody speaks for a seat they do not hold, or that recused itself")
    if board.verdict(timezone.now()):
        raise StaleState("the deadline has passed: the portal closes this decision")
    return board, line


def at_the_table(decision: Decision, *, seat: Seat, by) -> Decision:
    """The open decision under its lock, for an app that acts on what it is about on behalf of `seat`.

    Call it in the action's transaction. Raises as `take_position`.
    """
    return _at_the_table(decision, seat, by)[0].decision


def _exclude(decision, rows):
    for row in rows:
        row.decision = decision
        row.save(force_insert=True)


def _recuse_as_in(earlier, decision):
    """The same seats and people are recused, by the words of theirs that were noted then."""
    for said in Position.objects.filter(decision=earlier, choice=Choice.RECUSE).select_related("seat", "by"):
        _say(Position(decision=decision, seat=said.seat, by=said.by, choice=Choice.RECUSE))


def _say(row, **texts):
    row.write({name: text for name, text in texts.items() if text})
    row.save(force_insert=True)


def _settle(board: Board, *, by, verdict: Verdict | None = None) -> None:
    """Close the decision if there is a verdict and carry it out, or take the closing back and note that it failed."""
    decision = board.decision
    verdict = verdict or board.verdict(timezone.now())
    if verdict is None:
        return
    before = decision.sealed
    try:
        with transaction.atomic():
            _close(board, verdict, by)
    except Exception as error:  # whatever an app below raises: the decision stays open, on a watched page
        log.error("decision_not_carried_out", question=decision.question, error=type(error).__name__)
        trouble = {"trouble": type(error).__name__[:80], "trouble_at": timezone.now()}
        Decision.objects.for_system(_WHY).filter(pk=decision.pk, state=State.OPEN).update(**trouble)
        decision.state, decision.outcome, decision.closed_at, decision.sealed = State.OPEN, "", None, before
        decision.trouble, decision.trouble_at = trouble["trouble"], trouble["trouble_at"]


def _close(board, verdict, by):
    decision = board.decision
    # Who could have spoken is part of the record: later the seats, and who holds them, are others.
    held = {line.seat.pk: line.is_held for line in board.lines}
    kept_out = [line.seat.pk for line in board.lines if line.is_kept_out]
    decision.write({"reasons": verdict.reasons, "seats": held, "kept_out": kept_out})
    changes = {"outcome": verdict.outcome, "sealed": decision.sealed, "trouble": "", "trouble_at": None}
    move(decision, State.CLOSED, closed_at=timezone.now(), **changes)
    question_of(decision).carry_out(decision, by=by)
    _announce(DecisionClosed, decision, "closed", _holders(board) | _secretariat(board))
    _record("governance.decision_closed", decision, by, outcome=verdict.outcome)


def _holders(board):
    """Everybody who may speak in it."""
    return {user for line in board.able for user in line.holders} - board.shut_out


def _secretariat(board):
    """DSS headquarters and OCHA, for what the two standing bodies decide (§11)."""
    decision = board.decision
    if decision.body.kind == Body.Kind.AREA:
        return set()
    kept_out = excluded_from([decision]).get(decision.pk, set())
    return people_of(SECRETARIAT) - board.shut_out - people_concerned(decision.concerns_id) - kept_out


def _announce(kind, decision, event, recipients):
    announce(kind, subject=decision.subject, event_key=f"decision:{decision.ref}:{event}", recipients=recipients)


def _record(verb, decision, by, **facts):
    record(verb, by=by, object_type="decision", object_ref=decision.ref, facts=facts)
