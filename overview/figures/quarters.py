"""How figures of confidential incidents are made public: by calendar quarters, each in one form for ever (C4, G1).

A quarter is what is published: its tables stand in steps together (as in disclosure), and every figure of a longer
time is the sum of the intervals of its whole quarters. It is never counted anew for that time: two times, two filters
or two reports that overlap would tell by their difference what their parts do not. A quarter that is not over is not
published, and neither is a part of one.

What was reported counts from the first of the following month on: figures counted from one day to the next would tell,
when a step is reached, of the single report that reached it. A withdrawal counts at once, because the originator may
rely on it (C1).
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from overview.disclosure import SMALLEST_TOTAL, Figure, band, stepped, steps
from slt_portal.months import months_later

NONE = Figure(0, 0)
# So much every sum must leave open. With 3 (disclosure.SPARE) nobody derives a small number from one page; with 6 at
# least four numbers stay possible for each cell, also for who knows these rules, and for who knows from statistics of
# their own that there are at least so many (tests/overview/test_difference_attack.py).
ROOM = 6


@dataclass(frozen=True)
class Quarter:
    """The published form of one quarter: its tables by dimension, and its total. `others` is said of every key that is
    in no table: where a quarter is not broken down it is the same as of all others."""

    first: date
    tables: Mapping[str, Mapping[Hashable, Figure]]
    total: Figure
    others: Figure = NONE

    def cell(self, dimension: str, key: Hashable) -> Figure:
        """What is said of one key."""
        return self.tables[dimension].get(key, self.others)


def published(first: date, counted: Mapping[str, Mapping[Hashable, int]]) -> Quarter:
    """The quarter that begins on `first` in its one published form; `counted` are its exact numbers by dimension and
    key, every table with the same sum, with the keys that have nothing as well.

    All cells stand in steps of one width: the narrowest with which every sum leaves ROOM at both ends. The total has no
    step of its own, it says what the tables say together: a step would be one more sum to subtract from.
    """
    number = sum(next(iter(counted.values())).values())
    if number < SMALLEST_TOTAL:
        form = stepped(list(counted.values()))
        others = NONE if form.is_broken_down else Figure(0, form.total.high)
        return Quarter(first, dict(zip(counted, form.tables, strict=True)), form.total, others)
    for step in steps():
        tables = {name: {key: band(value, step) for key, value in table.items()} for name, table in counted.items()}
        sums = [_range(table.values()) for table in tables.values()]
        total = Figure(max(low for low, _ in sums), min(high for _, high in sums))
        if all(total.high - low >= ROOM and high - total.low >= ROOM for low, high in sums):
            return Quarter(first, tables, total)
    raise AssertionError("steps grow without end")


def _range(cells) -> tuple[int, int]:
    return sum(cell.low for cell in cells), sum(cell.high for cell in cells)


def settled(as_of: datetime) -> datetime:
    """What was reported before this moment counts in figures as of `as_of`: the first of its month, in UTC."""
    return as_of.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def whole_quarters(first: date, last: date, as_of: datetime) -> list[date]:
    """The first days of the calendar quarters that lie within the days `first` to `last` and are over as of `as_of`,
    the oldest first; a quarter that the time cuts is left out."""
    over = min(last, settled(as_of).date() - timedelta(days=1))
    start = begin_of(first) if first == begin_of(first) else months_later(begin_of(first), 3)
    found = []
    while months_later(start, 3) - timedelta(days=1) <= over:
        found.append(start)
        start = months_later(start, 3)
    return found


def before(quarters: list[date], number: int) -> list[date]:
    """So many quarters that come right before `quarters`, the oldest first; of none, none."""
    return [months_later(quarters[0], -3 * back) for back in range(number, 0, -1)] if quarters else []


def begin_of(day: date) -> date:
    """The first day of the calendar quarter of a day."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
