"""Confidential tables answer only questions that were scoped: everything else raises before it reaches the database.

What was said goes with the question to PostgreSQL, which lets through no row that is not for who asks (wall.py).
"""

from functools import cache
from typing import TYPE_CHECKING

from django.db import connections, models
from django.db.models import sql
from django.db.models.sql.constants import ROW_COUNT

from .wall import SYSTEM, mark, scope_of, surrounded_by

if TYPE_CHECKING:
    from .access import Access


class UnscopedQuery(RuntimeError):
    """A queryset of a confidential model was evaluated without `visible_to` or a stated system purpose."""


@cache
def _marking(compiler: type) -> type:
    """A compiler of the same kind that writes in front of its SQL on whose behalf it asks."""

    class Marking(compiler):
        def as_sql(self, *args, **kwargs):
            text, params = super().as_sql(*args, **kwargs)
            return (f"{mark(self.query.wall)}{text}" if text else text), params

    return Marking


class _Scoped:
    """A query that refuses to compile until somebody said on whose behalf it asks; an update or a delete that became of
    it says so, too."""

    scope: str | None = None
    wall: str | None = None  # the same for PostgreSQL; None: the scope of its surroundings

    def demand_scope(self) -> None:
        """Raise UnscopedQuery if nobody scoped this query."""
        if self.scope is None:
            raise UnscopedQuery(f"{self.model._meta.label}: start from visible_to(user), or say for_system(why)")

    def get_compiler(self, *args, **kwargs):
        self.demand_scope()
        compiler = super().get_compiler(*args, **kwargs)
        if self.wall is not None and compiler.connection.vendor == "postgresql":
            compiler.__class__ = _marking(type(compiler))
        return compiler

    def chain(self, klass=None):
        # An update or delete turns into another Query class, whose compiler no longer passes through this one.
        if klass in _DESCENDANTS:
            self.demand_scope()
            klass = _DESCENDANTS[klass]
        return super().chain(klass)

    def combine(self, rhs, connector):
        super().combine(rhs, connector)
        if self.wall == SYSTEM or (self.wall is None and rhs.wall != SYSTEM):
            self.wall = rhs.wall  # what is asked for a reader stays theirs


class ScopedQuery(_Scoped, sql.Query):
    """A question to a confidential table."""


class ScopedUpdate(_Scoped, sql.UpdateQuery):
    """A change of rows in one."""


class ScopedDelete(_Scoped, sql.DeleteQuery):
    """A removal of rows from one."""


_DESCENDANTS = {sql.UpdateQuery: ScopedUpdate, sql.DeleteQuery: ScopedDelete}


class ScopedQuerySet(models.QuerySet):
    """Queryset of a confidential model."""

    def __init__(self, model=None, query=None, using=None, hints=None):
        super().__init__(model, query or ScopedQuery(model), using, hints)

    def _scoped(self, scope: str, access: "Access | None" = None):
        """These rows, on behalf of whom `scope` names; `access` where the database is to hold it against the rows."""
        clone = self._chain()
        clone.query.scope = scope
        clone.query.wall = scope_of(access) if access else None
        return clone

    def _beside_the_wall(self, scope: str):
        """These rows, which the rule narrowed to those of whom `scope` names, without having the database hold it
        against each of them: for questions that read nearly all there are."""
        clone = self._scoped(scope)
        clone.query.wall = SYSTEM
        return clone

    def for_system(self, purpose: str):
        """All rows, for work that shows nothing to anybody (storing, sending, checking). `purpose` says which."""
        return self._beside_the_wall(f"system: {purpose}")

    def __or__(self, other):
        self.query.demand_scope()
        other.query.demand_scope()
        return super().__or__(other)

    def __xor__(self, other):
        self.query.demand_scope()
        other.query.demand_scope()
        return super().__xor__(other)

    def _iterator(self, use_chunked_fetch, chunk_size):
        # Not by a cursor of the server, between whose portions other statements say who asks.
        return super()._iterator(False, chunk_size)

    def raw(self, raw_query, *args, **kwargs):
        self.query.demand_scope()
        if self.query.wall is not None and connections[self.db].vendor == "postgresql":
            raw_query = f"{mark(self.query.wall)}{raw_query}"
        return super().raw(raw_query, *args, **kwargs)

    def delete(self):
        self.query.demand_scope()
        if self.query.wall is None:
            return super().delete()
        with surrounded_by(self.query.wall):  # what hangs on these rows is looked up in plain queries
            return super().delete()

    def _raw_delete(self, using):
        self.query.demand_scope()
        query = self.query.clone()
        query.__class__ = ScopedDelete
        return query.get_compiler(using).execute_sql(ROW_COUNT)
