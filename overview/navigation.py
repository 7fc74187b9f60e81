"""What every page shows around its content: the menu of the person signed in, and whether this is a demonstration."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from feedback.policies import has_part_in_feedback
from implementation_levels.policies import reads_levels
from incidents.policies import DESK_ROLES
from organisations.memberships import memberships_of
from organisations.policies import GIVES
from organisations.roles import ROLES
from partners.queues import has_part
from restricted.codes import HANDLER_ROLE
from sharing import emergency
from sharing.views import access_for

from .policies import WATCHERS, has_dashboard, reads_reports


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
    partnership = _("Your application") if roles == {"applicant"} else _("Partnership")
    entries = [
        (True, _("Home"), "home"),
        (has_dashboard(access_for(request)), _("Dashboard"), "overview:dashboard"),
        (True, _("Incidents"), "incidents:list"),
        (any(ROLES[role].may_file for role in roles), _("Report an incident"), "incidents:file"),
        (acting & {*DESK_ROLES, "dss_headquarters"}, _("Desk"), "incidents:desk"),
        (emergency.is_on() and acting & {emergency.ROLE, "dss_headquarters"}, _("Emergency"), "incidents:emergencies"),
        (has_part(access_for(request)), partnership, "partners:home"),
        (access_for(request).is_member, _("Areas"), "areas:list"),
        (reads_levels(access_for(request)), _("Levels"), "implementation_levels:world"),
        (has_part_in_feedback(access_for(request)), _("Feedback"), "feedback:home"),
        (access_for(request).is_member, _("Statistics"), "overview:statistics"),
        (reads_reports(access_for(request)), _("Reports"), "overview:reports"),
        (acting & {HANDLER_ROLE}, _("Restricted track"), "restricted:track"),
        (acting & set(GIVES), _("People"), "organisations:people"),
        ("platform_representative" in acting, _("Rules of members"), "organisations:rules_of_members"),
        ("dss_headquarters" in acting, _("Imports"), "incidents:imports"),
        (acting & WATCHERS, _("Outbox"), "overview:outbox"),
        (acting & WATCHERS, _("State of the portal"), "operations:status"),
    ]
    return [(label, reverse(name)) for shown, label, name in entries if shown]


def _organisation(memberships):
    names = dict.fromkeys(
        f"{membership.organisation}, {membership.area}" if membership.area else str(membership.organisation)
        for membership in memberships
    )
    return " · ".join(names)
