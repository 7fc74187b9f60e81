"""Audiences in words and figures: whom an originator can name, and who can see an item."""

from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from areas.models import Area
from organisations.models import Organisation, Standing

from .access import EVERYONE
from .holdings import holdings
from .models import Audience, Grant, Item

_WORDS = {
    "everyone": gettext_lazy("Every active member of this portal"),
    "community": gettext_lazy("All partner organisations in good standing"),
    "dss_world": gettext_lazy("DSS headquarters"),
    "ocha": gettext_lazy("OCHA"),
    "dss": gettext_lazy("DSS or the country security focal point, %(area)s"),
    "un": gettext_lazy("UN security officers, %(area)s"),
    "designated_official": gettext_lazy("Designated Official, %(area)s"),
    "area_partners": gettext_lazy("Partner organisations active in %(area)s"),
}

_NAMED = {"organisation", "organisation_in_area"}
# Take part without a standing. Not consortia: no role in one receives what its organisation is named for.
_NAMEABLE_BY_RULE = (Organisation.Kind.UNSMS_ENTITY, Organisation.Kind.PLATFORM)


def nameable_organisations() -> QuerySet[Organisation]:
    """Organisations an originator can name: those that take part now and have roles that would receive it."""
    standing = Standing.objects.on().filter(kind__in=[Standing.Kind.PARTNER, Standing.Kind.LOCAL_ARRANGEMENT])
    suspended = Standing.objects.on().filter(kind=Standing.Kind.SUSPENDED, area=None)
    return (
        Organisation.objects.filter(Q(pk__in=standing.values("organisation")) | Q(kind__in=_NAMEABLE_BY_RULE))
        .exclude(pk__in=suspended.values("organisation"))
        .order_by("name")
    )


def nameable_persons(addresses) -> QuerySet[User]:
    """The active members among the people with these addresses; a grant would open nothing to anybody else."""
    active = {holding.user_id for holding in holdings(principals={EVERYONE})}
    return User.objects.filter(email__in=addresses, pk__in=active)


def principals_of_item(item: Item) -> set[str]:
    """The principals that may read any release of `item`."""
    rows = Audience.objects.for_system("who may read an item").filter(release__item=item)
    return set(rows.values_list("principal", flat=True))


@dataclass
class Reader:
    """Why a person may read an item: through which principals or grants ("grant"); and the areas they work in."""

    through: set[str] = field(default_factory=set)
    works_in: set[int] = field(default_factory=set)


def readers_of(item: Item, on=None) -> dict[int, Reader]:
    """The people who may read `item` now, by user id: the visibility rule asked in the other direction."""
    names = principals_of_item(item)
    members: dict[int, Reader] = defaultdict(Reader)
    for holding in holdings(on, principals=names | {EVERYONE}):
        if item.area_id in holding.except_areas:
            continue
        member = members[holding.user_id]
        if holding.area_id:
            member.works_in.add(holding.area_id)
        if holding.principal in names:
            member.through.add(holding.principal)
    grants = Grant.objects.for_system("who may read an item").live_on(on or timezone.now())
    for user_id in grants.filter(content_object__item=item).values_list("user_id", flat=True):
        if user_id in members:  # a grant opens nothing to somebody who is no active member (any more)
            members[user_id].through.add("grant")
    return {user_id: member for user_id, member in members.items() if member.through}


def in_words(item: Item, *, for_originator: bool) -> list[str]:
    """Who can see `item`, one phrase each. Names of organisations are told to the originator only."""
    principals = [name.split(":") for name in sorted(principals_of_item(item))]
    named = {int(ids[0]) for term, *ids in principals if term in _NAMED}
    areas = Area.objects.in_bulk([int(ids[0]) for term, *ids in principals if ids and term in _WORDS])
    words = [
        str(_WORDS[term]) % {"area": areas[int(ids[0])] if ids else ""} for term, *ids in principals if term in _WORDS
    ]
    words = list(dict.fromkeys(words))
    if named and for_originator:
        words += Organisation.objects.filter(pk__in=named).values_list("name", flat=True)
    elif named:
        words.append(_("Organisations named by the originator"))
    if Grant.objects.for_system("who may read an item").filter(content_object__item=item).exists():
        words.append(_("Persons named by the originator"))
    return [_("The originator"), *words] if item.originator_id else words
