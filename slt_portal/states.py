"""State changes by compare-and-set: one table on the model says what may follow what, one UPDATE makes it so."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from django.db.models import Model

from .prepared import prepared_update


class StaleState(Exception):
    """Somebody else changed this first, or the table does not allow the step. Nothing was written."""


@dataclass(frozen=True)
class Step:
    """One step of a procedure: from which states, to which, and which parties may take it.

    A model lists its steps in `STEPS`; its `NEXT`, the diagram in docs/states.md, the buttons on its page and the
    walk of the tests over all states are made from that one table. `portal` as a party is the portal itself: a
    deadline, the outcome of a decision.
    """

    name: str
    sources: tuple[str, ...]
    target: str
    by: tuple[str, ...]


def next_of(steps: Iterable[Step], states: Iterable[str]) -> dict[str, frozenset[str]]:
    """What may follow each of `states`, as `move` asks for it."""
    steps = tuple(steps)
    return {state: frozenset(step.target for step in steps if state in step.sources) for state in states}


def steps_open(row: Model, parties: Iterable[str]) -> list[str]:
    """The names of the steps that somebody who is one of `parties` may take with `row` now, in the table's order."""
    parties = frozenset(parties)
    return [step.name for step in row.STEPS if row.state in step.sources and parties & set(step.by)]


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
