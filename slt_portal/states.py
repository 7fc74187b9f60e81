"""State changes by compare-and-set: one table on the model says what may follow what, one UPDATE makes it so."""

from functools import lru_cache

from django.db.models import Model

from .prepared import prepared_update


class StaleState(Exception):
    """Somebody else changed this first, or the table does not allow the step. Nothing was written."""


def move(row: Model, to: str, *, where: dict | None = None, **changes) -> None:
    """Move `row.state` to `to` if `row.NEXT[row.state]` allows it and nobody moved it meanwhile.

    `where` adds conditions to the UPDATE (a lease, say), `changes` are written in the same statement and set on
    `row`. Raises StaleState otherwise. The audit event is the calling action's business.
    """
    old = row.state
    if to not in row.NEXT.get(old, frozenset()):
        raise StaleState(f"{row._meta.label}: {old} is not followed by {to}")
    where = where or {}
    update = _update_of(type(row), tuple(where), tuple(changes))
    if update(row.pk, old, to, tuple(where.values()), tuple(changes.values())) != 1:
        raise StaleState(f"{row._meta.label}: somebody else changed this first")
    row.state = to
    for name, value in changes.items():
        setattr(row, name, value)


@lru_cache(maxsize=256)
def _update_of(model, where, changes):
    """The UPDATE of a step: which columns it asks for and writes is in the code, so there are only so many."""

    @prepared_update
    def update(pk, old, new, asked, written):
        rows = model._base_manager.filter(pk=pk, state=old, **dict(zip(where, asked, strict=True)))
        return rows, {"state": new, **dict(zip(changes, written, strict=True))}

    return update
