"""Confidential tables answer only questions that were scoped: everything else raises before it reaches the database."""

from django.db import models
from django.db.models import sql


class UnscopedQuery(RuntimeError):
    """A queryset of a confidential model was evaluated without `visible_to` or a stated system purpose."""


class ScopedQuery(sql.Query):
    """A query that refuses to compile until somebody said on whose behalf it asks."""

    scope: str | None = None

    def demand_scope(self) -> None:
        """Raise UnscopedQuery if nobody scoped this query."""
        if self.scope is None:
            raise UnscopedQuery(f"{self.model._meta.label}: start from visible_to(user), or say for_system(why)")

    def get_compiler(self, *args, **kwargs):
        self.demand_scope()
        return super().get_compiler(*args, **kwargs)

    def chain(self, klass=None):
        # An update or delete turns into another Query class, whose compiler no longer passes through this one.
        if klass is not None and issubclass(klass, (sql.UpdateQuery, sql.DeleteQuery)):
            self.demand_scope()
        return super().chain(klass)


class ScopedQuerySet(models.QuerySet):
    """Queryset of a confidential model."""

    def __init__(self, model=None, query=None, using=None, hints=None):
        super().__init__(model, query or ScopedQuery(model), using, hints)

    def _scoped(self, scope: str):
        clone = self._chain()
        clone.query.scope = scope
        return clone

    def for_system(self, purpose: str):
        """All rows, for work that shows nothing to anybody (storing, sending, checking). `purpose` says which."""
        return self._scoped(f"system: {purpose}")

    def __or__(self, other):
        self.query.demand_scope()
        other.query.demand_scope()
        return super().__or__(other)

    def __xor__(self, other):
        self.query.demand_scope()
        other.query.demand_scope()
        return super().__xor__(other)

    def raw(self, *args, **kwargs):
        self.query.demand_scope()
        return super().raw(*args, **kwargs)

    def delete(self):
        self.query.demand_scope()
        return super().delete()

    def _raw_delete(self, using):
        self.query.demand_scope()
        return super()._raw_delete(using)
