"""Which level an area had on a day, since when, why, and what is to come: read from the decisions (§5; L1, L2, L8).

No level is computed from another: a place that lies in several areas shows each of them with its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Max
from django.utils import timezone

from areas.models import Area

from .models import Level, LevelDecision


def today() -> date:
    """The day in UTC: levels begin and end at midnight UTC, for everybody."""
    return timezone.now().date()


@dataclass(frozen=True)
class AreaLevel:
    """The level of one area on one day; `decision` is None where nobody ever decided: normal, by default (L2)."""

    area: Area
    decision: LevelDecision | None
    to_come: LevelDecision | None = None

    @property
    def level(self) -> str:
        """normal or reinforced."""
        return self.decision.level if self.decision else Level.NORMAL

    @property
    def is_reinforced(self) -> bool:
        """Whether it is on the list."""
        return self.level == Level.REINFORCED

    @property
    def is_default(self) -> bool:
        """Whether nobody ever decided."""
        return self.decision is None

    @property
    def since(self) -> date | None:
        """The day since which it has had this level; None by default."""
        return self.decision.since if self.decision else None

    @property
    def review_due(self) -> date | None:
        """When it has to be reviewed again, after the newest decision; None by default: the next cycle looks at it."""
        newest = self.to_come or self.decision
        return newest.review_due if newest else None

    def is_overdue(self, on: date) -> bool:
        """Whether its review should have been decided before `on`: of what is reinforced; normal is no measure."""
        return self.is_reinforced and self.review_due < on


def levels_on(areas: Iterable[Area], on: date) -> list[AreaLevel]:
    """The level of each of `areas` on the day `on`, in their order, with what was to come as one knew on that day; one
    query however many there are."""
    areas = list(areas)
    rows = LevelDecision.objects.filter(area__in=[area.pk for area in areas]).order_by()
    in_force: dict[int, LevelDecision] = {}
    coming: dict[int, LevelDecision] = {}
    for row in rows.in_force(on).union(rows.to_come(on), all=True).order_by("-effective_from"):
        (coming if row.effective_from > on else in_force)[row.area_id] = row  # the next one to come remains
    return [AreaLevel(area, in_force.get(area.pk), coming.get(area.pk)) for area in areas]


def level_of(area: Area, on: date | None = None) -> AreaLevel:
    """The level of one area on a day (default today)."""
    return levels_on([area], on or today())[0]


def reinforced_on(on: date) -> list[AreaLevel]:
    """The areas of the list on a day: at the reinforced level, and existing then; by name in English. Two queries."""
    rows = LevelDecision.objects.in_force(on).filter(level=Level.REINFORCED, area__in=Area.objects.current(on))
    rows = rows.select_related("area").order_by("area__name_en", "area__code")
    return [AreaLevel(row.area, row) for row in rows]


def history_of(area: Area) -> list[LevelDecision]:
    """Every decision about an area, newest first."""
    return list(LevelDecision.objects.filter(area=area).order_by("-number"))


def last_number(area: Area) -> int:
    """The number of the newest decision on an area; 0: there is none."""
    return LevelDecision.objects.filter(area=area).order_by("-number").values_list("number", flat=True).first() or 0


def last_numbers(areas: Iterable[int]) -> dict[int, int]:
    """The number of the newest decision on each area (ids) that has one; one query."""
    rows = LevelDecision.objects.filter(area__in=list(areas)).order_by().values_list("area")
    return dict(rows.annotate(Max("number")))
