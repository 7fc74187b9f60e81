"""Levels as pictures and marks: inline SVG with presentation attributes only, each beside its table or its word.

A filled diamond is reinforced, a ring is normal as decided, a dot is normal by default: legible without colour, in dark
mode and on paper.
"""

from django import template
from django.utils.translation import gettext as _

from implementation_levels import pictures
from implementation_levels.levels import AreaLevel, today
from implementation_levels.timeline import lasting, periods, taken_back
from implementation_levels.world import state_of
from slt_portal.templatetags.portal import day_text

register = template.Library()
FOLDER = "implementation_levels/charts"
PERIODS_IN_WORDS = 8

register.filter("lasting", lasting)


@register.inclusion_tag(f"{FOLDER}/mark.html")
def level_mark(state: str) -> dict:
    """The shape of a state (reinforced, normal, default) alone; it stands beside its word."""
    return {"state": state}


@register.inclusion_tag("implementation_levels/level.html")
def area_level(level: AreaLevel) -> dict:
    """The level of an area as shape and word; of the default also that nobody has decided."""
    return {"state": state_of(level), "level": level}


@register.inclusion_tag(f"{FOLDER}/map.html")
def level_map(rows) -> dict:
    """The areas of rows (world.Row) on a map of land, one mark each; the page names those that are reinforced."""
    groups, missing = {"reinforced": [], "normal": [], "default": []}, []
    for row in rows:
        groups[row.state].append(row.area)
    drawn = {}
    for state, areas in groups.items():
        drawn[state], unknown = pictures.marks(areas)
        missing += unknown
    return {
        **drawn,
        "missing": missing,
        "width": pictures.MAP_WIDTH,
        "height": pictures.MAP_HEIGHT,
        "description": _("Reinforced (%(number)s)") % {"number": len(groups["reinforced"])},
    }


@register.inclusion_tag(f"{FOLDER}/time_line.html")
def level_time_line(history, on=None) -> dict:
    """All decisions about one area (in any order) as a time line; `on` is a day to mark."""
    found, now = periods(history), today()
    gone = taken_back(history)
    days = sorted({row.effective_from for row in history if row.pk in gone})
    return {
        "line": pictures.time_line(found, today=now, on=on, taken_back=days),
        "width": pictures.WIDTH,
        "height": pictures.HEIGHT,
        "description": " ".join(_in_words(period) for period in found[-PERIODS_IN_WORDS:]),
    }


def _in_words(period) -> str:
    level = _("Reinforced") if period.is_reinforced else _("Normal by default") if period.is_default else _("Normal")
    days = {name: day_text(day) for name, day in (("first", period.first), ("last", period.last)) if day}
    if not days:
        return f"{level}."
    if not period.last:
        return _("%(level)s since %(first)s.") % {"level": level, **days}
    if not period.first:
        return _("%(level)s until %(last)s.") % {"level": level, **days}
    return _("%(level)s from %(first)s to %(last)s.") % {"level": level, **days}
