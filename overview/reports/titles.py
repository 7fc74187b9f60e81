"""What a report is called, and its time in words."""

from datetime import UTC

from django.utils.translation import gettext as _

from overview.models import PeriodicReport
from slt_portal.templatetags.portal import day_text


def title_of(report: PeriodicReport) -> str:
    """What it is, in the language that is active."""
    if report.is_annual:
        return _("Annual report %(year)s") % {"year": report.starts_on.year}
    return _("Report, %(time)s") % {"time": time_of(report)}


def time_of(report: PeriodicReport) -> str:
    """From which day to which."""
    days = {"first": day_text(report.starts_on), "last": day_text(report.ends_on)}
    return _("%(first)s to %(last)s") % days


def cut_off_of(report: PeriodicReport) -> str:
    """The moment of the cut-off, in UTC."""
    at = report.cut_off.astimezone(UTC)
    return _("%(day)s, %(time)s UTC") % {"day": day_text(at.date()), "time": at.strftime("%H:%M")}
