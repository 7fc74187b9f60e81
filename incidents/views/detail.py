"""Reading one incident, and the earlier reports on it."""

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.views import View

from incidents import policies
from incidents.desk import entries_of
from incidents.earlier import earlier_of
from incidents.models import Report
from incidents.shown import opened_report
from sharing.models import Item

from .mixins import IncidentMixin


class IncidentDetail(IncidentMixin, View):
    """What the reader's release says of one incident. Opening it is written to the reader log (C6)."""

    outlives_its_text = True

    def get(self, request, ref):
        """404 for whoever may not see it, as for what does not exist."""
        facts, item = self.facts, self.item
        self.log_opened()
        context = self.shown() | {
            "is_own": facts.is_own,
            "is_withdrawn": item.state == Item.State.WITHDRAWN,
            "is_erased": item.is_erased,
            "desk": self.desk,
            "may_report_on": self.may_report_on,
            "may_ask": self.may_ask,
            "may_export": policies.may_export(request),
            "shared_texts": self.agreed_texts and self.shared_texts,
            "entries": self._entries(),
        }
        context["is_acknowledged"] = self.desk and any(
            entry.kind == entry.Kind.ACKNOWLEDGED and entry.area == self.desk.area for entry in context["entries"]
        )
        if facts.report is None and not item.is_erased:
            context |= earlier_of(facts, context["texts"])
        return render(request, "incidents/incident_detail.html", context)

    def _entries(self):
        """What desks did is told to the desks and the originator only (I2)."""
        if self.facts.report is None or not (self.facts.is_own or self.desk):
            return []
        return list(entries_of(self.item))


class EarlierReport(IncidentMixin, View):
    """One report as it was filed, for those who read everything: versions never change (I1)."""

    def get(self, request, ref, number):
        """The texts and facts of that report; reading it is logged as reading the incident."""
        if not self.is_full or self.facts.report is None:
            raise Http404
        rows = Report.objects.for_system("of an incident that its reader reads in full")
        rows = rows.filter(incident__item=self.item).select_related("author")
        report = get_object_or_404(rows, number=number)
        self.log_opened()
        context = {
            "report": report,
            "item": self.item,
            "marking": self.item.marking,
            "originator": self.item.originator,
            "seen_by": " · ".join(self.seen_by()),
            "texts": opened_report(report, self.item),
            "last": self.facts.report.number,
        }
        return render(request, "incidents/report_detail.html", context)
