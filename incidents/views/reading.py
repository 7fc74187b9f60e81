"""Reading incidents: the list and the detail, both from releases that the reader may see."""

import structlog
from django.shortcuts import render
from django.urls import reverse
from django.views import View

from incidents import policies
from incidents.filters import IncidentFilter
from incidents.imports.totals import credited_totals
from incidents.lists import Page, incident_page
from incidents.models import IncidentRelease
from incidents.searches import plain_query, searches_of
from organisations.memberships import memberships_of
from sharing.views import ReaderMixin

log = structlog.get_logger(__name__)


def _may_export(roles):
    return not roles.isdisjoint(policies.EXPORTING_ROLES)


class IncidentList(ReaderMixin, View):
    """Every incident the reader may see, newest first."""

    policy = policies.can_read_lists

    def get(self, request):
        """One page of the list; filters that make no sense are said at the field and nothing is listed."""
        query = plain_query(request.META["QUERY_STRING"])
        # Without any filter the newest page is asked for in another way (incidents/lists.py): this is not built then.
        rows = IncidentRelease.objects.visible_to(self.access) if query else IncidentRelease.objects.none()
        filters = IncidentFilter(request.GET, queryset=rows, request=request, access=self.access)
        is_valid = filters.form.is_valid()
        page = self._page(request, filters) if is_valid else Page([], "", "", 0)
        roles = {membership.role for membership in memberships_of(request)}
        is_filtered = is_valid and filters.is_narrowing
        context = {
            "items": page.rows,
            "newer": page.newer,
            "older": page.older,
            "count_label": page.count_label,
            "filter_form": filters.form,
            "is_filtered": is_filtered or not is_valid,
            "can_file": not roles.isdisjoint(policies.FILING_ROLES),
            "searches": searches_of(request.user),
            "save_url": f"{reverse('incidents:search_save')}?{query}" if is_filtered else "",
            "export_url": f"{reverse('incidents:export_list')}?{query}" if page.rows and _may_export(roles) else "",
            "exports_url": reverse("incidents:exports") if _may_export(roles) else "",
            "is_member": self.access.is_member,
            "reference": credited_totals(credits) if (credits := {row.credit for row in page.rows} - {""}) else None,
        }
        return render(request, "incidents/incident_list.html", context)

    def _page(self, request, filters):
        return incident_page(
            self.access,
            filters,
            newer_than=request.GET.get("after", ""),
            older_than=request.GET.get("before", ""),
        )
