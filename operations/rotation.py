"""Changing the master key: everything that lies directly under an older one is sealed anew under the active one.

Texts and files are not touched: they lie under data keys, and only those are wrapped again. The portal stays in use
meanwhile, as both keys open. Killed at any point it is simply run again: it looks at every row and changes those that
need it.
"""

from collections import Counter
from collections.abc import Callable, Iterator

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import models, transaction

from accounts.adapters import UNDER_MASTER_KEY
from audit.actions import record
from slt_portal import crypto
from slt_portal.crypto import SealBroken, UnderMasterKey, active_key_id, key_id_of

BATCH = 500
UNREADABLE = "?"  # of no master key that is configured, or changed


def kept_under_master_key() -> list[tuple[type[models.Model], UnderMasterKey]]:
    """Every model that keeps something directly under the master key, and how."""
    own = [(model, model.under_master_key) for model in apps.get_models() if hasattr(model, "under_master_key")]
    return sorted([*own, (Authenticator, UNDER_MASTER_KEY)], key=lambda pair: pair[0]._meta.label)


def depends() -> dict[str, Counter]:
    """By model, how many sealed values depend on which master key; UNREADABLE for what none of them opens."""
    return {model._meta.label: _depends(model, kept) for model, kept in kept_under_master_key()}


def _depends(model, kept):
    counts: Counter = Counter()
    for batch in _batches(model):
        for row in batch:
            kept.parts(getattr(row, kept.column), lambda sealed: _noted(counts, sealed))
    return counts


def _noted(counts, sealed):
    if len(sealed):  # of a destroyed data key nothing is left
        try:
            counts[key_id_of(sealed)] += 1
        except SealBroken:
            counts[UNREADABLE] += 1
    return sealed


def rotate(progress: Callable[[str, int, int], None]) -> dict[str, Counter]:
    """Seal everything that is not under the active master key anew under it; returns what depends on which key then.

    `progress(model, looked at, changed)` is called after each batch. What somebody saves meanwhile is not lost: each
    batch is locked while it is changed. What no configured key opens stays as it is and is counted as UNREADABLE.
    """
    about = {"by": None, "object_type": "master key", "object_ref": active_key_id()}
    record("keys.rotation_started", facts={"depends": _plain(depends())}, **about)
    changed = {}
    for model, kept in kept_under_master_key():
        label, seen, changed[label] = model._meta.label, 0, 0
        for batch in _batches(model):
            pks = [row.pk for row in batch if _needs_it(row, kept)]
            seen += len(batch)
            changed[label] += _rotated(model, kept, pks) if pks else 0
            progress(label, seen, changed[label])
    left = depends()
    record("keys.rotation_finished", facts={"changed": changed, "depends": _plain(left)}, **about)
    return left


@transaction.atomic
def _rotated(model, kept, pks) -> int:
    """Seal the values of these rows anew; returns how many rows that were."""
    # no_key: what points to these rows may come and go meanwhile. SQLite has one writer at a time anyway.
    rows = _rows(model).filter(pk__in=pks).select_for_update(no_key=True)
    changed = [row for row in rows if _needs_it(row, kept) and _resealed(row, kept)]
    # They are there and locked: this inserts nothing, and is several times as fast as bulk_update.
    same = {"update_conflicts": True, "unique_fields": [model._meta.pk.name], "update_fields": [kept.column]}
    model._base_manager.bulk_create(changed, **same)
    return len(changed)


def _needs_it(row, kept) -> bool:
    counts: Counter = Counter()
    kept.parts(getattr(row, kept.column), lambda sealed: _noted(counts, sealed))
    return bool(counts.keys() - {active_key_id(), UNREADABLE})


def _resealed(row, kept) -> bool:
    context = kept.context(row)

    def anew(sealed):
        return crypto.seal(crypto.unseal(sealed, context=context), context=context)

    try:
        setattr(row, kept.column, kept.parts(getattr(row, kept.column), anew))
    except SealBroken:
        return False
    return True


def _batches(model) -> Iterator[list]:
    """All rows of a model by primary key, a few hundred at a time: each batch is a question of its own."""
    rows, last = _rows(model).order_by("pk"), None
    while batch := list((rows if last is None else rows.filter(pk__gt=last))[:BATCH]):
        yield batch
        last = batch[-1].pk


def _rows(model):
    return model._base_manager.all()  # also of confidential models: nothing of it is shown to anybody


def _plain(counts):
    return {label: dict(counter) for label, counter in counts.items()}
