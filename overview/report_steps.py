"""What is done with a report: write a text of it, compile it anew, submit it, discard it; and its files (G3)."""

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.utils import translation
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.generic import FormView

from audit.actions import record
from documents.files import FileBroken
from documents.issue import document_of
from documents.pdf import PdfUnavailable
from partners.views.memoranda import download
from slt_portal.states import StaleState

from .actions.reports import Incomplete, compile_report, discard_report, save_section, submit_report
from .forms.reports import RecompileForm, SectionForm
from .models import Section
from .report_pages import LANGUAGE_NAMES, OneReport, language_here, named
from .reports.annex import annex_of
from .reports.compile import LANGUAGES
from .reports.paper import preview
from .reports.sections import missing_texts


class _StepPage(OneReport, FormView):
    """A page with a form, or a button alone, that takes one step."""

    form_class = forms.Form
    done = ""

    def act(self, form):
        """Take the step."""
        raise NotImplementedError

    def form_valid(self, form):
        try:
            self.act(form)
        except StaleState:
            return self.too_late()
        except Incomplete as trouble:
            names = ", ".join(one["label"] for one in named(trouble.texts))
            form.add_error(None, _("These texts are missing: %(names)s.") % {"names": names})
            return self.form_invalid(form)
        messages.success(self.request, self.done)
        return redirect("overview:report", self.report.ref)


class ReportSubmit(_StepPage):
    """To the Working Group; says which texts are missing before anybody presses."""

    step = "submit"
    template_name = "overview/report_submit.html"
    done = gettext_lazy("Submitted. The Working Group has it.")

    def act(self, form):
        """Submit."""
        submit_report(self.report, by=self.request.user)

    def get_context_data(self, **kwargs):
        return super().get_context_data(missing=named(missing_texts(self.report)), **kwargs)


class ReportRecompile(_StepPage):
    """The figures anew, as of the same cut-off or another."""

    step = "compile"
    form_class = RecompileForm
    template_name = "overview/report_recompile.html"
    done = gettext_lazy("The figures are compiled.")

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "report": self.report}

    def act(self, form):
        """Compile."""
        is_other = form.cleaned_data["which"] == RecompileForm.OTHER
        compile_report(self.report, cut_off=form.cleaned_data["cut_off"] if is_other else None, by=self.request.user)


class ReportDiscard(_StepPage):
    """Let a draft go."""

    step = "discard"
    template_name = "overview/report_discard.html"
    done = gettext_lazy("Discarded.")

    def act(self, form):
        """Discard."""
        discard_report(self.report, by=self.request.user)


class ReportSection(OneReport, FormView):
    """A text in one language, beside the same in the other. Who saves over somebody else's is shown both."""

    step = "write"
    form_class = SectionForm
    template_name = "overview/report_section.html"

    @cached_property
    def section(self) -> Section:
        """The text of the address; 404 where there is none."""
        found = self._rows.get(self.kwargs["language"])
        if found is None:
            raise Http404
        return found

    @cached_property
    def _rows(self):
        rows = list(self.report.sections.filter(code=self.kwargs["code"]).select_related("saved_by"))
        for row in rows:
            row.report = self.report  # whose key opens them
        return {row.language: row for row in rows}

    def get_initial(self):
        """What was saved last."""
        return {"text": self.section.texts.get("text", ""), "version": self.section.version}

    def form_valid(self, form):
        wish = {"code": self.section.code, "language": self.section.language, **form.cleaned_data}
        try:
            save_section(self.report, **wish, by=self.request.user)
        except StaleState:
            return self._both(form)
        messages.success(self.request, _("Saved."))
        return redirect(self.request.path)

    def _both(self, form):
        """Their text and one's own, to be joined; nothing is saved over theirs before it was read."""
        del self.section, self._rows
        self.report.refresh_from_db(fields=["state"])
        data = form.data.copy()
        data["version"] = self.section.version
        again = SectionForm(data)
        again.full_clean()
        again.add_error(None, self._why())
        return self.render_to_response(self.get_context_data(form=again, theirs=self.section.texts.get("text", "")))

    def _why(self):
        if self.report.state != self.report.State.DRAFT:
            return _("This report is no draft any more, and its texts are closed. Copy yours to keep it.")
        return _("Somebody else saved this text meanwhile. Join both below, then save again.")

    def get_context_data(self, **kwargs):
        own = self.section.language
        other = next(row for language, row in self._rows.items() if language != own)
        return super().get_context_data(
            section=self.section,
            language=LANGUAGE_NAMES[own],
            other=other.texts.get("text", ""),
            other_language=LANGUAGE_NAMES[other.language],
            other_code=other.language,
            **kwargs,
        )


class ReportPdf(OneReport, View):
    """The PDF: of an approved report the bytes that were frozen, else the draft, made here and now."""

    def get(self, request, ref, language):
        """The bytes; back to the page with a sentence where there are none."""
        if language not in LANGUAGES:
            raise Http404
        try:
            content = self._frozen(language) if self.report.number else self._draft(language)
        except (FileBroken, PdfUnavailable) as trouble:
            messages.error(request, str(trouble))
            return redirect("overview:report", ref)
        if content is None:
            messages.info(request, _("This PDF is still being made. Try again in a few minutes."))
            return redirect("overview:report", ref)
        _note(self.report, "pdf", language, by=request.user)
        name = f"{self.report.number or self.report.ref}-{language}.pdf"
        return download(content, media_type="application/pdf", name=name)

    def _frozen(self, language):
        document = document_of(self.report.number, language)
        return document and document.file.read()

    def _draft(self, language):
        with translation.override(language):
            return preview(self.report, language)


class ReportAnnex(OneReport, View):
    """All tables as one file, in the reader's language."""

    def get(self, request, ref):
        """The bytes."""
        language = language_here()
        _note(self.report, "csv", language, by=request.user)
        name = f"{self.report.number or self.report.ref}-{language}.csv"
        return download(annex_of(self.report, language), media_type="text/csv; charset=utf-8", name=name)


def _note(report, kind, language, *, by):
    """One audit event for each file that leaves the portal (C9)."""
    facts = {"format": kind, "language": language}
    record("overview.report_downloaded", by=by, object_type="report", object_ref=report.ref, facts=facts)
