"""What a figure is, and which there are. The modules of this package declare them (`declared`).

A figure counts for a time, as of a moment, from what was recorded by then and is never changed, so that the same
question gives the same answer years later (G3). What it returns is what may be shown: whoever stores, prints or draws
it hides nothing more.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.core.exceptions import ImproperlyConfigured

from sharing.access import Access

# A value as it is stored: a number; (at least, at most) where it is given in steps; None: not known; "no data".
Value = int | float | list | None | str
NO_DATA = "no data"


@dataclass(frozen=True)
class Period:
    """From the day `first` to the day `last` (both included, in UTC), by what was recorded before `as_of`."""

    first: date
    last: date
    as_of: datetime

    @property
    def start(self) -> datetime:
        """The moment in which it begins."""
        return datetime(self.first.year, self.first.month, self.first.day, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """The moment in which it is over, or `as_of` if that is earlier."""
        after = self.last + timedelta(days=1)
        return min(datetime(after.year, after.month, after.day, tzinfo=UTC), self.as_of)


class Figure(ABC):
    """One figure: a table of rows (key, values). All words are lazy translations.

    `definition` says in one or two sentences what is counted, from what, and what not; `suppression` what is not shown
    exactly, and why (empty: everything is exact, because its readers may open each row). `watches` are verbs of the
    audit chain after which a stored figure is no longer shown until it is counted anew. `unit` is what the numbers are.
    """

    code: str
    title: str
    definition: str
    columns: tuple[str, ...]
    key_name: str
    suppression: str = ""
    unit: str = ""
    watches: frozenset[str] = frozenset()
    on_dashboard: bool = True
    in_report: bool = True
    chart: str = ""  # "bars" of its first column, "trend" of it over time, or none
    is_of_moment: bool = False  # it says how things stood at the end of the time, not what happened in it
    compares_itself: bool = False  # what it is compared with stands in it, in columns or rows of their own

    @abstractmethod
    def count(self, period: Period) -> list[tuple[str, list[Value]]]:
        """The rows, in their order: each a key (a code, a reference or a day) and as many values as columns."""

    def in_public(self, rows: list[tuple[str, list[Value]]]) -> list[tuple[str, list[Value]]]:
        """`rows` of `count` as a report has them: once it is approved, partners read it and others are handed it."""
        return rows

    @abstractmethod
    def label(self, key: str) -> str:
        """What a key is called, in the reader's language, where `names` does not know it; no query."""

    def names(self, keys: list[str]) -> dict[str, str]:
        """What those of the keys are called that stand for rows of the database; one query. Figures that share this
        function are asked together."""
        return {}

    def labels(self, keys: list[str]) -> dict[str, str]:
        """What the keys are called."""
        names = self.names(keys)
        return {key: names.get(key) or str(self.label(key)) for key in keys}

    def href(self, access: Access, key: str = "") -> str:
        """The page of the rows behind the figure, or behind one of its rows; empty for who may not open it."""
        return ""


_figures: dict[str, Figure] = {}


def register(figure: type[Figure]) -> type[Figure]:
    """Class decorator that makes a figure known. A doubled code is ImproperlyConfigured."""
    if figure.code in _figures:
        raise ImproperlyConfigured(f"Figure {figure.code!r} is there twice.")
    _figures[figure.code] = figure()
    return figure


def all_figures() -> list[Figure]:
    """Every figure, in the order of declaration."""
    return list(_figures.values())


def figure_of(code: str) -> Figure:
    """The figure with this code. Raises LookupError."""
    return _figures[code]
