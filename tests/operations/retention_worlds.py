"""When retention is tried; what it finds then of the restricted track, and open matters that are just as old."""

from datetime import UTC, datetime, timedelta

from restricted.models import Handler, Report
from tests.factories.restricted import a_report

NOW = datetime(2036, 1, 1, tzinfo=UTC)
OLD = NOW - timedelta(days=3 * 365)  # longer than any rule that has a period


def restricted(cast, state="closed"):
    """Ended long ago; the others are open, ended this month, or ended in the other way."""
    rows = Report.objects.for_system("test")
    found = [a_report(cast) for _ in range(4)]
    other = "withdrawn" if state == "closed" else "closed"
    for row, (became, ended_in) in zip(found[1:], ((state, OLD), (state, NOW), (other, OLD)), strict=True):
        rows.filter(pk=row.pk).update(state=became, ended_in=ended_in.date().replace(day=1))
    return found[1], [found[0], *found[2:]]


def withdrawn(cast):
    return restricted(cast, "withdrawn")


def unclosed(cast):
    """Sent long ago and never closed; the others are new, or were closed this month."""
    rows = Report.objects.for_system("test")
    found = [a_report(cast) for _ in range(3)]
    rows.filter(pk__in=[found[0].pk, found[2].pk]).update(month=OLD.date().replace(day=1))
    rows.filter(pk=found[1].pk).update(month=NOW.date().replace(day=1))
    rows.filter(pk=found[2].pk).update(state="closed", ended_in=NOW.date().replace(day=1))
    return found[0], found[1:]


def unread(cast):
    """The same without anybody who can read them, but for one that somebody can."""
    over, others = unclosed(cast)
    Handler.objects.for_system("test").update(removed_in=OLD.date())
    read = a_report(cast)
    Report.objects.for_system("test").filter(pk=read.pk).update(month=OLD.date().replace(day=1))
    return over, [*others, read]
