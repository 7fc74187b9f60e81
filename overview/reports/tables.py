"""The figures of a report as tables in the language of the reader, from what was compiled: no query (G3).

Tables stand by chapter. Of what happens in a time the time before stands beside it; where the rows are themselves times
(quarters, months), the rows of the time before come first.
"""

from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from overview.figures import values
from overview.figures.registry import Value
from overview.models import MeasureEntry, PeriodicReport
from slt_portal.templatetags.portal import short_day_text

ABSENT = "–"
MOST_BARS = 10
# The chapter of a figure is the module that declares it (overview.figures).
CHAPTERS = {
    "partnership": gettext_lazy("Partnership"),
    "levels": gettext_lazy("Implementation levels"),
    "incidents": gettext_lazy("Information sharing and incidents"),
    "feedback": gettext_lazy("Feedback"),
    "reach": gettext_lazy("Reach"),
    "governance": gettext_lazy("Governance"),
}
_ELSEWHERE = {"levels.lists": "reach"}
OTHER = gettext_lazy("Other figures")


@dataclass(frozen=True)
class Line:
    """One row: its key, what it is called, its values, and `earlier` those of the time before; None where a time has no
    such row. `is_earlier`: all of it is of the time before."""

    key: str
    label: str
    values: list[Value] | None
    earlier: list[Value] | None = None
    is_earlier: bool = False


@dataclass(frozen=True)
class Table:
    """One figure as a table. `times` are the names of the two times where both stand side by side, else empty."""

    code: str
    chapter: str
    title: str
    definition: str
    suppression: str
    key_name: str
    unit: str
    columns: list[str]
    lines: list[Line] = field(default_factory=list)
    times: tuple[str, ...] = ()
    chart: str = ""
    first: str = ""  # the first day of the time

    @property
    def rows(self) -> list[tuple[str, list[str]]]:
        """Labels and cells in words: the columns of the time, then those of the time before."""
        return [(line.label, self._cells(line)) for line in self.lines]

    def _cells(self, line):
        return self._said(line.values) + (self._said(line.earlier) if self.times else [])

    def _said(self, cells):
        return [ABSENT] * len(self.columns) if cells is None else [values.words(value) for value in cells]

    @property
    def headers(self) -> list[str]:
        """What each cell is, in one line: for narrow screens and for files."""
        if not self.times:
            return self.columns
        return [f"{column}, {time}" for time in self.times for column in self.columns]

    @property
    def drawn(self) -> list[Line]:
        """The rows of its picture; none where it has no picture, or nothing to draw."""
        lines = self.lines if self.chart == "trend" else self.lines[:MOST_BARS]
        something = [line for line in lines if line.values and values.bounds(line.values[0])[0]]
        return lines if self.chart in {"bars", "trend"} and len(something) > 1 else []


def tables_of(report: PeriodicReport, language: str) -> list[Table]:
    """All tables, by chapter and then as they were compiled."""
    data, words = report.figures["data"], report.figures["words"][language]["figures"]
    times = (time_in_short(data["first"], data["last"]), time_in_short(*data["before"]))
    tables = [_table(row, words[row["code"]], times, data["first"]) for row in data["figures"]]
    order = [*CHAPTERS]
    return sorted(tables, key=lambda table: order.index(table.chapter) if table.chapter in order else len(order))


def _table(row, said, times, first) -> Table:
    labels, before = said["labels"], row["before"]
    now, earlier = dict(row["rows"]), dict(before or ())
    is_of_times = before is not None and not now.keys() & earlier.keys() and bool(earlier)
    if is_of_times:
        lines = [Line(key, labels[key], cells, is_earlier=True) for key, cells in before]
        lines += [Line(key, labels[key], cells) for key, cells in row["rows"]]
    else:
        lines = [Line(key, labels[key], cells, earlier.get(key)) for key, cells in row["rows"]]
        lines += [Line(key, labels[key], None, cells) for key, cells in earlier.items() if key not in now]
    named = ("title", "definition", "suppression", "key_name", "unit", "columns", "chart")
    is_beside = before is not None and not is_of_times
    return Table(
        row["code"],
        _ELSEWHERE.get(row["code"], said["chapter"]),
        lines=lines,
        times=times if is_beside else (),
        first=first,
        **{name: said[name] for name in named},
    )


def time_in_short(first: str, last: str) -> str:
    """A time as it heads a column: a year, or its first and last day."""
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    if (begin.month, begin.day, end.month, end.day) == (1, 1, 12, 31) and begin.year == end.year:
        return str(begin.year)
    return f"{short_day_text(begin)} – {short_day_text(end)}"


def chapters_of(tables: list[Table]) -> list[tuple[str, str, list[Table]]]:
    """Code, title and tables of every chapter; the tables of modules that no chapter is named after come last."""
    found = [(code, str(title), [one for one in tables if one.chapter == code]) for code, title in CHAPTERS.items()]
    rest = [one for one in tables if one.chapter not in CHAPTERS]
    return found + ([("other", str(OTHER), rest)] if rest else [])


def measures_of(report: PeriodicReport, language: str) -> list[dict]:
    """The measures as they stood at the cut-off: ref, title, owner, state, on (a day or None), note."""
    return [
        {
            "ref": row["ref"],
            "title": row[f"title_{language}"],
            "owner": row["owner"],
            "state": str(MeasureEntry.State(row["state"]).label),
            "on": date.fromisoformat(row["on"]) if row["on"] else None,
            "note": row[f"note_{language}"],
        }
        for row in report.figures["data"]["measures"]
    ]


def lessons_of(report: PeriodicReport, language: str) -> list[dict]:
    """The lessons of the time: ref, title, text, category, on; not those taken back since."""
    said = report.figures["words"][language]["lessons"]
    rows = report.figures["data"]["lessons"]
    return [{**row, **said[row["ref"]], "on": date.fromisoformat(row["on"])} for row in rows if row["ref"] in said]


def lists_of(report: PeriodicReport) -> list[dict]:
    """The lists of reinforced areas made in the time: number, on, areas."""
    return [{**row, "on": date.fromisoformat(row["on"])} for row in report.figures["data"]["lists"]]


def is_unfinished(report: PeriodicReport) -> bool:
    """Whether the time was not over at the cut-off, so that the time before is longer."""
    return report.cut_off.date() <= report.ends_on


def note_of_comparison(report: PeriodicReport) -> str:
    """What to know when two times stand side by side; empty where there is nothing."""
    if not is_unfinished(report):
        return ""
    return _("The period was not over at the cut-off. The one before is counted in full.")
