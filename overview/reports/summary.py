"""What a report says first: sentences made from its figures, none where a figure is not in it (G3).

What is not known, or was not counted, is said so; what is given in steps is "between 5 and 9".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from overview.figures import values
from overview.figures.registry import NO_DATA, Value

from .tables import Table


def _row(key: str) -> Callable:
    """The row of one key; without one there is nothing to say."""
    return lambda table: [line for line in table.lines if line.key == key]


def _all(table: Table):
    return table.lines


def _of_the_time(table: Table):
    """The rows of a trend that are of the time itself: the others came before."""
    return [line for line in table.lines if line.key >= table.first]


@dataclass(frozen=True)
class Sentence:
    """One sentence: the sum of one column over some rows of a figure. `text` counts by `number`, `what` names it where
    there is no number. `before` is the column that holds the time before, where the figure has one itself."""

    code: str
    rows: Callable
    column: int
    text: object
    what: str
    before: int | None = None


SENTENCES = (
    Sentence(
        "partnership.partners",
        _row("everywhere"),
        0,
        ngettext_lazy(
            "%(value)s organisation was a partner at the global level at the end of the period",
            "%(value)s organisations were partners at the global level at the end of the period",
            "number",
        ),
        gettext_lazy("Partner organisations at the global level"),
    ),
    Sentence(
        "partnership.decided",
        _row("approved"),
        0,
        ngettext_lazy(
            "the Oversight Committee admitted %(value)s organisation",
            "the Oversight Committee admitted %(value)s organisations",
            "number",
        ),
        gettext_lazy("Organisations admitted"),
    ),
    Sentence(
        "partnership.suspensions",
        _all,
        1,
        ngettext_lazy("%(value)s suspension began", "%(value)s suspensions began", "number"),
        gettext_lazy("Suspensions that began"),
    ),
    Sentence(
        "levels.levels",
        _row("reinforced"),
        0,
        ngettext_lazy(
            "%(value)s area was at the reinforced level at the end of the period",
            "%(value)s areas were at the reinforced level at the end of the period",
            "number",
        ),
        gettext_lazy("Areas at the reinforced level"),
    ),
    Sentence(
        "incidents.by_quarter",
        _of_the_time,
        0,
        ngettext_lazy(
            "organisations shared %(value)s incident in the whole quarters of the period",
            "organisations shared %(value)s incidents in the whole quarters of the period",
            "number",
        ),
        gettext_lazy("Incidents shared"),
    ),
    Sentence(
        "incidents.directions",
        _row("partners"),
        0,
        ngettext_lazy(
            "partner organisations reported %(value)s of them",
            "partner organisations reported %(value)s of them",
            "number",
        ),
        gettext_lazy("Incidents that partner organisations reported"),
        before=1,
    ),
    Sentence(
        "incidents.directions",
        _row("un"),
        0,
        ngettext_lazy(
            "the United Nations reported %(value)s of them", "the United Nations reported %(value)s of them", "number"
        ),
        gettext_lazy("Incidents that the United Nations reported"),
        before=1,
    ),
    Sentence(
        "feedback.quarters",
        _all,
        0,
        ngettext_lazy(
            "%(value)s feedback case was received in the whole quarters of the period",
            "%(value)s feedback cases were received in the whole quarters of the period",
            "number",
        ),
        gettext_lazy("Feedback cases received"),
    ),
    Sentence(
        "feedback.times",
        _row("all"),
        0,
        ngettext_lazy(
            "half of the feedback cases took no longer than %(value)s day from sending to closing",
            "half of the feedback cases took no longer than %(value)s days from sending to closing",
            "number",
        ),
        gettext_lazy("Days from sending a feedback case to closing it"),
    ),
    Sentence(
        "levels.lists",
        _all,
        0,
        ngettext_lazy(
            "lists of reinforced areas went out in %(value)s mail",
            "lists of reinforced areas went out in %(value)s mails",
            "number",
        ),
        gettext_lazy("Mails with lists of reinforced areas"),
    ),
    Sentence(
        "governance.closed",
        _row("oversight_committee"),
        0,
        ngettext_lazy(
            "the Oversight Committee closed %(value)s decision",
            "the Oversight Committee closed %(value)s decisions",
            "number",
        ),
        gettext_lazy("Decisions of the Oversight Committee"),
    ),
)


def sentences(tables: Sequence[Table]) -> list[str]:
    """The sentences for these tables, in the language that is active."""
    found = {table.code: table for table in tables}
    said = [_said(one, found[one.code]) for one in SENTENCES if one.code in found]
    return [text for text in said if text]


def _said(one: Sentence, table: Table) -> str:
    lines = one.rows(table)
    cells = [line.values[one.column] for line in lines if line.values is not None]
    if not cells:
        return ""
    value = values.add(cells)
    if value is None or value == NO_DATA:
        return _("%(what)s: %(value)s.") % {"what": one.what, "value": values.words(value)}
    text = one.text % {"value": in_words(value), "number": int(values.bounds(value)[1])}
    earlier, time = _before(one, table, lines)
    if earlier is not None:
        text = _("%(text)s (%(time)s: %(value)s)") % {"text": text, "time": time, "value": values.words(earlier)}
    return capfirst(f"{text}.")


def _before(one, table, lines) -> tuple[Value, str]:
    """The same of the time before, and what that is called; None where it is not known."""
    if one.before is not None:
        return values.add([line.values[one.before] for line in lines]), _("in as many quarters before")
    cells = [line.earlier[one.column] for line in lines if line.earlier is not None]
    return (values.add(cells), table.times[1]) if table.times and cells else (None, "")


def in_words(value: Value) -> str:
    """A number, or "between 5 and 9"."""
    low, high = values.bounds(value)
    if low == high:
        return values.words(value)
    low, high = (number_format(number, force_grouping=True) for number in (low, high))
    return _("between %(low)s and %(high)s") % {"low": low, "high": high}
