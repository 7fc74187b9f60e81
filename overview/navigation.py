"""What every page shows around its content: the menu of the person signed in, and whether this is a demonstration."""

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from organisations.models import Membership, Standing
from organisations.policies import GIVES
from organisations.roles import ROLES
from sharing.views import access_for

from .policies import WATCHERS


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


def navigation(request: HttpRequest) -> dict:
    """Context processor: `nav` as (label, url, is_current), `person_organisation`, `is_demo`, `support_contact`."""
    context = {"is_demo": getattr(settings, "DEMO", False), "support_contact": settings.SUPPORT_CONTACT, "nav": []}
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        context["nav"] = [(label, url, url == request.path) for label, url in _menu(request)]
        context["person_organisation"] = _organisation(memberships_of(request))
    return context


def _menu(request):
    memberships = memberships_of(request)
    roles = {membership.role for membership in memberships}
    acting = {membership.role for membership in memberships if not membership.is_suspended}
    entries = [
        (True, _("Home"), "home"),
        (True, _("Incidents"), "incidents:list"),
        (any(ROLES[role].may_file for role in roles), _("Report an incident"), "incidents:file"),
        (access_for(request).is_member, _("Areas"), "areas:list"),
        (acting & set(GIVES), _("People"), "organisations:people"),
        (acting & WATCHERS, _("Outbox"), "overview:outbox"),
    ]
    return [(label, reverse(name)) for shown, label, name in entries if shown]


def _organisation(memberships):
    names = dict.fromkeys(
        f"{membership.organisation}, {membership.area}" if membership.area else str(membership.organisation)
        for membership in memberships
    )
    return " · ".join(names)
