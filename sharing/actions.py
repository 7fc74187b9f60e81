"""Making items and releases, and logging who read them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction

from documents.models import DataKey

from .access import EVERYONE, Access
from .audiences import is_by_emergency
from .markings import CHOSEN_DEPTHS, Depth, check_source, principals_for
from .models import Audience, Item, Reading, Release, item_reference


@transaction.atomic
def create_item(*, kind, originator, area, marking, source=Item.Source.OWN, state=Item.State.SHARED) -> Item:
    """A new item with its own data key. It has no readers until it has releases. `source` is where its originator has
    it from; `state` is WITHHELD for one that they keep from everybody (C5)."""
    return Item.objects.create(
        ref=_free_reference(),
        kind=kind,
        originator=originator,
        area=area,
        marking=marking,
        source=source,
        state=state,
        data_key=DataKey.objects.make(),
    )


def _free_reference():
    """References are short and random: now and then a fresh one is taken."""
    while True:
        ref = item_reference()
        if not Item.objects.for_system("is a reference free").filter(ref=ref).exists():
            return ref


@transaction.atomic
def release_item(
    item: Item,
    *,
    choices,
    organisation_ids=(),
    sort_at: Mapping[Depth, datetime],
    shows_originator=False,
    deepest=Depth.FULL,
) -> dict[Depth, Release]:
    """Make the full and the shared release of `item` and the audience rows that `choices` compile to, nobody's but the
    originator's deeper than `deepest`. `sort_at` are the dates by which lists sort them: that of the shared one may be
    coarser (C4).

    Returns the releases by depth. Raises AudienceRefused when the item's marking does not allow a choice (C1), or its
    source.
    """
    check_source(item.marking, is_own=item.source == Item.Source.OWN)
    principals = principals_for(
        choices,
        marking=item.marking,
        originator_id=item.originator_id,
        area=item.area,
        organisation_ids=organisation_ids,
        deepest=deepest,
    )
    releases = {
        depth: Release.objects.create(
            item=item,
            depth=depth,
            area=item.area,
            sort_at=sort_at[depth],
            shows_originator=shows_originator or depth == Depth.FULL,
        )
        for depth in CHOSEN_DEPTHS
    }
    Audience.objects.bulk_create(
        Audience(principal=name, kind=item.kind, sort_at=sort_at[depth], release=releases[depth])
        for name, depth in principals.items()
    )
    return releases


def log_reading(release: Release, *, reader, how: str, access: Access, names: Iterable[str] | None = None) -> None:
    """Write to the reader log that `reader` got to see `release`, with the organisation and role through which they
    did. `access` is theirs, `names` the principals that may read the release, where a request knows them already."""
    opened_by = None if names is None else {release.pk: set(names)}
    _log([release], reader, how, access, opened_by)


def log_readings(releases: Iterable[Release], *, reader, how: str, access: Access) -> None:
    """The same for many releases at once, each with the version that was read; their items must be loaded (C6)."""
    _log(list(releases), reader, how, access)


def _log(releases, reader, how, access, opened_by=None):
    if opened_by is None:
        held = {capacity.principal for capacity in access.through}
        rows = Audience.objects.for_system("through what it was read").filter(release__in=releases, principal__in=held)
        opened_by = defaultdict(set)
        for release, principal in rows.values_list("release", "principal"):
            opened_by[release].add(principal)
    Reading.objects.bulk_create(_reading(release, reader, how, access, opened_by[release.pk]) for release in releases)


def _reading(release, reader, how, access, names):
    capacity = _capacity(release, access, names)
    return Reading(
        item_ref=release.item.ref,
        release=release.pk,
        version=release.version,
        reader=reader.pk,
        organisation=capacity.organisation if capacity else "",
        role=capacity.role if capacity else "",
        how=how,
        in_emergency=is_by_emergency(release, access, names),
    )


def _capacity(release, access, names):
    """As what somebody read a release; of several the one in its area. A grant is a person's, and counts for whoever
    takes part: then any capacity in good standing will do."""
    able = [capacity for capacity in access.through if capacity.principal in names]
    able = able or [capacity for capacity in access.through if capacity.principal == EVERYONE]
    here = [capacity for capacity in able if capacity.area_id == release.area_id]
    return next(iter(here or able), None)
