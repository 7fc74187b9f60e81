"""Whose hands a case is in: the offices it lies with, and who of them may handle it (F2, F3).

Grants follow the offices: `entitle` gives each holder of an office with which the case lies a grant, but for whoever
is concerned and for the sender's own organisation. Who comes to an office later is given theirs by the hourly tick.
"""

from collections.abc import Iterable
from typing import NamedTuple

from governance.models import Body, Seat
from governance.seats import seats_of
from organisations.models import Membership
from sharing.access import Access
from sharing.holdings import holdings, people_of

from . import grants
from .models import Case, CaseGrant, Concerned, TakenOff

_WHY = "who handles a case"


def offices_of(case: Case) -> set[str]:
    """The principals of the offices with which `case` lies: who took it in keeps it, each body from when it came to it.

    DSS headquarters keep the records (F4) but of what concerns themselves.
    """
    found = set()
    if not case.is_dss_concerned and (case.to_dss or case.suspension_id):
        found.add("dss_world")
    if case.desk_id:
        found.add(f"consortium_desk:{case.desk_id}")
    kinds = {Body.Kind.WORKING_GROUP: case.handed_over_at, Body.Kind.OVERSIGHT_COMMITTEE: case.escalated_at}
    bodies = [kind for kind, since in kinds.items() if since]
    return found | principals_of(seats_of(bodies)) if bodies else found


def principals_of(seats: Iterable[Seat]) -> set[str]:
    """The principals that hold some seats."""
    return {name for seat in seats for name in seat.principals}


def concerned_people(case: Case) -> set[int]:
    """The ids of everybody who never handles, hears of or sees `case`: who is concerned now, and who was when it was
    noted; another office that they come to afterwards gives them nothing."""
    return _people(case, set()).concerned


def barred_people(case: Case) -> set[int]:
    """The ids of everybody who decides nothing in `case`: whoever is concerned, and the sender's organisation."""
    people = _people(case, set())
    return people.concerned | people.colleagues


class _People(NamedTuple):
    """Of one case: who holds some principals now, as (user id, principal); whoever is concerned; and who works for the
    sender's organisation, because nobody decides what their own organisation brings."""

    held: set[tuple[int, str]]
    concerned: set[int]
    colleagues: set[int]

    @property
    def able(self) -> set[tuple[int, str]]:
        """Those who hold them and are neither."""
        return {pair for pair in self.held if pair[0] not in self.concerned | self.colleagues}


def _people(case: Case, wanted: set[str]) -> _People:
    """The people of `case` and who holds one of `wanted`, asked together: one question for principals, one for
    organisations."""
    rows = list(Concerned.objects.for_system(_WHY).filter(case=case))
    concerned = {row.user_id for row in rows if row.user_id}
    offices = {row.principal for row in rows if row.principal}
    organisations = {row.organisation_id for row in rows if row.organisation_id}
    found = holdings(principals=frozenset(wanted | offices)) if wanted | offices else ()
    pairs = {(row.user_id, row.principal) for row in found if not row.is_mailbox}
    staff = Membership.objects.on().filter(organisation__in=organisations | {case.organisation_id})
    staff = set(staff.values_list("user", "organisation"))
    concerned |= {user for user, principal in pairs if principal in offices}
    concerned |= {user for user, organisation in staff if organisation in organisations}
    colleagues = {user for user, organisation in staff if organisation == case.organisation_id}
    return _People({pair for pair in pairs if pair[1] in wanted}, concerned, colleagues)


def entitled(case: Case, offices: Iterable[str] | None = None) -> set[tuple[int, str]]:
    """Who may handle `case` by the offices with which it lies (or `offices`), as (user id, principal). Not who was
    taken off it."""
    taken_off = set(TakenOff.objects.for_system(_WHY).filter(case=case).values_list("user", flat=True))
    return {pair for pair in eligible(case, offices) if pair[0] not in taken_off}


def eligible(case: Case, offices: Iterable[str] | None = None) -> set[tuple[int, str]]:
    """As `entitled`, with those who were taken off it: whom it can be given to."""
    wanted = offices_of(case) if offices is None else set(offices)
    return _people(case, wanted).able


def entitle(case: Case, *, by=None) -> int:
    """Give whoever is entitled their grants; returns how many are new. Call it in the action's transaction."""
    return grants.grant(case, entitled(case), by=by)


def handlers_of(case: Case) -> set[int]:
    """The ids of the people who handle `case` now: with a grant whose principal they hold, and not concerned. Whom a
    mail for its handlers goes to."""
    return {user for user, _ in _in_force(case)}


def able(case: Case) -> set[int]:
    """Those of `handlers_of` who can take its steps: the intake and the Working Group; the Committee reads along."""
    return {user for user, principal in _in_force(case) if not principal.startswith("oversight_committee:")}


def _in_force(case) -> set[tuple[int, str]]:
    rows = CaseGrant.objects.for_system(_WHY).filter(content_object=case)
    given = set(rows.values_list("user_id", "principal"))
    if not given:
        return set()
    return given & _people(case, {name for _, name in given}).able


def people_of_sender(case: Case) -> set[int]:
    """The ids of the sender and, unless the sender keeps it from them, of the sender's headquarters."""
    if case.sender_id is None:
        return set()
    people = set()
    own = people_of(_own_principals(case))
    if case.sender_id in own:
        people.add(case.sender_id)
    if case.headquarters_read:
        people |= people_of({f"originator:{case.organisation_id}"}) - concerned_people(case)
    return people


def _own_principals(case):
    areas = Membership.objects.on().filter(user=case.sender_id, organisation=case.organisation_id)
    places = areas.exclude(area=None).values_list("area", flat=True)
    return {f"originator:{case.organisation_id}", *(f"originator_in_area:{case.organisation_id}:{p}" for p in places)}


def grants_of(case: Case) -> list[tuple[int, str]]:
    """All grants of `case` as (user id, principal), whether their holders hold that principal still or not."""
    rows = CaseGrant.objects.for_system(_WHY).filter(content_object=case)
    return list(rows.values_list("user_id", "principal"))


def parties_to(access: Access, case: Case, given: Iterable[tuple[int, str]] | None = None) -> frozenset[str]:
    """Among sender, intake, handler, working_group, committee, reader: what somebody who sees `case` is to it.

    `intake` took it in (DSS headquarters, the desk); `handler` is intake or Working Group; `committee` reads along.
    Whoever sends is nothing else to it. `given`: grants_of(case), where the caller has read them.
    """
    if case.sender_id == access.user_id or _is_own(access, case):
        return frozenset({"sender"})
    given = grants_of(case) if given is None else given
    mine = {name for user, name in given if user == access.user_id} & access.principals
    kinds = {name.partition(":")[0] for name in mine}
    found = set()
    if kinds & {"dss_world", "consortium_desk"}:
        found |= {"intake", "handler"}
    if "working_group" in kinds:
        found |= {"working_group", "handler"}
    if "oversight_committee" in kinds:
        found.add("committee")
    return frozenset(found)


def _is_own(access, case):
    return case.organisation_id is not None and f"originator:{case.organisation_id}" in access.principals
