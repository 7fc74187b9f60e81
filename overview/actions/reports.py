"""A report from its figures to its approval: compiled, written, reviewed, approved, frozen (G3, G7).

Every action locks the report, asks the table of steps whether `by` may take the step now, and raises StaleState where
they may not, or somebody else was first. From submit on nothing of it changes until a body sends it back.
"""

from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from audit.actions import record
from documents.issue import next_number, order_document
from documents.models import DataKey
from governance.actions import open_decision
from governance.models import Decision
from governance.seats import committee, people_of_body, working_group
from notifications.actions import announce
from notifications.models import Subject
from overview.messages import ReportApproved, ReportReturned, ReportSubmitted
from overview.models import PeriodicReport, ReportStep, Section
from overview.policies import parties_to_report
from overview.reports.compile import LANGUAGES, compiled, digest_of, period_of
from overview.reports.paper import TEMPLATE, context_of
from overview.reports.readers import headquarters_of_partners, secretariat
from overview.reports.sections import missing_texts, texts_of
from overview.reports.titles import title_of
from sharing.access import access_of
from slt_portal.states import StaleState, move, steps_open

State = PeriodicReport.State
REVIEW, APPROVAL = "overview.report_review", "overview.report"
FORWARD, APPROVE, RETURN = "forward", "approve", "return"
_WHY = "a step of a report"


class Incomplete(Exception):
    """Texts are missing: (section, language) in `texts`, or the figures are not compiled."""

    def __init__(self, texts: list[tuple[str, str]]):
        super().__init__("texts are missing")
        self.texts = texts


@transaction.atomic
def start_report(*, first: date, last: date, is_annual: bool, cut_off: datetime | None, by) -> PeriodicReport:
    """Start the report on the days from `first` to `last` and compile its figures, as of `cut_off` (None: now).

    The same time twice raises StaleState: there is a report on it. A cut-off to come, or before the time has begun, is
    a ValueError.
    """
    _may("compile", by)
    report = PeriodicReport(
        is_annual=is_annual,
        starts_on=first,
        ends_on=last,
        cut_off=_checked(cut_off, first),
        made_by=by,
        data_key=DataKey.objects.make(),
        subject=Subject.objects.create(),
    )
    try:
        with transaction.atomic():
            report.save(force_insert=True)
    except IntegrityError:
        raise StaleState("there is a report on this time") from None
    sections = [Section(report=report, code=code, language=tongue) for code in Section.Code for tongue in LANGUAGES]
    Section.objects.bulk_create(sections)
    _compile(report)
    ReportStep.objects.create(report=report, state=State.DRAFT, digest=report.digest, by=by)
    _record("report_started", report, by, digest=report.digest)
    return report


@transaction.atomic
def compile_report(report: PeriodicReport, *, cut_off: datetime | None = None, by) -> PeriodicReport:
    """Compile the figures anew, as of another cut-off or (None) the same one: then they come out the same."""
    row = _claimed(report, "compile", by)
    if cut_off is not None:
        row.cut_off = _checked(cut_off, row.starts_on)
    _compile(row)
    _record("report_compiled", row, by, digest=row.digest, cut_off=row.cut_off.isoformat())
    return row


@transaction.atomic
def save_section(report: PeriodicReport, *, code: str, language: str, text: str, version: int, by) -> Section:
    """Save a text over `version` of it, which is what its author has read; the same again changes nothing.

    StaleState: somebody else saved meanwhile, and nothing of theirs is lost.
    """
    row = _claimed(report, "write", by)
    section = row.sections.select_for_update().get(code=code, language=language)
    section.report = row
    if section.texts.get("text", "") == text:
        return section
    if section.version != version:
        raise StaleState("somebody else saved this text")
    section.write({"text": text})
    section.version, section.saved_by, section.saved_at = version + 1, by, timezone.now()
    section.save(update_fields=["sealed", "version", "saved_by", "saved_at"])
    _record("report_written", row, by, section=str(code), language=language, version=section.version)
    return section


@transaction.atomic
def submit_report(report: PeriodicReport, *, by) -> Decision:
    """Put it to the Working Group, as it is. Raises Incomplete where texts are missing."""
    row = _claimed(report, "submit", by)
    if missing := missing_texts(row):
        raise Incomplete(missing)
    decision = _ask(row, REVIEW, working_group(), FORWARD, settings.RECOMMENDATION_DAYS, State.REVIEW, by)
    asked = people_of_body(working_group())  # who is asked has the mail of the decision
    _announce(ReportSubmitted, row, decision.ref, (people_of_body(committee()) | secretariat()) - asked)
    _record("report_submitted", row, by, decision=decision.ref, digest=row.digest)
    return decision


