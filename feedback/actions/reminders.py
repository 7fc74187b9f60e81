"""Deadlines of cases and questions: told once before, once when overdue; nothing closes by itself (F2, F4).

However many are due, and however long nobody looked: one mail for each person and day, which says all that is due.
"""

from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from feedback.due import borders, people_told
from feedback.handlers import able
from feedback.messages.reminders import CasesDue, QuestionsDue
from feedback.models import Case, Inquiry, Reminder
from feedback.newcomers import each, entitle_newcomers
from feedback.offices import people_asked
from notifications.actions import announce
from notifications.models import Subject

from .steps import locked
from .suspensions import open_missing

What = Reminder.What
_SUBJECTS = UUID("6f0c4f4e-1f5a-4f5e-9d0e-7f2a3b1c5d90")  # of what the mails of one day are about
_WHY = "what is due"


def look_after_cases(now: datetime | None = None) -> int:
    """The hourly tick: cases that suspensions lack, grants of who came to an office, reminders; returns how many
    deadlines were told. Run twice, or twice at once, nobody gets a second mail."""
    each((open_missing, entitle_newcomers), lambda job: job() or 0)
    return remind(now)


def remind(now: datetime | None = None) -> int:
    """Tell what is due soon, and what is overdue, to whoever has the next step; returns how many deadlines were told.

    A deadline that passed while nobody looked is told as overdue only.
    """
    now = now or timezone.now()
    count = each(_cases(now).values_list("pk", flat=True), lambda pk: _remind_of_case(pk, now))
    return count + each(_questions(now).values_list("pk", flat=True), lambda pk: _remind_of_question(pk, now))


def _announce(kind, people, now):
    """One mail for each person and day, whichever deadline is told first: it says all that is due when it leaves."""
    day = f"{kind.code}:{now:%Y-%m-%d}"
    subject, _ = Subject.objects.get_or_create(pk=uuid5(_SUBJECTS, day))
    announce(kind, subject=subject, event_key=day, recipients=people)


def _cases(now):
    """Open cases with a deadline that was not told yet."""
    overdue_before, soon_before = borders(now)
    made = Reminder.objects.for_system(_WHY).filter(case=OuterRef("pk"), due_at=OuterRef("due_at"))
    is_late = Q(due_at__lt=overdue_before) & ~Q(Exists(made.filter(what=What.OVERDUE)))
    is_soon = Q(due_at__gte=overdue_before, due_at__lt=soon_before) & ~Q(Exists(made))
    rows = Case.objects.for_system(_WHY).exclude(state=Case.State.CLOSED).filter(is_late | is_soon)
    return rows.order_by("due_at", "pk")


@transaction.atomic
def _remind_of_case(pk, now) -> bool:
    """Asked again under the lock: another worker may have the same tick. Where nobody is there to be told, it waits."""
    case = locked(Case(pk=pk))
    if not _cases(now).filter(pk=pk).exists():
        return False
    what = What.OVERDUE if case.due_at < borders(now)[0] else What.SOON
    people = people_told(case, what)
    if people:
        Reminder.objects.create(case=case, what=what, due_at=case.due_at, at=now)
        _announce(CasesDue, people, now)
    return bool(people)


def _questions(now):
    """Questions that nobody has answered, and whose deadline was not told yet: before it, and once it has passed."""
    overdue_before, soon_before = borders(now)
    is_late = Q(due_at__lt=overdue_before) & (Q(reminded_at=None) | Q(reminded_at__lt=F("due_at")))
    is_soon = Q(due_at__gte=overdue_before, due_at__lt=soon_before, reminded_at=None)
    rows = Inquiry.objects.for_system(_WHY).filter(is_late | is_soon, state=Inquiry.State.OPEN)
    return rows.exclude(case__state=Case.State.CLOSED).order_by("due_at", "pk")


@transaction.atomic
def _remind_of_question(pk, now) -> bool:
    """Told to the office that is asked; that it is overdue, to those who asked as well."""
    rows = Inquiry.objects.for_system(_WHY).select_for_update(of=("self",), no_key=True).select_related("case")
    inquiry = rows.get(pk=pk)
    if not _questions(now).filter(pk=pk).exists():
        return False
    is_overdue = inquiry.due_at < borders(now)[0]
    Inquiry.objects.for_system(_WHY).filter(pk=pk).update(reminded_at=now)
    _announce(QuestionsDue, people_asked(inquiry), now)
    if is_overdue:
        _announce(CasesDue, able(inquiry.case), now)
    return True
