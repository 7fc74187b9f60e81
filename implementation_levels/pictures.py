"""Where the parts of the pictures of levels stand: whole numbers; `templates/implementation_levels/charts/` draws."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from areas.models import Area
from areas.points import on_map, point_of

from .timeline import Period

MAP_WIDTH, MAP_HEIGHT = 720, 341
WIDTH, HEIGHT = 340, 74  # of a time line; a unit is about a pixel on a phone
LEFT, RIGHT = 4, 8
MARK_ROOM = 26  # units that the words of a tick take to either side
TICKS = 5


@dataclass(frozen=True)
class Mark:
    """One area on the map."""

    name: str
    x: int
    y: int


def marks(areas: Iterable[Area]) -> tuple[list[Mark], list[str]]:
    """Marks of areas, and the names of those of which no place is known.

    Reads `area.territories`: prefetch them.
    """
    drawn, missing = [], []
    for area in areas:
        point = point_of(area)
        if point:
            drawn.append(Mark(area.name, *on_map(point)))
        else:
            missing.append(area.name)
    return drawn, missing


@dataclass(frozen=True)
class Bar:
    """One period on a time line; `is_to_come`: it begins after today."""

    period: Period
    x: int
    width: int
    is_to_come: bool


@dataclass(frozen=True)
class TimeLine:
    """Periods as bars, the years below them, where today is, and crosses for what was taken back."""

    bars: list[Bar]
    ticks: list[tuple[int, int]]
    today_x: int
    on_x: int | None
    crosses: list[int]


def time_line(
    periods: Sequence[Period], *, today: date, on: date | None = None, taken_back: Iterable[date] = ()
) -> TimeLine:
    """The time line of an area from a little before the first decision until today, or until a little after what is to
    come; `on` is a day to mark if it lies there. How it is today is drawn until today: what nobody has decided is not
    shown."""
    begins = [period.first for period in periods if period.first]
    crosses = [*taken_back]
    known = [*begins, *crosses, today]
    room = max((max(known) - min(known)) // 12, timedelta(days=60))
    start, end = min(known) - room, max(known) + (room if max(known) > today else timedelta())
    days = (end - start).days

    def place(day):
        return LEFT + round((day - start).days * (WIDTH - LEFT - RIGHT) / days)

    bars = []
    for period in periods:
        left = place(period.first or start)
        is_to_come = bool(period.first and period.first > today)
        right = place(period.last + timedelta(days=1) if period.last else end if is_to_come else today)
        bars.append(Bar(period, left, max(right - left, 1), is_to_come))
    marked = on if on and start <= on <= end and on != today else None
    return TimeLine(
        bars,
        _ticks(start, end, place),
        place(today),
        place(marked) if marked else None,
        [place(day) for day in crosses],
    )


def _ticks(start, end, place) -> list[tuple[int, int]]:
    """(place, year) of at most five New Year's Days."""
    years = range(start.year + 1, end.year + 1)
    every = -(-len(years) // TICKS) or 1
    found = [(place(date(year, 1, 1)), year) for year in years[::every]]
    return [(x, year) for x, year in found if MARK_ROOM / 2 <= x <= WIDTH - MARK_ROOM / 2]
