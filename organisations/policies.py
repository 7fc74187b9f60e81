"""Who may act for and on organisations. (Who *sees* what is sharing.holdings, not this.)"""

from django.utils import timezone

from areas.models import Area

from .models import Membership, Organisation, Standing
from .roles import ROLES

_KIND = Organisation.Kind
_PARTNERS = frozenset({_KIND.INGO, _KIND.IO})

# The kinds of organisation in which a role exists at all.
KINDS_OF_ROLE = {
    "dss_headquarters": {_KIND.UNSMS_ENTITY},
    "dss_field": {_KIND.UNSMS_ENTITY},
    "country_security_focal_point": {_KIND.UNSMS_ENTITY},
    "un_security_officer": {_KIND.UNSMS_ENTITY},
    "ocha": {_KIND.UNSMS_ENTITY},
    "designated_official": {_KIND.UNSMS_ENTITY},
    "agency_confirmer": {_KIND.UNSMS_ENTITY},
    "oversight_committee_member": {_KIND.UNSMS_ENTITY, _KIND.CONSORTIUM},
    "working_group_member": {_KIND.UNSMS_ENTITY, _KIND.CONSORTIUM},
    "partner_headquarters": _PARTNERS,
    "partner_field": _PARTNERS,
    "platform_representative": {_KIND.PLATFORM},
    "consortium_desk": {_KIND.CONSORTIUM},
    "local_focal_point": {_KIND.NNGO},
    "applicant": _PARTNERS,
    "restricted_track_handler": {_KIND.UNSMS_ENTITY},
    "administrator": {_KIND.UNSMS_ENTITY},
}
# Who may give which role (and end it), in which organisations: their own only, or any.
OWN, ANY = "own", "any"
GIVES = {
    "partner_headquarters": (OWN, frozenset({"partner_headquarters", "partner_field"})),
    "dss_headquarters": (ANY, frozenset(ROLES) - {"administrator"}),
    "administrator": (
        ANY,
        frozenset(
            {
                "dss_headquarters",
                "dss_field",
                "country_security_focal_point",
                "un_security_officer",
                "ocha",
                "designated_official",
                "agency_confirmer",
                "administrator",
            }
        ),
    ),
}


def roles_held(user):
    """The user's memberships in force, but for those in organisations that are suspended everywhere."""
    if not user.is_authenticated:
        return Membership.objects.none()
    suspended = Standing.objects.on().filter(kind=Standing.Kind.SUSPENDED, area=None)
    return Membership.objects.on().filter(user=user).exclude(organisation__in=suspended.values("organisation"))


def has_role(user, *roles) -> bool:
    """Whether the user holds one of `roles` now, wherever."""
    return roles_held(user).filter(role__in=roles).exists()


def is_active_member(user) -> bool:
    """Whether the user belongs to the community of the portal: a role that is one of "everyone"."""
    everyone = {role.code for role in ROLES.values() if "everyone" in (*role.holds, *role.holds_in_area)}
    return has_role(user, *everyone)


def can_invite_somewhere(user) -> bool:
    """Whether there is an organisation whose people the user looks after."""
    return has_role(user, *GIVES)


def roles_to_give(user, organisation) -> frozenset[str]:
    """The roles that the user may give, and end, in this organisation."""
    given = set()
    for role, own in roles_held(user).filter(role__in=GIVES).values_list("role", "organisation"):
        reach, roles = GIVES[role]
        if reach == ANY or own == organisation.pk:
            given |= {code for code in roles if organisation.kind in KINDS_OF_ROLE[code]}
    return frozenset(given)


def can_invite(user, organisation) -> bool:
    """Whether the user may give any role in this organisation."""
    return bool(roles_to_give(user, organisation))


def is_still_given(invitation) -> bool:
    """Whether who sent the invitation may give its role now; those from the command line have no sender."""
    by = invitation.invited_by
    if by is None:
        return True
    has_account = by.is_active and (by.expires_at is None or by.expires_at > timezone.now())
    return has_account and invitation.role in roles_to_give(by, invitation.organisation)


def areas_to_give(user, organisation):
    """The areas for which the user may give a role: all that exist, or for partners those where they work."""
    areas = Area.objects.current()
    anywhere = {role for role, (reach, _) in GIVES.items() if reach == ANY}
    if has_role(user, *anywhere):
        return areas
    works = Standing.objects.on().filter(organisation=organisation, kind__in=["active", "partner"], area__isnull=False)
    return areas.filter(pk__in=works.values("area"))


def can_end_membership(user, membership) -> bool:
    """Whether the user may end this membership. Nobody ends their own: the last one out could not come back."""
    return membership.user_id != user.pk and membership.role in roles_to_give(user, membership.organisation)
