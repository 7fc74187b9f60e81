"""What the bodies are told about decisions: never a position, a reason or an outcome, only that there is something to
do or to read, and where. Each seat holder gets it in their own language."""

from django.urls import reverse

from notifications.kinds import Kind, register, site_link
from sharing.access import access_of

from .boards import board_of, silence_decides
from .models import Decision
from .policies import is_recused
from .querysets import seats_of
from .questions import question_of

State = Decision.State


class _AboutDecision(Kind):
    """About a decision that the recipient may still open and in which no seat of theirs recused itself."""

    def still_due(self, message):
        """As long as it is open and the recipient may read what is said in it."""
        decision = self._decision(message)
        return decision is not None and decision.state == State.OPEN

    def context(self, message):
        """What is to be decided, the rule, the deadline, and the page."""
        decision = self._decision(message)
        question = question_of(decision)
        return {
            "decision": decision,
            "title": question.title(decision),
            "proposal": question.outcomes[decision.proposal],
            "silence_decides": silence_decides(decision),
            "is_secretariat": not self._holds_seat(message, decision),
            "link": site_link(reverse("governance:decision", args=[decision.ref])),
        }

    def _decision(self, message):
        access = access_of(message.recipient)
        rows = Decision.objects.visible_to(access).filter(subject=message.subject_id)
        decision = rows.select_related("body__area", "concerns", "area", "data_key").first()
        return None if decision is None or is_recused(access, decision) else decision

    def _holds_seat(self, message, decision):
        return any(seat.body_id == decision.body_id for seat in seats_of(access_of(message.recipient)))


@register
class DecisionOpened(_AboutDecision):
    """Something was put to the body."""

    code = "governance.decision_opened"


@register
class PositionWanted(_AboutDecision):
    """The deadline is near and the seat has said nothing."""

    code = "governance.position_wanted"

    def still_due(self, message):
        """Until the seat has said something."""
        decision = self._decision(message)
        if decision is None or decision.state != State.OPEN:
            return False
        board = board_of(decision)
        return any(line in board.silent for line in board.lines_of(message.recipient_id))


@register
class DecisionStopped(_AboutDecision):
    """Somebody objected: silence closes nothing any more. Not who."""

    code = "governance.decision_stopped"


@register
class ClosingProposed(_AboutDecision):
    """One chair proposed to close; the other is asked to confirm."""

    code = "governance.closing_proposed"

    def still_due(self, message):
        """Until somebody confirmed, as long as the recipient is one who may."""
        decision = self._decision(message)
        if decision is None or decision.state != State.OPEN:
            return False
        return bool(board_of(decision).may_confirm(message.recipient_id))


@register
class DecisionClosed(_AboutDecision):
    """It is decided, or no longer needed."""

    code = "governance.decision_closed"

    def still_due(self, message):
        """As long as the recipient may read what came of it."""
        decision = self._decision(message)
        return decision is not None and decision.state != State.OPEN
