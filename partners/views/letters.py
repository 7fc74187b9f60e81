"""The letter with which an application is refused: its reasons on a page, and as PDF (§3.3, P7)."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import cached_property
from django.views import View

from audit.actions import record
from documents.files import FileBroken
from documents.issue import document_of
from partners.models import Letter
from partners.policies import parties_to_application
from partners.signing import letters_seen
from sharing.views import ReaderMixin
from slt_portal.views import is_signed_in

from .memoranda import download


class _OneLetter(ReaderMixin):
    policy = is_signed_in

    @cached_property
    def letter(self) -> Letter:
        """The letter of the application in the address; 404 where its reader sees none."""
        return get_object_or_404(letters_seen(self.access), application__ref=self.kwargs["ref"])

    @cached_property
    def document(self):
        """Its PDF, or None while it is being made."""
        return document_of(self.letter.number, self.letter.application.language)


class LetterPage(_OneLetter, View):
    """What it says; a PDF that cannot be made costs nobody the reasons."""

    def get(self, request, ref):
        """The letter as text."""
        application = self.letter.application
        context = {
            "letter": self.letter,
            "application": application,
            "document": self.document,
            "is_applicant": "applicant" in parties_to_application(self.access, application),
        }
        return render(request, "partners/letter.html", context)


class LetterFile(_OneLetter, View):
    """The PDF; each time is noted."""

    def get(self, request, ref):
        """The bytes."""
        if self.document is None:
            raise Http404
        try:
            content = self.document.file.read()
        except FileBroken as broken:
            messages.error(request, str(broken))
            return redirect("partners:letter", ref)
        number = self.letter.number
        record("partners.letter_read", by=request.user, object_type="letter", object_ref=number)
        return download(content, media_type="application/pdf", name=f"{number}.pdf")
