"""The page of what the outbox could not send. Never what a message says; how much waits is told in steps elsewhere.

Whoever watches it mends addresses and need not see any incident or case. Of a message about one they learn to whom it
did not get, and why: its kind or its hour would name who reported what (C1), as would its place among the others.
"""

import re
from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.db.models.functions import TruncWeek
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import TemplateView

from notifications.actions import requeue
from notifications.kinds import can_be_sent_again
from notifications.models import Message
from notifications.querysets import failed_messages
from slt_portal.states import StaleState
from slt_portal.views import PolicyMixin
from slt_portal.weeks import week_of

from .policies import can_watch_outbox

FAILURES_SHOWN = 100
_TELLS_WHEN = re.compile(r"\[[^\]]*(\]|$)|\S*(\d:\d\d|\d{5})\S*|\S*\d{4}-\d\d-\d\d\S*")
# Kinds of message about what not everybody may know of: DSS headquarters may be whom a case, or its decision, is about.
_CONFIDENTIAL = ("incidents.", "sharing.", "feedback.", "governance.", "notifications.matter_waits")


@dataclass(frozen=True)
class Failure:
    """A message that was given up or came back, and the Monday of the week in which it was written."""

    message: Message
    week: date

    @property
    def is_confidential(self) -> bool:
        """Whether neither its kind nor its hour is told."""
        return self.message.kind.startswith(_CONFIDENTIAL)

    @property
    def reason(self) -> str:
        """Why, without what mail servers add to their words: the moment, and numbers that hold it."""
        error = self.message.last_error
        return _TELLS_WHEN.sub("…", error) if self.is_confidential else error

    @property
    def came_back(self) -> bool:
        """Whether the mail server had taken it and it was not delivered; the reason is then a status code at most."""
        return self.message.state == Message.State.BOUNCED

    @property
    def can_be_sent_again(self) -> bool:
        """Whether there is something left to send."""
        return can_be_sent_again(self.message)


def failures() -> list[Failure]:
    """The messages that were given up or came back, newest week first; in a week in the order of their addresses."""
    rows = failed_messages().order_by(TruncWeek("created_at").desc(), "recipient__email", "pk")
    return [Failure(message, week_of(message.created_at)) for message in rows[:FAILURES_SHOWN]]


class OutboxPage(PolicyMixin, TemplateView):
    """What was given up or came back."""

    policy = can_watch_outbox
    template_name = "overview/outbox.html"

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            failed=failed_messages().count(),
            failures=failures(),
            failures_shown=FAILURES_SHOWN,
            **kwargs,
        )


class OutboxSendAgain(PolicyMixin, View):
    """Put a failed message back into the queue."""

    policy = can_watch_outbox
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk) -> HttpResponse:
        message = get_object_or_404(Message, pk=pk)
        try:
            requeue(message, by=request.user)
        except StaleState:
            gone = _("The text of this message is gone. Ask the person to have it sent anew.")
            again = _("Somebody else has sent this message again already.")
            messages.warning(request, again if can_be_sent_again(message) else gone)
        else:
            messages.success(request, _("The message waits to be sent again."))
        return redirect("overview:outbox")
