"""Where the parts of a picture stand: plain numbers in, whole numbers out, drawn by `templates/overview/charts/`.

Pictures are drawn from published figures only, so that nobody can measure in them what the table hides.

A figure has `low` and `high` (both None: not known). What is certain is filled, what is possible is hatched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from areas.points import Point, on_map

WIDTH = 340
ROW, BAR, ROOM_FOR_FIGURES = 44, 14, 84  # units; a unit is about a pixel on a phone
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 12, 22  # margins of a trend
ROOM_FOR_NOTE = 130  # units of the axis that "2025 (jusqu'au 30 juin)" and a year beside it take
MAP_WIDTH, MAP_HEIGHT = 720, 341
SMALLEST_SYMBOL, LARGEST_SYMBOL = 5, 22


@dataclass(frozen=True)
class Bar:
    """One row: what is exact, then what is at least, then what is possible; `words` say it."""

    label: str
    words: str
    y: int
    exact: int
    low: int
    high: int

    @property
    def end(self) -> int:
        """Where the words begin."""
        return self.exact + self.low + self.high + 6

    @property
    def low_x(self) -> int:
        """Where the second part begins."""
        return self.exact

    @property
    def high_x(self) -> int:
        """Where the third part begins."""
        return self.exact + self.low

    @property
    def baseline(self) -> int:
        """The line on which the label stands."""
        return self.y + 15

    @property
    def bar_y(self) -> int:
        """The top of the bar."""
        return self.y + 21

    @property
    def words_y(self) -> int:
        """The line on which the words stand."""
        return self.y + 33


def bars(rows: Sequence[tuple[str, object, object, str]]) -> list[Bar]:
    """Bars for rows of (label, exact figure, stepped figure, words); rows of nothing are left out."""
    drawn = [row for row in rows if (row[1].high or 0) + (row[2].high or 0)]
    longest = max((_most(exact, stepped) for _, exact, stepped, _ in drawn), default=1)
    room = WIDTH - ROOM_FOR_FIGURES

    def length(number):
        return round((number or 0) * room / longest)

    return [
        Bar(
            label,
            words,
            number * ROW,
            length(exact.high),
            length(stepped.low),
            length((stepped.high or 0) - (stepped.low or 0)),
        )
        for number, (label, exact, stepped, words) in enumerate(drawn)
    ]


def _most(exact, stepped) -> int:
    return (exact.high or 0) + (stepped.high or 0)


@dataclass(frozen=True)
class Trend:
    """A trend in a frame: polygons of what is possible, lines and dots of what is certain, rings for what is certain of
    a period that is not whole, with `notes` (place, anchor, words) below them, and its two axes."""

    height: int
    lines: list[str]
    dots: list[tuple[int, int]]
    possible: list[tuple[int, int, int, int]]
    certain: list[tuple[int, int, int, int]]
    ticks: list[tuple[int, str]]
    rings: list[tuple[int, int]]
    notes: list[tuple[int, str, str]]
    levels: list[tuple[int, int]]

    @property
    def bottom(self) -> int:
        """Where zero is."""
        return self.height - BOTTOM


def trend(labels: Sequence[str], figures: Sequence, height: int = 150, parts: Mapping[int, str] | None = None) -> Trend:
    """The trend of one measure. Exact figures are dots on a line, figures in steps columns; gaps where not known.

    `parts` are periods of which there is the beginning only, by their place, and what they are called: no line leads to
    them, because what is less there is not less.
    """
    parts = parts or {}
    most = top_of_scale(max((figure.high or 0 for figure in figures), default=0))
    inner, span = height - TOP - BOTTOM, WIDTH - LEFT - RIGHT
    width = span / max(len(figures), 1)

    def level(number):
        return TOP + round(inner * (1 - number / most))

    def column(at, low, high):
        left, right = LEFT + round(at * width) + 1, LEFT + round((at + 1) * width) - 1
        return left, level(high), max(right - left, 1), level(low) - level(high)

    known = [(at, figure) for at, figure in enumerate(figures) if figure.low is not None]
    points = {at: (LEFT + round((at + 0.5) * width), level(fig.low)) for at, fig in known if fig.low == fig.high}
    steps = [(at, figure) for at, figure in known if figure.low != figure.high]
    every = max(1, -(-len(labels) // 4))
    whole = {at: point for at, point in points.items() if at not in parts}
    notes = [_note(LEFT + round((at + 0.5) * width), words) for at, words in parts.items()]
    ticks = [(LEFT + round((at + 0.5) * width), labels[at]) for at in range(0, len(labels), every)]
    return Trend(
        height=height,
        lines=[] if steps else _lines(whole, len(figures)),
        dots=list(whole.values()),
        rings=[points[at] for at in parts if at in points],
        notes=notes,
        possible=[column(at, figure.low, figure.high) for at, figure in steps],
        certain=[column(at, 0, figure.low) for at, figure in steps if figure.low],
        ticks=[(x, words) for x, words in ticks if all(abs(x - place) > ROOM_FOR_NOTE for place, _, _ in notes)],
        levels=[(level(number), number) for number in (0, most // 2, most)],
    )


def _note(x, words) -> tuple[int, str, str]:
    """Where the words below a ring stand: around it, or at the end of the axis where there is no room."""
    is_narrow = x > WIDTH - ROOM_FOR_NOTE // 2
    return (WIDTH, "end", words) if is_narrow else (x, "middle", words)


def _lines(points, count) -> list[str]:
    """Runs of neighbouring points as SVG point lists."""
    runs, run = [], []
    for at in range(count + 1):
        if at in points:
            run.append(f"{points[at][0]},{points[at][1]}")
        else:
            runs, run = ([*runs, run] if len(run) > 1 else runs), []
    return [" ".join(run) for run in runs]


def top_of_scale(number: int) -> int:
    """The round even number at or above `number` that ends a scale: 2, 4, 10, 20, 40, 100, …"""
    step = 1
    while True:
        for top in (2 * step, 4 * step, 10 * step):
            if top >= number:
                return top
        step *= 10


@dataclass(frozen=True)
class Symbol:
    """A circle for what is exact and a square for what is in steps, around one point; `words` are its title."""

    words: str
    x: int
    y: int
    radius: int
    side: int

    @property
    def corner(self) -> tuple[int, int]:
        """The upper left corner of the square."""
        return self.x - self.side // 2, self.y - self.side // 2


def symbols(rows: Sequence[tuple[str, Point, object, object]]) -> list[Symbol]:
    """Symbols for rows of (words, point, exact figure, stepped figure), large ones first so that small ones show.

    Their area follows the figure, of one in steps the lowest it may be.
    """
    most = max((max(exact.high or 0, stepped.low or 0) for _, _, exact, stepped in rows), default=1) or 1

    def size(number):
        return round(max(SMALLEST_SYMBOL, LARGEST_SYMBOL * sqrt(number / most))) if number else 0

    drawn = []
    for words, point, exact, stepped in rows:
        drawn.append(Symbol(words, *on_map(point), size(exact.low), 2 * size(stepped.low)))
    return sorted(drawn, key=lambda one: -max(2 * one.radius, one.side))
