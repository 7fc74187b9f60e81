"""Who the person of a request is: read once per request, for the menu and for every page that asks."""

from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils import timezone

from slt_portal.prepared import prepared

from .models import Membership, Standing


def memberships_of(request: HttpRequest) -> list[Membership]:
    """The memberships in force of the person signed in, with organisation and area; one query per request.

    Each says with `is_suspended` whether its organisation is suspended everywhere.
    """
    if not hasattr(request, "memberships_in_force"):
        request.memberships_in_force = _in_force(request.user.pk, timezone.now())
    return request.memberships_in_force


@prepared
def _in_force(user_id, on):
    suspended = Standing.objects.on(on).filter(kind="suspended", area=None, organisation=OuterRef("organisation"))
    rows = Membership.objects.on(on).filter(user=user_id).select_related("organisation", "area")
    return rows.annotate(is_suspended=Exists(suspended)).order_by("pk")
