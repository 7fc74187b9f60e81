"""Reading incidents: the list and the detail, both from releases that the reader may see."""

import structlog
from django.shortcuts import get_object_or_404, render
from django.views import View

from incidents import policies
from incidents.filters import IncidentFilter
from incidents.imports.totals import reference_totals
from incidents.lists import Page, incident_page
from incidents.models import AffectedGroup, IncidentRelease
from sharing.actions import log_reading
from sharing.audiences import in_words
from sharing.models import Reading
from sharing.views import ReaderMixin
from slt_portal.crypto import SealBroken

log = structlog.get_logger(__name__)


class IncidentList(ReaderMixin, View):
    """Every incident the reader may see, newest first."""

    policy = policies.can_read_lists

    def get(self, request):
        """One page of the list; filters that make no sense are said at the field and nothing is listed."""
        rows = IncidentRelease.objects.visible_to(self.access)
        filters = IncidentFilter(request.GET, queryset=rows, request=request, access=self.access)
        page = self._page(request, filters) if filters.form.is_valid() else Page([], "", "", 0)
        context = {
            "items": page.rows,
            "newer": page.newer,
            "older": page.older,
            "count_label": page.count_label,
            "filter_form": filters.form,
            "is_filtered": filters.form.is_valid() and filters.is_narrowing,
            "can_file": policies.can_file(request.user),
            "is_member": self.access.is_member,
            "reference": reference_totals() if any(row.credit for row in page.rows) else None,
        }
        return render(request, "incidents/incident_list.html", context)

    def _page(self, request, filters):
        return incident_page(
            self.access,
            filters,
            newer_than=request.GET.get("after", ""),
            older_than=request.GET.get("before", ""),
        )


def _texts(facts):
    """The texts of a release, or None when they cannot be opened; the page then says so, and the log whose they are."""
    try:
        return facts.texts
    except SealBroken:
        log.error("text_cannot_be_opened", release=facts.pk)
        return None


class IncidentDetail(ReaderMixin, View):
    """What the reader's release says of one incident. Opening it is written to the reader log (C6)."""

    policy = policies.can_read_lists

    def get(self, request, ref):
        """404 for whoever may not see it, as for what does not exist."""
        rows = IncidentRelease.objects.visible_to(self.access).with_release().select_related("report")
        facts = get_object_or_404(rows, release__item__ref=ref)
        release, item = facts.release, facts.release.item
        own = rows.own(self.access).filter(pk=facts.pk).exists()
        log_reading(release, reader=request.user, how=Reading.How.OPENED)
        context = {
            "facts": facts,
            "item": item,
            "texts": _texts(facts),
            "groups": AffectedGroup.objects.for_system("of a release that was opened").filter(facts=facts),
            "marking": item.marking,
            "originator": facts.credit or (item.originator if release.shows_originator else ""),
            "seen_by": " · ".join(in_words(item, for_originator=own)),
            "is_own": own,
        }
        return render(request, "incidents/incident_detail.html", context)
