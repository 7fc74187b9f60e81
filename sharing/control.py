"""The originator stays in control: changing who may see an item, and withdrawing it (C1, C6)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F

from audit.actions import record
from notifications.actions import announce
from notifications.models import Subject
from organisations.models import Organisation
from slt_portal.states import move

from .audiences import audience_of, readers_of
from .grants import grant, revoke
from .markings import CHOSEN_DEPTHS, Depth, principals_for
from .messages import Recalled
from .models import Audience, Grant, Item, Reading, Recall, Release


@dataclass(frozen=True)
class Shift:
    """What became of people, as user ids, when the audience of an item was changed: who gained access and who lost it,
    and who goes on seeing it but gets more of it than before (the full text), or less."""

    gained: set[int]
    lost: set[int]
    more: set[int]
    less: set[int]


@transaction.atomic
def change_audience(
    item: Item,
    *,
    marking: str,
    choices: Iterable[str],
    organisation_ids: Iterable[int] = (),
    persons: Iterable = (),
    shows_originator: bool,
    by,
    version: int,
    told: Iterable[int] = (),
) -> Shift:
    """Widen or narrow who may see `item`, or share it again after it was withdrawn. Takes effect at once.

    `version` is the one that `by` saw: if somebody changed the audience meanwhile it raises StaleState. `told` are the
    ids of people who were sent something about it: of those, and of those who opened or exported it, whoever loses
    access or the full text gets a recall notice. Raises AudienceRefused for what `marking` does not allow.
    """
    choices, organisation_ids = list(choices), list(organisation_ids)
    wanted = principals_for(
        choices,
        marking=marking,
        originator_id=item.originator_id,
        area=item.area,
        organisation_ids=organisation_ids,
    )
    before = readers_of(item)
    move(item, Item.State.SHARED, where={"version": version}, version=version + 1, marking=marking)
    releases = {release.depth: release for release in _releases(item)}
    _set_principals(item, wanted, releases)
    _set_persons(releases[Depth.SHARED], list(persons), by=by)
    # Another version of what it says: what somebody exported of the one before is no longer handed out.
    shown = _releases(item).filter(depth=Depth.SHARED).exclude(shows_originator=shows_originator)
    shown.update(shows_originator=shows_originator, version=F("version") + 1)
    shift = _shift(item, before, told)
    facts = {
        "marking": marking,
        "audience": sorted(map(str, choices)),
        "organisations": _refs(organisation_ids),
        "shows_originator": shows_originator,
        "version": item.version,
    }  # each person has an event of their own: sharing.granted, sharing.revoked
    _record("sharing.audience_changed", item, shift, by=by, **facts)
    return shift


@transaction.atomic
def withdraw(item: Item, *, by, version: int, told: Iterable[int] = ()) -> Shift:
    """Take `item` back from everybody but its originator; whoever got to know of it gets a recall notice.

    Raises StaleState if its audience was changed meanwhile or it is withdrawn already.
    """
    before = readers_of(item)
    move(item, Item.State.WITHDRAWN, where={"version": version}, version=version + 1)
    others = Audience.objects.for_system("withdraw").filter(release__item=item)
    others.exclude(principal__startswith="originator").delete()
    Grant.objects.for_system("withdraw").filter(content_object__item=item).delete()
    shift = _shift(item, before, told)
    _record("sharing.withdrawn", item, shift, by=by, version=item.version)
    return shift


@transaction.atomic
def move_in_time(item: Item, sort_at) -> None:
    """Give every row of `item` by which lists are sorted the date `sort_at`."""
    _releases(item).update(sort_at=sort_at)
    Audience.objects.for_system("move in time").filter(release__item=item).update(sort_at=sort_at)
    Grant.objects.for_system("move in time").filter(content_object__item=item).update(sort_at=sort_at)


def _releases(item):
    return Release.objects.for_system("of an item whose originator changes it").filter(item=item)


def _set_principals(item, wanted, releases):
    rows = Audience.objects.for_system("change an audience").filter(release__item=item)
    current, _ = audience_of(item)
    gone = [name for name, depth in current.items() if wanted.get(name) != depth]
    rows.filter(principal__in=gone).delete()
    Audience.objects.bulk_create(
        Audience(principal=name, kind=item.kind, sort_at=releases[depth].sort_at, release=releases[depth])
        for name, depth in wanted.items()
        if current.get(name) != depth
    )


def _set_persons(release, persons, *, by):
    wanted = {person.pk for person in persons}
    rows = Grant.objects.for_system("change an audience").filter(content_object=release).select_related("user")
    for row in rows.exclude(user__in=wanted):
        revoke(release, row.user, by=by)
    grant(release, persons, by=by)


def _shift(item, before, told):
    """What changed; those who lost what they knew of are told so, one notice for each depth that was lost."""
    after = readers_of(item)
    both = before.keys() & after.keys()
    shift = Shift(
        gained=after.keys() - before.keys(),
        lost=before.keys() - after.keys(),
        more={user for user in both if after[user].depth > before[user].depth},
        less={user for user in both if after[user].depth < before[user].depth},
    )
    poorer = shift.lost | shift.less
    opened = Reading.objects.filter(item_ref=item.ref, reader__in=poorer).values_list("reader", flat=True)
    aware = poorer & (set(opened) | set(told))
    for depth in CHOSEN_DEPTHS:
        recipients = {user for user in aware if before[user].depth == depth}
        if recipients:
            recall = Recall.objects.create(item=item, depth=depth, subject=Subject.objects.create())
            announce(Recalled, subject=recall.subject, event_key=f"recall {recall.pk}", recipients=recipients)
    return shift


def _refs(organisation_ids):
    return sorted(Organisation.objects.filter(pk__in=organisation_ids).values_list("ref", flat=True))


def _record(verb, item, shift, *, by, **facts):
    _, persons = audience_of(item)
    facts |= {"persons": len(persons)} | {name: len(people) for name, people in vars(shift).items()}
    record(verb, by=by, object_type="item", object_ref=item.ref, facts=facts)
