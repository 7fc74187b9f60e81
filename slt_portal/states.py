"""State changes by compare-and-set: one table on the model says what may follow what, one UPDATE makes it so."""

from django.db.models import Model


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
    rows = type(row)._base_manager.filter(pk=row.pk, state=old, **(where or {}))
    if rows.update(state=to, **changes) != 1:
        raise StaleState(f"{row._meta.label}: somebody else changed this first")
    row.state = to
    for name, value in changes.items():
        setattr(row, name, value)
