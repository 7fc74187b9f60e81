"""What a desk does with an incident: receives it, grades it, notes what was done, answers (I2, I3)."""

import json
from dataclasses import dataclass
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from areas.models import Area
from audit.actions import record
from notifications.actions import announce
from notifications.models import Subject
from organisations.models import Organisation
from sharing.audiences import readers_of
from sharing.markings import CHOSEN_DEPTHS
from sharing.models import Item
from slt_portal.states import StaleState, move

from .changes import lock, note_change, raise_version
from .kept_back import warned_at
from .messages import Answered, Asked, DeskDid
from .models import DeskEntry, Incident, IncidentRelease, Question, Report

_WHY = "work of a desk"


@dataclass(frozen=True)
class Desk:
    """In whose name a person acts: the DSS office or country security focal point of an area, or headquarters."""

    office: str
    area: Area | None

    def __str__(self):
        return f"{self.office}, {self.area}" if self.area else self.office


def _context(kind, subject):
    return f"{kind} {subject.pk}"


def _entry(item, kind, *, by, desk, text="", **columns):
    subject = Subject.objects.create()
    return DeskEntry.objects.create(
        incident=Incident.objects.for_system(_WHY).get(item=item),
        kind=kind,
        by=by,
        office=desk.office,
        area=desk.area,
        subject=subject,
        sealed=item.data_key.seal_json(text, context=_context("desk entry", subject)) if text else None,
        **columns,
    )


def _once(submission, item, *said):
    """The id of a form with what it says: sent twice it is one entry; sent again with other words, another one."""
    return submission and uuid5(submission, json.dumps([item.ref, *said]))


def _is_there(by, submission):
    return bool(submission) and DeskEntry.objects.for_system(_WHY).filter(by=by, submission=submission).exists()


def entries_of(item: Item, *, warned: Desk | None = None) -> QuerySet[DeskEntry]:
    """What desks did with `item`, in that order, with area and person. For desks and originator only.

    `warned` is the desk that asks, where it reads a warning and nothing else: it gets what was done since that is so,
    and that it received the report itself. What was written before is about what it does not read any more (C5).
    """
    rows = DeskEntry.objects.for_system(_WHY).filter(incident__item=item)
    if warned is not None:
        own = Q(kind=DeskEntry.Kind.ACKNOWLEDGED, area=warned.area)
        rows = rows.filter(own | Q(at__gt=warned_at(OuterRef("incident"))))
    return rows.select_related("area", "by").order_by("at", "pk")


def questions_on(item: Item, *, is_warning: bool) -> QuerySet[Question]:
    """What was asked about `item`, in that order; where its reader gets a warning and nothing else (`is_warning`), only
    what was asked since that is so (C5)."""
    rows = Question.objects.for_system(_WHY).filter(incident__item=item)
    if is_warning:
        rows = rows.filter(asked_at__gt=warned_at(OuterRef("incident")))
    return rows.order_by("asked_at", "pk")


def close_questions(item: Item) -> int:
    """Close what waits for an answer: nobody at a desk reads any more what was asked about (C5). Returns how many. The
    caller holds the lock of the incident."""
    rows = Question.objects.for_system(_WHY).filter(incident__item=item, state=Question.State.OPEN)
    return rows.update(state=Question.State.CLOSED)


def note_of(entry: DeskEntry, item: Item) -> str:
    """The text of an entry; empty if it has none or the item's key was destroyed. Raises crypto.SealBroken."""
    if entry.sealed is None or item.is_erased:
        return ""
    return item.data_key.open_json(entry.sealed, context=f"desk entry {entry.subject_id}")


def acknowledge(item: Item, *, by: User, desk: Desk) -> None:
    """The desk has received the report; the reporter is told which office and when (I2). A second time changes
    nothing: the first stands."""
    try:
        with transaction.atomic():
            entry = _entry(item, DeskEntry.Kind.ACKNOWLEDGED, by=by, desk=desk)
            _tell_reporters(entry, item, by)
            record_act("incidents.acknowledged", item, by=by, desk=desk)
    except IntegrityError:
        known = DeskEntry.objects.for_system(_WHY).filter(
            incident__item=item, kind=DeskEntry.Kind.ACKNOWLEDGED, area=desk.area
        )
        if not known.exists():
            raise


