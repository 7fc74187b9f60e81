"""The levels of all areas on one day, as the world page and its table show them (§5; L1, L2, L6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from areas.models import Area
from areas.names import by_name, matching, names_on
from areas.overlaps import overlaps

from .levels import AreaLevel, levels_on, today
from .models import LevelDecision


@dataclass(frozen=True)
class Row:
    """One area: its own level, and the other areas on its territory with theirs."""

    level: AreaLevel
    also_in: list[AreaLevel]

    @property
    def area(self) -> Area:
        """The area."""
        return self.level.area

    @property
    def state(self) -> str:
        """reinforced, normal, or default: what its mark shows."""
        return state_of(self.level)


def as_called(areas: Iterable[Area], on: date) -> list[Area]:
    """The same areas under the names they had on the day `on`, for pages and tables: never save them."""
    areas = list(areas)
    names = names_on(areas, on)
    for area in areas:
        area.name_en, area.name_fr = names[area.pk]
    return areas


def state_of(level: AreaLevel) -> str:
    """reinforced, normal (somebody decided it), or default (nobody did)."""
    return "default" if level.is_default else level.level


class World:
    """Every area that exists on the day `on`, by name in the reader's language."""

    def __init__(self, on: date):
        self.on = on

    @cached_property
    def rows(self) -> list[Row]:
        """All of them; five queries however many there are."""
        areas = by_name(as_called(Area.objects.current(self.on).prefetch_related("territories"), self.on))
        levels = {level.area.pk: level for level in levels_on(areas, self.on)}
        others = overlaps(areas)
        return [Row(levels[area.pk], [levels[one.pk] for one in others.get(area.pk, ())]) for area in areas]

    def narrowed(self, *, q: str = "", level: str = "", kind: str = "") -> list[Row]:
        """The rows that a filter leaves: words of a name, a state (normal includes the default), a kind of area."""
        found = self.rows
        if q:
            areas = [row.area for row in found]
            prefetch_related_objects(areas, "countries")
            wanted = {area.pk for area in matching(areas, q)}
            found = [row for row in found if row.area.pk in wanted]
        if level:
            found = [row for row in found if level in (row.state, row.level.level)]
        return [row for row in found if kind in ("", row.area.kind)]

    @cached_property
    def reinforced(self) -> int:
        """How many areas are on the list."""
        return sum(row.level.is_reinforced for row in self.rows)

    @cached_property
    def nobody_decided(self) -> bool:
        """Whether every area is normal by default."""
        return all(row.level.is_default for row in self.rows)

    def to_come(self) -> list[LevelDecision]:
        """The changes to come, as one knew on that day, the next first."""
        rows = LevelDecision.objects.to_come(self.on).filter(is_change=True).select_related("area")
        known = {row.area.pk: row.area for row in self.rows}
        found = list(rows.order_by("effective_from", "area__code"))
        for row in found:
            row.area = known.get(row.area_id, row.area)
        return found

    @property
    def known_on(self) -> date:
        """The day from which one looks whether a review is overdue: of a day to come nobody knows yet."""
        return min(self.on, today())


def words_of(level: AreaLevel) -> str:
    """The level in words: reinforced, normal, or that nobody has decided."""
    if level.is_default:
        return _("normal (default: nobody has decided)")
    return level.decision.get_level_display()
