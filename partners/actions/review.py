"""The Working Group looks at an application: checks, discusses, asks the applicant, recommends (§3.3a; P5)."""

from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from governance.actions import open_decision
from governance.models import Decision
from governance.seats import committee
from notifications.actions import announce
from notifications.models import Subject
from partners.internal import WITH_WORKING_GROUP
from partners.messages.review import QuestionAsked
from partners.models import Application, Check, Criterion, Inquiry, Note, Recommendation
from partners.un_link import un_link_of
from sharing.holdings import people_of
from slt_portal.states import StaleState

from .steps import enter

State = Application.State
Verdict = Recommendation.Verdict
# The same words from the same person within this time are a second click, not a second remark.
DOUBLE_CLICK = timedelta(minutes=2)


@transaction.atomic
def check(application: Application, *, criterion: str, verdict: str, comment: str, by) -> Check:
    """Say whether a criterion is met, as `by` sees it; the newest says how it stands (§2).

    Raises ValidationError with the field: a comment is wanted unless it is met, and the link to the UN is not met as
    long as no entity confirmed it (P3). Raises StaleState once the application has left the Working Group.
    """
    application = lock(application)
    criterion, verdict = Criterion(criterion), Check.Verdict(verdict)
    if verdict != Check.Verdict.MET and not comment:
        raise ValidationError({"comment": _("Say why. The Committee reads it.")}, code="reasons")
    is_link_met = criterion == Criterion.UN_LINK and verdict == Check.Verdict.MET
    if is_link_met and (trouble := un_link_of(application).trouble):
        raise ValidationError({"verdict": trouble}, code="un_link")
    last = application.checks.filter(criterion=criterion).last()
    if last and last.verdict == verdict and _is_second_click(last, by, "comment", comment):
        return last
    row = _write(Check(application=application, criterion=criterion, verdict=verdict, by=by), comment=comment)
    _record("partners.criterion_checked", application, by, criterion=str(criterion), verdict=str(verdict))
    return row


@transaction.atomic
def note(application: Application, *, text: str, by) -> Note:
    """Add a remark to the discussion of the Working Group. Raises StaleState once the application has left it."""
    application = lock(application)
    last = application.notes.last()
    if last and _is_second_click(last, by, "text", text):
        return last
    row = _write(Note(application=application, by=by), text=text)
    _record("partners.note_written", application, by)
    return row


@transaction.atomic
def ask(application: Application, *, text: str, by) -> Inquiry:
    """Ask the applicant something; its people are told by mail. Asked the same twice, it is one question.

    Raises StaleState once the application has left the Working Group.
    """
    application = lock(application)
    last = application.inquiries.last()
    if last and last.answered_at is None and last.texts.get("question") == text and last.dropped_at is None:
        return last
    number = (application.inquiries.aggregate(last=Max("number"))["last"] or 0) + 1
    subject = Subject.objects.create()
    row = Inquiry(application=application, number=number, subject=subject, asked_by=by)
    row.write({"question": text})
    row.save(force_insert=True)
    people = people_of({f"applicant:{application.organisation_id}"})
    announce(QuestionAsked, subject=subject, event_key=f"inquiry:{row.uid}", recipients=people)
    enter(application, State.QUESTIONED, by=by)
    _record("partners.question_asked", application, by, number=number)
    return row


@transaction.atomic
def go_on(application: Application, *, by) -> None:
    """Go on without an answer to what is still open. Raises StaleState if the applicant answered meanwhile."""
    application = lock(application)
    dropped = application.inquiries.filter(answered_at=None, dropped_at=None).update(dropped_at=timezone.now())
    enter(application, State.SUBMITTED, by=by)
    _record("partners.questions_dropped", application, by, number=dropped)


@transaction.atomic
def recommend(application: Application, *, verdict: str, reasons: str, by) -> Recommendation:
    """Recommend to admit or to refuse; that opens the decision of the Oversight Committee (§3.3b; P6).

    Raises ValidationError with the field (what is missing), StaleState if the application has moved on.
    """
    application = lock(application)
    verdict = Verdict(verdict)
    if trouble := trouble_of(application, verdict):
        raise ValidationError({"verdict": trouble}, code="not_ready")
    if not reasons:
        raise ValidationError({"reasons": _("Write the reasons. The Committee decides on them.")}, code="reasons")
    decision = open_decision(
        question="partners.admission",
        body=committee(),
        proposal=verdict.value,
        rule=Decision.Rule.SILENCE,
        deadline=timezone.now() + timedelta(days=settings.DECISION_DAYS),
        by=by,
        concerns=application.organisation,
    )
    row = Recommendation(application=application, verdict=verdict, decision=decision, by=by)
    row = _write(row, reasons=reasons)
    enter(application, State.RECOMMENDED, by=by)
    _record("partners.recommended", application, by, verdict=str(verdict), decision=decision.ref)
    return row


def newest_checks(application: Application) -> dict[str, Check]:
    """The newest check of each criterion that was checked."""
    return {row.criterion: row for row in application.checks.select_related("by")}


def trouble_of(application: Application, verdict: str) -> str:
    """What keeps the Working Group from recommending that; empty if nothing does (P3, P5)."""
    checks = newest_checks(application)
    if missing := [criterion.label for criterion in Criterion if criterion not in checks]:
        names = ", ".join(str(label) for label in missing)
        return _("Check every criterion first. Still open: %(criteria)s.") % {"criteria": names}
    if verdict == Verdict.REFUSE:
        return ""
    link = un_link_of(application)
    if link.trouble:
        return link.trouble
    if checks[Criterion.UN_LINK].verdict != Check.Verdict.MET and not link.exception_holds:
        return _("The link to a UN entity stands as not met. Check that criterion again before you recommend to admit.")
    return ""


def lock(application: Application) -> Application:
    """The application as it is now, locked. Raises StaleState if the Working Group has it no more."""
    rows = Application.objects.for_system("the review").select_for_update(of=("self",), no_key=True)
    row = rows.select_related("organisation", "data_key").get(pk=application.pk)
    if row.state not in WITH_WORKING_GROUP:
        raise StaleState(f"{row.ref}: not with the Working Group")
    return row


def _write(row, **texts):
    row.write(texts)
    row.save(force_insert=True)
    return row


def _is_second_click(row, by, name, text):
    return row.by_id == by.pk and row.at > timezone.now() - DOUBLE_CLICK and row.texts.get(name) == text


def _record(verb, application, by, **facts):
    record(verb, by=by, object_type="application", object_ref=application.ref, facts=facts)
