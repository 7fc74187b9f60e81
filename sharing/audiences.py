"""Audiences in words and figures: whom an originator can name, and who can see an item."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import BooleanField, CharField, ExpressionWrapper, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from areas.models import Area
from organisations.models import Organisation, Standing

from .access import EVERYONE, ROLE_IN_EMERGENCY, Access
from .holdings import holdings
from .markings import AudienceChoice, Depth
from .models import Audience, Grant, Item, Release

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

_GRANT = "grant:"
_NAMED = {"organisation", "organisation_in_area"}
_CHOICES = {
    "dss": AudienceChoice.DSS_DESKS,
    "un": AudienceChoice.UN_OF_AREA,
    "area_partners": AudienceChoice.PARTNERS_OF_AREA,
    "ocha": AudienceChoice.OCHA,
    "organisation": AudienceChoice.NAMED_ORGANISATIONS,
    "community": AudienceChoice.COMMUNITY,
    "everyone": AudienceChoice.EVERYONE,
}
# Take part without a standing. Not consortia: no role in one receives what its organisation is named for.
_NAMEABLE_BY_RULE = (Organisation.Kind.UNSMS_ENTITY, Organisation.Kind.PLATFORM)


def nameable_organisations(named: Iterable[int] = ()) -> QuerySet[Organisation]:
    """Organisations an originator can name: those that take part now and have roles that would receive it; and those
    with the ids `named` already. Each says with `takes_part` which it is."""
    standing = Standing.objects.on().filter(kind__in=[Standing.Kind.PARTNER, Standing.Kind.LOCAL_ARRANGEMENT])
    suspended = Standing.objects.on().filter(kind=Standing.Kind.SUSPENDED, area=None)
    receives = Q(pk__in=standing.values("organisation")) | Q(kind__in=_NAMEABLE_BY_RULE)
    takes_part = ExpressionWrapper(receives & ~Q(pk__in=suspended.values("organisation")), BooleanField())
    rows = Organisation.objects.annotate(takes_part=takes_part)
    return rows.filter(Q(takes_part=True) | Q(pk__in=list(named))).order_by("name")


def nameable_persons(addresses) -> QuerySet[User]:
    """The active members among the people with these addresses: a grant would open nothing to anybody else, and a
    functional mailbox is read by people whom nobody named."""
    active = {holding.user_id for holding in holdings(principals={EVERYONE})}
    return User.objects.filter(email__in=addresses, pk__in=active, is_mailbox=False)


def audience_of(item: Item, on=None) -> tuple[dict[str, Depth], set[int]]:
    """The principals that the originator chose for `item`, with the depth of the release they read, and the ids of
    those whom an individual grant lets read it; one query. To whom it was passed on later (C3) is not in it."""
    principals, persons, _in_emergency = _audience(item, on or timezone.now(), Q(release__depth__gt=Depth.CONSENT))
    return principals, persons


def _audience(item, on, which):
    """Principals, persons; and apart, as nobody chose them, who reads it in an emergency, with its area (C8)."""
    why = "who may read an item"
    rows = Audience.objects.for_system(why).filter(which, release__item=item)
    rows = rows.values_list("principal", "release__depth")
    granted = Grant.objects.for_system(why).live_on(on).filter(content_object__item=item)
    area = Coalesce(Cast("emergency_area_id", CharField()), Value(""))
    named = Concat(Value(_GRANT), Cast("user_id", CharField()), Value(":"), area, output_field=CharField())
    found = rows.union(granted.annotate(named=named).values_list("named", "content_object__depth"))
    principals, persons, in_emergency = {}, set(), set()
    for name, depth in found:
        if not name.startswith(_GRANT):
            principals[name] = max(Depth(depth), principals.get(name, Depth.CONSENT))
            continue
        user, area = name.removeprefix(_GRANT).split(":")
        if area:
            in_emergency.add((int(user), int(area)))
        else:
            persons.add(int(user))
    return principals, persons, in_emergency


def is_by_emergency(release: Release, access: Access, names: Iterable[str]) -> bool:
    """Whether who has this `access` reads `release` by emergency access, not as somebody chosen (C8): the full text,
    which is never for persons, and by none of `names`, the principals that may read it."""
    return release.depth == Depth.FULL and access.reaching(release.area_id).isdisjoint(names)


@dataclass(frozen=True)
class Chosen:
    """What the originator chose for an item, read back from its audience rows: they are the only record of it."""

    marking: str
    choices: frozenset[str]
    organisation_ids: frozenset[int]
    person_ids: frozenset[int]


def chosen_of(item: Item, principals=None, persons=()) -> Chosen:
    """The choices that compile to the audience `item` has now: the way back of markings.principals_for.

    `principals` and `persons` are what `audience_of` says, where that is known already.
    """
    if principals is None:
        principals, persons = audience_of(item)
    names = [name.split(":") for name in principals]
    choices = {_CHOICES[term] for term, *_ in names if term in _CHOICES}
    if ["dss_world"] in names and AudienceChoice.DSS_DESKS not in choices:
        choices.add(AudienceChoice.DSS_HEADQUARTERS)
    if persons:
        choices.add(AudienceChoice.NAMED_PERSONS)
    return Chosen(
        marking=item.marking,
        choices=frozenset(map(str, choices)),
        organisation_ids=frozenset(int(ids[0]) for term, *ids in names if term == "organisation"),
        person_ids=frozenset(persons),
    )


@dataclass
class Reader:
    """Why a person may read an item: through which principals or grants ("grant", "emergency"), how deep, for which
    organisations by name; where they work."""

    through: set[str] = field(default_factory=set)
    depth: Depth = Depth.CONSENT
    organisations: set[str] = field(default_factory=set)
    is_mailbox: bool = False
    works_in: set[int] = field(default_factory=set)


def readers_of(item: Item, on=None) -> dict[int, Reader]:
    """The people who may read `item` now as its originator chose, by user id: the visibility rule asked in the other
    direction."""
    principals, persons = audience_of(item, on)
    return readers_through(principals, persons=persons, area_id=item.area_id, on=on)


def all_readers_of(item: Item, on=None, *, with_emergency: bool = False) -> dict[int, Reader]:
    """The same with those to whom it was passed on with the originator's consent (C3); `with_emergency` also with who
    reads it by emergency access (C8)."""
    on = on or timezone.now()
    is_open = Q(release__depth__gt=Depth.CONSENT) | Q(release__closes_at__gt=on)
    principals, persons, in_emergency = _audience(item, on, is_open)
    known = {"area_id": item.area_id, "on": on, "in_emergency": in_emergency if with_emergency else ()}
    return readers_through(principals, persons=persons, **known)


def readers_through(
    principals: Mapping[str, Depth],
    *,
    persons: Iterable[int],
    area_id: int | None,
    on=None,
    in_emergency: Iterable[tuple[int, int]] = (),
) -> dict[int, Reader]:
    """Who would read an item in the area `area_id` with these audience rows, grants to these persons, and grants of
    emergencies (a user, and the area of which they have to be DSS)."""
    members: dict[int, Reader] = defaultdict(Reader)
    desks = {f"dss:{area}" for _, area in in_emergency}
    for holding in holdings(on, principals={*principals, EVERYONE, *desks}):
        if area_id in holding.except_areas:
            continue
        member = members[holding.user_id]
        member.is_mailbox = holding.is_mailbox
        if holding.area_id:
            member.works_in.add(holding.area_id)
        if holding.principal in desks and _opens_in_emergency(holding, in_emergency):
            member.through.add("emergency")
            member.depth = Depth.FULL
            member.organisations.add(holding.organisation)
        if holding.principal in principals:
            member.through.add(holding.principal)
            member.depth = max(member.depth, principals[holding.principal])
            member.organisations.add(holding.organisation)
        elif holding.user_id in persons:  # a grant is a person's, who then reads for whom they work
            member.organisations.add(holding.organisation)
    for user_id in persons:
        if user_id in members:  # a grant opens nothing to somebody who is no active member (any more)
            members[user_id].through.add("grant")
            members[user_id].depth = max(members[user_id].depth, Depth.SHARED)
    return {user_id: member for user_id, member in members.items() if member.through}


def _opens_in_emergency(holding, in_emergency):
    return holding.role == ROLE_IN_EMERGENCY and (holding.user_id, holding.area_id) in in_emergency


def in_words(item: Item, *, for_originator: bool) -> list[str]:
    """Who can see `item`, one phrase each. Names of organisations are told to the originator only."""
    principals, persons = audience_of(item)
    return phrases(principals, item.area, persons, has_originator=bool(item.originator_id), names_them=for_originator)


def phrases(principals: Iterable[str], area, persons, *, has_originator: bool, names_them: bool) -> list[str]:
    """The same of an item in `area` that has, or would have, these principals and persons."""
    split = [name.split(":") for name in sorted(principals)]
    places = _places(area, {int(ids[0]) for term, *ids in split if ids and term in _WORDS})
    words = [str(_WORDS[term]) % {"area": places[int(ids[0])] if ids else ""} for term, *ids in split if term in _WORDS]
    words = list(dict.fromkeys(words))
    named = {int(ids[0]) for term, *ids in split if term in _NAMED}
    if named and names_them:
        words += Organisation.objects.filter(pk__in=named).order_by("name").values_list("name", flat=True)
    elif named:
        words.append(_("Organisations named by the originator"))
    if persons:
        words.append(_("Persons named by the originator"))
    return [_("The originator"), *words] if has_originator else words


def _places(area, ids):
    """The areas of the terms by id: as a rule the item's own, which is at hand, and what it is part of."""
    known = {area.pk: area} if area else {}
    return known | (Area.objects.in_bulk(ids - set(known)) if ids - set(known) else {})
