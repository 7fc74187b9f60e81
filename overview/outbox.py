"""The page that watches the outbox: how much waits, since when, what failed. Never what a message says.

Whoever watches it mends addresses and need not see any incident. Of a message about one they learn to whom it did not
get, and why: its kind or its hour would name who reported what (C1), as would its place among the others.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib import messages
from django.db.models.functions import TruncWeek
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import TemplateView

from notifications.actions import requeue
from notifications.models import Message
from notifications.querysets import failed_messages, outbox_depth
from slt_portal.states import StaleState
from slt_portal.views import PolicyMixin

from .policies import can_watch_outbox

FAILURES_SHOWN = 100
_CONFIDENTIAL = ("incidents.", "sharing.")  # kinds of message about what not everybody may know of


@dataclass(frozen=True)
class Failure:
    """A message that was given up, and the Monday of the week in which it was written."""

    message: Message
    week: date

    @property
    def is_confidential(self) -> bool:
        """Whether neither its kind nor its hour is told."""
        return self.message.kind.startswith(_CONFIDENTIAL)


def failures() -> list[Failure]:
    """The messages that were given up, newest week first; within a week in the order of their addresses."""
    rows = failed_messages().order_by(TruncWeek("created_at").desc(), "recipient__email", "pk")
    return [Failure(message, week_of(message.created_at)) for message in rows[:FAILURES_SHOWN]]


def week_of(at: datetime) -> date:
    """The Monday of its week, on the reader's calendar."""
    on = timezone.localtime(at).date()
    return on - timedelta(days=on.weekday())


class OutboxPage(PolicyMixin, TemplateView):
    """Depth, age and failures of the outbox."""

    policy = can_watch_outbox
    template_name = "overview/outbox.html"

    def get_context_data(self, **kwargs):
        depth = outbox_depth()
        oldest = depth.oldest_queued_at
        # So old it may be a failed one that was sent again.
        is_old = oldest is not None and oldest < timezone.now() - timedelta(days=1)
        return super().get_context_data(
            depth=depth,
            oldest_week=week_of(oldest) if is_old else None,
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
            messages.warning(request, _("Somebody else has sent this message again already."))
        else:
            messages.success(request, _("The message waits to be sent again."))
        return redirect("overview:outbox")
