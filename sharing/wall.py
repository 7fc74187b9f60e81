"""The second wall: every statement about a confidential table tells PostgreSQL on whose behalf it asks, and row-level
security lets through no other row (sharing/wall_policies.py, docs/decisions/0057).

The scope travels with the question. A scoped query writes it as a comment into its SQL; what carries none (raw SQL, a
foreign key that is looked up) is asked in the scope of its surroundings: the request, job or command it is part of. By
default that is nobody's, to whom no row is visible. SQLite has no such wall.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from django.apps import apps

from slt_portal.prepared import written_as

if TYPE_CHECKING:  # it knows models, and commands say their scope before there are any
    from .access import Access

NOBODY, SYSTEM = "", "system"
SETTING = "slt.scope"
_MARK = re.compile(r"/\*wall:([^*]*)\*/")
_SAFE = re.compile(r"[\w:@,{}.+ -]*")  # nothing that ends a text or a comment, or that a driver takes for a parameter
_PREPARED = re.compile(r"EXECUTE (portal_\d+)\b")
# Statements that PostgreSQL takes alone only, and that read nothing to anybody.
_ALONE = re.compile(r"\s*(?:VACUUM|ANALYZE|REINDEX|CLUSTER|CREATE (?:UNIQUE )?INDEX)\b", re.IGNORECASE)
_READS = re.compile(r"\b(?:SELECT|TABLE)\b(?! \* FROM UNNEST\()", re.IGNORECASE)  # that is how many rows are stored
# What an UPDATE or DELETE may not have in it to count as storing: rows of other tables, or what it tells by them.
_TELLS = re.compile(r"\b(?:FROM|USING|RETURNING)\b", re.IGNORECASE)
_LOOSENS = re.compile(r"\b(?:OR|CASE)\b|\bNOT\s*\(", re.IGNORECASE)  # a condition that stands beside it
_VALUE = r"(?:%s|%\(\w+\)s|\d+)"
_OF_KEYS = rf"(?:= {_VALUE}|IN \({_VALUE}(?:, {_VALUE})*\))"

_surroundings: ContextVar[str | Callable[[], str]] = ContextVar("wall", default=NOBODY)


class ScopeUnknown(RuntimeError):
    """A statement about confidential rows that cannot be told on whose behalf it asks."""


def scope_of(access: "Access") -> str:
    """What tells PostgreSQL who asks: user, user again if grants count, moment, principals (with the areas of which
    grants of an emergency count), and the areas that some of these do not reach, if there are any. Numbers and our own
    words, nothing that anybody typed."""
    known = vars(access)
    if "wall_scope" not in known:
        names = {*access.plain, *(name for name, _ in access.excepted)}
        names = sorted(names | {f"emergency:{area}" for area in access.emergency_areas})
        pairs = [*access.excepted, ("grant", access.closed_areas)]
        closed = ",".join(f"{name}@{area}" for name, areas in pairs for area in sorted(areas))
        grantee = access.user_id if access.is_member else 0
        scope = f"user {access.user_id} {grantee} {access.on.isoformat()} {{{','.join(names)}}}"
        scope += f" {{{closed}}}" if closed else ""
        if not _SAFE.fullmatch(scope):
            raise ScopeUnknown("a principal that is none")
        known["wall_scope"] = scope
    return known["wall_scope"]


def mark(scope: str) -> str:
    """The comment by which a statement, or a part of one, carries its scope."""
    return f"/*wall:{scope}*/"


@contextmanager
def reading_as(access: "Access") -> Iterator[None]:
    """What carries no scope inside is asked on behalf of `access`."""
    with surrounded_by(scope_of(access)):
        yield


@contextmanager
def as_system(purpose: str) -> Iterator[None]:
    """What carries no scope inside sees all rows: work that shows nothing to anybody. `purpose` says which."""
    if not purpose:
        raise ScopeUnknown("a system purpose that is not said")
    with surrounded_by(SYSTEM):
        yield


@contextmanager
def surrounded_by(scope: str | Callable[[], str]) -> Iterator[None]:
    """What carries no scope inside is asked in this one; a function is called when that is needed."""
    before = _surroundings.set(scope)
    try:
        yield
    finally:
        _surroundings.reset(before)


def surroundings() -> str:
    """The scope of what carries none, here and now."""
    scope = _surroundings.get()
    if callable(scope):
        with surrounded_by(NOBODY):
            return scope()
    return scope


def stand_beside(connection, **_) -> None:
    """Have every statement of a connection to PostgreSQL say on whose behalf it asks."""
    if connection.vendor == "postgresql" and tell not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, tell)


def tell(execute, sql, params, many, context):
    """Around every statement: one about confidential tables gets its scope in front, in the same message.

    Whatever an earlier statement of the transaction said is thereby replaced.
    """
    if not isinstance(sql, str):
        sql = sql.as_string(context["cursor"].cursor)
    scope = scope_for(sql)
    if scope is None or _ALONE.match(sql):
        return execute(sql, params, many, context)
    if getattr(context["cursor"].cursor, "name", None):
        return _by_cursor(scope, execute, _MARK.sub("", sql), params, many, context)
    return execute(f"SET LOCAL {SETTING} = '{scope}'; {_MARK.sub('', sql)}", params, many, context)


def _by_cursor(scope, execute, sql, params, many, context):
    """With a cursor of the server, which takes one statement. It is read in portions, between which other statements
    say who asks, and what the wall asks for the first time then would be answered by them: so for the system only."""
    if scope != SYSTEM:
        raise ScopeUnknown("a reader's question by a cursor of the server")
    with context["connection"].connection.cursor() as cursor:
        is_alone = context["connection"].get_autocommit()  # the cursor then has all rows before the statement ends
        cursor.execute(f"SET {'SESSION' if is_alone else 'LOCAL'} {SETTING} = '{SYSTEM}'")
        try:
            return execute(sql, params, many, context)
        finally:
            if is_alone:
                cursor.execute(f"SET SESSION {SETTING} = '{NOBODY}'")


def scope_for(sql: str) -> str | None:
    """On whose behalf a statement asks; None if it is about no confidential table."""
    if name := _PREPARED.match(sql):
        sql = written_as(name[1])
        if "/*wall:user" in sql:  # of a reader that only stood in while it was written
            raise ScopeUnknown("a prepared question on behalf of a reader")
    if "/*wall:" in sql:
        return _strictest({*_MARK.findall(sql)})
    kind = _kind(sql)
    return surroundings() if kind == "reads" else kind


def _strictest(scopes):
    """A reader's, wherever in the statement it stands; of two of the same reader, the one with fewer principals."""
    readers = sorted(scopes - {SYSTEM}, key=len)
    if not readers:
        return SYSTEM
    least, *others = readers
    mine = _parts(least)
    for other in map(_parts, others):
        if mine[0] != other[0] or not mine[1] <= other[1]:
            raise ScopeUnknown("a statement on behalf of two readers")
    return least


