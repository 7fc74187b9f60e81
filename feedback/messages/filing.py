"""Mails about sending feedback and talking about it: to the sender, and to those who handle the case (F1, F2)."""

from feedback.models import Case
from notifications.kinds import register

from .base import _AboutCase

State = Case.State
_SENDER, _HANDLERS = frozenset({"sender"}), frozenset({"handler"})


@register
class Receipt(_AboutCase):
    """To the sender: the number, and by when the next step is due."""

    code = "feedback.receipt"
    parties = _SENDER


@register
class Arrived(_AboutCase):
    """To those who take it in, until somebody has handed it over."""

    code = "feedback.arrived"
    states = frozenset({State.RECEIVED})
    parties = frozenset({"intake"})


@register
class NewMessage(_AboutCase):
    """To the other side: somebody wrote."""

    code = "feedback.new_message"
    parties = _SENDER | _HANDLERS


class _ToHandlers(_AboutCase):
    """What the sender did, for those who handle it."""

    parties = _HANDLERS
    template = "sender_moved"
    step_taken: str

    def context(self, message):
        """Also which step it was."""
        return super().context(message) | {"step": self.step_taken}


@register
class Accepted(_ToHandlers):
    """The sender accepted: it is closed."""

    code = "feedback.accepted"
    step_taken = "accepted"
    states = frozenset({State.CLOSED})


@register
class Refused(_ToHandlers):
    """The sender did not accept: it is back with the Working Group."""

    code = "feedback.refused"
    step_taken = "refused"
    states = frozenset({State.HANDLING})


@register
class Withdrawn(_ToHandlers):
    """The sender took it back: it is closed."""

    code = "feedback.withdrawn"
    step_taken = "withdrawn"
    states = frozenset({State.CLOSED})


@register
class Reopened(_AboutCase):
    """To both sides: it is open again, with the Working Group."""

    code = "feedback.reopened"
    states = frozenset({State.HANDLING})
    parties = _SENDER | _HANDLERS
