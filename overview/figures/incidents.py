"""Incidents that organisations shared: by quarter, area, category, consequence, and who reports (G1, G3, C4).

All of them are sums of the same published quarters (`quarters`), so that no two of them tell more than the quarters do.
"""

from datetime import date, timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents.codes import Category, Outcome
from overview.figures import values
from overview.figures.counted_incidents import (
    AREA,
    CATEGORY,
    CONSEQUENCE,
    PARTNERS,
    SHARED,
    SIDE,
    UN,
    WITHDRAWN,
    quarters_of,
)
from overview.figures.names import EVERYWHERE, ByArea
from overview.figures.quarters import Quarter, before, whole_quarters
from overview.figures.registry import NO_DATA, Figure, Period, Value, register
from sharing.access import Access
from slt_portal.months import months_later

TREND = 8  # quarters

_WHICH = gettext_lazy(
    "Counted are incidents that organisations shared on this portal and did not take back, by what their newest report "
    "says, in the calendar quarter (UTC) in which they happened. Reports count from the first day of the month after "
    "they were filed. Only whole quarters of the period that are over are counted; where the day is not known to the "
    "month an incident is in none. Nothing on sexual violence is in it."
)
_HOW = gettext_lazy(
    "Each quarter is given in steps of at least five and a longer period as the sum of these steps, so that no "
    "incident can be found by comparing figures. A quarter with fewer than five incidents is not broken down."
)


class _Incidents(Figure):
    """What all of them say alike."""

    definition = _WHICH
    suppression = _HOW
    unit = gettext_lazy("incidents")
    watches = frozenset({WITHDRAWN, SHARED})
    compares_itself = True

    def href(self, access: Access, key: str = "") -> str:
        """The list of the incidents that this person may open, narrowed to the row."""
        if not access.is_member:
            return ""
        asked = urlencode(self.filters(key)) if key else ""
        return reverse("incidents:list") + (f"?{asked}" if asked else "")

    def filters(self, key: str) -> dict[str, str]:
        """The filters of the list of incidents that stand for a row; none: all of them."""
        return {}


@register
class IncidentsByQuarter(_Incidents):
    """The trend: the eight quarters up to the last one of the time."""

    code = "incidents.by_quarter"
    title = gettext_lazy("Incidents by quarter")
    columns = (gettext_lazy("Incidents"),)
    key_name = gettext_lazy("Quarter")
    chart = "trend"

    def count(self, period: Period) -> list[tuple[str, list[Value]]]:
        """A row for each quarter, the oldest first; none where no quarter of the time is over."""
        within = whole_quarters(period.first, period.last, period.as_of)
        starts = [*before(within, max(0, TREND - len(within))), *within]
        found = zip(starts, quarters_of(starts, period.as_of), strict=True)
        return [(start.isoformat(), [values.of(row.total) if row else NO_DATA]) for start, row in found]

    def label(self, key: str) -> str:
        """Q3 2026."""
        day = date.fromisoformat(key)
        return _("Q%(number)s %(year)s") % {"number": (day.month + 2) // 3, "year": day.year}

    def filters(self, key: str) -> dict[str, str]:
        """From its first to its last day."""
        last = months_later(date.fromisoformat(key), 3) - timedelta(days=1)
        return {"since": key, "until": last.isoformat()}


class _Compared(_Incidents):
    """The whole quarters of the time beside as many right before."""

    columns = (gettext_lazy("In these quarters"), gettext_lazy("In as many quarters before"))
    chart = "bars"
    dimension: str

    def count(self, period: Period) -> list[tuple[str, list[Value]]]:
        """A row for each key, with the sum of both times; none where no quarter of the time is over."""
        starts = whole_quarters(period.first, period.last, period.as_of)
        if not starts:
            return []
        found = quarters_of([*before(starts, len(starts)), *starts], period.as_of)
        sides = found[len(starts) :], found[: len(starts)]
        keys = self.keys([row for row in found if row])
        return self.ordered([(key, [_sum(side, self.dimension, key) for side in sides]) for key in keys])

    def keys(self, found: list[Quarter]) -> list[str]:
        """The keys of all published tables, in their order. They must depend on nothing but what is published."""
        return list(dict.fromkeys(key for row in found for key in row.tables[self.dimension]))

    def ordered(self, rows: list) -> list:
        """The rows in their order; it, too, must depend on nothing but what stands in them."""
        return rows


def _sum(quarters: list[Quarter | None], dimension: str, key: str) -> Value:
    """The sum of the quarters since the portal began: before that nobody shared anything."""
    known = [values.of(row.cell(dimension, key)) for row in quarters if row]
    return values.add(known) if known else NO_DATA


@register
class IncidentsByArea(_Compared, ByArea):
    """By area, as it was named in the report; a part of an area stands by itself."""

    code = "incidents.by_area"
    title = gettext_lazy("Incidents by area")
    key_name = gettext_lazy("Area")
    dimension = AREA

    def keys(self, found):
        """Those that surely have something in one of the quarters; where "none or few" stands, others may have it."""
        return [key for key in super().keys(found) if any(row.cell(AREA, key).is_something for row in found)]

    def ordered(self, rows):
        """The most first, then by code."""
        return sorted(rows, key=lambda row: (*(-(values.bounds(value)[0] or 0) for value in row[1]), row[0]))

    def filters(self, key: str) -> dict[str, str]:
        """The area with its parts."""
        return {} if key == EVERYWHERE else {"area": key}


@register
class IncidentsByCategory(_Compared):
    """By category."""

    code = "incidents.by_category"
    title = gettext_lazy("Incidents by category")
    key_name = gettext_lazy("Category")
    dimension = CATEGORY

    def label(self, key: str) -> str:
        """Of the code."""
        return str(Category(key).label)

    def filters(self, key: str) -> dict[str, str]:
        """The category."""
        return {"category": key}


@register
class IncidentsByConsequence(_Compared):
    """By the worst that befell anybody."""

    code = "incidents.by_consequence"
    title = gettext_lazy("Incidents by worst consequence")
    key_name = gettext_lazy("Worst consequence")
    dimension = CONSEQUENCE

    def label(self, key: str) -> str:
        """Of the code."""
        return str(Outcome(key).label)

    def filters(self, key: str) -> dict[str, str]:
        """The consequence."""
        return {"consequence": key}


@register
class Directions(_Compared):
    """Information goes both ways: what partners report, and what the United Nations report."""

    code = "incidents.directions"
    title = gettext_lazy("Incidents by who reported them")
    key_name = gettext_lazy("Reported by")
    dimension = SIDE

    def label(self, key: str) -> str:
        """The side."""
        return {PARTNERS: _("partner organisations"), UN: _("the United Nations")}[key]
