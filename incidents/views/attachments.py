"""Attachments of one incident: the originator adds and removes them, whoever its release opens them to downloads."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views import View

from documents.files import FileBroken, FileNotStored
from documents.uploads import UploadRefused
from incidents.attachments import (
    MOST_FILES,
    add_attachment,
    attachments_of,
    download_name,
    remove_attachment,
)
from incidents.forms.attachment import EVERYBODY, AttachmentForm

from .mixins import IncidentMixin, OriginatorMixin


class _OneOf:
    """One attachment among those that the reader's release opens; 404 for any other number."""

    def attachment(self, number):
        """The attachment of that number."""
        found = next((row for row in attachments_of(self.facts) if row.number == number), None)
        if found is None:
            raise Http404
        return found


class AttachmentAdd(OriginatorMixin, View):
    """The files of a report that was filed: the text goes first, pictures when the line allows (I8)."""

    def get(self, request, ref):
        """What is there, and a form for one more."""
        return self._page(AttachmentForm())

    def post(self, request, ref):
        """Add one file, or say at the field why not."""
        form = AttachmentForm(request.POST, request.FILES)
        if form.is_valid() and self._added(form):
            messages.success(request, _("The file is added. You can add another one."))
            return redirect("incidents:attachments", ref)
        return self._page(self._fresh(form), status=422)

    def _added(self, form):
        try:
            add_attachment(
                self.item,
                form.cleaned_data["file"],
                by=self.request.user,
                is_shared=form.cleaned_data["audience"] == EVERYBODY,
                submission=form.cleaned_data["submission"],
                report=self.facts.report,
            )
        except (UploadRefused, FileNotStored) as refused:
            form.add_error("file", str(refused))
            return False
        return True

    def _fresh(self, form):
        """A damaged id of the form is nothing that a person could put right."""
        if "submission" in form.errors:
            form.data = form.data.copy()
            form.data["submission"] = str(uuid.uuid4())
            del form.errors["submission"]
            form.add_error(None, _("Choose the file again and send it."))
        return form

    def _page(self, form, status=200):
        attachments = attachments_of(self.facts)
        context = {
            "form": form,
            "item": self.item,
            "attachments": attachments,
            "is_full": len(attachments) >= MOST_FILES,
            "most": MOST_FILES,
        }
        return render(self.request, "incidents/attachment_add.html", context, status=status)


class AttachmentRemove(OriginatorMixin, _OneOf, View):
    """Takes a file away from everybody: a page that asks, and a button that does it."""

    def get(self, request, ref, number):
        """Ask."""
        context = {"item": self.item, "attachment": self.attachment(number)}
        return render(request, "incidents/attachment_remove.html", context)

    def post(self, request, ref, number):
        """Do it."""
        remove_attachment(self.attachment(number), by=request.user)
        messages.success(request, _("The file is gone for everybody. Who downloaded it before may still have it."))
        return redirect("incidents:attachments", ref)


class AttachmentFile(IncidentMixin, _OneOf, View):
    """One file as a download, written to the reader log before its first byte leaves (C6)."""

    def get(self, request, ref, number):
        """The bytes; or a page that says so when they cannot be opened."""
        attachment = self.attachment(number)
        try:
            content = attachment.file.read()
        except FileBroken as broken:
            context = {"item": self.item, "sentence": str(broken)}
            return render(request, "incidents/attachment_broken.html", context, status=410)
        self.log_downloaded()
        response = HttpResponse(content, content_type=attachment.file.media_type)
        response["Content-Disposition"] = f'attachment; filename="{download_name(self.item, attachment)}"'
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return response
