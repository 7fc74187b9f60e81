"""Questions about the outbox as a whole: for the page that watches it. Never a message's content."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min, QuerySet

from .models import Message


@dataclass(frozen=True)
class OutboxDepth:
    """How much waits, since when, and when a message last went out."""

    queued: int
    sending: int
    failed: int
    oldest_queued_at: datetime | None
    last_sent_at: datetime | None


def outbox_depth() -> OutboxDepth:
    """The outbox now. Each question has its own small index, so that it costs the same after years of sent mail."""
    state = Message.State
    queued = Message.objects.filter(state=state.QUEUED).aggregate(number=Count("pk"), oldest=Min("created_at"))
    return OutboxDepth(
        queued=queued["number"],
        sending=Message.objects.filter(state=state.SENDING).count(),
        failed=Message.objects.filter(state=state.FAILED).count(),
        oldest_queued_at=queued["oldest"],
        last_sent_at=Message.objects.filter(state=state.SENT).aggregate(last=Max("sent_at"))["last"],
    )


def failed_messages() -> QuerySet[Message]:
    """Messages that were given up, newest first, with their recipient."""
    return Message.objects.filter(state=Message.State.FAILED).select_related("recipient").order_by("-created_at", "pk")
