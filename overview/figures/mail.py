"""Whether mail arrives (G1). In steps and by whole months, because one mail more can be one report, or one case, more.

Mails are kept for a year at least and can be sent again: what had become of them on a day that is gone is not known, so
no report has this figure. What has to be known for good is that of the lists of areas (levels).
"""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

from django.db.models import Count, Exists, OuterRef
from django.db.models.functions import TruncMonth
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from notifications.models import Bounce, Message
from overview.disclosure import stepped
from overview.figures.past import last_day
from overview.figures.registry import Figure, Period, register
from overview.figures.values import of
from sharing.access import Access
from slt_portal.months import months_later

_OUTCOMES = ("sent", "bounced", "failed")


@register
class Reach(Figure):
    code = "mail.reach"
    title = _("Reach of mail")
    definition = _(
        "Mails of the portal that were queued in each whole month of the period, by what has become of them until now: "
        "arrived, come back, failed. Mails about accounts and those that were no longer due are left out."
    )
    suppression = _("Given in steps, because a single mail can tell of a single report.")
    columns = (_("Arrived"), _("Came back"), _("Failed"))
    key_name = _("Month")
    unit = _("mails")
    chart = "trend"
    is_of_moment = True
    in_report = False
    compares_itself = True

    def count(self, period: Period):
        """One row for each month, the oldest first."""
        months = _months(period)
        if not months or last_day(period) != timezone.now().date():
            return [(month.isoformat(), [None] * len(_OUTCOMES)) for month in months]
        begin, end = _midnight(months[0]), _midnight(months_later(months[-1], 1))
        rows = Message.objects.filter(created_at__gte=begin, created_at__lt=end)
        rows = rows.exclude(priority=Message.Priority.ACCOUNT)
        back = Exists(Bounce.objects.filter(message=OuterRef("pk"), kind=Bounce.Kind.PERMANENT))
        rows = rows.annotate(month=TruncMonth("created_at", tzinfo=UTC), back=back).order_by()
        counts = Counter()
        for month, state, back, number in rows.values_list("month", "state", "back").annotate(number=Count("pk")):
            counts[_outcome(state, back), month.date()] += number
        shown = [stepped([{month: counts[what, month] for month in months}]).tables[0] for what in _OUTCOMES]
        return [(month.isoformat(), [of(table[month]) for table in shown]) for month in months]

    def label(self, key: str) -> str:
        """The month."""
        return date_format(date.fromisoformat(key), "n/Y")

    def href(self, access: Access, key: str = "") -> str:
        """The outbox, for DSS headquarters, who watch it."""
        return reverse("overview:outbox") if "dss_world" in access.principals else ""


def _outcome(state: str, back: bool) -> str:
    """Refused at once, a mail has failed and come back: it came back."""
    if state == Message.State.BOUNCED or (back and state == Message.State.FAILED):
        return "bounced"
    return str(state)


def _months(period: Period) -> list[date]:
    """The first days of the whole months of the time that are over."""
    first = period.first if period.first.day == 1 else months_later(period.first.replace(day=1), 1)
    found = []
    while months_later(first, 1) - timedelta(days=1) <= last_day(period):
        found.append(first)
        first = months_later(first, 1)
    return found


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