def _parts(scope):
    words = scope.split(" ")
    return words[1], set(words[4].strip("{}").split(","))


@lru_cache(maxsize=1024)
def _kind(sql: str) -> str | None:
    """Of a statement without a mark: None if it is about no confidential table, SYSTEM if it only stores rows in one
    (who may, say the actions), else "reads"."""
    tables = _tables()
    if not tables.search(sql):
        return None
    word, _, rest = sql.strip().partition(" ")
    target = tables.search(rest[:120].split("(")[0].split(" SET ")[0].split(" WHERE ")[0])
    if not target or _READS.search(rest):
        return "reads"
    is_stored = word == "INSERT" or (word in {"UPDATE", "DELETE"} and _is_by_key(target[0].lower(), rest))
    return SYSTEM if is_stored else "reads"


def _is_by_key(table, rest):
    """Whether rows are changed or removed by their primary key, as `save`, `delete` and `states.move` write it. By any
    other condition their number would tell something of what who asks does not see."""
    changes, where, condition = rest.removeprefix("FROM ").rpartition(" WHERE ")
    if not where or _TELLS.search(changes) or _TELLS.search(condition) or _LOOSENS.search(condition):
        return False
    key = re.escape(walled()[table]._meta.pk.column)
    return re.search(rf'(?<!\w)"?{key}"? {_OF_KEYS}', condition) is not None


@cache
def _tables():
    names = sorted(walled(), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\b", re.IGNORECASE)


@cache
def walled() -> dict[str, type]:
    """The models behind the wall by their tables, those that only link two models among them."""
    models = apps.get_models(include_auto_created=True)
    return {model._meta.db_table: model for model in models if wall_of(model)}


def wall_of(model: type) -> str | None:
    """How the rows of `model` hang on what is visible: what it says with `wall`; of one that Django made for a
    ManyToManyField, what the model with that field says with `walls_of_links`, by the name of the field."""
    owner = model._meta.auto_created
    if not owner:
        return getattr(model, "wall", None)
    [name] = [field.name for field in owner._meta.local_many_to_many if field.remote_field.through is model]
    return getattr(owner, "walls_of_links", {}).get(name)
