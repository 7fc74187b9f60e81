"""The bodies, and who holds which of their seats at a moment (§3, §11). A seat is never given: a role holds it."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from areas.models import Area
from audit.actions import record
from organisations.models import Membership, Organisation
from organisations.roles import ROLES
from sharing.holdings import holdings
from slt_portal.states import StaleState

from .models import Body, Decision, Exclusion, Seat
from .querysets import SECRETARIAT

Capacity = Seat.Capacity


def committee() -> Body:
    """The Oversight Committee; its seats are made by `manage.py load_bodies`."""
    return Body.objects.get_or_create(kind=Body.Kind.OVERSIGHT_COMMITTEE, area=None)[0]


def working_group() -> Body:
    """The Working Group; its seats are made by `manage.py load_bodies`."""
    return Body.objects.get_or_create(kind=Body.Kind.WORKING_GROUP, area=None)[0]


@transaction.atomic
def area_body(area: Area) -> Body:
    """Those who must agree on something in `area`, with its seats as they are today (§3; P9).

    DSS, OCHA, and one for each platform that is represented there; without any, one vacant seat for the NGOs.
    """
    body, _ = Body.objects.get_or_create(kind=Body.Kind.AREA, area=area)
    Body.objects.select_for_update(no_key=True).get(pk=body.pk)  # two at once must not make different seats
    mechanisms = Membership.objects.on().filter(role="platform_representative", area=area, user__is_active=True)
    platforms = sorted(set(mechanisms.values_list("organisation", flat=True)))
    wanted = [(Capacity.DSS, None), (Capacity.OCHA, None)]
    wanted += [(Capacity.MECHANISM, platform) for platform in platforms or [None]]
    known = {(seat.capacity, seat.organisation_id): seat for seat in body.seats.all()}
    for order, (capacity, organisation) in enumerate(wanted):
        seat = known.pop((capacity, organisation), None)
        if seat is None:
            Seat.objects.create(body=body, capacity=capacity, organisation_id=organisation, order=order)
        elif seat.closed_at is not None:
            Seat.objects.filter(pk=seat.pk).update(closed_at=None)
    gone = [seat.pk for seat in known.values() if seat.closed_at is None]
    Seat.objects.filter(pk__in=gone).update(closed_at=timezone.now())
    return body


class People(NamedTuple):
    """Who holds each seat, by its key, and who works for each organisation concerned: ids of people."""

    holders: dict[int, set[int]]
    concerned: dict[int, set[int]]


def people_at(seats: Iterable[Seat], *, concerned: Iterable[int] = (), on: datetime | None = None) -> People:
    """Who holds each of `seats` at the moment `on`, nobody for a vacant one, and everybody who works for one of the
    organisations `concerned`; two or three queries."""
    on, seats = on or timezone.now(), list(seats)
    open_seats = [(seat.pk, seat.principals) for seat in seats if seat.closed_at is None]
    wanted = frozenset().union(*(principals for _, principals in open_seats))
    found = People({seat.pk: set() for seat in seats}, {organisation: set() for organisation in concerned})
    memberships = list(_memberships(wanted, found.concerned, on))
    for row in memberships:
        if row.organisation_id in found.concerned:
            found.concerned[row.organisation_id].add(row.user_id)
    there = {seat.pk: set() for seat in seats}
    for holding in holdings(on, principals=wanted, memberships=memberships):
        for pk, principals in open_seats:
            if holding.principal in principals:
                found.holders[pk].add(holding.user_id)
                if holding.principal not in SECRETARIAT:
                    there[pk].add(holding.user_id)
    # Each signs in the area: headquarters hold a seat of an area only where nobody there does (§3).
    found.holders.update({pk: people for pk, people in there.items() if people})
    return found


def _memberships(principals, organisations, on):
    """The memberships of people who can sign in that may give one of `principals` (which do, sharing.holdings says), or
    are of one of `organisations`."""
    kinds = {name.partition(":")[0] for name in principals}
    roles = [
        role.code
        for role in ROLES.values()
        if kinds & {term.partition(":")[0] for term in (*role.holds, *role.holds_in_area, *role.offices)}
    ]
    rows = Membership.objects.on(on).filter(Q(role__in=roles) | Q(organisation__in=list(organisations)))
    there = Q(user__expires_at=None) | Q(user__expires_at__gt=on)
    return rows.filter(there, user__is_active=True, user__is_mailbox=False).select_related("organisation")


def people_concerned(organisation: int | None, on: datetime | None = None) -> set[int]:
    """The ids of everybody who works for `organisation`: they hold no seat in what is decided about it."""
    return people_at((), concerned=[organisation], on=on).concerned[organisation] if organisation else set()


def excluded_from(decisions: Iterable[Decision]) -> dict[int, set[int]]:
    """The ids of the people who are kept out of each of `decisions`, by its key (F3); three queries, none where nobody
    is."""
    found = {row.pk: set() for row in decisions if row.has_exclusions}
    if not found:
        return {}
    on, rows = timezone.now(), list(Exclusion.objects.filter(decision__in=found))
    principals = frozenset(row.principal for row in rows if row.principal)
    organisations = {row.organisation_id for row in rows} - {None}
    memberships = list(_memberships(principals, organisations, on)) if principals or organisations else []
    held = holdings(on, principals=principals, memberships=memberships) if principals else ()
    holders, staff = defaultdict(set), defaultdict(set)
    for holding in held:
        holders[holding.principal].add(holding.user_id)
    for membership in memberships:
        staff[membership.organisation_id].add(membership.user_id)
    for row in rows:
        if row.user_id:
            found[row.decision_id].add(row.user_id)
        found[row.decision_id] |= holders.get(row.principal, set()) | staff.get(row.organisation_id, set())
    return found


def holders_of(seat: Seat, *, concerns: Organisation | None = None) -> list[User]:
    """Who holds `seat` now, by name, but for everybody who works for `concerns`; empty: it is vacant."""
    people = _held([seat], concerns)
    return list(User.objects.filter(pk__in=people).order_by("name", "pk"))


def people_of_body(body: Body, *, concerns: Organisation | None = None) -> set[int]:
    """The ids of all who hold a seat of `body` now, but for everybody who works for `concerns`."""
    return _held(seats_in(body), concerns)


def seats_in(body: Body) -> QuerySet[Seat]:
    """The seats that `body` has today, in their order."""
    return body.seats.filter(closed_at=None).select_related("body__area", "organisation")


def seats_of(kinds: Iterable[str]) -> QuerySet[Seat]:
    """The seats today of the bodies of some kinds that are for the whole world."""
    seats = Seat.objects.filter(body__kind__in=kinds, body__area=None, closed_at=None)
    return seats.select_related("body__area", "organisation")


def _held(seats, concerns):
    found = people_at(seats, concerned=[concerns.pk] if concerns else [])
    return set().union(*found.holders.values()).difference(*found.concerned.values())


@transaction.atomic
def move_co_chair(seat: Seat, *, by) -> None:
    """The NGO co-chair of the Oversight Committee goes to `seat`, of another consortium; DSS keeps the other (§11).

    Doing it twice changes nothing more. Raises StaleState for a seat that cannot have it.
    """
    body = Body.objects.select_for_update(no_key=True).get(pk=seat.body_id)
    ngo = body.seats.filter(closed_at=None, organisation__kind=Organisation.Kind.CONSORTIUM)
    if body.kind != Body.Kind.OVERSIGHT_COMMITTEE or not ngo.filter(pk=seat.pk).exists():
        raise StaleState("the NGO co-chair is a seat of a consortium in the Oversight Committee")
    if ngo.filter(pk=seat.pk, is_co_chair=True).exists():
        return
    ngo.update(is_co_chair=False)
    ngo.filter(pk=seat.pk).update(is_co_chair=True)
    facts = {"organisation": seat.organisation.ref}
    record("governance.co_chair_moved", by=by, object_type="body", object_ref=body.kind, facts=facts)
