"""What is due for somebody, and whom each deadline is told to: the next step is theirs, or is late (F2, F4).

By days in UTC, so that everything that falls due in one day comes in one mail.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from sharing.access import Access

from .handlers import able, handlers_of, people_of_sender
from .models import Case, CaseGrant, Inquiry, Reminder

State, What = Case.State, Reminder.What
WORKING_ON = frozenset({"dss_world", "consortium_desk", "working_group"})  # who takes steps; the Committee reads along
_WHY = "whom a deadline is told to"


@dataclass(frozen=True)
class Due:
    """One thing that is due: its reference, by when, and what to do."""

    ref: str
    due_at: datetime
    is_overdue: bool
    what: str


def borders(now: datetime | None = None) -> tuple[datetime, datetime]:
    """What was due before the first moment is told as overdue today; what is due before the second, as due soon."""
    now = now or timezone.now()
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return today, today + timedelta(days=settings.FEEDBACK_REMIND_DAYS + 1)


# --- Whom it is told to ------------------------------------------------------------------------------------------


def people_told(case: Case, what: str) -> set[int]:
    """The ids of those to whom a deadline of `case` is told: whose step it is; once it is overdue all who handle it.

    Before the Committee each seat is asked again by governance: only that it is late is told from here.
    """
    if what == What.OVERDUE:
        return _with_the_step(case) | handlers_of(case)
    return set() if case.state == State.COMMITTEE else _with_the_step(case)


def _with_the_step(case):
    if case.state == State.PROPOSED:
        return _who_answers(case)
    if case.state == State.COMMITTEE:
        return set()
    people = able(case)
    return {case.owner_id} if case.owner_id in people else people


def _who_answers(case):
    """The sender; the sender's headquarters, if they may, where the sender is there no more."""
    people = people_of_sender(case)
    return {case.sender_id} if case.sender_id in people else people


# --- What is due for one person ----------------------------------------------------------------------------------


def due_for(access: Access, now: datetime | None = None) -> list[Due]:
    """The cases, and the questions they wait for, that are due for who sends or handles them; the earliest first."""
    overdue_before, soon_before = borders(now)
    rows = Case.objects.visible_to(access).exclude(state=State.CLOSED).filter(due_at__lt=soon_before)
    rows, me = list(rows.order_by("due_at", "pk")), access.user_id
    kinds = _kinds_of(access, rows)
    found = []
    for case in rows:
        is_overdue = case.due_at < overdue_before
        is_told = (is_overdue and kinds[case.pk]) or (case.state != State.COMMITTEE and me in _with_the_step(case))
        if is_told:
            found.append(Due(case.ref, case.due_at, is_overdue, _to_do(case, kinds[case.pk], is_overdue)))
    return sorted([*found, *_unanswered(access, overdue_before)], key=lambda due: due.due_at)


def _kinds_of(access, rows) -> dict[int, set[str]]:
    found = defaultdict(set)
    grants = CaseGrant.objects.held_by(access).filter(content_object__in=[case.pk for case in rows])
    for case, principal in grants.values_list("content_object", "principal"):
        found[case].add(principal.partition(":")[0])
    return found


def _to_do(case, kinds, is_overdue) -> str:
    if case.state == State.COMMITTEE:
        return _("The Oversight Committee has not decided in time.")
    if case.state == State.PROPOSED:
        if not kinds:
            return _("Say whether you accept the proposed resolution. Nothing closes by itself.")
        return _("The sender has not answered in time. Close it, or give them longer.")
    if is_overdue and not kinds & WORKING_ON:
        return _("The Working Group is late with it.")
    if case.suspension_id:
        return _("Recommend to the Oversight Committee what becomes of the suspension.")
    if case.state == State.RECEIVED:
        return _("Classify it, then hand it over to the Working Group.")
    return _("Propose a resolution, or put it to the Oversight Committee.")


def _unanswered(access, overdue_before) -> Iterable[Due]:
    handled = Case.objects.handled_by(access).exclude(state=State.CLOSED)
    rows = Inquiry.objects.of_cases(handled.values("pk")).filter(state=Inquiry.State.OPEN, due_at__lt=overdue_before)
    for row in rows.select_related("case").order_by("due_at", "pk"):
        what = _("The office that was asked has not answered %(ref)s. Ask the next level up, or go on without.")
        yield Due(row.case.ref, row.due_at, True, what % {"ref": row.ref})


def questions_for(access: Access, now: datetime | None = None) -> list[Due]:
    """The questions that are due for somebody whose office is asked, the earliest first."""
    overdue_before, soon_before = borders(now)
    rows = Inquiry.objects.asked_of(access).filter(state=Inquiry.State.OPEN, due_at__lt=soon_before)
    what = _("Answer it, for your office.")
    return [Due(row.ref, row.due_at, row.due_at < overdue_before, what) for row in rows.order_by("due_at", "pk")]
