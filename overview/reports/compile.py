"""The figures of a report, as of its cut-off: the same question gives the same bytes years later (G3).

`data` holds values and codes only, from rows that are append-only or dated, and has the digest. `words` hold how
figures and rows were called when they were compiled: names may change, and definitions with the next version.
"""

import hashlib
import json
from datetime import UTC, date, timedelta

from django.utils import translation

from audit.models import Event
from feedback.models import Lesson
from implementation_levels.models import LevelList
from overview.figures.registry import Figure, Period, all_figures
from overview.measures import measures_as_of
from overview.models import MeasureEntry, PeriodicReport
from slt_portal.months import months_later

LANGUAGES = ("en", "fr")
PUBLISHED, RETRACTED = "feedback.lesson_published", "feedback.lesson_retracted"
_WHY = "what was published, for a report"


def period_of(report: PeriodicReport) -> Period:
    """The time of `report`, as of its cut-off."""
    return Period(report.starts_on, report.ends_on, report.cut_off.astimezone(UTC))


def period_before(period: Period) -> Period:
    """The time before, to compare with, as of the same moment: as many months where they are whole, else days."""
    after = period.last + timedelta(days=1)
    if period.first.day == after.day == 1:
        months = (after.year - period.first.year) * 12 + after.month - period.first.month
        first = months_later(period.first, -months)
    else:
        first = period.first - (after - period.first)
    return Period(first, period.first - timedelta(days=1), period.as_of)


def compiled(period: Period) -> tuple[dict, dict]:
    """What a report on `period` says in figures: the data, and the words for it in both languages."""
    figures = [figure for figure in all_figures() if figure.in_report]
    before = period_before(period)
    rows = [_counted(figure, period, before) for figure in figures]
    data = {
        "first": period.first.isoformat(),
        "last": period.last.isoformat(),
        "as_of": period.as_of.isoformat(),
        "before": [before.first.isoformat(), before.last.isoformat()],
        "figures": rows,
        "measures": _measures(period),
        "lessons": _lessons(period),
        "lists": _lists(period),
    }
    words = {language: _words(figures, data, language) for language in LANGUAGES}
    return json.loads(canonical(data)), words


def canonical(data: dict) -> str:
    """The data as text: the same data, the same bytes."""
    return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest_of(data: dict) -> str:
    """The SHA-256 of the data."""
    return hashlib.sha256(canonical(data).encode()).hexdigest()


def _counted(figure: Figure, period: Period, before: Period) -> dict:
    """The rows of a figure; beside them those of the time before, where it counts what happened in a time."""
    compared = None if figure.is_of_moment or figure.compares_itself else _rows(figure, before)
    return {"code": figure.code, "rows": _rows(figure, period), "before": compared}


def _rows(figure, period):
    return [[key, list(values)] for key, values in figure.in_public(figure.count(period))]


def _measures(period: Period) -> list[dict]:
    """The measures as they stood at the cut-off (G5); what was over before the time is left out."""
    over = {MeasureEntry.State.DONE, MeasureEntry.State.DROPPED}
    named = ("title_en", "title_fr", "owner", "state", "note_en", "note_fr")
    return [
        {"ref": row.measure.ref, "on": row.on and row.on.isoformat(), **{name: getattr(row, name) for name in named}}
        for row in measures_as_of(period.as_of)
        if row.state not in over or row.at >= period.start
    ]


def _lessons(period: Period) -> list[dict]:
    """The lessons published in the time and not taken back by the cut-off, from the audit chain: a day alone would not
    say on which side of the cut-off. From which case they come is not said, nor on which day: the month alone (F4)."""
    events = Event.objects.filter(object_type="lesson", at__lt=period.as_of).order_by("number")
    on: dict[str, date] = {}
    for verb, ref, at in events.filter(verb__in=(PUBLISHED, RETRACTED)).values_list("verb", "object_ref", "at"):
        on.pop(ref, None)
        if verb == PUBLISHED and period.start <= at < period.end:
            on[ref] = at.astimezone(UTC).date().replace(day=1)
    return [{"ref": ref, "on": day.isoformat()} for ref, day in sorted(on.items(), key=lambda pair: (pair[1], pair[0]))]


def _texts_of_lessons(data: dict, language: str) -> dict:
    """What the lessons say, by reference; one that was taken back since is printed nowhere any more."""
    refs = [row["ref"] for row in data["lessons"]]
    rows = Lesson.objects.for_system(_WHY).filter(ref__in=refs, state=Lesson.State.PUBLISHED)
    return {
        row.ref: {
            "title": getattr(row, f"title_{language}"),
            "text": getattr(row, f"text_{language}"),
            "category": str(row.get_category_display()),
        }
        for row in rows
    }


def _lists(period: Period) -> list[dict]:
    """The lists of areas at the reinforced level that were made in the time (L4)."""
    rows = LevelList.objects.filter(at__gte=period.start, at__lt=period.end).order_by("number")
    return [
        {"number": row.number, "on": row.on.isoformat(), "reason": row.reason, "areas": row.area_count}
        for row in rows.only("number", "on", "reason", "area_count")
    ]


def _words(figures: list[Figure], data: dict, language: str) -> dict:
    with translation.override(language):
        said = {figure.code: _said(figure, row) for figure, row in zip(figures, data["figures"], strict=True)}
        return {"figures": said, "lessons": _texts_of_lessons(data, language)}


def _said(figure: Figure, row: dict) -> dict:
    keys = list(dict.fromkeys(key for key, _values in [*row["rows"], *(row["before"] or ())]))
    return {
        "title": str(figure.title),
        "definition": str(figure.definition),
        "suppression": str(figure.suppression),
        "columns": [str(column) for column in figure.columns],
        "key_name": str(figure.key_name),
        "unit": str(figure.unit),
        "chart": figure.chart,
        "chapter": type(figure).__module__.rpartition(".")[2],
        "labels": {key: str(label) for key, label in figure.labels(keys).items()},
    }
