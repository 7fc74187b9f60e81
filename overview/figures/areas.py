"""Areas in which something is missing of what their level asks for (§5, annex; L7; G1).

The check lists are computed for today only: of a day that is gone they are not known, and no report has them.
"""

from collections import Counter

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from governance.policies import reads_bodies
from implementation_levels.checklist import LineState, State, checklists
from implementation_levels.models import Level
from overview.figures.levels import decisions_then, level_then
from overview.figures.names import ByArea
from overview.figures.past import areas_then, last_day
from overview.figures.registry import Figure, Period, register
from sharing.access import Access

_WATCHES = frozenset({"implementation_levels.level_decided", "organisations.standing_added"})
_SUPPRESSION = _("How many incidents are shared in an area is not in it: that line says only whether enough are.")


def _lines(period: Period) -> list[tuple[str, str, list[LineState] | None]]:
    """(code, level, lines) of each area on the last day; no lines unless that is today. Ten queries at most."""
    decisions = decisions_then(period)
    levels = {area: level_then(decisions[area.pk], period) for area in areas_then(period)}
    is_today = last_day(period) == timezone.now().date()
    found = checklists(levels) if is_today and levels else {}
    return [(area.code, level, found.get(area.pk)) for area, level in levels.items()]


def _number(lines: list[LineState], state: str) -> int:
    return sum(row.state == state for row in lines)


class _Gaps(Figure):
    suppression = _SUPPRESSION
    watches = _WATCHES
    is_of_moment = True
    in_report = False


@register
class Gaps(_Gaps):
    code = "areas.gaps"
    title = _("Areas with gaps")
    definition = _(
        "Areas of today by their level, and in how many of them a line of the check list of that level is not met, or "
        "nobody knows whether it is."
    )
    columns = (_("Areas"), _("With a gap"), _("With something not known"))
    key_name = _("Level")
    unit = _("areas")
    chart = "bars"

    def count(self, period: Period):
        """Reinforced, then normal."""
        areas, gaps, unknown, is_known = Counter(), Counter(), Counter(), True
        for _code, level, lines in _lines(period):
            areas[level] += 1
            is_known = is_known and lines is not None
            gaps[level] += bool(lines and _number(lines, State.GAP))
            unknown[level] += bool(lines and _number(lines, State.UNKNOWN))
        levels = (Level.REINFORCED, Level.NORMAL)
        return [(str(one), [areas[one], *([gaps[one], unknown[one]] if is_known else [None, None])]) for one in levels]

    def label(self, key: str) -> str:
        """The level in words."""
        return Level(key).label

    def href(self, access: Access, key: str = "") -> str:
        """Whether levels are applied consistently."""
        return reverse("implementation_levels:consistency") if reads_bodies(access) else ""


@register
class Reinforced(_Gaps, ByArea):
    code = "areas.reinforced"
    title = _("What is missing in reinforced areas")
    definition = _(
        "Reinforced areas of today in which a line of the check list is not met or not known, and how many lines. The "
        "list of the reinforced level has thirteen."
    )
    columns = (_("Not met"), _("Not known"))
    key_name = _("Area")
    unit = _("lines")
    chart = "bars"

    def count(self, period: Period):
        """One row for each area that lacks something, the most gaps first."""
        rows = []
        for code, level, lines in _lines(period):
            if level == Level.REINFORCED:
                known = [_number(lines, state) for state in (State.GAP, State.UNKNOWN)] if lines else [None, None]
                rows.append((code, known))
        rows = [row for row in rows if row[1][0] is None or any(row[1])]
        return sorted(rows, key=lambda row: (-(row[1][0] or 0), -(row[1][1] or 0), row[0]))

    def href(self, access: Access, key: str = "") -> str:
        """The check list of the area, which names who is there; all areas for the figure."""
        if not reads_bodies(access):
            return ""
        if key:
            return reverse("implementation_levels:checklist", args=[key])
        return reverse("implementation_levels:consistency")
