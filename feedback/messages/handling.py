"""The kinds of message while a case is handled: a proposal, the Committee, the outcome; and questions to offices.

Who is asked learns that there is a question, never of which case (F2, F3).
"""

from django.urls import reverse

from feedback.models import Case, Inquiry
from notifications.kinds import Kind, register, site_link

from .base import _AboutCase

State = Case.State


class _Handled(_AboutCase):
    """One mail text for all that happens to a case here: `event` says what."""

    template = "handled"
    event: str

    def context(self, message):
        """Also what happened."""
        return {**super().context(message), "event": self.event}


@register
class Proposed(_Handled):
    """The sender is asked to accept a proposed resolution, or not."""

    code = "feedback.proposed"
    event = "proposed"
    states, parties, step = frozenset({State.PROPOSED}), frozenset({"sender"}), "accept"


@register
class TakenBack(_Handled):
    """What was proposed is taken back: the sender has nothing to answer."""

    code = "feedback.taken_back"
    event = "taken_back"
    states, parties = frozenset({State.HANDLING}), frozenset({"sender"})


@register
class Escalated(_Handled):
    """The Oversight Committee decides; to the sender and those who handle it."""

    code = "feedback.escalated"
    event = "escalated"
    states = frozenset({State.COMMITTEE})


@register
class Returned(_Handled):
    """The Committee sent it back to the Working Group; to the sender and those who handle it."""

    code = "feedback.returned"
    event = "returned"
    states = frozenset({State.HANDLING})


@register
class Closed(_Handled):
    """It is closed, with an outcome that stands on the page; to the sender and those who handle it."""

    code = "feedback.closed"
    event = "closed"
    states = frozenset({State.CLOSED})


@register
class InquiryAnswered(_Handled):
    """An office gave its view; to those who handle the case."""

    code = "feedback.inquiry_answered"
    event = "answered"
    states, parties = Case.OPEN, frozenset({"handler"})


class _AboutInquiry(Kind):
    """To the office that is asked, as long as the recipient holds it: the question's reference, never the case."""

    state: str
    event: str

    def inquiry_of(self, message) -> Inquiry | None:
        """The question, if the recipient is asked."""
        return Inquiry.objects.asked_of(message.recipient).filter(subject=message.subject_id).first()

    def still_due(self, message):
        """While it stands so."""
        inquiry = self.inquiry_of(message)
        return inquiry is not None and inquiry.state == self.state

    def context(self, message):
        """Its reference, by when, and its page."""
        inquiry = self.inquiry_of(message)
        link = site_link(reverse("feedback:inquiry", args=[inquiry.ref]))
        return {"ref": inquiry.ref, "due_at": inquiry.due_at, "event": self.event, "link": link}

    def templates(self):
        """One text for both."""
        return tuple(f"feedback/email/inquiry{ending}" for ending in (".subject.txt", ".txt", ".html"))


@register
class InquiryAsked(_AboutInquiry):
    """The view of an office is asked for."""

    code = "feedback.inquiry_asked"
    state, event = Inquiry.State.OPEN, "asked"


@register
class InquiryWithdrawn(_AboutInquiry):
    """It is no longer needed."""

    code = "feedback.inquiry_withdrawn"
    state, event = Inquiry.State.WITHDRAWN, "withdrawn"
