"""Measures under way as a table, one with its history, and how they are kept (G5)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import FormView, TemplateView

from sharing.views import ReaderMixin
from slt_portal.states import StaleState
from slt_portal.tables import write_csv
from slt_portal.views import is_signed_in

from .actions.measures import add_measure, change_measure
from .forms.measures import MeasureFilter, MeasureForm
from .measures import measures_now
from .models import Measure, MeasureEntry
from .policies import reads_measures, writes_measures

PER_PAGE = 50
_SAID = ("title_en", "title_fr", "owner", "state", "on", "note_en", "note_fr")


class _Measures(ReaderMixin):
    """A page for who reads measures, or keeps them; absent for everybody else."""

    policy = is_signed_in
    may_open = staticmethod(reads_measures)

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not self.may_open(self.access):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def found(self):
        """The filter, and the newest entries that it takes."""
        form, rows = MeasureFilter(self.request.GET), measures_now()
        state = form.cleaned_data["state"] if form.is_valid() else ""
        return form, rows.filter(state=state) if state else rows


class Measures(_Measures, TemplateView):
    """The table."""

    template_name = "overview/measures.html"

    def get_context_data(self, **kwargs):
        form, rows = self.found()
        page = Paginator(rows, PER_PAGE).get_page(self.request.GET.get("page"))
        asked = f"?{self.request.GET.urlencode()}" if self.request.GET else ""
        return super().get_context_data(
            items=list(page),
            page=page,
            count_label=page.paginator.count,
            filter_form=form,
            is_filtered=bool(form.is_valid() and form.cleaned_data["state"]),
            export_url=reverse("overview:measures_file") + asked,
            may_write=writes_measures(self.access),
            **kwargs,
        )


class MeasuresFile(_Measures, View):
    """The same as a table for a spreadsheet, with the texts in both languages."""

    def get(self, request, **kwargs):
        """The file."""
        _form, rows = self.found()
        headers = [_("Measure"), *(_("Title (%(code)s)") % {"code": code} for code in ("en", "fr")), _("Owner")]
        headers += [_("State"), _("Date"), *(_("Note (%(code)s)") % {"code": code} for code in ("en", "fr"))]
        table = [
            [row.measure.ref, row.title_en, row.title_fr, row.owner, str(row.get_state_display())]
            + [row.on.isoformat() if row.on else None, row.note_en, row.note_fr]
            for row in rows
        ]
        answer = HttpResponse(write_csv(table, headers), content_type="text/csv; charset=utf-8")
        answer.headers["Content-Disposition"] = 'attachment; filename="measures.csv"'
        return answer


class MeasureNew(_Measures, FormView):
    """A measure that is not in the table yet."""

    may_open = staticmethod(writes_measures)
    form_class = MeasureForm
    template_name = "overview/measure_form.html"

    def form_valid(self, form):
        data = dict(form.cleaned_data)
        data.pop("number")
        row = add_measure(**data, by=self.request.user)
        messages.success(self.request, _("Recorded."))
        return redirect("overview:measure", row.ref)

    def get_context_data(self, **kwargs):
        return super().get_context_data(back_url=reverse("overview:measures"), back_label=_("Measures"), **kwargs)


class _OneMeasure(_Measures):
    """A page about one measure: `measure`, and all that was said of it, the newest first."""

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and self.may_open(self.access):
            self.measure = get_object_or_404(Measure, ref=kwargs["ref"])
        return super().dispatch(request, *args, **kwargs)

    def newest(self) -> MeasureEntry:
        """What stands there now."""
        return self.measure.entries.order_by("-number").first()


class MeasurePage(_OneMeasure, TemplateView):
    """One measure with its history."""

    template_name = "overview/measure.html"

    def get_context_data(self, **kwargs):
        newest, *earlier = self.measure.entries.order_by("-number")
        return super().get_context_data(
            measure=self.measure,
            row=newest,
            earlier=earlier,
            may_write=writes_measures(self.access),
            back_url=reverse("overview:measures"),
            back_label=_("Measures"),
            **kwargs,
        )


class MeasureChange(_OneMeasure, FormView):
    """A measure is said anew; what was said before stays in its history."""

    may_open = staticmethod(writes_measures)
    form_class = MeasureForm
    template_name = "overview/measure_form.html"

    def get_initial(self):
        """What stands there now."""
        newest = self.newest()
        return {name: getattr(newest, name) for name in _SAID} | {"number": newest.number}

    def form_valid(self, form):
        data = dict(form.cleaned_data)
        data.pop("submission")
        try:
            change_measure(self.measure, **data, by=self.request.user)
        except StaleState:
            return self._too_late(form)
        messages.success(self.request, _("Saved. What was said before stays in the history."))
        return redirect("overview:measure", self.measure.ref)

    def _too_late(self, form):
        """Both versions: what somebody else said meanwhile, and in the form what was typed. The next save is meant."""
        form.data = form.data.copy()
        newest = self.newest()
        form.data["number"] = newest.number
        words = _("Somebody else changed this first. Their version stands below; yours is still in the form.")
        form.add_error(None, words)
        return self.render_to_response(self.get_context_data(form=form, theirs=newest))

    def get_context_data(self, **kwargs):
        back = reverse("overview:measure", args=[self.measure.ref])
        return super().get_context_data(measure=self.measure, back_url=back, back_label=self.measure.ref, **kwargs)
