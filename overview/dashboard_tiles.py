"""Tiles: stored figures as one reader is shown them, each with what it counts and as of when (G1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sharing.access import Access

from .disclosure import Figure as Drawn
from .figures import values
from .figures.registry import Figure, all_figures
from .figures.stored import Row, Shown, shown
from .statistics_page import labelled

ROWS = 5  # of a tile; its page has them all
NOTHING = Drawn(0, 0)
# What figures are about: what their codes begin with.
TOPICS = {
    gettext_lazy("Partnership"): ("partnership",),
    gettext_lazy("Levels and areas"): ("levels", "areas"),
    gettext_lazy("Incidents"): ("incidents",),
    gettext_lazy("Mail"): ("mail",),
    gettext_lazy("Feedback"): ("feedback",),
    gettext_lazy("Decisions"): ("governance",),
}
_SENTENCE = ". "


@dataclass(frozen=True)
class Tile:
    """One figure on a dashboard: a picture where it has one, the first rows, and the way to all of them."""

    shown: Shown

    @property
    def figure(self) -> Figure:
        """What is counted, in words."""
        return self.shown.figure

    @property
    def ident(self) -> str:
        """A word for ids on the page."""
        return "tile-" + "".join(letter if letter.isalnum() else "-" for letter in self.figure.code)

    @property
    def is_counted(self) -> bool:
        """Whether there are numbers that may be shown; else they are being counted anew."""
        return bool(self.shown.made_at and not self.shown.recounted_since)

    @cached_property
    def rows(self) -> list[Row]:
        """Those of its table: of a trend all, else the first."""
        return self.shown.rows if self.figure.chart == "trend" else self.shown.rows[:ROWS]

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to tell: no row, or none with more than zero."""
        return not any(values.figure(value).high for row in self.shown.rows for value in row.values)

    @property
    def is_broad(self) -> bool:
        """Whether its table has more columns than fit on a phone."""
        return len(self.figure.columns) > 2

    @property
    def definition(self) -> str:
        """What is counted, in one sentence."""
        first, *rest = str(self.figure.definition).split(_SENTENCE, 1)
        return f"{first}." if rest else first

    @property
    def more(self) -> str:
        """How it is counted, and what is not shown."""
        _first, *rest = str(self.figure.definition).split(_SENTENCE, 1)
        return " ".join(part for part in (*rest, str(self.figure.suppression)) if part)

    @property
    def left_out(self) -> int:
        """How many rows stand on its own page only."""
        return len(self.shown.rows) - len(self.rows)

    @property
    def one_number(self) -> str:
        """Its number, where it is one only."""
        is_one = len(self.shown.rows) == 1 and len(self.figure.columns) == 1
        return self.shown.rows[0].words[0] if is_one else ""

    @property
    def draws(self) -> str:
        """Which picture it has: bars, trend, or none where there is nothing to compare, as where all are "0–4"."""
        drawable = [row for row in self.rows if values.figure(row.values[0]).low]
        return self.figure.chart if len(self.rows) > 1 and drawable else ""

    @property
    def bars(self) -> list[tuple[str, Drawn, Drawn, str]]:
        """Rows for the picture of bars: what is exact, what is in steps, the words."""
        found = []
        for row in self.rows:
            drawn = values.figure(row.values[0])
            pair = (NOTHING, drawn) if drawn.low != drawn.high else (drawn, NOTHING)
            found.append((row.label, *pair, row.words[0]))
        return found

    @property
    def labels(self) -> list[str]:
        """What stands below a trend."""
        return [row.label for row in self.rows]

    @property
    def figures(self) -> list[Drawn]:
        """What a trend draws."""
        return [values.figure(row.values[0]) for row in self.rows]

    @property
    def in_words(self) -> str:
        """What the picture says, for who does not see it."""
        return "; ".join(labelled(row.label, row.words[0]) for row in self.rows) or _("nothing")


def by_topic(tiles: Iterable[Tile]) -> list[tuple[str, list[Tile]]]:
    """The tiles under what they are about, in the order of the topics."""
    tiles = list(tiles)
    found = [
        (topic, [tile for tile in tiles if tile.figure.code.partition(".")[0] in names])
        for topic, names in TOPICS.items()
    ]
    return [(topic, some) for topic, some in found if some]


def codes_on_dashboards() -> list[str]:
    """All figures that dashboards show, in the order of declaration."""
    return [figure.code for figure in all_figures() if figure.on_dashboard]


def tiles_of(access: Access, codes: Iterable[str]) -> dict[str, Tile]:
    """The tiles of these figures for one reader, by code; as many questions as figures.stored.shown asks."""
    return {code: Tile(one) for code, one in shown(access, list(codes)).items()}
