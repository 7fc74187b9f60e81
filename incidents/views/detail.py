"""Reading one incident, and the earlier reports on it."""

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.views import View

from incidents.consents import behind
from incidents.desk import entries_of
from incidents.earlier import earlier_of
from incidents.kept_back import last_withholding
from incidents.models import Report
from incidents.same_event import others_of
from incidents.shown import opened_report
from sharing.models import Item

from .mixins import IncidentMixin

_KEPT_BACK = {Item.State.WITHHELD, Item.State.WITHDRAWN}


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
            **self._withheld(),
            "desk": self.desk,
            "may_report_on": self.may_report_on,
            "may_ask": self.may_ask,
            "may_pass_on": self.may_pass_on,
            "passed_on": behind(facts),
            "may_export": self.may_export,
            "is_by_emergency": self.is_by_emergency,
            "shared_texts": self.agreed_texts and self.shared_texts,
            "entries": self._entries(),
            "together": list(others_of(item, self.access).for_lists()),
        }
        context["is_acknowledged"] = self.desk and any(
            entry.kind == entry.Kind.ACKNOWLEDGED and entry.area == self.desk.area for entry in context["entries"]
        )
        if facts.report is None and not item.is_erased:
            context |= earlier_of(facts, context["texts"])
        return render(request, "incidents/incident_detail.html", context)

    def _withheld(self):
        """Why the reader's own organisation keeps it back, and the warning that readers get instead (C5)."""
        if not self.may_know_of_withholding:
            return {}
        is_warning = self.item.state == Item.State.SHARED
        return {
            "is_withheld": self.item.state == Item.State.WITHHELD,
            "withheld": last_withholding(self.item),
            "warning": is_warning and self.shared_texts.get("what"),
        }

    @property
    def may_know_of_withholding(self) -> bool:
        """Whether it is the reader's own, and anything of it is kept back now."""
        is_their_own = self.facts.is_own and self.shared is not None
        return is_their_own and (self.item.state in _KEPT_BACK or self.shared.is_minimal)

    def _entries(self):
        """What desks did is told to the desks and the originator only (I2)."""
        if self.facts.report is None or not (self.facts.is_own or self.desk):
            return []
        return list(entries_of(self.item, warned=self.desk if self.facts.is_minimal else None))


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