@transaction.atomic
def discard_report(report: PeriodicReport, *, by) -> None:
    """Let a draft go: another report on the same time can be started."""
    row = _claimed(report, "discard", by)
    _enter(row, State.DISCARDED, by=by)
    _record("report_discarded", row, by)


@transaction.atomic
def review_closed(report: PeriodicReport, decision: Decision, *, by) -> None:
    """The Working Group forwards it to the Committee, or sends it back; in the transaction that closes its decision."""
    row = _locked(report)
    if decision.outcome == RETURN:
        _returned(row, decision, by)
        return
    asked = _ask(row, APPROVAL, committee(), APPROVE, settings.DECISION_DAYS, State.COMMITTEE, by)
    _record("report_forwarded", row, by, decision=asked.ref)


@transaction.atomic
def approval_closed(report: PeriodicReport, decision: Decision, *, by) -> None:
    """The Committee approves: it has its number, and its documents are ordered here and now; or sends it back."""
    row = _locked(report)
    if decision.outcome == RETURN:
        _returned(row, decision, by)
        return
    _enter(row, State.APPROVED, by=by, number=next_number("RPT"))
    _order_papers(row)
    bodies = people_of_body(working_group()) | people_of_body(committee())
    _announce(ReportApproved, row, "approved", bodies | secretariat() | headquarters_of_partners())
    _record("report_approved", row, by, number=row.number, decision=decision.ref, digest=row.digest)


def _ask(row, question, body, proposal, days, state, by) -> Decision:
    """Put it to `body`; the decision is noted on the report before anything can follow from it."""
    name = "review" if state == State.REVIEW else "approval"
    return open_decision(
        question=question,
        body=body,
        proposal=proposal,
        deadline=timezone.now() + timedelta(days=days),
        rule=Decision.Rule.SILENCE,
        by=by,
        link=lambda decision: _enter(row, state, by=by, decision=decision, **{name: decision}),
    )


def _returned(row, decision, by):
    """A draft again, with the reasons; what was written stays."""
    back = {"at": timezone.now().isoformat(), "decision": decision.ref, "reasons": decision.texts.get("reasons", "")}
    row.write({"returned": [*row.texts.get("returned", ()), back]})
    _enter(row, State.DRAFT, by=by, sealed=row.sealed, review=None, approval=None)
    _announce(ReportReturned, row, decision.ref, people_of_body(working_group()) | secretariat())
    _record("report_returned", row, by, decision=decision.ref)


def _enter(row, state, *, by, decision=None, **changes):
    move(row, state, state_since=timezone.now(), **changes)
    ReportStep.objects.create(report=row, state=state, decision=decision, digest=row.digest, by=by)


def _order_papers(row):
    """A worker makes them, from words that are frozen now."""
    sections = texts_of(row)
    for language in LANGUAGES:
        with translation.override(language):
            order_document(
                number=row.number,
                language=language,
                template=TEMPLATE,
                title=title_of(row),
                context=context_of(row, language, sections),
            )


def _compile(row):
    data, words = compiled(period_of(row))
    row.figures, row.digest, row.compiled_at = {"data": data, "words": words}, digest_of(data), timezone.now()
    row.save(update_fields=["figures", "digest", "compiled_at", "cut_off"])


def _checked(cut_off, first):
    """The cut-off; now without one."""
    now = timezone.now()
    cut_off = cut_off or now
    if cut_off > now or cut_off.astimezone(UTC).date() < first:
        raise ValueError("a cut-off lies between the beginning of the time and now")
    return cut_off


def _claimed(report, step, by):
    row = _locked(report)
    if step not in steps_open(row, parties_to_report(access_of(by))):
        raise StaleState(f"{row.state}: {step} is not open to this person")
    return row


def _may(step, by):
    """For what is not there yet: a draft is asked."""
    if step not in steps_open(PeriodicReport(), parties_to_report(access_of(by))):
        raise StaleState(f"{step} is not open to this person")


def _locked(report) -> PeriodicReport:
    rows = PeriodicReport.objects.for_system(_WHY).select_for_update(of=("self",), no_key=True)
    return rows.select_related("data_key", "subject", "review", "approval").get(pk=report.pk)


def _announce(kind, row, event, recipients):
    key = f"report:{row.ref}:{kind.code}:{event}"
    announce(kind, subject=row.subject, event_key=key, recipients=recipients)


def _record(verb, row, by, **facts):
    record(f"overview.{verb}", by=by, object_type="report", object_ref=row.ref, facts=facts)
