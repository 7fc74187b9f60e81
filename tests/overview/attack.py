"""What somebody concludes who keeps everything that is published and adds it up: bounds of every number behind it."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from overview.disclosure import FEW, Published, few, is_few, stepped
from overview.figures.quarters import Quarter, published

DIMENSIONS = ("area", "category", "consequence", "side")
KEYS = {
    "area": ("south-sudan", "chad", "kenya"),
    "category": ("robbery", "threat", "access", "safety"),
    "consequence": ("unharmed", "wounded", "killed"),
    "side": ("partners", "un"),
}


class Incident(NamedTuple):
    """One incident of a world: in which month (quarters are months // 3), its codes, and who may read it."""

    month: int
    area: str
    category: str
    consequence: str
    side: str
    readers: frozenset = frozenset()


class Cell(NamedTuple):
    """One number that is asked for: of a quarter, in all (no dimension) or of one key."""

    quarter: int
    dimension: str = ""
    key: str = ""


class Bounds:
    """Numbers that are at least 0, and what is known of their sums; `conclude` narrows each until nothing follows."""

    def __init__(self):
        self.of = defaultdict(lambda: [0, 10**6])
        self.sums: list[tuple[tuple[Cell, ...], int, int]] = []

    def learn(self, cells: Iterable[Cell], low: int, high: int = 10**6) -> None:
        """The sum of `cells` lies between."""
        self.sums.append((tuple(cells), low, high))

    def equal(self, cells: Iterable[Cell], total: Cell) -> None:
        """The sum of `cells` is `total`: of a table with its quarter."""
        self.sums.append(((*cells, total), 0, 0))

    def conclude(self) -> "Bounds":
        """Interval propagation until nothing changes."""
        is_new = True
        while is_new:
            is_new = False
            for cells, low, high in self.sums:
                is_new |= self._sum(cells, low, high)
        return self

    def _sum(self, cells, low, high):
        # Of "cells = total" the last one counts with the other sign.
        signed = [[*self.of[cell]] for cell in cells]
        if (low, high) == (0, 0):
            signed[-1] = [-signed[-1][1], -signed[-1][0]]
        lows, highs = sum(one[0] for one in signed), sum(one[1] for one in signed)
        changed = False
        for at, (cell, (least, most)) in enumerate(zip(cells, signed, strict=True)):
            least, most = max(least, low - (highs - most)), min(most, high - (lows - least))
            if (low, high) == (0, 0) and at == len(cells) - 1:
                least, most = -most, -least
            if [least, most] != self.of[cell]:
                assert least <= most, "what is published contradicts itself"
                self.of[cell], changed = [least, most], True
        return changed


@dataclass
class World:
    """Some incidents, as they are and as they are published."""

    incidents: list[Incident]
    quarters: int
    form: Callable[..., Quarter] = published

    def number(self, cell: Cell, reader: str = "") -> int:
        """The truth, or what one reader may open of it."""
        return sum(
            row.month // 3 == cell.quarter
            and (not cell.dimension or getattr(row, cell.dimension) == cell.key)
            and (not reader or reader in row.readers)
            for row in self.incidents
        )

    def cells(self) -> list[Cell]:
        """Every number of a quarter that a figure shows."""
        keys = [("", ""), *((name, key) for name in DIMENSIONS for key in KEYS[name])]
        return [Cell(quarter, *key) for quarter in range(self.quarters) for key in keys]

    def published(self) -> list[Quarter]:
        """As the figures of the bodies have it."""
        return [
            self.form(
                quarter,
                {name: {key: self.number(Cell(quarter, name, key)) for key in KEYS[name]} for name in DIMENSIONS},
            )
            for quarter in range(self.quarters)
        ]

    def attacked(self, reader: str = "") -> Bounds:
        """What follows from all figures of all times, and from the statistics page of a reader with every filter."""
        bounds = Bounds()
        shown = self.published()
        for first in range(self.quarters):
            for last in range(first, self.quarters):
                _times(bounds, shown[first : last + 1])
            for name in DIMENSIONS:
                bounds.equal([Cell(first, name, key) for key in KEYS[name]], Cell(first))
        if reader:
            self._read(bounds, [row for row in self.incidents if reader in row.readers])
        return bounds.conclude()

    def _read(self, bounds, rows):
        """The pages of a reader: of everything, and of each code by itself. There is at least what they see."""
        for cell in (Cell(0), *(cell for cell in self.cells() if cell.quarter == 0 and cell.dimension)):
            if cell.dimension == "side":
                continue  # no filter of that page
            some = [row for row in rows if not cell.dimension or getattr(row, cell.dimension) == cell.key]
            page = _page(some, self.quarters * 3, is_filtered=bool(cell.dimension))
            months, areas, categories = page.tables
            for quarter in range(self.quarters):
                lows = sum(months[month].low for month in range(quarter * 3, quarter * 3 + 3))
                bounds.learn([cell._replace(quarter=quarter)], lows)
            times = range(self.quarters)
            bounds.learn([cell._replace(quarter=quarter) for quarter in times], page.total.low)
            for name, table in (("area", areas), ("category", categories)):
                for key, figure in table.items():
                    bounds.learn([Cell(quarter, name, key) for quarter in times], figure.low)


def _times(bounds, shown: list[Quarter]):
    """One figure of one time: the sums of the intervals of its quarters."""
    totals = [row.total for row in shown]
    cells = [("", "", totals)]
    for name in DIMENSIONS:
        cells += [(name, key, [row.cell(name, key) for row in shown]) for key in KEYS[name]]
    for name, key, figures in cells:
        bounds.learn(
            [Cell(row.first, name, key) for row in shown],
            sum(figure.low for figure in figures),
            sum(figure.high for figure in figures),
        )


def _page(rows: list[Incident], months: int, *, is_filtered: bool) -> Published:
    """The statistics page (overview.statistics_page): months, areas and categories with one sum."""
    tables = [
        {month: sum(row.month == month for row in rows) for month in range(months)},
        {key: sum(row.area == key for row in rows) for key in KEYS["area"]},
        {key: sum(row.category == key for row in rows) for key in KEYS["category"]},
    ]
    return few(tables, FEW) if is_filtered and is_few(tables) else stepped(tables)
