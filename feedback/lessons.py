"""Lessons: which are there to read (F4)."""

from django.db.models import QuerySet
from django.utils import translation

from areas.names import folded
from sharing.access import Access

from .models import Lesson


def title_of(lesson: Lesson) -> str:
    """Its title in the reader's language."""
    return lesson.title_fr if translation.get_language() == "fr" else lesson.title_en


def published(access: Access) -> QuerySet[Lesson]:
    """The lessons that everybody reads who may: the newest month first, and within a month in no order that says
    more of when."""
    rows = Lesson.objects.visible_to(access).filter(state=Lesson.State.PUBLISHED)
    return rows.order_by("-published_on__year", "-published_on__month", "ref")


def searched(rows: QuerySet[Lesson], words: str) -> list[Lesson]:
    """Those of `rows` in which all `words` stand, in either language, whatever case and accents.

    In memory: there are hundreds at most.
    """
    wanted = folded(words).split()
    return [row for row in rows if all(word in _all_of(row) for word in wanted)]


def _all_of(row):
    return folded(" ".join((row.title_en, row.title_fr, row.text_en, row.text_fr)))
