"""Values of figures: added up, said in words, and drawn. A value is what registry.Value says."""

from collections.abc import Iterable

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from overview import disclosure
from overview.figures.registry import NO_DATA, Value


def add(values: Iterable[Value]) -> Value:
    """The sum: of intervals the sum of both ends, of numbers alone a number; nothing at all is zero.

    What is not known makes the sum not known, and so does "no data" beside numbers: a sum that leaves something out
    would say that nothing was there. Of nothing but "no data" the sum is "no data".
    """
    values = list(values)
    if values and all(value == NO_DATA for value in values):
        return NO_DATA
    if any(value is None or value == NO_DATA for value in values):
        return None
    low, high = sum(bounds(value)[0] for value in values), sum(bounds(value)[1] for value in values)
    return [low, high] if any(isinstance(value, list | tuple) for value in values) else low


def bounds(value: Value) -> tuple[int | float | None, int | float | None]:
    """At least and at most; (None, None) where it is not known or nobody counted."""
    if value is None or value == NO_DATA:
        return None, None
    if isinstance(value, list | tuple):
        return value[0], value[1]
    return value, value


def figure(value: Value) -> disclosure.Figure:
    """The value as charts take it."""
    return disclosure.NO_DATA if value == NO_DATA else disclosure.Figure(*bounds(value))


def of(published: disclosure.Figure) -> Value:
    """What was made public (disclosure.stepped, .band) as a value to store."""
    if isinstance(published, disclosure.NoData):
        return NO_DATA
    if published.low is None:
        return None
    return published.low if published.is_exact else [published.low, published.high]


def steps_of(number: int) -> Value:
    """The step of five in which a number lies. Fewer than five look like none."""
    if number < disclosure.SMALLEST_TOTAL:
        return [0, disclosure.SMALLEST_TOTAL - 1]
    return of(disclosure.band(number, disclosure.SMALLEST_TOTAL))


def words(value: Value) -> str:
    """The value in the reader's language: 1,204 · 5–9 · not known · no data."""
    if isinstance(value, float):
        return number_format(value, 0 if value == int(value) else 1, force_grouping=True)
    return _("no data") if value == NO_DATA else str(figure(value))