@transaction.atomic
def grade(
    item: Item,
    *,
    by: User,
    desk: Desk,
    reliability: str,
    credibility: str,
    text: str = "",
    submission: UUID | None = None,
) -> None:
    """Grade source and content on the Admiralty scale; an empty grade leaves it as it is (I2).

    Readers see how credible it is; how reliable the source is only where they also see who it is: a grade of its own
    would tell one hidden source from another. The same form (`submission`) sent twice is one grade.
    """
    lock(item)  # the other half of a double click waits here, and then finds the entry
    grades = {"reliability": reliability, "credibility": credibility}
    submission = _once(submission, item, reliability, credibility, text)
    if _is_there(by, submission):
        return
    entry = _entry(item, DeskEntry.Kind.GRADED, by=by, desk=desk, text=text, submission=submission, **grades)
    rows = IncidentRelease.objects.for_system(_WHY).filter(release__item=item, release__depth__in=CHOSEN_DEPTHS)
    named = rows.filter(release__shows_originator=True)
    if credibility:
        rows.update(credibility=credibility)
    if reliability:
        named.update(reliability=reliability)
    raise_version(item, rows if credibility else named)
    note_change(entry.incident, by=by)
    record_act("incidents.graded", item, by=by, desk=desk, **grades)


@transaction.atomic
def note(item: Item, *, by: User, desk: Desk, text: str, submission: UUID | None = None) -> None:
    """Write down what was done with the report; the reporter is told that something was (I2). The same form
    (`submission`) sent twice is one note."""
    lock(item)
    submission = _once(submission, item, text)
    if _is_there(by, submission):
        return
    entry = _entry(item, DeskEntry.Kind.NOTED, by=by, desk=desk, text=text, submission=submission)
    _tell_reporters(entry, item, by)
    record_act("incidents.noted", item, by=by, desk=desk)


def _tell_reporters(entry, item, by):
    announce(
        DeskDid, subject=entry.subject, event_key=f"desk entry {entry.pk}", recipients=reporters_of(item) - {by.pk}
    )


def reporters_of(item: Item) -> set[int]:
    """The ids of those who reported on `item` and still read it for its originator; if they are gone, of all who do."""
    authors = Report.objects.for_system(_WHY).filter(incident__item=item).values_list("author", flat=True)
    own = {
        user
        for user, reader in readers_of(item).items()
        if any(name.startswith("originator") for name in reader.through)
    }
    return own & set(authors) or own


def desk_readers(item: Item) -> set[int]:
    """The ids of those at a desk that may see `item`: of its area, or if there is nobody, at headquarters."""
    readers = readers_of(item)
    local = {user for user, reader in readers.items() if any(name.startswith("dss:") for name in reader.through)}
    return local or {user for user, reader in readers.items() if "dss_world" in reader.through}


@transaction.atomic
def ask(item: Item, *, by: User, organisation: Organisation, text: str, submission: UUID) -> Question:
    """Ask DSS to verify an incident and to follow it up (I3); desk and headquarters are told. Returns the question.

    The same form sent twice is one question. Raises StaleState if no desk may see the incident.
    """
    lock(item)  # the other half of a double click waits here, and then finds the question
    known = Question.objects.for_system(_WHY).filter(asked_by=by, submission=submission).first()
    if known is not None:
        return known
    headquarters = {user for user, reader in readers_of(item).items() if "dss_world" in reader.through}
    recipients = (desk_readers(item) | headquarters) - {by.pk}
    if not recipients:
        raise StaleState("no desk may see it")
    subject = Subject.objects.create()
    question = Question.objects.create(
        incident=Incident.objects.for_system(_WHY).get(item=item),
        asked_by=by,
        organisation=organisation,
        submission=submission,
        subject=subject,
        answer_subject=Subject.objects.create(),
        sealed=item.data_key.seal_json(text, context=_context("question", subject)),
    )
    announce(Asked, subject=subject, event_key=f"question {question.pk}", recipients=recipients)
    record_act("incidents.asked", item, by=by)
    return question


@transaction.atomic
def answer(question: Question, *, by: User, desk: Desk, text: str) -> None:
    """Answer a question; whoever asked is told. Raises StaleState if somebody answered before."""
    item = question.incident.item
    move(
        question,
        Question.State.ANSWERED,
        answered_by=by,
        answered_at=timezone.now(),
        sealed_answer=item.data_key.seal_json(text, context=_context("answer", question.answer_subject)),
    )
    announce(
        Answered,
        subject=question.answer_subject,
        event_key=f"answer {question.pk}",
        recipients={question.asked_by_id} - {by.pk},
    )
    record_act("incidents.answered", item, by=by, desk=desk)


def texts_of_question(question: Question, item: Item) -> tuple[str, str]:
    """The question and its answer (empty as long as there is none). Raises crypto.SealBroken."""
    if item.is_erased:
        return "", ""
    asked = item.data_key.open_json(question.sealed, context=f"question {question.subject_id}")
    if question.sealed_answer is None:
        return asked, ""
    return asked, item.data_key.open_json(question.sealed_answer, context=f"answer {question.answer_subject_id}")


def record_act(verb: str, item: Item, *, by: User, desk: Desk | None = None, **facts) -> None:
    """Write to the audit log what was done about `item`, and at which desk."""
    facts |= {"desk": desk.area.code if desk and desk.area else "headquarters"} if desk else {}
    record(verb, by=by, object_type="item", object_ref=item.ref, facts=facts)
