"""The questions that a report puts to the bodies: forward it, then approve it (G3)."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.questions import Question, register

from .actions import reports
from .models import PeriodicReport
from .reports.titles import cut_off_of, title_of


def in_groups(digest: str) -> str:
    """A fingerprint in groups of eight, so that a phone can break the line."""
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))


class _AboutReport(Question):
    """A question about a report."""

    reasons_read_by = gettext_lazy("If it goes back, both bodies and the secretariat read them. Name no person.")

    def report_of(self, decision) -> PeriodicReport:
        """What it is about, also after it came back and was put again."""
        if not hasattr(decision, "report_read"):  # the page asks for facts and address: one question
            rows = PeriodicReport.objects.for_system("what a decision is about").defer("figures")
            decision.report_read = rows.get(steps__decision=decision)
        return decision.report_read

    def facts(self, decision):
        """Which report, its time and its cut-off, and the digest of its figures."""
        row = self.report_of(decision)
        return [
            {"label": _("Report"), "value": f"{row.ref} · {title_of(row)}"},
            {"label": _("Cut-off"), "value": cut_off_of(row)},
            {"label": _("Fingerprint of the figures (SHA-256)"), "value": in_groups(row.digest)},
        ]

    def href(self, decision):
        """The page of the report."""
        return reverse("overview:report", args=[self.report_of(decision).ref])


@register
class ReportReview(_AboutReport):
    """The Working Group reads it and passes it on to the Committee, or sends it back."""

    code = reports.REVIEW
    outcomes = {
        reports.FORWARD: gettext_lazy("pass it on to the Oversight Committee"),
        reports.RETURN: gettext_lazy("send it back to DSS headquarters"),
    }
    explained = frozenset({reports.RETURN})
    by_silence = frozenset({reports.FORWARD})

    def title(self, decision):
        """That it is the review."""
        return _("Review of a report to the Inter-Agency Standing Committee")

    def carry_out(self, decision, *, by):
        """Up, or back."""
        reports.review_closed(self.report_of(decision), decision, by=by)


@register
class ReportApproval(_AboutReport):
    """The Committee approves it, or sends it back."""

    code = reports.APPROVAL
    outcomes = {
        reports.APPROVE: gettext_lazy("approve the report"),
        reports.RETURN: gettext_lazy("send it back to DSS headquarters"),
    }
    explained = frozenset({reports.RETURN})
    by_silence = frozenset({reports.APPROVE})

    def title(self, decision):
        """That it is the approval."""
        return _("Approval of a report to the Inter-Agency Standing Committee")

    def carry_out(self, decision, *, by):
        """Numbered and frozen, or back."""
        reports.approval_closed(self.report_of(decision), decision, by=by)
