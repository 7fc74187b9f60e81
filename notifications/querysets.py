"""Questions about the outbox: for the page that watches it, and who was sent something. Never a message's content."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Min, Q, QuerySet, Value

from .models import DigestEntry, Message

LIFE_SAFETY_TOLD_FOR = timedelta(hours=36)  # longer than the attempts of a message
WENT_OUT = (Message.State.SENT, Message.State.BOUNCED)


def failed_messages() -> QuerySet[Message]:
    """Messages that were given up or came back, newest first, with their recipient."""
    rows = Message.objects.filter(state__in=[Message.State.FAILED, Message.State.BOUNCED])
    return rows.select_related("recipient").order_by("-created_at", "pk")


@dataclass(frozen=True)
class OutboxState:
    """The outbox as its watcher sees it, in one question: numbers, and since when the oldest waits."""

    queued: int
    sending: int
    failed: int
    late: int  # those that should have gone by now
    failed_life_safety: int
    oldest_queued_at: datetime | None


def outbox_state(now: datetime, *, late: timedelta) -> OutboxState:
    """How much waits and failed at `now`, and how much is `late`: due and not sent for longer than that.

    What a server puts off for a single address (greylisting, a full mailbox) is tried again and is not late; what no
    server could be reached for is, though each attempt moves it on by a minute. Of what concerns lives, everything that
    waits so long is. Failures of life safety count for a day and a half: by then somebody has been told.
    """
    rows, state, urgent = Message.objects, Message.State, Message.Priority.LIFE_SAFETY
    since = now - late
    waiting, sending, failed = rows.filter(state=state.QUEUED), rows.filter(state=state.SENDING), failed_messages()
    old = Q(created_at__lte=since)
    unreachable = old & Q(attempts=0) & ~Q(last_error="")
    put_off = old & Q(priority=urgent, attempts__gt=0)
    questions = [
        ("queued", waiting),
        ("sending", sending),
        ("failed", failed),
        ("late", waiting.filter(Q(next_attempt_at__lte=since) | unreachable | put_off)),
        ("late", sending.filter(leased_until__lte=since)),
        ("failed_life_safety", failed.filter(priority=urgent, created_at__gt=now - LIFE_SAFETY_TOLD_FOR)),
    ]
    parts = [
        query.order_by()
        .annotate(what=Value(name))
        .values("what")
        .annotate(number=Count("pk"), oldest=Min("created_at"))
        .values_list("what", "number", "oldest")
        for name, query in questions
    ]
    counts: Counter[str] = Counter()
    oldest: dict[str, datetime] = {}
    for what, number, since_when in parts[0].union(*parts[1:], all=True):
        counts[what] += number
        oldest[what] = since_when
    return OutboxState(
        **{name: counts[name] for name, _ in questions},
        oldest_queued_at=oldest.get("queued"),
    )


class Mailed(NamedTuple):
    """Who was sent something, when, and how: "mail" of its own, or in a "digest"."""

    recipient_id: int
    at: datetime
    how: str


def mailed(subjects: Iterable[UUID]) -> list[Mailed]:
    """Everything that was sent about these subjects (ids, rows, or a query for ids), oldest first; one query.

    A line that had gone from a summary by the time it was sent is not in it; what came back is: who knows who read it.
    """
    subjects = subjects if isinstance(subjects, QuerySet) else list(subjects)
    sent = Message.objects.filter(subject__in=subjects, state__in=WENT_OUT)
    mails = sent.values_list("recipient_id", "sent_at", Value("mail"))
    listed = DigestEntry.objects.filter(subject__in=subjects, is_listed=True)
    when = listed.filter(digest__subject__messages__state__in=WENT_OUT)
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
