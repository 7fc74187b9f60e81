"""Who may open the pages that read across apps."""

from governance.policies import reads_bodies
from governance.querysets import is_secretariat
from organisations.policies import has_role
from sharing.access import Access

from .querysets import reads_approved

WATCHERS = frozenset({"administrator", "dss_headquarters"})
# Who answers for an area, and who is the security focal point of an organisation.
FIELD_ROLES = frozenset({"dss_field", "country_security_focal_point", "designated_official", "ocha"})
FOCAL_ROLES = frozenset({"partner_headquarters", "partner_field", "un_security_officer"})


def has_home(user) -> bool:
    """Everybody who is signed in has a home page."""
    return user.is_authenticated


def can_watch_outbox(user) -> bool:
    """Administrators and DSS headquarters, who run the portal."""
    return has_role(user, *WATCHERS)


def reads_reports(access: Access) -> bool:
    """Whether this person has reports to read: approved ones, or as one of a body or the secretariat all (G3)."""
    return reads_bodies(access) or reads_approved(access)


def parties_to_report(access: Access) -> frozenset[str]:
    """To every report: dss_headquarters, ocha; the portal takes the other steps."""
    found = {"dss_headquarters"} if "dss_world" in access.principals else set()
    return frozenset(found | ({"ocha"} if "ocha" in access.principals else set()))


def reads_measures(access: Access) -> bool:
    """Both bodies, the secretariat, and every partner in good standing (G5)."""
    return reads_bodies(access) or "community" in access.principals


def writes_measures(access: Access) -> bool:
    """DSS headquarters, OCHA world-wide and the Working Group (G5)."""
    return is_secretariat(access) or bool(access.offices_for("working_group"))


def has_dashboard(access: Access) -> bool:
    """Both bodies, the secretariat, offices of an area, focal points of organisations; of one that is suspended what
    is its own. No local focal point, no applicant, no administrator (G1, G2)."""
    return reads_bodies(access) or works_in_areas(access) or is_focal_point(access)


def works_in_areas(access: Access) -> bool:
    """Whether this person holds an office of an area: DSS, Designated Official, OCHA there."""
    return any(capacity.role in FIELD_ROLES and capacity.area_id for capacity in access.through if access.is_member)


def is_focal_point(access: Access) -> bool:
    """Whether this person is a focal point of an organisation, also of a suspended one."""
    return any(capacity.role in FOCAL_ROLES for capacity in access.through)
