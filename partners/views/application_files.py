"""The documents of an application: the applicant adds and removes them, who may read it downloads them (P2)."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views import View

from documents.files import FileBroken, FileNotStored
from documents.uploads import UploadRefused
from partners.actions.application_files import (
    MOST_FILES,
    add_file,
    can_change_files,
    can_remove_file,
    download_name,
    remove_file,
)
from partners.criteria import FileItem, label_of_file
from partners.forms.application_files import FileForm
from slt_portal.states import StaleState

from .applications import ApplicantMixin, files_of


class ApplicationFiles(ApplicantMixin, View):
    """What is there, and a form for one more: the text is saved already, a broken line loses nothing."""

    def check(self):
        """Absent but in a draft, and while a question waits."""
        if not can_change_files(self.application):
            raise Http404

    def get(self, request, ref):
        """The list and the form, for the item that the link named."""
        item = request.GET.get("item", "")
        return self._page(FileForm(initial={"item": item if item in FileItem.values else ""}))

    def post(self, request, ref):
        """Add one, or say at the field why not."""
        form = FileForm(request.POST, request.FILES)
        if form.is_valid():
            item, upload = form.cleaned_data["item"], form.cleaned_data["file"]
            try:
                add_file(self.application, item=item, upload=upload, by=request.user)
            except StaleState:
                return self.gone_on()
            except (UploadRefused, FileNotStored) as refused:
                form.add_error("file", str(refused))
            else:
                messages.success(request, _("The document is added. You can add another one."))
                return redirect("partners:application_files", ref)
        return self._page(form, status=422)

    def _page(self, form, status=200):
        files = files_of(self.application)
        items = [{**item, "can_remove": can_remove_file(item["row"])} for item in files]
        is_full = len(items) >= MOST_FILES
        return self.page("application_files", status, form=form, files=items, is_full=is_full, most=MOST_FILES)


class ApplicationFileRemove(ApplicantMixin, View):
    """Asks, then takes a document away."""

    def check(self):
        """Absent for what is there no more, or was sent."""
        rows = self.application.files.exclude(file=None).select_related("file__data_key")
        self.row = rows.filter(uid=self.kwargs["uid"]).first()
        if self.row is None or not can_remove_file(self.row):
            raise Http404

    def get(self, request, ref, uid):
        """Ask."""
        return self.page("application_file_remove", row=self.row, label=label_of_file(self.row.item))

    def post(self, request, ref, uid):
        """Do it."""
        try:
            remove_file(self.row, by=request.user)
        except StaleState:
            return self.gone_on()
        messages.success(request, _("The document is removed."))
        return redirect("partners:application_files", ref)


class ApplicationFileDownload(ApplicantMixin, View):
    """One document as a download, for the applicant. The Working Group has it on the page of the review."""

    def get(self, request, ref, uid):
        """The bytes; or a page that says so when they cannot be opened."""
        rows = self.application.files.exclude(file=None).select_related("file__data_key")
        row = get_object_or_404(rows, uid=uid)
        try:
            content = row.file.read()
        except FileBroken as broken:
            return self.page("application_file_broken", 410, sentence=str(broken))
        response = HttpResponse(content, content_type=row.file.media_type)
        response["Content-Disposition"] = f'attachment; filename="{download_name(row)}"'
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return response
