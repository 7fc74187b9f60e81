"""Who reads the levels and the lists, and which party somebody is to reviews, requests and tasks (§5; P8, L3)."""

from django.conf import settings

from areas.models import Area
from governance.policies import reads_bodies
from governance.querysets import is_secretariat
from partners.policies import is_dss_headquarters, is_working_group
from partners.querysets import areas_of
from sharing.access import Access

from .models import LevelTask, Review
from .querysets import FIELD, consulted_areas


def reads_levels(access: Access) -> bool:
    """Whether this person reads the levels and the lists: who does is a setting (P8). No local arrangement, no
    applicant, no administrator."""
    return any(name.partition(":")[0] in settings.LEVEL_READERS for name in access.principals)


def reads_reviews(access: Access) -> bool:
    """Whether this person reads reviews with their evidence: both bodies and the secretariat."""
    return reads_bodies(access)


def opens_reviews(access: Access) -> bool:
    """Whether this person opens an early review: the Working Group, the members of the Committee, DSS headquarters."""
    return is_dss_headquarters(access) or any(map(access.offices_for, ("working_group", "oversight_committee")))


def is_consulted(access: Access) -> bool:
    """Whether this person is asked about levels at all: partner organisations, UN security officers (§5c)."""
    return bool(consulted_areas(access))


def reads_distribution(access: Access) -> bool:
    """Whether this person reads to whom a list went: the secretariat. Names and addresses are in it."""
    return is_secretariat(access)


def runs_distribution(access: Access) -> bool:
    """Whether this person may send a list to somebody again: DSS headquarters."""
    return is_dss_headquarters(access)


def manages_areas(access: Access) -> bool:
    """Whether this person makes, renames, splits and ends areas: DSS headquarters (L1)."""
    return is_dss_headquarters(access)


def parties_to_review(access: Access, row: Review) -> frozenset[str]:
    """Among working_group, hurried_group (of an urgent review), oversight_committee, dss_headquarters."""
    found = set()
    if is_working_group(access):
        found |= {"working_group", "hurried_group"} if row.is_urgent else {"working_group"}
    if access.offices_for("oversight_committee"):
        found.add("oversight_committee")
    if is_dss_headquarters(access):
        found.add("dss_headquarters")
    return frozenset(found)


def parties_to_request(access: Access) -> frozenset[str]:
    """To a request for a review: working_group, or nothing."""
    return frozenset({"working_group"} if is_working_group(access) else ())


def parties_in_area(access: Access, area: Area) -> list[str]:
    """As what this person may ask for a review of `area` (§5d): of the field, as member of a body, or as DSS
    headquarters; the first is said in the request."""
    found = [kind for kind in FIELD if area.pk in areas_of(access, kind)]
    found += [kind for kind in ("oversight_committee", "working_group") if access.offices_for(kind)]
    return found + (["dss_headquarters"] if is_dss_headquarters(access) else [])


def parties_to_task(access: Access, row: LevelTask) -> frozenset[str]:
    """`owner`: who holds the office of the task in its area; dss_headquarters."""
    found = {"owner"} if row.area_id in areas_of(access, row.owner) else set()
    if row.owner == LevelTask.Owner.OCHA and "ocha" in access.principals:
        found.add("owner")
    if is_dss_headquarters(access):
        found.add("dss_headquarters")
    return frozenset(found)


def answers_for_line(access: Access, area: Area) -> bool:
    """Whether this person may say how a line of the check list of `area` stands: those who answer for it there, and
    DSS headquarters."""
    return area.pk in areas_of(access, *FIELD) or is_dss_headquarters(access)
