"""Who the person of a request is: read once per request, for the menu and for every page that asks."""

from django.db.models import Exists, OuterRef
from django.http import HttpRequest

from .models import Membership, Standing


def memberships_of(request: HttpRequest) -> list[Membership]:
    """The memberships in force of the person signed in, with organisation and area; one query per request.

    Each says with `is_suspended` whether its organisation is suspended everywhere.
    """
    if not hasattr(request, "memberships_in_force"):
        suspended = Standing.objects.on().filter(kind="suspended", area=None, organisation=OuterRef("organisation"))
        rows = Membership.objects.on().filter(user=request.user).select_related("organisation", "area")
        rows = rows.annotate(is_suspended=Exists(suspended))
        request.memberships_in_force = list(rows.order_by("pk"))
    return request.memberships_in_force
