"""Questions about organisations and their people."""

from django.db.models import Q, QuerySet
from django.utils import timezone

from .models import Invitation, Membership, Organisation
from .policies import ANY, ENDS, KINDS_OF_ROLE, roles_held

# Who answers for an area, in the order in which one would call them.
AREA_ROLES = ("dss_field", "country_security_focal_point", "designated_official")


def organisations_looked_after(user) -> QuerySet[Organisation]:
    """The organisations whose people this user may see and invite."""
    own, kinds = set(), set()
    for role, organisation in roles_held(user).filter(role__in=ENDS).values_list("role", "organisation"):
        reach, roles = ENDS[role]
        if reach == ANY:
            kinds.update(*(KINDS_OF_ROLE[code] for code in roles))
        else:
            own.add(organisation)
    return Organisation.objects.filter(Q(pk__in=own) | Q(kind__in=kinds))


def people_of(organisation) -> QuerySet[Membership]:
    """The memberships of an organisation in force now or later, by name."""
    rows = Membership.objects.filter(Q(ends_at=None) | Q(ends_at__gt=timezone.now()), organisation=organisation)
    return rows.select_related("user", "area", "organisation").order_by("user__name", "user__email", "role", "pk")


def waiting_invitations(organisation) -> QuerySet[Invitation]:
    """Invitations that can still be accepted, oldest first."""
    open_links = Q(link__used_at=None, link__expires_at__gt=timezone.now())
    rows = Invitation.objects.filter(open_links, organisation=organisation)
    return rows.select_related("user", "area", "link", "organisation").order_by("invited_at", "pk")


def contacts_of(area) -> QuerySet[Membership]:
    """Who answers for an area now: DSS of the area or the country security focal point, the Designated Official."""
    rows = Membership.objects.on().filter(area=area, role__in=AREA_ROLES, user__is_active=True)
    return rows.select_related("user", "organisation").order_by("role", "user__name", "pk")
