"""Reports to the Inter-Agency Standing Committee: the list, the page of one, its steps, texts and files (G3, G7)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.generic import FormView, TemplateView

from documents.issue import documents_of
from governance.models import Decision
from governance.policies import reads_bodies, recused_in
from sharing.views import ReaderMixin
from slt_portal.states import StaleState, steps_open
from slt_portal.views import is_signed_in

from .actions.reports import start_report
from .forms.reports import ANNUAL, StartForm
from .models import PeriodicReport, Section
from .policies import parties_to_report, reads_reports
from .reports.compile import LANGUAGES
from .reports.sections import blocks, missing_texts, texts_of
from .reports.tables import chapters_of, lessons_of, lists_of, measures_of, note_of_comparison, tables_of
from .reports.titles import cut_off_of, time_of, title_of

State = PeriodicReport.State
PER_PAGE = 50
ROWS_SHOWN = 12  # of each table on the page; the file has all
TONES = {State.APPROVED: "accent", State.REVIEW: "strong", State.COMMITTEE: "strong"}
LANGUAGE_NAMES = {"en": "English", "fr": "Français"}
_TAKEN_BY = {step.name: frozenset(step.by) for step in PeriodicReport.STEPS}


def language_here() -> str:
    """The language of the reader, of those that reports have."""
    return "fr" if get_language() == "fr" else "en"


class Reports(ReaderMixin, TemplateView):
    """The reports that the reader may read, the newest time first."""

    policy = is_signed_in
    template_name = "overview/reports.html"

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not reads_reports(self.access):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        rows = PeriodicReport.objects.visible_to(self.access).defer("figures")
        page = Paginator(rows.order_by("-ends_on", "-starts_on", "-pk"), PER_PAGE).get_page(
            self.request.GET.get("page")
        )
        items = [{"row": row, "title": title_of(row), "tone": TONES.get(row.state, "neutral")} for row in page]
        return super().get_context_data(
            items=items,
            page=page,
            count_label=page.paginator.count,
            may_start="dss_headquarters" in parties_to_report(self.access),
            **kwargs,
        )


class ReportNew(ReaderMixin, FormView):
    """DSS headquarters starts one: its figures are compiled at once."""

    policy = is_signed_in
    form_class = StartForm
    template_name = "overview/report_new.html"

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and "dss_headquarters" not in parties_to_report(self.access):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form):
        data = form.cleaned_data
        wish = {name: data[name] for name in ("first", "last", "cut_off")}
        try:
            report = start_report(**wish, is_annual=data["kind"] == ANNUAL, by=self.request.user)
        except StaleState:
            form.add_error(None, _("Somebody else started a report on this period at the same moment."))
            return self.form_invalid(form)
        messages.success(self.request, _("Started. The figures are compiled; now write its texts."))
        return redirect("overview:report", report.ref)

    def get_context_data(self, **kwargs):
        return super().get_context_data(back_url=reverse("overview:reports"), **kwargs)


class OneReport(ReaderMixin):
    """A page about one report that the reader may read: `report`, and the `parties` they are to it."""

    policy = is_signed_in
    step = ""  # whose page it is, if it is that of a step: absent for who never takes it

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            rows = PeriodicReport.objects.visible_to(self.access)
            self.report = get_object_or_404(rows.select_related("data_key", "review", "approval"), ref=kwargs["ref"])
            self.parties = parties_to_report(self.access)
            if self.step and not self.parties & _TAKEN_BY[self.step]:
                raise Http404
            if self.step and self.step not in steps_open(self.report, self.parties) and request.method == "GET":
                return self.too_late()
        return super().dispatch(request, *args, **kwargs)

    def too_late(self):
        """Back to the page: the report stands otherwise by now."""
        messages.warning(self.request, _("Somebody else changed this first. Here is how it stands now."))
        return redirect("overview:report", self.report.ref)

    def get_context_data(self, **kwargs):
        page = reverse("overview:report", args=[self.report.ref])
        return super().get_context_data(
            report=self.report, title=title_of(self.report), back_url=page, cancel_url=page, **kwargs
        )


class ReportPage(OneReport, TemplateView):
    """One report: how it stands, what comes next, texts, figures, files, history."""

    template_name = "overview/report.html"

    def get_context_data(self, **kwargs):
        row, language = self.report, language_here()
        is_inside = reads_bodies(self.access)
        sections = texts_of(row)
        steps = steps_open(row, self.parties)
        return super().get_context_data(
            tone=TONES.get(row.state, "neutral"),
            facts=self._facts(),
            steps=steps,
            texts=_texts(sections, language),
            missing=named(missing_texts(row, sections)) if "submit" in steps else [],
            sections=_by_code(sections) if "write" in steps else [],
            chapters=[(title, some) for _code, title, some in chapters_of(tables_of(row, language)) if some],
            rows_shown=ROWS_SHOWN,
            note=note_of_comparison(row),
            measures=measures_of(row, language),
            lessons=lessons_of(row, language),
            lists=lists_of(row),
            files=self._files(),
            **(self._inside() if is_inside else {}),
            **kwargs,
        )

    def _facts(self):
        row = self.report
        facts = [(_("Period covered"), time_of(row)), (_("Cut-off"), cut_off_of(row)), (_("Reference"), row.ref)]
        facts += [(_("Number"), row.number)] if row.number else []
        return [{"label": label, "value": value} for label, value in facts]

    def _files(self):
        """The PDFs: of an approved report as they were frozen, with their fingerprint; else a draft."""
        made = documents_of([self.report.number]) if self.report.number else {}
        return [
            {
                "label": LANGUAGE_NAMES[language],
                "language": language,
                "is_ready": not self.report.number or (self.report.number, language) in made,
                "digest": made[self.report.number, language].digest if (self.report.number, language) in made else "",
            }
            for language in LANGUAGES
        ]

    def _inside(self):
        """What only the bodies and the secretariat read; who recused themselves reads no reasons of that decision."""
        steps = list(self.report.steps.select_related("decision"))
        asked = {step.decision_id: step.decision.ref for step in steps if step.decision_id}
        visible = Decision.objects.visible_to(self.access).filter(pk__in=asked) if asked else []
        seen = {decision.ref: decision for decision in visible}
        closed = {asked[pk] for pk in recused_in(self.access, asked)} if asked else set()
        returned = [
            {**one, "at": parse_datetime(one["at"]), "is_linked": one["decision"] in seen}
            for one in reversed(self.report.texts.get("returned", ()))
            if one["decision"] not in closed
        ]
        history = [{"step": step, "decision": seen.get(asked.get(step.decision_id))} for step in reversed(steps)]
        return {"history": history, "returned": returned, "is_inside": True}


def _texts(sections, language):
    """The sections in one language that say something, as they are printed."""
    rows = [row for row in sections if row.language == language]
    said = [{"title": row.get_code_display(), "blocks": blocks(row.texts.get("text", ""))} for row in rows]
    return [one for one in said if one["blocks"]]


def _by_code(sections):
    """Title, and for each language its code, name and row."""
    return [
        {
            "title": code.label,
            "code": code.value,
            "rows": [
                {"row": row, "language": LANGUAGE_NAMES[row.language], "has_text": bool(row.texts.get("text"))}
                for row in sections
                if row.code == code
            ],
        }
        for code in Section.Code
    ]


def named(missing):
    """Which texts are missing, in words, with their codes for the address."""
    return [
        {"label": f"{Section.Code(code).label} ({LANGUAGE_NAMES[language]})", "code": code, "language": language}
        for code, language in missing
    ]
