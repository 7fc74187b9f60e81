"""Who may send feedback, take it in, and do what with a case (F1-F4). Who sees which: .querysets."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from sharing.access import Access

from .handlers import parties_to
from .models import Case, Inquiry, Lesson
from .querysets import own_organisations, reads_lessons

FILERS = frozenset({"partner_headquarters", "partner_field", "un_security_officer", "ocha"})
_INTAKE = ("dss_world", "consortium_desk")


def files_feedback(access: Access) -> bool:
    """Whether this person may send feedback: partner organisations at headquarters and in the field, UN security
    officers, OCHA; a suspended organisation too (F1)."""
    return any(capacity.role in FILERS for capacity in access.through) and bool(own_organisations(access))


def handles_feedback(access: Access) -> bool:
    """Whether cases can come to this person: DSS headquarters, consortium desks, both bodies."""
    kinds = {name.partition(":")[0] for name in access.principals}
    return bool(kinds & {*_INTAKE, "working_group", "oversight_committee"})


def has_part_in_feedback(access: Access) -> bool:
    """Whether the pages of feedback exist for this person at all."""
    return files_feedback(access) or handles_feedback(access)


def reads_published_lessons(access: Access) -> bool:
    """Whether this person reads lessons (F4)."""
    return reads_lessons(access)


def parties_to_case(access: Access, case: Case, given=None) -> frozenset[str]:
    """As handlers.parties_to, and what only time makes: late_handler once the sender's time to answer has passed,
    reopener within FEEDBACK_REOPEN_DAYS of the end, but not of what went to the mandatory channels.

    A handler is resolver too, but of a suspension: its steps are taken on the page of its own procedure (§3). `given`:
    handlers.grants_of(case), where the caller has read them.
    """
    found = set(parties_to(access, case, given))
    if case.suspension_id:
        return frozenset(found - {"working_group"})
    if "handler" in found:
        found.add("resolver")
    if "handler" in found and case.is_overdue(access.on):
        found.add("late_handler")
    if case.state == Case.State.CLOSED and case.sender_id and case.outcome != "diverted":
        is_fresh = case.closed_at + timedelta(days=settings.FEEDBACK_REOPEN_DAYS) > timezone.now()
        if is_fresh and found & {"sender", "handler"}:
            found.add("reopener")
    return frozenset(found)


def parties_to_inquiry(access: Access, inquiry: Inquiry) -> frozenset[str]:
    """`asked`: who holds the office, and sees it (InquiryQuerySet.asked_of)."""
    return frozenset({"asked"} if inquiry.principal in access.principals else ())


def writes_lessons(access: Access, case: Case) -> bool:
    """Whether this person, who sees it, writes a lesson from `case`: who handles it, once it is closed, but not of what
    went to the mandatory channels (F4)."""
    is_over = case.state == Case.State.CLOSED and case.outcome != "diverted"
    return is_over and "handler" in parties_to(access, case)


def parties_to_lesson(access: Access, lesson: Lesson) -> frozenset[str]:
    """`author`: whoever handles the case and wrote it last; `second_reader`: another who handles it."""
    if "handler" not in parties_to(access, lesson.case):
        return frozenset()
    return frozenset({"author"} if lesson.written_by_id == access.user_id else {"second_reader"})
