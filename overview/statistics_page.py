"""The tables of the statistics as they may be shown and handed on: published figures with labels and links (I9, G7)."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from areas.models import Area
from areas.names import folded
from areas.points import point_of
from incidents.imports.sources import SOURCES
from slt_portal.templatetags.portal import short_day_text

from .disclosure import FEW, NO_DATA, NOT_KNOWN, WITHHELD, Figure, Published, exact, few, is_few, stepped
from .statistics import CODES, DIMENSIONS, MEASURES, Question, Sources, Span, Table, Tables
from .statistics_filters import FIRST_YEAR, months_before

SIDES = ("public", "shared")
NONE = Figure(0, 0)


@dataclass(frozen=True)
class Row:
    """One row of a table: published figures by side and measure. `key` None: not known."""

    key: Hashable
    label: str
    href: str
    figures: dict[str, dict[str, Figure]]
    is_part: bool = False  # a year of which a public source holds the beginning only

    def both(self, measure: str) -> Figure:
        """The figures of both sides together; not known where neither is, no data where no public source reaches and
        nothing is shared."""
        sides = [self.figures[side][measure] for side in SIDES]
        if sides[0] == NO_DATA and not any(figure.high for figure in sides):
            return NO_DATA
        known = [figure for figure in sides if figure.low is not None]
        if not known:
            return NOT_KNOWN
        return Figure(sum(figure.low for figure in known), sum(figure.high for figure in known))

    def cells(self, sides: Sequence[str]) -> list[Figure]:
        """The figures in the order of the columns."""
        return [self.figures[side][measure] for side in sides for measure in MEASURES]

    @property
    def is_something(self) -> bool:
        """Whether it says that there is an incident. Asks only what is published: so do rows that are left out."""
        return any(self.figures[side]["incidents"].is_something for side in SIDES)

    @property
    def words(self) -> str:
        """Its incidents in words, such as "12 + 1–4"."""
        sides = [self.figures[side]["incidents"] for side in SIDES]
        return " + ".join(str(figure) for figure in sides if figure.high) or str(
            NO_DATA if sides[0] == NO_DATA else NONE
        )


@dataclass(frozen=True)
class Sheet:
    """Everything that is shown: the rows of each dimension, the total, which sides there are, how they are hidden."""

    rows: dict[str, list[Row]]
    total: Row
    sides: list[str]
    is_broken_down: bool
    step: int
    areas: dict[int, Area]

    @property
    def hides_few(self) -> bool:
        """Whether it does not even say whether there are shared incidents; they have no columns then."""
        return self.total.figures["shared"]["incidents"] == FEW


def sheet(found: Tables, question: Question, query: dict[str, str], behind: Sources, *, is_filtered: bool) -> Sheet:
    """The published form of `found`. `query` are the filters of the list of incidents that open the rows, `behind` says
    how far the public sources reach: where none does, there is no figure (I9). On a page that `is_filtered` fewer than
    five shared incidents look like none (C4)."""
    named = found.each()
    keys = {name: _keys(name, table, question) for name, table in named}
    hides_few = is_filtered and question.source != "public"
    published = {side: _publish(side, named, keys, hides_few=hides_few) for side in SIDES}
    areas = Area.objects.prefetch_related("territories").in_bulk([key for key in keys["area"] if key])
    reach = _Reach(question, behind)
    uncovered = reach.is_outside([key for key in keys["period"] if key])
    labels = _Labels(question, areas, query, reach)
    rows = {}
    for at, (name, _table) in enumerate(named):
        every = [
            _without_data(
                labels.row(name, key, {side: _cells(published[side], at, key) for side in SIDES}),
                uncovered or (name == "period" and reach.is_outside([key])),
            )
            for key in keys[name]
        ]
        if name == "period":
            every = [_not_begun(row, question, found.began) for row in every]
        rows[name] = _every_period(every, question) if name == "period" else [row for row in every if row.is_something]
    rows["area"].sort(key=_by_size)
    totals = {side: _zeros({name: one.total for name, one in published[side].items()}) for side in SIDES}
    steps = [one.step for one in published["shared"].values()]
    return Sheet(
        rows=rows,
        total=_without_data(Row("total", _("In all"), _list(query), totals), uncovered),
        sides=[side for side in SIDES if totals[side]["incidents"].high and totals[side]["incidents"] != FEW],
        is_broken_down=published["shared"]["incidents"].is_broken_down,
        step=max(steps),
        areas=areas,
    )


def _without_data(row: Row, is_outside: bool) -> Row:
    """The row; where no public source reaches and nothing was counted, that nothing is no figure."""
    if not is_outside or row.figures["public"]["incidents"] != NONE:
        return row
    return replace(row, figures={**row.figures, "public": dict.fromkeys(MEASURES, NO_DATA)})


def _not_begun(row: Row, question: Question, began: date | None) -> Row:
    """The row; where the portal was not there yet and nothing was counted, that nothing is no figure."""
    is_before = began and row.key and _end(row.key, question) <= began
    if not is_before or row.figures["shared"]["incidents"] != NONE:
        return row
    return replace(row, figures={**row.figures, "shared": dict.fromkeys(MEASURES, NO_DATA)})


@dataclass(frozen=True)
class _Reach:
    """Which periods the public sources say anything of."""

    question: Question
    behind: Sources

    def is_outside(self, keys: Sequence[date | None]) -> bool:
        """Whether no loaded source reaches into any of these periods; without a source there is nothing to say."""
        everywhere = len(self.behind.spans)
        if not everywhere or not keys or None in keys or self.question.source == "shared":
            return False
        return all(len(self.missing(key)) == everywhere for key in keys)

    def missing(self, key: date) -> list[str]:
        """The codes of the sources that do not reach into this period."""
        return self.behind.without(key, _end(key, self.question))

    def parts(self, key: date | None) -> list[Span]:
        """The sources that end within this year, before its last month."""
        if key is None or not self.question.by_year or self.question.source == "shared":
            return []
        return [span for span in self.behind.spans if span.last.year == key.year and span.last.month < 12]

    def note(self, key: date) -> str:
        """Which of several sources are not in the figures of this period, nothing where all or none are; and up to when
        those are that end within it."""
        missing = [] if self.question.source == "shared" else self.missing(key)
        notes = []
        if 0 < len(missing) < len(self.behind.spans):
            notes = [_("without %(sources)s") % {"sources": ", ".join(short_name(code) for code in missing)}]
        for span in self.parts(key):
            until = _("to %(day)s") % {"day": short_day_text(span.last)}
            notes.append(until if len(self.behind.spans) == 1 else f"{short_name(span.code)} {until}")
        return ", ".join(notes)


def short_name(code: str) -> str:
    """What a public source is called in a line."""
    return SOURCES[code].short if code in SOURCES else code


def _end(key, question) -> date:
    """The day after the last one of a period."""
    return date(key.year + 1, 1, 1) if question.by_year else months_before(key, -1)


def _publish(side, named, keys, *, hides_few) -> dict[str, Published]:
    """The published tables of one side by measure. Keys without incidents are published as well: zero is a figure."""
    shown: dict[str, Published] = {}
    for measure in MEASURES:
        absent = 0 if measure == "incidents" else None
        values = [
            {key: getattr(table, side).get(key, {}).get(measure, absent) for key in keys[name]} for name, table in named
        ]
        if side == "public":
            shown[measure] = exact(values)
        elif measure == "incidents":
            shown[measure] = few(values, FEW) if hides_few and is_few(values) else stepped(values)
        elif shown["incidents"].total == FEW:
            shown[measure] = few(values, WITHHELD)
        else:
            shown[measure] = stepped(values, breaks_down=shown["incidents"].is_broken_down)
    return shown


def _cells(published, at, key) -> dict[str, Figure]:
    return _zeros({measure: one.tables[at][key] for measure, one in published.items()})


def _zeros(figures):
    """Where there is no incident nobody came to harm; elsewhere nothing known stays "not known"."""
    return dict.fromkeys(MEASURES, NONE) if figures["incidents"] == NONE else figures


def _keys(name: str, table: Table, question: Question) -> list[Hashable]:
    """The keys of a dimension in their order: all periods, all codes, the areas that have something."""
    if name in CODES:
        return list(CODES[name].values)
    if name == "period":
        return [*_periods(table, question), None]
    return [*sorted(table.known_keys()), None]


def _periods(table: Table, question: Question) -> list[date]:
    """Every month or year asked for, without gaps, up to today or the end asked for."""
    today = timezone.now().date()
    present = table.known_keys()
    first = question.since or min([date(FIRST_YEAR, 1, 1), *present])
    last = min(question.until, today) if question.until else today
    last = max([last, *present])
    if question.by_year:
        return [date(year, 1, 1) for year in range(first.year, last.year + 1)]
    count = (last.year - first.year) * 12 + last.month - first.month
    return [months_before(last, back) for back in range(count, -1, -1)]


def _every_period(rows, question):
    """Periods without a gap; of all years the long nothing at the beginning is left out, as is "not known" without any.

    Whether a row is left out says no more than what would stand in it.
    """
    months, unknown = rows[:-1], rows[-1]
    while not question.since and len(months) > 1 and not months[0].is_something and _is_dull(months[0]):
        months = months[1:]
    return [*months, unknown] if unknown.is_something else months


def _is_dull(row) -> bool:
    figures = [row.figures[side]["incidents"] for side in SIDES]
    return row.key.year < FIRST_YEAR or all(figure in {NONE, NO_DATA, FEW} for figure in figures)


def _by_size(row):
    """Largest first by what is published, so that the order tells no more; then by name."""
    return -(row.both("incidents").low or 0), folded(row.label)


def _list(query, **changes) -> str:
    asked = urlencode({**query, **changes})
    return reverse("incidents:list") + (f"?{asked}" if asked else "")


@dataclass(frozen=True)
class _Labels:
    """Words and links of the rows."""

    question: Question
    areas: dict[int, Area]
    query: dict[str, str]
    reach: _Reach

    def row(self, name, key, figures) -> Row:
        """One row of the dimension `name`."""
        label, changes = getattr(self, f"_{name}", self._code)(key, name)
        href = _list(self.query, **changes) if changes else ""
        return Row(key, label, href, figures, name == "period" and bool(self.reach.parts(key)))

    def _period(self, key, _name):
        if key is None:
            return (_("year not known") if self.question.by_year else _("month not known")), {}
        end = _end(key, self.question)
        label = str(key.year) if self.question.by_year else date_format(key, "F Y")
        label += f" ({note})" if (note := self.reach.note(key)) else ""
        return label, {"since": key.isoformat(), "until": date.fromordinal(end.toordinal() - 1).isoformat()}

    def _area(self, key, _name):
        area = self.areas.get(key)
        return (area.name, {"area": area.code}) if area else (_("no area"), {})

    def _code(self, key, name):
        return str(CODES[name](key).label), {name: key}


def labelled(label: str, words: str) -> str:
    """What a figure belongs to, and the figure, on one line."""
    return _("%(label)s: %(words)s") % {"label": label, "words": words}


def places(shown: Sheet) -> tuple[list[tuple], list[str]]:
    """Rows for the map (words, point, exact figure, stepped figure), and the names of areas that have no point."""
    drawn, missing = [], []
    for row in shown.rows["area"]:
        point = point_of(shown.areas[row.key]) if row.key else None
        if point is None:
            missing.append(row.label)
        else:
            figures = [row.figures[side]["incidents"] for side in SIDES]
            drawn.append((labelled(row.label, row.words), point, *figures))
    return drawn, missing


def csv_rows(shown: Sheet, headings: dict[str, str], definitions: Sequence[str]) -> list[list]:
    """The tables as rows of a file: table, row, figures; after them what is counted. Exact figures are numbers."""
    rows = [[_("In all"), "", *_plain(shown.total)]]
    rows += [[headings[name], row.label, *_plain(row)] for name in DIMENSIONS for row in shown.rows[name]]
    empty = [None] * (len(SIDES) * len(MEASURES))
    return rows + [[_("Definition"), sentence, *empty] for sentence in definitions]


def _plain(row):
    return [figure.low if figure.is_exact else str(figure) for figure in row.cells(SIDES)]
