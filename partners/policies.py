"""Which party somebody is to an application, a request, a suspension: what the tables of steps ask for.

Who sees is partners.querysets; this says who may act, and each policy is asked of an object that is visible.
"""

from organisations.models import Membership
from sharing.access import Access

from .models import Application, Basis, Confirmation, ListedMember, Memorandum, Suspension
from .querysets import areas_of


def _offices(access: Access) -> set[str]:
    found = {kind for kind in ("working_group", "oversight_committee") if access.offices_for(kind)}
    if "dss_world" in access.principals:
        found.add("dss_headquarters")
    return found


def parties_to_application(access: Access, row: Application) -> frozenset[str]:
    """Among working_group, oversight_committee, dss_headquarters, ocha; an applicant is nothing else, whatever other
    role they hold."""
    if row.organisation_id in access.offices_for("applicant"):
        return frozenset({"applicant"})
    found = _offices(access)
    if "ocha" in access.principals:
        found.add("ocha")
    return frozenset(found)


def parties_to_memorandum(access: Access, row: Memorandum) -> frozenset[str]:
    """As to its application."""
    return parties_to_application(access, row.application)


def parties_to_confirmation(access: Access, row: Confirmation) -> frozenset[str]:
    """Among working_group, dss_headquarters, agency: nobody answers what they asked. The addressee is whoever has the
    link: no account is asked for."""
    found = _offices(access)
    if row.entity_id in access.offices_for("agency") and row.asked_by_id != access.user_id:
        found.add("agency")
    return frozenset(found)


def organisations_of(access: Access) -> frozenset[int]:
    """The ids of the organisations for which this person works, in whatever role."""
    rows = Membership.objects.on(access.on).filter(user=access.user_id)
    return frozenset(rows.values_list("organisation", flat=True))


def parties_to_suspension(access: Access, row: Suspension, own: frozenset[int] | None = None) -> frozenset[str]:
    """Among organisation, designated_official, dss_field, ocha, mechanism, opener, lifter and the offices.

    Also who may do what only at one level, or at one time: answerer until the organisation has answered, area_proposer
    and world_proposer once it was heard, committee_asker about what the Committee decided. Whoever works for the
    organisation concerned is nothing but that, whatever other role they hold. `own` is organisations_of(access), where
    a list asked once for all rows.
    """
    if row.organisation_id in (organisations_of(access) if own is None else own):
        return frozenset({"organisation"} if row.heard_at else {"organisation", "answerer"})
    found = _offices(access)
    if row.area_id:
        named = (("designated_official", "designated_official"), ("dss_field", "dss"), ("mechanism", "mechanism"))
        found |= {party for party, kind in named if row.area_id in areas_of(access, kind)}
    if "ocha" in access.principals or row.area_id in areas_of(access, "ocha"):
        found.add("ocha")
    if "dss_headquarters" in found and row.decision_id:
        found.add("committee_asker")
    if ("designated_official" if row.area_id else "dss_headquarters") in found:
        found.add("opener")
        if row.is_heard(access.on):
            found.add("area_proposer" if row.area_id else "world_proposer")
        if row.decision_id is None:  # agreed in the area: what the Committee decided, the Committee lifts
            found.add("lifter")
    return frozenset(found)


def parties_to_basis(access: Access, row: Basis) -> frozenset[str]:
    """`dss`: DSS headquarters, or DSS of the area of the standing."""
    area = row.standing.area_id
    is_dss = "dss_world" in access.principals or (area is not None and area in areas_of(access, "dss"))
    return frozenset({"dss"}) if is_dss else frozenset()


def parties_to_listed_member(access: Access, row: ListedMember) -> frozenset[str]:
    """`mechanism`: who represents the platform in the area; `dss_field`: DSS of the area, or headquarters."""
    found = set()
    if f"mechanism:{row.list.platform_id}:{row.list.area_id}" in access.principals:
        found.add("mechanism")
    if access.principals & {"dss_world", f"dss:{row.list.area_id}"}:
        found.add("dss_field")
    return frozenset(found)


def is_dss_headquarters(access: Access) -> bool:
    """Whether this person is of DSS headquarters, which runs the procedure."""
    return "dss_world" in access.principals


def is_working_group(access: Access) -> bool:
    """Whether this person holds a seat of the Working Group."""
    return bool(access.offices_for("working_group"))


def opens_suspensions(access: Access) -> bool:
    """Whether this person opens suspensions: the Designated Official in an area, DSS headquarters everywhere (§3)."""
    return "dss_world" in access.principals or bool(areas_of(access, "designated_official"))


def has_part_in_suspensions(access: Access) -> bool:
    """Whether this person has an office that suspensions can come to, or speaks for an organisation at headquarters."""
    offices = ("working_group", "oversight_committee", "mechanism", "applicant")
    in_area = areas_of(access, "designated_official", "dss", "ocha")
    return bool(access.principals & {"dss_world", "ocha"} or in_area or any(map(access.offices_for, offices)))


def records_referrals(access: Access) -> bool:
    """Whether this person records breaches by UN entities: DSS headquarters, DSS or Designated Official of an area."""
    return "dss_world" in access.principals or bool(areas_of(access, "designated_official", "dss"))
