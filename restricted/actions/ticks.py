"""What the portal does by itself: reminds handlers of what nobody takes on, destroys what has had its time (C10)."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from restricted.contents import sent_at
from restricted.handlers import people_to_remind
from restricted.models import Report, this_month

from .filing import destroy
from .steps import locked, noted, tell

_WHY = "what waits for somebody"


def remind(now: datetime | None = None) -> int:
    """Tell the handlers of what nobody has taken on after RESTRICTED_REMIND_HOURS; returns how many reports.

    What passed both while nobody looked is told once. Run twice, or twice at once, nobody gets a second mail.
    """
    now = now or timezone.now()
    most = len(settings.RESTRICTED_REMIND_HOURS)
    rows = Report.objects.for_system(_WHY).filter(state=Report.State.NEW, reminded__lt=most)
    return sum(_remind(pk, now) for pk in rows.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def _remind(pk, now) -> bool:
    report = locked(Report(pk=pk))
    sent = sent_at(report)
    if report.state != Report.State.NEW or sent is None:
        return False
    number = sum(now - sent >= timedelta(hours=hours) for hours in settings.RESTRICTED_REMIND_HOURS)
    people = people_to_remind(report)
    if number <= report.reminded or not people:
        return False
    Report.objects.for_system(_WHY).filter(pk=pk).update(reminded=number)
    tell(report, people, str(number))
    return True


@transaction.atomic
def erase_report(report: Report) -> None:
    """Its time is over, whether somebody closed it or not: its key is destroyed, and nothing leads to its sender any
    more. Twice changes nothing."""
    row = locked(report)
    if row.state != Report.State.ERASED:
        destroy(row, Report.State.ERASED, sender="", ended_in=row.ended_in or this_month())
        noted("erased", row)
