"""The originator makes what readers of the shared release learn coarser or finer, after it was sent (C4)."""

from sharing.control import move_in_time
from sharing.markings import Depth
from sharing.models import Item
from sharing.search import index_release

from .account import (
    Account,
    Limits,
    Sharing,
    account_of,
    facts_said,
    limits_of,
    place_shown_now,
    sort_dates,
    texts_said,
)
from .actions import first_filed_at, words_of
from .changes import raise_version
from .models import IncidentRelease
from .models.incident import release_context
from .proposals import outdate_proposals
from .reported_by import kind_told
from .shown import opened_texts

_LIMITED = ("occurred_from", "time_precision", "place_precision", "place_type", "place_limit", "time_limit")


def say_limited(item: Item, full: IncidentRelease, shared: IncidentRelease, sharing: Sharing, *, by) -> bool:
    """Let the shared release of `item` say where and when as exactly as `sharing` has it, and the kind of organisation
    where that does not tell which. Returns whether limits or place are other than before: then it takes effect at once,
    as a new version, and no text that a desk proposed before can bring back what was said. The caller holds the lock.
    """
    account, shown = account_of(full, opened_texts(full) or {}, ()), opened_texts(shared)
    before = limits_of(shared)
    was_place, place = place_shown_now(account, shown or {}, before), place_shown(sharing)
    changes = {} if shared.is_minimal else {"reported_by": told_by(item, sharing.shows_originator)}
    if before != sharing.limits:
        changes |= limited_facts(account, shared, sharing.limits)
    is_place_other = not shared.is_minimal and (before.place, was_place) != (sharing.limits.place, place)
    if is_place_other and shown is not None:
        texts = limited_texts(account, shown, before, sharing)
        changes["sealed"] = item.data_key.seal_json(texts, context=release_context(shared.pk))
        index_release(shared.release, words_of(texts))
    changes = {name: value for name, value in changes.items() if getattr(shared, name) != value}
    is_other = before != sharing.limits or is_place_other
    if is_other:
        outdate_proposals(item, by=by)
    if changes:
        rows = IncidentRelease.objects.for_system("the originator changes what it says").filter(pk=shared.pk)
        rows.update(**changes)
        raise_version(item, rows)
    if before.time != sharing.limits.time and not shared.is_minimal:
        zone = shared.release.area.time_zone
        dates = sort_dates(account, zone, limits=sharing.limits, filed_at=first_filed_at(item))
        move_in_time({shared.release_id: dates[Depth.SHARED]})
    return is_other


def limited_facts(account: Account, shared: IncidentRelease, limits: Limits) -> dict[str, object]:
    """The columns of the shared release that say where and when, and how exactly. A warning without source says neither
    more nor less for other limits: they are kept for when the report is shared after all (C5)."""
    said = facts_said(account, Depth.SHARED, stage=shared.stage, zone=shared.release.area.time_zone, limits=limits)
    return {name: said[name] for name in _LIMITED if not shared.is_minimal or name.endswith("_limit")}


def limited_texts(account: Account, shown: dict, before: Limits, sharing: Sharing) -> dict[str, object]:
    """The texts of the shared release with the place as `sharing` has it, all else as it is `shown` now: what a desk
    edited with the originator's agreement stays."""
    if (before.place, place_shown_now(account, shown, before)) == (sharing.limits.place, place_shown(sharing)):
        return shown
    said = texts_said(account, Depth.SHARED, limits=sharing.limits, place_shown=place_shown(sharing))
    texts = {**shown, "place": said.get("place", "")}
    return {name: text for name, text in texts.items() if text}


def place_shown(sharing: Sharing) -> str:
    """The place that the originator wrote for readers, where they made it coarser."""
    return "" if sharing.limits.place == Limits().place else sharing.place_shown


def told_by(item: Item, shows_originator: bool) -> str:
    """The kind of organisation that readers are told instead of the originator's name."""
    return "" if shows_originator else kind_told(item.originator, item.area)
