"""Lessons from closed cases: written by one who handles the case, published by another, taken back by either (F4).

No mail to everybody: they stand on a page. Only who handles the case is asked to read a draft.
"""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from feedback.handlers import able
from feedback.messages.lessons import LessonWritten
from feedback.models import Case, Lesson
from feedback.naming import Names
from feedback.policies import parties_to_lesson, writes_lessons
from notifications.actions import announce
from sharing.access import access_of
from slt_portal.states import StaleState, move, steps_open

from .steps import locked

TEXTS = ("title_en", "title_fr", "text_en", "text_fr")
State = Lesson.State
_WHY = "a step of a lesson"


@transaction.atomic
def write_lesson(case: Case, *, category: str, texts: dict[str, str], by) -> Lesson:
    """A lesson from a closed case, in both languages (`texts` by TEXTS); a draft until somebody else publishes it.

    The same sent twice is one. PermissionDenied for who does not handle the case; StaleState where it is not closed;
    ValidationError, by field, where a text names somebody.
    """
    case = locked(case)
    access = access_of(by)
    if not Case.objects.handled_by(access).filter(pk=case.pk).exists():
        raise PermissionDenied("who writes a lesson handles the case")
    if not writes_lessons(access, case):
        raise StaleState("a lesson comes from a closed case")
    check_names(case, texts)
    known = Lesson.objects.for_system("the same sent twice").filter(case=case, written_by=by, category=category)
    if known := known.filter(**texts).first():
        return known
    lesson = Lesson.objects.create(case=case, category=category, written_by=by, **texts)
    _record("written", lesson, by)
    people = able(case) - {by.pk}
    announce(LessonWritten, subject=case.subject, event_key=f"lesson:{lesson.ref}", recipients=people)
    return lesson


@transaction.atomic
def edit_lesson(lesson: Lesson, *, version: int, category: str, texts: dict[str, str], by) -> None:
    """Its author changes a draft, as it was in `version`. Raises as write_lesson, StaleState for an older one."""
    _claim(lesson, "edit", by)
    check_names(lesson.case, texts)
    changes = {"version": version + 1, "category": category, "written_at": timezone.now(), **texts}
    move(lesson, State.DRAFT, where={"version": version}, **changes)
    _record("edited", lesson, by)


@transaction.atomic
def publish_lesson(lesson: Lesson, *, version: int, by) -> None:
    """Somebody else who handles the case publishes what they read in `version`; partners read it from now on.

    ValidationError where it names somebody by now; StaleState where the case is open again.
    """
    _claim(lesson, "publish", by)
    if lesson.case.state != Case.State.CLOSED:
        raise StaleState("the case is open again")
    check_names(lesson.case, {name: getattr(lesson, name) for name in TEXTS})
    changes = {"published_by": by, "published_on": timezone.now().date()}
    move(lesson, State.PUBLISHED, where={"version": version}, **changes)
    _record("published", lesson, by)


@transaction.atomic
def discard_lesson(lesson: Lesson, *, by) -> None:
    """A draft is let go. Raises StaleState."""
    _claim(lesson, "discard", by)
    move(lesson, State.RETRACTED)
    _record("discarded", lesson, by)


@transaction.atomic
def retract_lesson(lesson: Lesson, *, by) -> None:
    """What was published is taken back: nobody reads it any more but who handles the case. Raises StaleState."""
    _claim(lesson, "retract", by)
    move(lesson, State.RETRACTED, retracted_on=timezone.now().date())
    _record("retracted", lesson, by)


def check_names(case: Case, texts: dict[str, str]) -> None:
    """Raise ValidationError, by field, for what would tell who or which case it was."""
    names = Names(case)
    errors = {}
    for field, text in texts.items():
        if found := names.found_in(text):
            said = ", ".join(f"“{name}”" for name in found)
            sentence = _("This would tell who or which case it was: %(found)s. Say it without.")
            errors[field] = ValidationError(sentence, code="names", params={"found": said})
    if errors:
        raise ValidationError(errors)


def _claim(lesson, step, by):
    """Under the lock of the case. PermissionDenied for whom it never is; StaleState where it is too late."""
    lesson.refresh_from_db()
    lesson.case = locked(lesson.case)
    access = access_of(by)
    parties = frozenset()
    if Lesson.objects.visible_to(access).filter(pk=lesson.pk).exists():
        parties = parties_to_lesson(access, lesson)
    if step in steps_open(lesson, parties):
        return
    if not parties & {party for one in Lesson.STEPS if one.name == step for party in one.by}:
        raise PermissionDenied(f"{step} of a lesson is not theirs")
    raise StaleState(f"{step} of a lesson that is {lesson.state}")


def _record(what, lesson, by):
    facts = {"version": lesson.version}
    record(f"feedback.lesson_{what}", by=by, object_type="lesson", object_ref=lesson.ref, facts=facts)
