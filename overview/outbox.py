"""The page that watches the outbox: how much waits, since when, what failed. Never what a message says."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
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


class OutboxPage(PolicyMixin, TemplateView):
    """Depth, age and failures of the outbox."""

    policy = can_watch_outbox
    template_name = "overview/outbox.html"

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            depth=outbox_depth(), failures=failed_messages()[:FAILURES_SHOWN], failures_shown=FAILURES_SHOWN, **kwargs
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
