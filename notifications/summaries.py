"""What stands in a daily summary at the moment it is sent: only what its reader may still see and still wants (G8)."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

import structlog
from django.conf import settings
from django.utils import timezone

from .kinds import Line, UnknownKind, kind_of
from .models import DigestEntry, Message, Subscription

log = structlog.get_logger(__name__)
MOST_LINES = 200
LATE_AFTER = timedelta(hours=3)


@dataclass
class Summary:
    """The lines; which entries they stand for; which could not be read now and wait for the next summary;
    of which day it is."""

    lines: list[Line] = field(default_factory=list)
    listed: list[int] = field(default_factory=list)
    unreadable: list[int] = field(default_factory=list)
    oldest: datetime | None = None
    on: date | None = None
    has_more: bool = False


def summary_of(message: Message) -> Summary:
    """What the summary that is sent with `message` says; read once for each attempt to send it."""
    if not hasattr(message, "summary"):
        message.summary = _read(message)
    return message.summary


def _read(message):
    summary = Summary()
    rows = DigestEntry.objects.filter(digest__subject=message.subject_id).order_by("-created_at", "-pk")
    entries = list(rows.select_related("digest")[: MOST_LINES + 1])
    summary.on = entries[0].digest.on if entries else None
    summary.has_more = len(entries) > MOST_LINES
    chosen = {row.area_id: row for row in Subscription.objects.filter(user=message.recipient_id)}
    for entry in reversed(entries[:MOST_LINES]):
        try:
            line = _line(entry, message.recipient)
        except Exception as error:  # one that cannot be read must not hold up the others; it may quote its content
            log.error("digest_line_failed", kind=entry.kind, entry=entry.pk, error=type(error).__name__)
            summary.unreadable.append(entry.pk)
            continue
        if line is None or not (entry.is_overflow or _is_wanted(line, chosen)):
            continue
        summary.oldest = summary.oldest or entry.created_at
        summary.listed.append(entry.pk)
        if line.ref not in {other.ref for other in summary.lines}:  # several things about one incident are one line
            summary.lines.append(replace(line, at=entry.created_at))
    return summary


def _line(entry, reader):
    try:
        kind = kind_of(entry.kind)
    except UnknownKind:  # of an app that is gone
        return None
    return kind.digest_line(entry.subject_id, reader) if kind.digest_line else None


def _is_wanted(line, chosen):
    """What the person chose, asked again: they may have changed it since this was put aside for them."""
    if not line.area_ids:
        return True
    choice = next((chosen[area] for area in line.area_ids if area in chosen), None)
    if choice is None:
        return line.works_there
    return choice.lets_through(category=line.category, severity=line.severity)


def settle_summary(message: Message) -> None:
    """Remember what stood in a summary that was sent; what could not be read waits for the next one."""
    summary = summary_of(message)
    if message.state == Message.State.SENT:
        DigestEntry.objects.filter(pk__in=summary.listed).update(is_listed=True)
    if summary.unreadable:
        _wait_again(DigestEntry.objects.filter(pk__in=summary.unreadable))


def _wait_again(entries):
    """As new rows, because the same may have come again meanwhile and waits: then that one stands for both."""
    again = [
        DigestEntry(
            user_id=entry.user_id,
            subject_id=entry.subject_id,
            kind=entry.kind,
            created_at=entry.created_at,
            is_overflow=entry.is_overflow,
        )
        for entry in entries
    ]
    entries.delete()
    DigestEntry.objects.bulk_create(again, ignore_conflicts=True)


def is_late(summary: Summary, zone, now: datetime | None = None) -> bool:
    """Whether something in it should have been in a summary hours ago: the portal or its mail stood still meanwhile."""
    if summary.oldest is None:
        return False
    day = summary.oldest.astimezone(zone).date()
    if hour_of_summary(day, zone) <= summary.oldest:
        day += timedelta(days=1)
    return (now or timezone.now()) > hour_of_summary(day, zone) + LATE_AFTER


def hour_of_summary(day: date, zone) -> datetime:
    """The moment at which the summary of a day is due in a time zone."""
    return datetime.combine(day, time(settings.DIGEST_HOUR), zone).astimezone(UTC)
