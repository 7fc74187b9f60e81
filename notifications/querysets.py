"""Questions about the outbox: for the page that watches it, and who was sent something. Never a message's content."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Max, Min, QuerySet, Value

from .models import DigestEntry, Message


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


class Mailed(NamedTuple):
    """Who was sent something, when, and how: "mail" of its own, or in a "digest"."""

    recipient_id: int
    at: datetime
    how: str


def mailed(subjects: Iterable[UUID]) -> list[Mailed]:
    """Everything that was sent about these subjects (ids, rows, or a query for ids), oldest first; one query.

    A line that had gone from a summary by the time it was sent is not in it.
    """
    subjects = subjects if isinstance(subjects, QuerySet) else list(subjects)
    sent = Message.objects.filter(subject__in=subjects, state=Message.State.SENT)
    mails = sent.values_list("recipient_id", "sent_at", Value("mail"))
    listed = DigestEntry.objects.filter(subject__in=subjects, is_listed=True)
    when = listed.filter(digest__subject__messages__state=Message.State.SENT)
    lines = when.values_list("user_id", "digest__subject__messages__sent_at", Value("digest"))
    return sorted(
        (Mailed(*row) for row in mails.union(lines, all=True)), key=lambda row: (row.at, row.recipient_id, row.how)
    )


def under_way(subjects: QuerySet) -> set[int]:
    """The ids of those to whom a mail or a summary about these subjects (a query for ids) is being sent at this moment:
    the mail server may have it already. One query."""
    sending = Message.State.SENDING
    mails = Message.objects.filter(subject__in=subjects, state=sending).values_list("recipient_id")
    lines = DigestEntry.objects.filter(subject__in=subjects, digest__subject__messages__state=sending)
    return {user for (user,) in mails.union(lines.values_list("user_id"))}
