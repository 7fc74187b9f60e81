"""A suspension without consensus is a feedback case: opened, moved and closed with it (§3, §12; P9).

The case keeps the time and the record. Every step is taken on the page of the suspension, and the organisation
concerned never learns of the case.
"""

from django.db import transaction
from django.utils import timezone

from audit.actions import record
from documents.models import DataKey
from feedback.codes import About, Category, EntryKind, Kind, Outcome, Side
from feedback.concerned import note
from feedback.handlers import entitle
from feedback.models import Case, CaseStep, Concerned
from notifications.models import Subject
from partners.models import Suspension

from .steps import due_in, enter, locked, say

_WHY = "the case of a suspension goes with it"
_THERE = Suspension.State
_WITH_THE_BODIES = (_THERE.ESCALATED, _THERE.COMMITTEE)


@transaction.atomic
def follow(suspension: Suspension, *, by) -> None:
    """Keep the case of `suspension` in step; called in the transaction of each of its steps (`by` None: the portal).

    Without consensus one is opened. Before the Committee it is there too, and with an outcome, or overtaken by a
    revocation, it is closed; what is lifted later opens nothing again. One that was never escalated has no case.
    """
    if suspension.state == _THERE.ESCALATED:
        _open(suspension, by=by)
        return
    case = Case.objects.for_system(_WHY).filter(suspension=suspension).first()
    if case is None:
        return
    case = locked(case)
    if suspension.state == _THERE.COMMITTEE and case.state == Case.State.HANDLING:
        _put(case, suspension, by=by)
    elif suspension.state not in _WITH_THE_BODIES and case.state != Case.State.CLOSED:
        _close(case, suspension, by=by)


def open_missing() -> int:
    """Open the cases of suspensions that were escalated before there were any, and are not decided; returns how many.

    Run twice, or twice at once, each has one.
    """
    known = Case.objects.for_system(_WHY).filter(suspension__isnull=False).values("suspension")
    rows = Suspension.objects.for_system(_WHY).filter(state__in=_WITH_THE_BODIES).exclude(pk__in=known)
    rows = rows.exclude(state=_THERE.COMMITTEE, agreement=None)  # at the global level nobody had to agree before
    return sum(_open_once(pk) for pk in rows.values_list("pk", flat=True))


@transaction.atomic
def _open_once(pk) -> bool:
    row = Suspension.objects.for_system(_WHY).select_for_update(of=("self",), no_key=True).get(pk=pk)
    is_known = Case.objects.for_system(_WHY).filter(suspension=row).exists()
    if is_known or row.state not in _WITH_THE_BODIES:
        return False
    case = _open(row, by=None)
    if row.state == _THERE.COMMITTEE:
        _put(case, row, by=None)
    return True


def _open(suspension, *, by) -> Case:
    """With the Working Group at once; DSS headquarters keep the records."""
    now = timezone.now()
    case = Case(
        kind=Kind.SUSPENSION,
        about=About.ORGANISATION,
        area=suspension.area,
        about_organisation=suspension.organisation,
        category=Category.PARTNERSHIP,
        state=Case.State.HANDLING,
        state_since=now,
        due_at=due_in(Case.State.HANDLING, now),
        filed_at=now,
        handed_over_at=now,
        suspension=suspension,
        data_key=DataKey.objects.make(),
        subject=Subject.objects.create(),
    )
    case.write({"title": suspension.ref})
    case.save(force_insert=True)
    CaseStep.objects.create(case=case, state=case.state, by=by, at=now, due_at=case.due_at)
    note([Concerned(case=case, organisation=suspension.organisation)])
    entitle(case, by=by)
    facts = {"suspension": suspension.ref}
    record("feedback.suspension_case_opened", by=by, object_type="case", object_ref=case.ref, facts=facts)
    return case


def _put(case, suspension, *, by):
    enter(case, Case.State.COMMITTEE, by=by, due_at=suspension.decision.deadline)
    entitle(case, by=by)


def _close(case, suspension, *, by):
    """The outcome of the suspension is that of the case, in the words of its last notice."""
    notices = suspension.texts.get("notices", ())
    said = notices[-1] if notices else {}
    text = said["text"] if said.get("outcome") == suspension.state else ""
    say(case, EntryKind.OUTCOME, text, side=Side.PORTAL, by=by, outcome=Outcome.DECIDED)
    enter(case, Case.State.CLOSED, by=by, outcome=Outcome.DECIDED)
