"""Figures that may be handed on: what is shown of numbers that are made of confidential incidents (C4, I9).

Figures of public sources are exact. Figures of what organisations shared are given in steps (0, 1–4, 5–9, …), in cells
and totals alike, because any exact figure beside a hidden one gives the hidden one away by a sum. Where even the steps
would do so (four cells of "1–4" in a total of "1–4" are four ones) the steps of that page are made wider until nobody
can conclude more of a cell than stands in it; and fewer than five in all are not broken down at all. A page that a
filter leaves is such a cell itself, and fewer than five on it look like none: else one page per category would break
down what the page of all does not.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _

SMALLEST_TOTAL = 5  # fewer are not broken down
SPARE = 3  # so much room a sum must leave, so that within "1–4" all four stay possible


@dataclass(frozen=True)
class Figure:
    """A published figure: at least `low`, at most `high`; neither is known where nothing is known (low is None)."""

    low: int | None
    high: int | None

    @property
    def is_exact(self) -> bool:
        """Whether it says one number."""
        return self.low is not None and self.low == self.high

    @property
    def is_something(self) -> bool:
        """Whether it says that there is at least one."""
        return bool(self.low)

    def __str__(self):
        if self.low is None:
            return _("not known")
        if self.is_exact:
            return number_format(self.low, force_grouping=True)
        return f"{number_format(self.low, force_grouping=True)}–{number_format(self.high, force_grouping=True)}"


class NoData(Figure):
    """Nobody counted: no public data set reaches there. Neither zero nor "not known" of an incident that is there."""

    def __str__(self):
        return _("no data")


NOT_KNOWN = Figure(None, None)


class Withheld(Figure):
    """What would tell whether there is any incident where that is not said."""

    def __str__(self):
        return _("not shown")


NO_DATA = NoData(None, None)
WITHHELD = Withheld(None, None)
FEW = Figure(0, SMALLEST_TOTAL - 1)  # none, or so few that it is not said whether there are any


@dataclass(frozen=True)
class Published:
    """The cells of all tables of one page for one measure, their common total, and how wide the steps are."""

    tables: Sequence[Mapping[Hashable, Figure]]
    total: Figure
    step: int = 0
    is_broken_down: bool = True


def exact(tables: Sequence[Mapping[Hashable, int | None]]) -> Published:
    """Figures of public sources: as they are."""
    shown = [{key: _exact(value) for key, value in table.items()} for table in tables]
    return Published(shown, _exact(_total(tables)))


def few(tables: Sequence[Mapping[Hashable, int | None]], figure: Figure) -> Published:
    """A page on which fewer than five look like none: `figure` in every cell and in all."""
    return Published([dict.fromkeys(table, figure) for table in tables], figure, SMALLEST_TOTAL, False)


def stepped(tables: Sequence[Mapping[Hashable, int | None]], *, breaks_down: bool = True) -> Published:
    """Figures of confidential incidents, in steps (C4). Every table has the same sum; None is "not known".

    With `breaks_down` False, or fewer than five in all, the cells say nothing: only the total is given, in a step.
    """
    total = _total(tables)
    if total is None:
        return Published([dict.fromkeys(table, NOT_KNOWN) for table in tables], NOT_KNOWN, 0, breaks_down)
    if not breaks_down or 0 < total < SMALLEST_TOTAL:
        shown = band(total, SMALLEST_TOTAL)
        cell = Figure(0, shown.high)  # the same in every cell: which of them has something stays unsaid
        return Published([dict.fromkeys(table, cell) for table in tables], shown, SMALLEST_TOTAL, False)
    for step in steps():
        cells = [{key: band(value, step) for key, value in table.items()} for table in tables]
        if _hides(cells, band(total, step)):
            return Published(cells, band(total, step), step)
    raise AssertionError("steps grow without end")


def is_few(tables: Sequence[Mapping[Hashable, int | None]]) -> bool:
    """Whether there are fewer than five in all, or none."""
    return (_total(tables) or 0) < SMALLEST_TOTAL


def band(value: int | None, step: int) -> Figure:
    """The step of width `step` in which `value` lies; zero is a step of its own."""
    if value is None:
        return NOT_KNOWN
    low = value // step * step
    return Figure(0, 0) if value == 0 else Figure(max(low, 1), low + step - 1)


def steps() -> Iterator[int]:
    """The widths that steps may have, the narrowest first; without end."""
    step = 5
    while True:
        yield from (step, 2 * step, 4 * step)  # 5, 10, 20, 50, 100, 200, 500, …
        step *= 10


def _hides(tables, total) -> bool:
    """Whether the sums leave room at both ends of every cell that says a range.

    All tables have the same sum, so it lies within what each of them allows. Of one cell a reader can conclude no less
    than what remains of the smallest sum when all the others are at their highest, and the other way round.
    """
    sums = [_range(table) for table in tables]
    lowest, highest = max(total.low, *(low for low, _ in sums)), min(total.high, *(high for _, high in sums))
    return all(
        highest - low >= SPARE and high - lowest >= SPARE
        for table, (low, high) in zip(tables, sums, strict=True)
        if any(cell.is_something for cell in table.values())
    )


def _range(table) -> tuple[int, int]:
    known = [cell for cell in table.values() if cell.low is not None]
    return sum(cell.low for cell in known), sum(cell.high for cell in known)


def _exact(value) -> Figure:
    return NOT_KNOWN if value is None else Figure(value, value)


def _total(tables) -> int | None:
    """The sum of a table; None if there are incidents and none of them says how many."""
    values = list(tables[0].values())
    known = [value for value in values if value is not None]
    return sum(known) if known or not values else None
