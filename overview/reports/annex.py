"""All tables of a report as one file: a row for each value (G3). No spreadsheet takes it for a program (C9)."""

from django.utils.translation import gettext as _

from overview.figures import values
from overview.models import PeriodicReport
from slt_portal.tables import write_csv

from .tables import Table, lists_of, measures_of, tables_of


def annex_of(report: PeriodicReport, language: str) -> bytes:
    """The file in the language that is active. Numbers are numbers, intervals text; not known and no data are words."""
    data = report.figures["data"]
    times = (f"{data['first']}/{data['last']}", "/".join(data["before"]))  # ISO 8601 intervals
    headers = [
        _("Figure"),
        _("Title"),
        _("Definition"),
        _("Not shown exactly"),
        _("Period covered"),
        _("Key"),
        _("Label"),
    ]
    rows = [row for table in tables_of(report, language) for row in _rows(table, times)]
    rows += [*_measures(report, language), *_lists(report)]
    return write_csv(rows, [*headers, _("Column"), _("Value"), _("Unit")])


def _rows(table: Table, times):
    for line in table.lines:
        for time, cells in zip(
            times, (None, line.values) if line.is_earlier else (line.values, line.earlier), strict=True
        ):
            for column, value in zip(table.columns, cells, strict=True) if cells is not None else ():
                said = (table.code, table.title, table.definition, table.suppression)
                yield [*said, time, line.key, line.label, column, _cell(value), table.unit]


def _cell(value):
    return value if isinstance(value, int | float) else values.words(value)


def _measures(report, language):
    title, at = _("Measures under way"), report.cut_off.date().isoformat()
    for row in measures_of(report, language):
        day = row["on"].isoformat() if row["on"] else ""
        said = ((_("Owner"), row["owner"]), (_("State"), row["state"]), (_("Date"), day), (_("Note"), row["note"]))
        for column, value in said:
            yield ["measures", title, "", "", at, row["ref"], row["title"], column, value, ""]


def _lists(report):
    title = _("Lists of reinforced areas")
    for row in lists_of(report):
        label = _("List %(number)s") % {"number": row["number"]}
        yield ["lists", title, "", "", row["on"].isoformat(), row["number"], label, _("Areas"), row["areas"], ""]
