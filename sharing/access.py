"""What one person may see at one moment, resolved once per request and handed to every question asked for them."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone

from .holdings import holdings

EVERYONE = "everyone"
ROLE_IN_EMERGENCY = "dss_field"  # an emergency opens items of an area to who holds this role there (C8)
# Principals that open no item: what their holders have to do with partnership, feedback and the bodies (roles.offices).
OFFICES = (
    *("agency", "applicant", "circulation", "consortium_desk", "mechanism"),
    *("oversight_committee", "working_group"),
)


class Capacity(NamedTuple):
    """One principal as a person holds it: for an organisation, in an area of work (None: world-wide), in a role."""

    principal: str
    organisation: str
    area_id: int | None
    role: str


@dataclass(frozen=True)
class Access:
    """The principals of a person; `excepted` pairs those that do not reach into some areas with these areas.

    `emergency_areas` are those of which they are DSS: what an emergency there opened to them counts as long (C8).
    """

    user_id: int
    on: datetime
    plain: tuple[str, ...]
    excepted: tuple[tuple[str, frozenset[int]], ...]
    # For which organisation, in which role and area of work, each principal is held.
    through: tuple[Capacity, ...] = field(default=(), compare=False)
    offices: frozenset[str] = frozenset()
    emergency_areas: frozenset[int] = frozenset()

    def offices_for(self, kind: str) -> set[int]:
        """The ids of the organisations for which this person holds an office: a seat, an application, a mechanism."""
        found = (name.split(":") for name in self.offices)
        return {int(rest[0]) for name, *rest in found if name == kind}

    @property
    def principals(self) -> frozenset[str]:
        """All principals and offices of this person, whatever areas they do not reach into."""
        return self.offices | frozenset(self.plain) | {name for name, _ in self.excepted}

    @property
    def is_member(self) -> bool:
        """Whether this person is an active member of an organisation in good standing: only then a grant counts."""
        return EVERYONE in self.plain or any(principal == EVERYONE for principal, _ in self.excepted)

    @property
    def closed_areas(self) -> frozenset[int]:
        """Areas whose items stay closed even with an individual grant."""
        return frozenset().union(*(areas for principal, areas in self.excepted if principal == EVERYONE))

    @property
    def originators(self) -> tuple[str, ...]:
        """The principals by which this person reads what their own organisation reported."""
        return tuple(name for name in self.plain if name.startswith("originator"))

    def as_originator(self) -> "Access":
        """The same person with nothing but what their own organisation reported."""
        return replace(self, plain=self.originators, excepted=(), emergency_areas=frozenset())

    def as_chosen(self) -> "Access":
        """The same person without what an emergency opened to them: they were not chosen for that (C8)."""
        return replace(self, emergency_areas=frozenset())

    def reaching(self, area_id: int | None) -> set[str]:
        """The principals by which this person reads items in the area `area_id`."""
        return {*self.plain, *(name for name, closed in self.excepted if area_id not in closed)}

    def groups(self) -> list[tuple[list[str], frozenset[int]]]:
        """The principals grouped by the areas they do not reach into."""
        groups = {frozenset(): list(self.plain)} if self.plain else {}
        for principal, areas in self.excepted:
            groups.setdefault(areas, []).append(principal)
        return [(names, areas) for areas, names in groups.items()]


def access_of(user, on: datetime | None = None, *, memberships=None) -> Access:
    """The access of `user` (or of nobody, for an anonymous one) at the moment `on`; two or three queries, one less with
    the `memberships` of the user that a request has read already."""
    on = on or timezone.now()
    best: dict[str, frozenset[int]] = {}
    through, offices = [], set()
    if user is not None and user.is_authenticated:
        for holding in holdings(on, user=user, memberships=memberships):
            if holding.principal.startswith(OFFICES):
                offices.add(holding.principal)
                continue
            through.append(Capacity(holding.principal, holding.organisation, holding.area_id, holding.role))
            known = best.get(holding.principal)
            # Held through two organisations: what one of them does not close stays open.
            best[holding.principal] = holding.except_areas if known is None else known & holding.except_areas
    plain = tuple(sorted(name for name, areas in best.items() if not areas))
    excepted = tuple(sorted((name, areas) for name, areas in best.items() if areas))
    desks = (held for held in through if held.role == ROLE_IN_EMERGENCY and held.principal == f"dss:{held.area_id}")
    areas = frozenset(held.area_id for held in desks)
    return Access(getattr(user, "pk", None) or 0, on, plain, excepted, tuple(through), frozenset(offices), areas)


def outside(areas: frozenset[int], path: str = "area") -> Q:
    """Rows whose area is none of `areas`; rows without an area are outside of all."""
    if not areas:
        return Q()
    return Q(**{f"{path}__isnull": True}) | ~Q(**{f"{path}__in": sorted(areas)})
