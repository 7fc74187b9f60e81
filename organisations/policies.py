"""Who may act for and on organisations. (Who *sees* what is sharing.holdings, not this.)"""

from dataclasses import dataclass

from django.utils import timezone

from areas.models import Area

from .models import Membership, Organisation, Standing
from .roles import MAILBOX, MAILBOXES, ROLES

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
    "duty_mailbox": _PARTNERS,
    "circulation": {_KIND.UNSMS_ENTITY},
    "platform_representative": {_KIND.PLATFORM},
    "consortium_desk": {_KIND.CONSORTIUM},
    "local_focal_point": {_KIND.NNGO},
    "applicant": _PARTNERS,
    "restricted_track_handler": {_KIND.UNSMS_ENTITY},
    "administrator": {_KIND.UNSMS_ENTITY},
}
# Who may give which roles and end which, in which organisations: their own only, or any. Administrators look after
# accounts and may end what was given wrongly on the UN side, but give no role that reads an incident (C8): the first
# people of DSS headquarters come from `manage.py invite`, the others from DSS headquarters.
OWN, ANY = "own", "any"
_UN_SIDE = {_KIND.UNSMS_ENTITY}
_PARTNER_ROLES = frozenset({"partner_headquarters", "partner_field", MAILBOX})
_ALL_BUT_ADMINISTRATOR = frozenset(ROLES) - {"administrator"}
GIVES = {
    "partner_headquarters": (OWN, _PARTNER_ROLES),
    "dss_headquarters": (ANY, _ALL_BUT_ADMINISTRATOR),
    "administrator": (ANY, frozenset({"administrator", "agency_confirmer"})),
}
ENDS = {
    "partner_headquarters": (OWN, _PARTNER_ROLES),
    "dss_headquarters": (ANY, _ALL_BUT_ADMINISTRATOR),
    "administrator": (ANY, frozenset(role for role, kinds in KINDS_OF_ROLE.items() if kinds <= _UN_SIDE)),
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


def can_invite_somewhere(user) -> bool:
    """Whether there is an organisation whose people the user looks after."""
    return has_role(user, *GIVES)


@dataclass(frozen=True)
class Rights:
    """The roles that a person may give, and those they may end, in one organisation."""

    gives: frozenset[str]
    ends: frozenset[str]


def rights_over(user, organisation, held=None, people=None) -> Rights:
    """What the user may give and end in this organisation; ending includes withdrawing an invitation.

    `held`, `people` save a query each: the user's (role, organisation) pairs, the memberships of the organisation.

    From outside a partner organisation only its first focal point at headquarters is named: whoever could name more
    would read what the organisation reported.
    """
    if held is None:
        held = list(roles_held(user).values_list("role", "organisation"))
    gives, ends = (_roles(table, held, organisation) for table in (GIVES, ENDS))
    from_outside = all(own != organisation.pk for _, own in held)
    if gives & _PARTNER_ROLES and from_outside and _has_focal_point(organisation, people):
        gives -= _PARTNER_ROLES
    return Rights(gives, ends)


def roles_to_give(user, organisation) -> frozenset[str]:
    """The roles that the user may give in this organisation."""
    return rights_over(user, organisation).gives


def _roles(table, held, organisation):
    found = set()
    for role, own in held:
        reach, roles = table.get(role, (OWN, frozenset()))
        if reach == ANY or own == organisation.pk:
            found |= {code for code in roles if organisation.kind in KINDS_OF_ROLE[code]}
    return frozenset(found)


def _has_focal_point(organisation, people):
    if people is not None:
        there = [row for row in people if row.role == "partner_headquarters" and row.user.is_active]
        return any(row.starts_at <= timezone.now() for row in there)
    people = Membership.objects.on().filter(organisation=organisation, role="partner_headquarters")
    return people.filter(user__is_active=True).exists()


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


def can_add_mailbox(user, organisation) -> bool:
    """Whether the user may name a functional mailbox of this organisation: who gives its partner roles (item 10); of a
    UN entity DSS headquarters (G6)."""
    return not MAILBOXES.isdisjoint(roles_to_give(user, organisation))


def mailbox_role(organisation) -> str:
    """The role of a functional mailbox in an organisation of this kind; empty where there is none."""
    return next((role for role in sorted(MAILBOXES) if organisation.kind in KINDS_OF_ROLE[role]), "")


def runs_addresses(user) -> bool:
    """Whether the user keeps the e-mail domains of organisations and decides on exceptions: DSS headquarters (I7)."""
    return has_role(user, "dss_headquarters")


def can_decide_exception(user, exception) -> bool:
    """DSS headquarters, but never who asked for the exception (I7)."""
    return exception.requested_by_id != user.pk and runs_addresses(user)


def represents_a_platform(user) -> bool:
    """Whether the user represents an NGO mechanism, and so sees which members have not acknowledged the rules (C9)."""
    return has_role(user, "platform_representative")


# Without anybody in these the portal could be opened again from its command line only.
NEVER_EMPTY = frozenset({"dss_headquarters", "administrator"})


def can_leave(user, membership) -> bool:
    """Whether the user may end this membership of their own: not the last of DSS headquarters or administrators."""
    if membership.user_id != user.pk:
        return False
    if membership.role not in NEVER_EMPTY:
        return True
    others = Membership.objects.on().filter(role=membership.role, user__is_active=True).exclude(user=user)
    return others.exists()


def areas_to_give(user, organisation):
    """The areas for which the user may give a role: all that exist, or for partners those where they work."""
    areas = Area.objects.current()
    anywhere = {role for role, (reach, _) in GIVES.items() if reach == ANY}
    if has_role(user, *anywhere):
        return areas
    works = Standing.objects.on().filter(organisation=organisation, kind__in=["active", "partner"], area__isnull=False)
    return areas.filter(pk__in=works.values("area"))


def can_end_membership(user, membership) -> bool:
    """Whether the user may end this membership of somebody else. One's own: `can_leave`."""
    return membership.user_id != user.pk and membership.role in rights_over(user, membership.organisation).ends
