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
    """Among applicant, working_group, oversight_committee, dss_headquarters, ocha."""
    found = _offices(access)
    if row.organisation_id in access.offices_for("applicant"):
        found.add("applicant")
    if "ocha" in access.principals:
        found.add("ocha")
    return frozenset(found)


def parties_to_memorandum(access: Access, row: Memorandum) -> frozenset[str]:
    """As to its application."""
    return parties_to_application(access, row.application)


def parties_to_confirmation(access: Access, row: Confirmation) -> frozenset[str]:
    """Among working_group, dss_headquarters, agency. The addressee is whoever has the link: no account is asked for."""
    found = _offices(access)
    if row.entity_id in access.offices_for("agency"):
        found.add("agency")
    return frozenset(found)


def parties_to_suspension(access: Access, row: Suspension) -> frozenset[str]:
    """Among organisation, designated_official, dss_field, ocha, mechanism, opener, lifter and the offices.

    Whoever works for the organisation concerned is nothing but that, whatever other role they hold.
    """
    if Membership.objects.on(access.on).filter(user=access.user_id, organisation=row.organisation_id).exists():
        return frozenset({"organisation"})
    found = _offices(access)
    if row.area_id:
        named = (("designated_official", "designated_official"), ("dss_field", "dss"), ("mechanism", "mechanism"))
        found |= {party for party, kind in named if row.area_id in areas_of(access, kind)}
    if "ocha" in access.principals or row.area_id in areas_of(access, "ocha"):
        found.add("ocha")
    opens = "designated_official" if row.area_id else "dss_headquarters"
    if opens in found:
        found.add("opener")
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


def is_committee(access: Access) -> bool:
    """Whether this person holds a seat of the Oversight Committee."""
    return bool(access.offices_for("oversight_committee"))
