"""Partnership at a glance: what waits for the reader and for others, how their organisation stands, the ways on."""

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from governance.policies import reads_bodies
from governance.querysets import is_secretariat
from organisations.memberships import memberships_of
from partners.internal import reviews
from partners.policies import has_part_in_suspensions, is_dss_headquarters, is_working_group, records_referrals
from partners.querysets import areas_of
from partners.queue_sources import watches
from partners.queues import has_part, queue_of, shortened
from partners.registers import own_standings, reads_area, reads_global
from sharing.access import Access
from sharing.views import ReaderMixin
from slt_portal.views import is_signed_in


class PartnershipHome(ReaderMixin, TemplateView):
    """One page for every office: its queue, oldest first. Absent for who has no part in partnership."""

    policy = is_signed_in
    template_name = "partners/home.html"

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not has_part(self.access):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        queue, only_applicant = queue_of(self.access), is_only_applicant(self.request)
        return super().get_context_data(
            queue=queue,
            groups=_groups(queue, watches(self.access)),
            standings=own_standings(self.access) if self.access.offices_for("applicant") else [],
            ways=[] if only_applicant else ways_on(self.request, self.access),
            is_only_applicant=only_applicant,
            **kwargs,
        )


def is_only_applicant(request) -> bool:
    """Whether their application is all that the reader has to do with the portal."""
    return {membership.role for membership in memberships_of(request)} == {"applicant"}


def _groups(queue, with_others):
    """(heading, lines, what is not shown of them, words for none) of the parts of the page."""
    groups = [(_("Waits for you"), *shortened(queue.mine), _("Nothing waits for you."))]
    if with_others:
        groups.append((_("Waits for others"), *shortened(queue.others), _("Nothing waits for others.")))
    return groups


def ways_on(request, access: Access) -> list[tuple[str, str]]:
    """(label, address) of the pages about partnership that this person has, if any part in it; no query."""
    if not has_part(access):
        return []
    is_dss, is_group, is_field = is_dss_headquarters(access), is_working_group(access), bool(areas_of(access, "dss"))
    bodies, has_mechanism = reads_bodies(access), bool(access.offices_for("mechanism"))
    asks = is_group or is_secretariat(access) or bool(access.offices_for("agency"))
    decides = bodies or has_mechanism or bool(areas_of(access, "dss", "ocha", "designated_official"))
    is_reader = reads_global(access)
    entries = [
        (is_dss, _("Expressions of interest"), "partners:interests"),
        (reviews(access), _("Applications"), "partners:applications"),
        (asks, _("Requests to UN entities"), "partners:confirmations"),
        (decides, _("Decisions"), "governance:decisions"),
        (bodies, _("Bodies and their seats"), "governance:bodies"),
        (is_reader, _("Global register"), "partners:register"),
        (is_reader, _("Global lists as they were sent"), "partners:issues"),
        (is_dss or is_group or is_field, _("Questions of eligibility"), "partners:cases"),
        (is_dss or is_field or has_mechanism, _("Member lists"), "partners:member_lists"),
        (has_part_in_suspensions(access), _("Suspensions"), "partners:suspensions"),
        (records_referrals(access), _("Breaches by UN entities"), "partners:referrals"),
        (is_dss, _("Text of the memorandum"), "partners:template"),
    ]
    ways = [(label, reverse(name)) for shown, label, name in entries if shown]
    return ways if is_reader else [*ways, *_registers_of_areas(request, access)]


def _registers_of_areas(request, access):
    """The registers of the areas in which the reader works, for who reads no other."""
    areas = {row.area for row in memberships_of(request) if row.area and reads_area(access, row.area)}
    words = _("Register of %(area)s")
    return [
        (words % {"area": area.name}, reverse("partners:register_area", args=[area.code]))
        for area in sorted(areas, key=lambda area: area.name)
    ]
