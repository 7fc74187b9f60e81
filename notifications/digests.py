"""Making the daily summaries (G8): a tick asks who is due one; one row per person and day makes each of them once."""

from collections.abc import Iterator
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Min, OuterRef, Subquery
from django.utils import timezone

from .messages import DailySummary
from .models import Digest, DigestEntry, Message, Subject
from .rendering import zone_of
from .summaries import hour_of_summary


def make_digests(now: datetime | None = None) -> int:
    """Make the summary of everybody who is due one at `now`; returns how many. The caller wakes the worker.

    Due is who has something that came before DIGEST_HOUR of today on their own clock, once that hour has struck, and
    has no summary of this day yet. After a time without ticks everything that waited is in one summary.
    """
    return sum(_make(user_id, on) for user_id, on in list(_due(now or timezone.now())))


def _due(now) -> Iterator[tuple[int, date]]:
    newest = Digest.objects.filter(user=OuterRef("user")).order_by("-on").values("on")[:1]
    rows = DigestEntry.objects.filter(digest=None).values("user_id", "user__time_zone")
    rows = rows.annotate(oldest=Min("created_at"), last=Subquery(newest)).order_by("user_id")
    for row in rows:
        zone = zone_of(row["user__time_zone"])
        today = now.astimezone(zone).date()
        strikes = hour_of_summary(today, zone)
        # "Before", not "other than": who has flown west must not get a second summary of a day that begins again.
        if now >= strikes > row["oldest"] and (row["last"] is None or row["last"] < today):
            yield row["user_id"], today


def _make(user_id, on):
    try:
        with transaction.atomic():
            return _claim(user_id, on)
    except IntegrityError:  # another worker made the summary of this day a moment ago
        return False


def _claim(user_id, on):
    """Summary, what stands in it, and its message: together or not at all."""
    waiting = DigestEntry.objects.select_for_update(skip_locked=True).filter(user=user_id, digest=None)
    entries = list(waiting.values_list("pk", flat=True))
    if not entries:
        return False
    subject = Subject.objects.create()
    digest = Digest.objects.create(user_id=user_id, on=on, subject=subject)
    DigestEntry.objects.filter(pk__in=entries).update(digest=digest)
    Message.objects.create(
        kind=DailySummary.code,
        subject=subject,
        event_key=f"digest {user_id} {on.isoformat()}",
        recipient_id=user_id,
        priority=DailySummary.priority,
    )
    return True
