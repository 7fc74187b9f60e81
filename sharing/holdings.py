"""Which audiences a person belongs to: the only source of (person, principal) pairs, read at query time (section 3).

Access ends the minute a membership, a standing or a date ends it, because nothing is copied anywhere.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone

from areas.models import Area
from organisations.models import Membership, Organisation, Standing
from organisations.roles import ROLES
from slt_portal.prepared import prepared

_PARTNER_KINDS = {Organisation.Kind.INGO, Organisation.Kind.IO}
# What an organisation keeps whatever its standing: what it reported, and its own partnership.
_OWN = ("originator", "applicant")


@dataclass(frozen=True)
class Holding:
    """One person (or functional mailbox) belongs to one principal through one membership, but for items in
    `except_areas`."""

    user_id: int
    principal: str
    organisation: str
    area_id: int | None
    role: str
    is_mailbox: bool = False
    except_areas: frozenset[int] = frozenset()
    organisation_id: int | None = None


@dataclass
class _Facts:
    """The standings of one organisation at one moment, as sets of area ids (None: everywhere)."""

    partner: set = field(default_factory=set)
    active: set = field(default_factory=set)
    local_arrangement: set = field(default_factory=set)
    suspended: set = field(default_factory=set)

    def is_member(self, kind: str, area_id: int | None) -> bool:
        """Whether an organisation of `kind` takes part (in an area, or at all for None), suspensions apart."""
        if kind in _PARTNER_KINDS:
            basis = self.partner
        elif kind == Organisation.Kind.NNGO:
            basis = self.local_arrangement
        else:  # UN entities are partners by their own rules; platforms and consortia are not partners but take part
            return True
        return None in basis or (area_id in basis if area_id else bool(basis))

    def active_areas(self, kind: str) -> list[int]:
        """The areas in which the organisation works and takes part."""
        return sorted(area for area in self.active | self.partner if area and self.is_member(kind, area))


def holdings(on: datetime | None = None, *, user=None, principals=None, memberships=None) -> Iterator[Holding]:
    """All (person, principal) pairs at the moment `on` (default now), of one user or for some principals only.

    The three directions of the one rule: what a person may see, who receives a message, who an audience is.
    `memberships` are those of `user` in force at that moment, where a request has read them already.
    """
    on = on or timezone.now()
    rows = _rows(on, user) if memberships is None else [_row(membership) for membership in memberships]
    facts = _facts({row.organisation_id for row in rows}, on)
    for row in rows:
        of = facts[row.organisation_id]
        for principal, except_areas in _terms(row.organisation_id, row.kind, row.area_id, row.role, of):
            if principals is None or principal in principals:
                yield Holding(
                    row.user_id,
                    principal,
                    row.organisation,
                    row.area_id,
                    row.role,
                    row.is_mailbox,
                    except_areas,
                    row.organisation_id,
                )


def people_of(principals: Iterable[str], on: datetime | None = None) -> set[int]:
    """The ids of the people who hold one of `principals` at the moment `on`: whom a mail about it goes to."""
    wanted = frozenset(principals)
    return {row.user_id for row in holdings(on, principals=wanted) if not row.is_mailbox} if wanted else set()


class _Row(NamedTuple):
    user_id: int
    is_mailbox: bool
    organisation_id: int
    organisation: str
    kind: str
    area_id: int | None
    role: str


def _rows(on, user):
    return [_Row(*row) for row in (_rows_of_all(on) if user is None else _rows_of(user.pk, on))]


def _rows_of_all(on):
    rows = Membership.objects.on(on).filter(Q(user__expires_at=None) | Q(user__expires_at__gt=on), user__is_active=True)
    names = ("user_id", "user__is_mailbox", "organisation_id", "organisation__name", "organisation__kind")
    return rows.values_list(*names, "area_id", "role")


@prepared
def _rows_of(user_id, on):
    return _rows_of_all(on).filter(user=user_id)


def _row(membership):
    """A membership of somebody who is signed in, and so is no mailbox."""
    organisation = membership.organisation
    return _Row(
        membership.user_id,
        False,
        organisation.pk,
        organisation.name,
        organisation.kind,
        membership.area_id,
        membership.role,
    )


def _facts(organisations, on) -> dict[int, _Facts]:
    facts = defaultdict(_Facts)
    for org, kind, area in _standings(sorted(organisations), on):
        getattr(facts[org], kind).add(area)
    suspended = {area for fact in facts.values() for area in fact.suspended if area}
    if suspended:  # whoever is suspended in an area is suspended in its parts
        for part, parent in Area.objects.filter(parent__in=suspended).values_list("id", "parent_id"):
            for fact in facts.values():
                if parent in fact.suspended:
                    fact.suspended.add(part)
    return facts


@prepared
def _standings(organisations, on):
    standings = Standing.objects.on(on).filter(organisation__in=organisations)
    return standings.values_list("organisation_id", "kind", "area_id")


def _works_there(term, place, kind, facts):
    """Partners of an area are those active there; naming a focal point there makes nobody active."""
    return not term.startswith("area_partners") or place in facts.active_areas(kind)


def _terms(org, kind, area, role, facts) -> Iterator[tuple[str, frozenset]]:
    """The principals one membership gives, each with the areas whose items it does not open."""
    takes_part = facts.is_member(kind, area) and None not in facts.suspended
    elsewhere = frozenset(facts.suspended - {None})
    areas = [area] if area else facts.active_areas(kind)
    for term in (*ROLES[role].terms(in_area=area is not None), *ROLES[role].offices):
        own = term.startswith(_OWN)
        if not (own or takes_part):
            continue  # a suspended organisation still reads what is its own
        if "{area}" not in term:
            yield term.format(org=org), frozenset() if own else elsewhere
            continue
        for place in areas:
            if own or (place not in facts.suspended and _works_there(term, place, kind, facts)):
                # The audience of an area reaches into its parts: a part may be closed where the whole is open.
                yield term.format(org=org, area=place), frozenset() if own else elsewhere
