"""Times that are told to a week and no finer, because the hour would name who reported what (C1)."""

from datetime import date, datetime, timedelta

from django.utils import timezone


def week_of(at: datetime) -> date:
    """The Monday of its week, on the reader's calendar."""
    on = timezone.localtime(at).date()
    return on - timedelta(days=on.weekday())
