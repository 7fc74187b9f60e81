"""One file of a case as a download, written to the reader log before its first byte leaves (C6, C7)."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views import View

from documents.files import FileBroken
from feedback.attachments import download_name
from feedback.models import CaseFile, CaseReading
from feedback.policies import parties_to_case
from feedback.readings import note_reading

from .case import OneCase


class CaseFileDownload(OneCase, View):
    """For whoever reads what it came with: the sender gets none of an internal note."""

    def get(self, request, ref, uid):
        """The bytes; or a page that says so when they cannot be opened."""
        rows = CaseFile.objects.for_system("a file of a case that the reader sees").filter(case=self.case, file=uid)
        if "sender" in parties_to_case(self.access, self.case):
            rows = rows.exclude(entry__is_internal=True)
        row = get_object_or_404(rows.select_related("file__data_key", "case"))
        try:
            content = row.file.read()
        except FileBroken as broken:
            context = {"case": self.case, "sentence": str(broken)}
            return render(request, "feedback/file_broken.html", context, status=410)
        note_reading(self.access, self.case, CaseReading.How.DOWNLOADED)
        response = HttpResponse(content, content_type=row.file.media_type)
        response["Content-Disposition"] = f'attachment; filename="{download_name(row)}"'
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return response
