"""The history of an area's level as it took effect: periods, and decisions that were taken back (§5; L6, L8)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from django.utils.translation import ngettext

from areas.models import Area

from .levels import AreaLevel, today
from .models import Level, LevelDecision


@dataclass(frozen=True)
class Period:
    """A run of days with one level, both ends included; `first` is None from the beginning, `last` is None until
    further notice. Before anybody decided it is normal by default."""

    level: str
    first: date | None
    last: date | None
    is_default: bool = False

    @property
    def is_reinforced(self) -> bool:
        """Whether the area was on the list."""
        return self.level == Level.REINFORCED


def taken_back(history: Iterable[LevelDecision]) -> dict[int, LevelDecision]:
    """Of all decisions about one area those that never gave a level on any day, by id, with the one that came before
    their effect: it was decided later, and took effect on that day or earlier."""
    _held, gone = _sorted_out(history)
    return gone


def level_now(area: Area, history: Iterable[LevelDecision]) -> AreaLevel:
    """The level of `area` today, and what is to come, from all decisions about it; of any order."""
    held, _gone = _sorted_out(history)
    day = today()
    begun = [row for row in held if row.effective_from <= day]
    return AreaLevel(area, begun[-1] if begun else None, next(iter(held[len(begun) :]), None))


def periods(history: Iterable[LevelDecision]) -> list[Period]:
    """All days as periods without gap or overlap, from all decisions about one area; of any order."""
    held, _gone = _sorted_out(history)
    found = [Period(Level.NORMAL, None, None, is_default=True)]
    for row in held:
        before = found[-1]
        if before.level == row.level and not before.is_default:
            continue  # reviewed, and stays
        found[-1] = Period(before.level, before.first, row.effective_from - timedelta(days=1), before.is_default)
        found.append(Period(row.level, row.effective_from, None))
    return found


def _sorted_out(history):
    """(decisions that gave a level on some day, by day; those that did not, with what came before them)."""
    held, gone = [], {}
    for row in sorted(history, key=lambda one: one.number):
        while held and held[-1].effective_from >= row.effective_from:
            gone[held.pop().pk] = row
        held.append(row)
    return held, gone


def lasting(first: date, on: date) -> str:
    """How long before the day `on` the day `first` was, in words: "2 years, 3 months", "5 months", "12 days"; on the
    first day itself nothing."""
    if on <= first:
        return ""
    length = relativedelta(on, first)
    years, months, days = length.years, length.months, length.days
    if not (years or months):
        return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}
    parts = [
        years and ngettext("%(count)s year", "%(count)s years", years) % {"count": years},
        months and ngettext("%(count)s month", "%(count)s months", months) % {"count": months},
    ]
    return ", ".join(filter(None, parts))
