"""Mails about reports: before the Working Group, come back, approved (G3). No figure stands in them."""

from django.urls import reverse

from notifications.kinds import Kind, register, site_link
from sharing.access import access_of

from .models import PeriodicReport
from .policies import parties_to_report
from .reports.titles import title_of

State = PeriodicReport.State


class _AboutReport(Kind):
    """A kind about one report, as long as the recipient may read it and it stands in one of `states`."""

    states: frozenset[str]

    def report_of(self, message) -> PeriodicReport | None:
        """The report, if the recipient may read it."""
        if not hasattr(message, "report_read"):
            rows = PeriodicReport.objects.visible_to(message.recipient).defer("figures")
            message.report_read = rows.filter(subject=message.subject_id).first()
        return message.report_read

    def still_due(self, message):
        """As long as it stands so."""
        row = self.report_of(message)
        return row is not None and row.state in self.states

    def context(self, message):
        """The report, what it is on, and its page."""
        row = self.report_of(message)
        return {"report": row, "what": title_of(row), "link": site_link(reverse("overview:report", args=[row.ref]))}


@register
class ReportSubmitted(_AboutReport):
    """It is before the Working Group; the secretariat and the Committee know what is coming."""

    code = "overview.report_submitted"
    states = frozenset({State.REVIEW})


@register
class ReportReturned(_AboutReport):
    """A body sent it back: DSS headquarters changes it and submits it again."""

    code = "overview.report_returned"
    states = frozenset({State.DRAFT})

    def context(self, message):
        """Also whether the next step is the recipient's."""
        is_theirs = "dss_headquarters" in parties_to_report(access_of(message.recipient))
        return super().context(message) | {"is_theirs": is_theirs}


@register
class ReportApproved(_AboutReport):
    """The Committee approved it: it has its number, and can be read."""

    code = "overview.report_approved"
    states = frozenset({State.APPROVED})
