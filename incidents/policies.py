"""Who may do what with incidents."""

from django.db.models import QuerySet

from organisations.models import Membership
from organisations.roles import ROLES

_FILING_ROLES = [role.code for role in ROLES.values() if role.may_file]


def filing_memberships(user) -> QuerySet[Membership]:
    """The memberships in which `user` may report; also those of a suspended organisation (§3)."""
    rows = Membership.objects.on().filter(user=user, role__in=_FILING_ROLES)
    return rows.select_related("organisation", "area").order_by("pk")


def can_file(user) -> bool:
    """Whether `user` may report an incident for an organisation."""
    return filing_memberships(user).exists()


def can_read_lists(user) -> bool:
    """Every signed-in person has lists; what is in them is the visibility rule's business."""
    return user.is_authenticated
