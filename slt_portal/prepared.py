"""Questions that every page asks: the ORM writes their SQL once per process, afterwards only the values change.

Building a queryset and writing it as SQL takes several times as long as the database takes to answer it, and half of
that is planning: PostgreSQL keeps the plan too (PREPARE, once per connection). The rule itself stays said in one place,
as a queryset; what is kept is what Django made of it, never a row.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import lru_cache, wraps
from itertools import count
from types import SimpleNamespace
from typing import NamedTuple
from uuid import UUID
from weakref import WeakKeyDictionary

from django.core.exceptions import EmptyResultSet
from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet
from django.db.models.sql import UpdateQuery
from psycopg2.extensions import AsIs

# Stand for the values while the SQL is written; nothing real is as large, as late or begins like this.
_NUMBER = 4_600_000_000_000_000_000
_MOMENT = datetime(9000, 1, 1, tzinfo=UTC)
_TEXT = "\0value "
_NUMBER_AS_TEXT = re.compile(r"(46000000000000\d{5})")  # within a text, such as the name of a principal
_UUID = 0xFFFFFFFF_FFFF_FFFF_FFFF_000000000000
_UUID_AS_TEXT = "f" * 20
_OUTDATED = {"26000", "42P05", "0A000"}  # SQLSTATE: no such statement; there is one; it would give other columns
_SHAPES = 256  # of the arguments of one question; one shape is usual


class NotPrepared(TypeError):
    """A question whose SQL depends on more than the values of its arguments: it must be asked anew each time."""


class _Place(NamedTuple):
    """Where a value of the arguments belongs among the parameters of the SQL."""

    index: int


class _Words(NamedTuple):
    """A text with values of the arguments in it: its parts, and places for the others."""

    parts: tuple[str | _Place, ...]


class _Written(NamedTuple):
    rows: QuerySet
    compiler: object
    name: str
    sql: str
    params: tuple


_numbers = count(1)
_texts: dict[str, str] = {}  # by name, what was given to PostgreSQL to prepare
_known_to: WeakKeyDictionary = WeakKeyDictionary()  # by connection of the driver: names of what it has prepared


@contextmanager
def _of_this_connection() -> Iterator[None]:
    """A connection that has other statements than we think (DISCARD, or somebody broke off between making one and
    noting it), or made them for columns that a migration has changed since, fails this once: it is closed after the
    request or task, whatever CONN_MAX_AGE says."""
    try:
        yield
    except DatabaseError as error:
        if getattr(error.__cause__, "pgcode", None) in _OUTDATED:
            connection.close_at = time.monotonic()
        raise


def written_as(name: str) -> str:
    """The SQL that `EXECUTE name` runs, for who looks at statements on their way to the database."""
    return _texts[name]


def prepared(question: Callable[..., QuerySet]) -> Callable[..., list]:
    """Decorator of a function that makes a queryset from numbers, texts, moments, UUIDs and (nested) sequences of them.

    Called, it returns the queryset's rows as a list. The function runs once per shape of its arguments: lengths, what
    is None, which values of one argument are equal. It must not look at the clock; NotPrepared says so.
    """

    @lru_cache(maxsize=_SHAPES)
    def written(shapes) -> _Written | None:
        return _write_question(question(*map(_stand_in, shapes)), shapes)

    @wraps(question)
    def ask(*arguments):
        values: list = []
        ready = written(tuple(_shape(argument, values, {}) for argument in arguments))
        return [] if ready is None else _rows(ready, values)

    return ask


def prepared_update(question: Callable[..., tuple[QuerySet, dict]]) -> Callable[..., int]:
    """The same for a function that returns rows and what to change in them: called, it returns how many it changed.

    Whatever cannot be prepared (an expression, a value that its field stores as something else) is asked as usual.
    """

    @lru_cache(maxsize=_SHAPES)
    def written(shapes) -> _Written | None:
        try:
            return _write_update(*question(*map(_stand_in, shapes)), shapes)
        except NotPrepared:
            return None

    @wraps(question)
    def change(*arguments):
        values: list = []
        try:
            ready = written(tuple(_shape(argument, values, {}) for argument in arguments))
        except NotPrepared:
            ready = None
        if ready is None:
            rows, changes = question(*arguments)
            return rows.update(**changes)
        in_step = transaction.mark_for_rollback_on_error(connection.alias)
        with _of_this_connection(), in_step, connection.cursor() as cursor:
            cursor.execute(*_statement(ready, values))
            return cursor.rowcount

    return change


_KINDS = {int: "number", str: "text", datetime: "moment", UUID: "uuid"}


def _shape(argument, values: list, known: dict):
    """The argument with each value replaced by its place in `values`; equal values of one argument share theirs."""
    if isinstance(argument, Enum):
        argument = argument.value
    if argument is None or isinstance(argument, bool):
        return argument
    if kind := _KINDS.get(type(argument)):
        if (kind, argument) not in known:
            known[kind, argument] = len(values)
            values.append(argument)
        return kind, known[kind, argument]
    if isinstance(argument, list | tuple | set | frozenset):
        kind = frozenset if isinstance(argument, set | frozenset) else tuple
        return kind, tuple(_shape(part, values, known) for part in argument)
    raise NotPrepared(f"an argument that is {type(argument).__name__}")


def _stand_in(shape):
    """The shape as an argument again, each place as a value that is found again among the parameters."""
    if shape is None or isinstance(shape, bool):
        return shape
    kind, place = shape
    if kind == "number":
        return _NUMBER + place
    if kind == "moment":
        return _MOMENT + timedelta(microseconds=place)
    if kind == "uuid":
        return UUID(int=_UUID + place)
    if kind == "text":
        return f"{_TEXT}{place}"
    return kind(_stand_in(part) for part in place)


def _places(shape) -> set[int]:
    """Which values a shape holds."""
    if shape is None or isinstance(shape, bool):
        return set()
    kind, place = shape
    return {place} if isinstance(kind, str) else set().union(*map(_places, place))


def _is_empty(shape):
    """Whether it holds an empty sequence: that may be why a question finds nothing."""
    if shape is None or isinstance(shape, bool) or isinstance(shape[0], str):
        return False
    return not shape[1] or any(map(_is_empty, shape[1]))


def _write_question(rows, shapes) -> _Written | None:
    """The SQL of a queryset whose values are stand-ins; None if it can find nothing."""
    compiler = rows.query.get_compiler(connection=connection)
    try:
        sql, params = compiler.as_sql()
    except EmptyResultSet:
        if any(map(_is_empty, shapes)):
            return None
        raise NotPrepared("a column that cannot hold the stand-in of a number") from None
    compiler.connection = None  # of this thread: each time the one of the thread that asks takes its place
    return _Written(rows, compiler, f"portal_{next(_numbers)}", sql, _with_all(params, shapes))


def _write_update(rows, changes, shapes) -> _Written:
    """The SQL of an UPDATE whose values are stand-ins, all of which must be there as they are."""
    query = rows.query.chain(UpdateQuery)
    query.add_update_values(changes)
    try:
        sql, params = query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        raise NotPrepared("it changes nothing, or a column cannot hold the stand-in of a number") from None
    return _Written(rows, None, f"portal_{next(_numbers)}", sql, _with_all(params, shapes))


def _with_all(params, shapes) -> tuple:
    """The parameters with the places of all values. One that is not there went into the SQL in some other way, or made
    a part of it empty: a small column that cannot hold a stand-in, say."""
    params = tuple(map(_place, params))
    if {place.index for param in params for place in _places_in(param)} != set().union(*map(_places, shapes)):
        raise NotPrepared("not every value is among the parameters as it is")
    return params


def _places_in(param) -> list[_Place]:
    return [part for part in (param.parts if isinstance(param, _Words) else [param]) if isinstance(part, _Place)]


def _value(param, values):
    """What stands at a parameter, from the values of the arguments."""
    if isinstance(param, _Words):
        return "".join(str(values[part.index]) if isinstance(part, _Place) else part for part in param.parts)
    return values[param.index] if isinstance(param, _Place) else param


def _place(param):
    """The place that a parameter stands for, or the parameter itself if it is a constant of the question."""
    if isinstance(param, str) and param.startswith(str(_MOMENT.year)):  # a moment as SQLite gets it
        param = datetime.fromisoformat(param).replace(tzinfo=UTC)
    if isinstance(param, str) and param.startswith(_UUID_AS_TEXT):  # and a UUID
        param = UUID(hex=param)
    if isinstance(param, datetime) and param.year == _MOMENT.year:
        return _Place((param - _MOMENT) // timedelta(microseconds=1))
    if isinstance(param, UUID) and param.int >= _UUID:
        return _Place(param.int - _UUID)
    if isinstance(param, int) and param >= _NUMBER:
        return _Place(param - _NUMBER)
    if isinstance(param, str) and param.startswith(_TEXT) and param[len(_TEXT) :].isdigit():
        return _Place(int(param[len(_TEXT) :]))
    if isinstance(param, str) and len(parts := _NUMBER_AS_TEXT.split(param)) > 1:
        return _Words(tuple(_Place(int(part) - _NUMBER) if index % 2 else part for index, part in enumerate(parts)))
    if isinstance(param, date) or (isinstance(param, str) and "\0" in param):
        raise NotPrepared("a parameter that is neither a value of the arguments nor a constant")
    return param


def _as_driver_takes(value):
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, UUID) and not connection.features.has_native_uuid_field:
        return value.hex
    return value


def _statement(ready, values) -> tuple[str, list]:
    """The SQL to send and its parameters."""
    values = [_as_driver_takes(value) for value in values]
    if connection.vendor == "postgresql":
        used = _prepare(ready)
        sql = f"EXECUTE {ready.name} ({', '.join(['%s'] * len(used))})" if used else f"EXECUTE {ready.name}"
        return sql, [_value(param, values) for param in used]
    return ready.sql, [_value(param, values) for param in ready.params]


@_of_this_connection()
def _rows(ready, values):
    sql, params = _statement(ready, values)
    compiler = copy(ready.compiler)
    compiler.connection, compiler.as_sql = connection, lambda *_, **__: (sql, params)
    # What Django's iterables take from a queryset.
    asked = SimpleNamespace(
        query=SimpleNamespace(get_compiler=lambda *_, **__: compiler),
        db=connection.alias,
        model=ready.rows.model,
        _known_related_objects={},
    )
    return list(ready.rows._iterable_class(asked))


def _prepare(ready):
    """Have PostgreSQL plan it, unless this very connection has; returns for which values it asks, in order."""
    used = list(dict.fromkeys(param for param in ready.params if isinstance(param, _Place | _Words)))
    connection.ensure_connection()
    names = _known_to.setdefault(connection.connection, set())
    if ready.name not in names:
        numbers = {param: AsIs(f"${number}") for number, param in enumerate(used, 1)}
        params = [numbers[param] if isinstance(param, _Place | _Words) else param for param in ready.params]
        with connection.wrap_database_errors, connection.connection.cursor() as cursor:
            cursor.execute(f"PREPARE {ready.name} AS {ready.sql}", params)
        _texts[ready.name] = ready.sql
        names.add(ready.name)
    return used
