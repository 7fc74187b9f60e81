"""The originator stays in control: changing who may see an item, and withdrawing it (C1, C6)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from audit.actions import record
from notifications.actions import announce
from notifications.models import Subject
from organisations.models import Organisation
from slt_portal.states import move

from .audiences import audience_of, readers_of
from .consents import close_orphans, close_requests
from .grants import close_emergencies, grant, revoke
from .markings import CHOSEN_DEPTHS, Depth, check_source, principals_for
from .messages import Recalled
from .models import Audience, ConsentRequest, Grant, Item, Reading, Recall, Release
from .wall import as_system


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
    deepest: Depth = Depth.FULL,
    says_less: bool = False,
) -> Shift:
    """Widen or narrow who may see `item`, or share it after it was withdrawn or withheld. Takes effect at once.

    Nobody but the originator gets more than the `deepest` release; with `says_less` the shared one holds less from now
    on, so that whoever goes on reading it loses what it said before (C5).

    `version` is the one that `by` saw: if somebody changed the audience meanwhile it raises StaleState. `told` are the
    ids of people who were sent something about it: of those, and of those who opened or exported it, whoever loses
    access or the full text gets a recall notice. Raises AudienceRefused for what `marking` does not allow, for these
    choices or for where the item comes from.
    """
    choices, organisation_ids = list(choices), list(organisation_ids)
    chosen = {"marking": marking, "organisation_ids": organisation_ids, "deepest": deepest}
    wanted = principals_for(choices, originator_id=item.originator_id, area=item.area, **chosen)
    before = readers_of(item)
    _share(item, marking, version)
    _close_what_followed(item, marking, says_less, by=by)
    releases = {release.depth: release for release in _releases(item)}
    _set_principals(item, wanted, releases)
    _set_persons(releases[Depth.SHARED], list(persons), by=by)
    _show_originator(item, shows_originator)
    shift = _shift(item, before, told, says_less=says_less)
    close_orphans(item, by=by)
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
    """Take `item` back from everybody but its originator, also from those to whom it was passed on; whoever got to know
    of it gets a recall notice.

    Raises StaleState if its audience was changed meanwhile or it is withdrawn already.
    """
    before = readers_of(item)
    move(item, Item.State.WITHDRAWN, where={"version": version}, version=version + 1)
    close_requests(item, by=by)
    others = Audience.objects.for_system("withdraw").filter(release__item=item)
    others.exclude(principal__startswith="originator").delete()
    Grant.objects.for_system("withdraw").filter(content_object__item=item).delete()
    shift = _shift(item, before, told)
    _record("sharing.withdrawn", item, shift, by=by, version=item.version)
    return shift


@transaction.atomic
def move_in_time(dates: Mapping[int, datetime]) -> None:
    """Give every row by which lists are sorted the date of its release: `dates` by the id of the release, as coarse as
    what that one says."""
    why = "move in time"
    for release, sort_at in dates.items():
        Release.objects.for_system(why).filter(pk=release).update(sort_at=sort_at)
        Audience.objects.for_system(why).filter(release=release).update(sort_at=sort_at)
        Grant.objects.for_system(why).filter(content_object=release).update(sort_at=sort_at)


def _close_what_followed(item, marking, says_less, *, by):
    """What was passed on beyond the new marking; all of it, and what an emergency opened, if less is said now."""
    close_requests(item, by=by, marking=None if says_less else marking)
    if says_less:
        close_emergencies(item)


def _share(item, marking, version):
    """To others what was withheld begins now: figures of what was shared before stay what they were."""
    begins = {"created_at": timezone.now()} if item.state == Item.State.WITHHELD else {}
    move(item, Item.State.SHARED, where={"version": version}, version=version + 1, marking=marking, **begins)
    check_source(marking, is_own=item.source == Item.Source.OWN)


def _releases(item):
    """Those that go to whom the originator chose."""
    rows = Release.objects.for_system("of an item whose originator changes it").filter(item=item)
    return rows.filter(depth__in=CHOSEN_DEPTHS)


def _show_originator(item, is_shown):
    """Another version of what it says: what somebody exported of the one before is no longer handed out. A name that is
    hidden from now on is hidden from those as well to whom it was passed on; shown is it only to whom it was given."""
    changed = Q(depth=Depth.SHARED)
    if not is_shown:
        standing = ConsentRequest.objects.for_system("hide the originator").standing().filter(item=item)
        changed |= Q(pk__in=standing.values("release"))
    rows = Release.objects.for_system("who is behind it").filter(changed, item=item)
    rows.exclude(shows_originator=is_shown).update(shows_originator=is_shown, version=F("version") + 1)


def _set_principals(item, wanted, releases):
    rows = Audience.objects.for_system("change an audience").filter(release__in=releases.values())
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


def _shift(item, before, told, *, says_less=False):
    """What changed; those who lost what they knew of are told so, one notice for each depth that was lost."""
    after = readers_of(item)
    both = before.keys() & after.keys()
    fewer = {user for user in both if says_less and after[user].depth < Depth.FULL}
    shift = Shift(
        gained=after.keys() - before.keys(),
        lost=before.keys() - after.keys(),
        more={user for user in both if after[user].depth > before[user].depth},
        less=fewer | {user for user in both if after[user].depth < before[user].depth},
    )
    poorer = shift.lost | shift.less
    with as_system("who knew of it"):
        opened = set(Reading.objects.filter(item_ref=item.ref, reader__in=poorer).values_list("reader", flat=True))
    aware = poorer & (opened | set(told))
    for depth in CHOSEN_DEPTHS:
        # Whoever reads less of the same release lost "the fuller text" just so: the notice is due until they have it.
        recipients = {user for user in aware if (Depth.FULL if user in fewer else before[user].depth) == depth}
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
