"""Mails about the intake: to the Working Group, to who has it in hand, and to the sender of what is not ours (F2)."""

from feedback.models import Case
from notifications.kinds import register

from .base import _AboutCase

State = Case.State


@register
class HandedOver(_AboutCase):
    """To the Working Group: a case has come to it."""

    code = "feedback.handed_over"
    states, parties = frozenset({State.HANDLING}), frozenset({"working_group"})


@register
class Assigned(_AboutCase):
    """To whoever has it in hand from now on."""

    code = "feedback.assigned"
    states, parties = Case.OPEN, frozenset({"handler"})

    def still_due(self, message):
        """Unless somebody else has it by now."""
        return super().still_due(message) and self.case_of(message).owner_id == message.recipient_id


@register
class Redirected(_AboutCase):
    """To the sender: it is no matter of Saving Lives Together. Why, and where to turn to, stands on the page."""

    code = "feedback.redirected"
    states, parties = frozenset({State.CLOSED}), frozenset({"sender"})


@register
class Diverted(_AboutCase):
    """To the sender alone: it cannot be handled here. Where to turn to stands on the page; the mail says nothing of
    what it was (C10)."""

    code = "feedback.diverted"
    states, parties = frozenset({State.CLOSED}), frozenset({"sender"})
