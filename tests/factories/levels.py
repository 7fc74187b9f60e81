"""Levels, reviews and lists as rows, in whatever state a test wants. Every secret text holds a canary."""

import hashlib
from datetime import date, timedelta

import time_machine
from django.utils import timezone

from areas.models import Area
from documents.files import store
from documents.models import DataKey, DocumentOrder, FrozenDocument
from governance.models import Decision
from implementation_levels.actions.levels import record_level
from implementation_levels.actions.lists import publish_due
from implementation_levels.levels import last_number, level_of
from implementation_levels.list_contents import LANGUAGES
from implementation_levels.models import Level, LevelDecision, LevelList, Review, ReviewedArea
from notifications.models import Subject

from .partnership import CANARY, a_decision, bodies

SOUTH_SUDAN, CHAD = "south-sudan", "chad"


def area(code: str = SOUTH_SUDAN) -> Area:
    """The area with this code."""
    return Area.objects.get(code=code)


def a_level(
    cast, level: str = Level.REINFORCED, *, code: str = SOUTH_SUDAN, begins: date | None = None, reasons: str = "why"
) -> LevelDecision:
    """A decision of the Committee on the level of an area, recorded as the portal does; today unless told otherwise."""
    committee, _group = bodies(cast)
    moment = timezone.now()
    decision = a_decision(
        cast,
        body=committee,
        question="implementation_levels.area",
        proposal=level,
        state=Decision.State.CLOSED,
        outcome=level,
        closed_at=moment,
    )
    place = area(code)
    return record_level(
        area=place,
        level=level,
        decision=decision,
        seen=last_number(place),
        effective_from=begins,
        reasons=reasons,
        by=None,
    )


def a_review(
    cast,
    *,
    codes=(SOUTH_SUDAN, CHAD),
    state: str = "consulting",
    kind: str = "cycle",
    is_urgent: bool = False,
    **fields,
) -> Review:
    """A review of some areas in `state`; nobody was told."""
    bodies(cast)
    day = fields.pop("opened_on", timezone.now().date())
    cycles = Review.objects.for_system("the next number").filter(kind="cycle").count()
    row = Review(
        kind=kind,
        cycle=cycles + 1 if kind == "cycle" else None,
        is_urgent=is_urgent,
        state=state,
        opened_on=day,
        consult_until=day + timedelta(days=21),
        recommend_by=day + timedelta(days=35),
        due_on=day + timedelta(days=49),
        data_key=DataKey.objects.make(),
        subject=Subject.objects.create(),
        **fields,
    )
    row.write({"why": f"{CANARY} why"})
    row.save(force_insert=True)
    for code in codes:
        a_reviewed_area(row, code)
    return row


def a_reviewed_area(review: Review, code: str, *, level_before: str = Level.NORMAL, **fields) -> ReviewedArea:
    """One area of a review."""
    row = ReviewedArea(review=review, area=area(code), level_before=level_before, **fields)
    row.write({"internal": f"{CANARY} internal"})
    row.save(force_insert=True)
    return row


def a_list(cast, *, code: str = SOUTH_SUDAN, pdfs: bool = True) -> LevelList:
    """The next list, after `code` became reinforced (or normal again); with PDFs that nobody had to lay out."""
    is_on = level_of(area(code)).is_reinforced
    a_level(cast, Level.NORMAL if is_on else Level.REINFORCED, code=code)
    level_list = publish_due()
    for language in LANGUAGES if pdfs else ():
        a_pdf(level_list, language)
    return level_list


def a_pdf(level_list: LevelList, language: str, content: bytes = b"") -> FrozenDocument:
    """The PDF of a list in a language, frozen."""
    order = DocumentOrder.objects.get(number=level_list.document_number, language=language)
    content = content or f"%PDF-1.7 {level_list} {language}".encode()
    file = store(content, name=f"{order.number}.pdf", media_type="application/pdf")
    return FrozenDocument.objects.create(order=order, file=file, digest=hashlib.sha256(content).hexdigest())


def of_levels(cast) -> dict[str, str]:
    """A history on the pages of levels: Gaza was normal, is reinforced, and one decision about it was taken back."""
    now = timezone.now()
    history = (
        (900, Level.NORMAL, 0, "No more than the risks of daily life."),
        (400, Level.REINFORCED, 10, "Conflict since the spring; crossings are closed for weeks."),
        (20, Level.NORMAL, 90, "The ceasefire holds."),
        (5, Level.REINFORCED, 30, "It does not hold: the Committee takes its decision back."),
    )
    for days, level, ahead, reasons in history:
        with time_machine.travel(now - timedelta(days=days), tick=False):
            begins = timezone.now().date() + timedelta(days=ahead)
            a_level(cast, level, code="gaza", begins=begins, reasons=reasons)
    a_level(cast, Level.REINFORCED, code="abyei", begins=now.date() + timedelta(days=40))
    return {}
