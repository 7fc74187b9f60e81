"""Several reports on one event: a desk says that they belong together, or that they do not (I10).

To merge moves nothing: every report keeps its texts, rights and originator, and everybody reads of the event the
reports that they may read anyway. Nothing here writes to anything but the three tables of models/same_event.py.
"""

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from accounts.models import User
from sharing.access import Access
from sharing.models import Item
from sharing.querysets import OneOf
from slt_portal.states import StaleState

from .desk import Desk, record_act
from .models import IncidentRelease, NotTheSame, PartOf, SameEvent

_WHY = "reports on one event"


def others_of(item: Item, access: Access) -> QuerySet[IncidentRelease]:
    """What the reader gets of the other reports on the same event that they may read, by when it happened. Of the rest
    nothing follows from it, not even that there is any; nor from the order who reported first. One query."""
    here = _open().filter(item=item).values("group")
    parts = _open().filter(group__in=here).exclude(item=item).values("item")
    rows = IncidentRelease.objects.visible_to(access).filter(OneOf(F("release__item"), parts.query))
    return rows.order_by(F("occurred_from").asc(nulls_last=True), "release__item__ref")


def together_with(item: Item) -> QuerySet:
    """The ids of the items that are said to be the same event as `item`, itself among them, or two events: no desk
    needs to look at such a pair again."""
    here = _open().filter(item=item).values("group")
    pairs = NotTheSame.objects.for_system(_WHY)
    return (
        _open()
        .filter(group__in=here)
        .values_list("item")
        .union(
            pairs.filter(lower=item).values_list("higher"),
            pairs.filter(higher=item).values_list("lower"),
        )
    )


@transaction.atomic
def merge(one: Item, other: Item, *, by: User, desk: Desk) -> None:
    """Say that two reports are about the same event. Each brings along what it was merged with before.

    Said twice, as by a double click, it is said once. Raises StaleState if the text of one was destroyed, or somebody
    changed one of the two events at this moment. The caller has seen to it that `by` has a desk for both.
    """
    _lock(one, other)
    events = _events_of(one, other)
    here, there = events.get(one.pk), events.get(other.pk)
    facts = {"other": other.ref}
    if here and there:
        if here == there:
            return
        into, ended = sorted((here, there), key=lambda event: event.pk)
        _open().filter(group=ended).update(group=into)
        facts["ended"] = ended.ref
    else:
        into = here or there or SameEvent.objects.create(by=by, office=desk.office)
        PartOf.objects.bulk_create(
            PartOf(group=into, item=item, joined_by=by, office=desk.office)
            for item in (one, other)
            if item.pk not in events
        )
    record_act("incidents.merged", one, by=by, desk=desk, event=into.ref, **facts)


@transaction.atomic
def take_out(item: Item, *, by: User, desk: Desk) -> None:
    """Say that `item` is an event of its own after all; what one report would be left of ends. Raises StaleState if it
    is part of none, or somebody changed that event at this moment."""
    _lock(item)
    event = _events_of(item).get(item.pk)
    if event is None:
        raise StaleState("it is part of no event")
    rows, left = _open().filter(group=event), {"left_at": timezone.now(), "left_by": by}
    rows.filter(item=item).update(**left)
    if rows.count() == 1:
        rows.update(**left)
    record_act("incidents.unmerged", item, by=by, desk=desk, event=event.ref)


@transaction.atomic
def say_not_the_same(one: Item, other: Item, *, by: User, desk: Desk) -> None:
    """Say that two reports are about two events: the pair is suggested no more. Said twice it is said once. Raises
    StaleState if somebody merged them meanwhile."""
    _lock(one, other)
    events = _events_of(one, other)
    if len(events) == 2 and events[one.pk] == events[other.pk]:
        raise StaleState("they are merged")
    lower, higher = sorted((one, other), key=lambda item: item.pk)
    said = {"by": by, "office": desk.office}
    rows = NotTheSame.objects.for_system(_WHY)
    if rows.get_or_create(lower=lower, higher=higher, defaults=said)[1]:
        record_act("incidents.not_the_same", one, by=by, desk=desk, other=other.ref)


def _open():
    return PartOf.objects.for_system(_WHY).filter(left_at=None)


def _lock(*items):
    """In the order of their ids, so that two desks wait for each other and never both."""
    rows = Item.objects.for_system(_WHY).select_for_update(no_key=True)
    now = list(rows.filter(pk__in=[item.pk for item in items]).order_by("pk"))
    if len(items) > 1 and any(item.state == Item.State.ERASED for item in now):
        raise StaleState("the text of one was destroyed")


def _events_of(*items) -> dict[int, SameEvent]:
    """The events of locked items, by the id of the item, locked as well."""
    rows = _open().filter(item__in=items)
    known = dict(rows.values_list("item", "group"))
    locked = SameEvent.objects.for_system(_WHY).select_for_update(no_key=True)
    events = {event.pk: event for event in locked.filter(pk__in=known.values()).order_by("pk")}
    if known and dict(rows.values_list("item", "group")) != known:  # merged with a third one while this waited
        raise StaleState("the event was changed")
    return {item: events[event] for item, event in known.items()}
