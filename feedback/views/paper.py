"""One case as a PDF, made when it is asked for: the sender's as the sender reads it, the others' with notes and names.

Written to the reader log and to the audit chain before it leaves (F3, C9).
"""

from dataclasses import dataclass, replace

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views import View

from audit.actions import record
from documents.pdf import PdfUnavailable, render_pdf
from feedback.case_page import CasePage, page_of
from feedback.models import CaseReading
from feedback.readings import note_reading

from .case import OneCase

LONGEST = 120_000  # characters of what was said: about sixty pages, a few seconds
_EACH = 300  # what a contribution costs beside its text


@dataclass(frozen=True)
class Paper:
    """What fits into one document: the newest of what was said, and how many contributions are left out."""

    page: CasePage
    left_out: int


def fitting(page: CasePage, longest: int = LONGEST) -> Paper:
    """`page` with as much of what was said as fits, the newest first to be kept."""
    room, kept = longest, []
    for one in reversed(page.said):
        room -= len(one.text) + _EACH
        if room < 0:
            break
        kept.append(one)
    return Paper(replace(page, said=kept[::-1]), len(page.said) - len(kept))


class CasePdf(OneCase, View):
    """The case as its reader sees it, in the reader's language, with name and moment on each page."""

    def get(self, request, ref):
        """A download named by the reference; or a page that says why there is none."""
        page = page_of(self.access, self.case)
        if page.is_gone:
            raise Http404
        try:
            content = self._render(page)
        except PdfUnavailable as unavailable:
            context = {"case": self.case, "sentence": str(unavailable)}
            return render(request, "feedback/pdf_broken.html", context, status=503)
        self._note(page)
        response = HttpResponse(content, content_type="application/pdf")
        response["Content-Disposition"] = f'attachment; filename="{self.case.ref}.pdf"'
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return response

    def _render(self, page):
        paper = fitting(page)
        context = {
            "case": self.case,
            "page": paper.page,
            "left_out": paper.left_out,
            "purpose": _("The record of one feedback case, for the person named here. Do not pass it on."),
            "reader_name": self.request.user.name,
            "number": self.case.ref,
            "made_at": timezone.now(),
        }
        return render_pdf(
            "feedback/case_pdf.html",
            context,
            title=page.title or self.case.ref,
            language=translation.get_language(),
        )

    @transaction.atomic
    def _note(self, page):
        note_reading(self.access, self.case, CaseReading.How.EXPORTED)
        facts = {"side": "sender" if page.is_sender else "handler"}
        about = {"object_type": "case", "object_ref": self.case.ref}
        record("feedback.case_exported", by=self.request.user, facts=facts, **about)
