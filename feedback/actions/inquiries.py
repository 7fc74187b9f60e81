"""Asking an office for its view, through its head or the next level up, in words that a handler writes (F3).

Who is asked learns the question and nothing of the case. What they answer is for those who handle it.
"""

from datetime import timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from audit.actions import record
from feedback import handlers, offices
from feedback.messages import handling as messages
from feedback.models import Case, Inquiry
from feedback.policies import parties_to_case
from notifications.actions import announce
from notifications.models import Subject
from sharing.access import access_of
from slt_portal.states import StaleState, move

from .intake import handled
from .steps import end_inquiries, locked

State = Inquiry.State
_WHY = "what asking an office does"


def may_ask(case: Case, parties) -> bool:
    """Whether somebody who is one of `parties` may ask an office now: who handles it, while they have it."""
    return "resolver" in parties and case.state == Case.State.HANDLING


@transaction.atomic
def ask(case: Case, *, level: offices.Level, question: str, names_sender: bool, by, uid: UUID | None = None) -> Inquiry:
    """Ask whoever holds `level` for their view; they have FEEDBACK_VIEW_DAYS. The same form (`uid`) twice is once.

    `names_sender` only where the sender agreed to be named. Raises PermissionDenied for who does not handle it,
    StaleState when it is not the time or nobody can be asked there any more, ValueError for naming who is not to be.
    """
    row, uid = handled(case, by=by), uid or uuid4()
    known = Inquiry.objects.for_system(_WHY).filter(uid=uid, case=row, asked_by=by).first()
    if known is not None:
        return known
    if not may_ask(row, parties_to_case(access_of(by), row)) or level.principal not in {
        one.principal for one in offices.askable(row)
    }:
        raise StaleState("nobody can be asked that now")
    if names_sender and not row.is_named_to_area:
        raise ValueError("the sender is not to be named")
    inquiry = Inquiry(
        uid=uid,
        case=row,
        about=row.office,
        area=row.area,
        organisation=row.about_organisation,
        principal=level.principal,
        names_sender=names_sender,
        asked_by=by,
        due_at=timezone.now() + timedelta(days=settings.FEEDBACK_VIEW_DAYS),
        subject=Subject.objects.create(),
    )
    inquiry.write({"question": question})
    inquiry.save(force_insert=True)
    _announce(messages.InquiryAsked, inquiry.subject, inquiry, "asked", offices.people_asked(inquiry))
    facts = {"case": row.ref, "principal": level.principal, "names_sender": names_sender}
    record("feedback.inquiry_asked", by=by, object_type="inquiry", object_ref=inquiry.ref, facts=facts)
    return inquiry


@transaction.atomic
def answer(inquiry: Inquiry, *, text: str, by) -> None:
    """Who is asked gives the view of the office, once; those who handle the case are told.

    Raises PermissionDenied for who is not asked, StaleState when it was answered or is no longer needed.
    """
    case = locked(inquiry.case)
    row = Inquiry.objects.for_system(_WHY).get(pk=inquiry.pk)
    row.case = case
    if not Inquiry.objects.asked_of(by).filter(pk=row.pk).exists():
        raise PermissionDenied("somebody else is asked")
    if row.state != State.OPEN:
        raise StaleState("nobody is asked any more")
    row.write({**row.texts, "answer": text})
    move(row, State.ANSWERED, sealed=row.sealed, answered_by=by, settled_at=timezone.now())
    _announce(messages.InquiryAnswered, case.subject, row, "answered", handlers.able(case))
    record("feedback.inquiry_answered", by=by, object_type="inquiry", object_ref=row.ref)


@transaction.atomic
def withdraw_inquiry(inquiry: Inquiry, *, by) -> None:
    """It is no longer needed; who was asked is told. Raises PermissionDenied for who does not handle the case,
    StaleState when it is answered or withdrawn already."""
    handled(inquiry.case, by=by)
    rows = Inquiry.objects.for_system(_WHY).filter(pk=inquiry.pk)
    if not rows.filter(state=State.OPEN).exists():
        raise StaleState("nobody is asked any more")
    end_inquiries(rows, by=by)


def _announce(kind, subject, inquiry, event, recipients):
    announce(kind, subject=subject, event_key=f"inquiry:{inquiry.ref}:{event}", recipients=recipients)
