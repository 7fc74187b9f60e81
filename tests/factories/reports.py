"""Reports in every state, with texts, and a figure of their own so that tests depend on no other."""

from datetime import date

from django.utils import timezone

from governance.models import Decision
from organisations.models import Membership
from overview.actions.reports import approval_closed, review_closed, save_section, start_report, submit_report
from overview.models import PeriodicReport, Section
from tests.factories.partnership import DSS_CHAIR, HQ, bodies

TEXT = {
    "en": "The programme grew.\nPartners met more often.\n\n- A first practice\n- A second practice\n\nThe end.",
    "fr": "Le programme a grandi.\nLes partenaires se sont vus plus souvent.\n\n- Une pratique\n- Une autre\n\nFin.",
}


def a_report(cast, state: str = "draft", *, year: int = 2025, writes: bool = True, cut_off=None) -> PeriodicReport:
    """The annual report of `year` in `state`, by the way there; the bodies' decisions close as they were proposed."""
    bodies(cast)
    first, last = date(year, 1, 1), date(year, 12, 31)
    report = start_report(first=first, last=last, is_annual=True, cut_off=cut_off, by=cast[HQ])
    if writes:
        written(cast, report)
    if state != "draft":
        decision = submit_report(report, by=cast[HQ])
        if state in {"committee", "approved"}:
            review_closed(report, settled(decision), by=None)
        if state == "approved":
            approval_closed(report, settled(now_of(report).approval), by=None)
    return now_of(report)


def settled(decision: Decision) -> Decision:
    """The decision as one that was closed with what was proposed, whatever else is open."""
    rows = Decision.objects.for_system("a test closes it").filter(pk=decision.pk)
    rows.update(state=Decision.State.CLOSED, outcome=decision.proposal, closed_at=timezone.now())
    return rows.get()


def two_of_the_group(cast) -> None:
    """Both bodies; the seat of DSS in the Working Group is held, too: the silence of one person decides nothing."""
    bodies(cast)
    held = {"organisation": cast.organisations["dss"], "role": "working_group_member", "user": cast[DSS_CHAIR]}
    Membership.objects.get_or_create(**held)


def written(cast, report: PeriodicReport) -> None:
    """All texts in both languages."""
    for code in Section.Code:
        for language, text in TEXT.items():
            version = report.sections.get(code=code, language=language).version
            save_section(report, code=code, language=language, text=text, version=version, by=cast[HQ])


def now_of(report: PeriodicReport) -> PeriodicReport:
    """The row as it is now, for tests that look at everything."""
    rows = PeriodicReport.objects.for_system("a test looks").select_related("data_key", "review", "approval")
    return rows.get(pk=report.pk)


def of_reports(cast) -> dict[str, str]:
    """Reports on every page: drafts without and with texts, one before the Working Group, an approved one."""
    review = a_report(cast, "review", year=2025)
    return {
        "report_draft": a_report(cast, "draft", year=2026, writes=False).ref,
        "report_written": a_report(cast, "draft", year=2024).ref,
        "report_review": review.ref,
        "report_decision": review.review.ref,
        "report_approved": a_report(cast, "approved", year=2023).ref,
    }
