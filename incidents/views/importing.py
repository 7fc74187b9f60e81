"""Public data sets: import a file, see what it would do, have it written or thrown away. DSS headquarters only (I9)."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from documents.files import FileNotStored
from incidents import policies, tasks
from incidents.imports.runs import Busy, confirm_import, discard_import, progress_of, start_import
from incidents.imports.sources import SOURCES
from incidents.models import ImportRun, QuarantinedValue
from slt_portal.forms import DateInput
from slt_portal.states import StaleState
from slt_portal.tables import write_csv
from slt_portal.views import PolicyMixin

SHOWN = 25
MEGABYTE = 1024 * 1024
# The numbers of a run as they are shown, in order.
COUNTED = [
    ("rows", gettext_lazy("Rows in the file")),
    ("new", gettext_lazy("Added")),
    ("changed", gettext_lazy("Changed at the source; what they said before is kept")),
    ("unchanged", gettext_lazy("Unchanged")),
    ("missing", gettext_lazy("Not in this file any more: kept and flagged")),
    ("reappeared", gettext_lazy("In the file again")),
    ("left_out", gettext_lazy("Left out as a whole")),
    ("duplicates", gettext_lazy("Of these, with the id of an earlier row")),
    ("listed", gettext_lazy("Listed")),
    ("counted", gettext_lazy("Counted only (sexual violence)")),
    ("quarantined", gettext_lazy("Values in quarantine")),
    ("flagged", gettext_lazy("Figures that contradict each other, kept as published")),
    ("without_area", gettext_lazy("Without an area")),
]


class ImportForm(forms.Form):
    """Which data set, of which day, and the file."""

    source = forms.ChoiceField(
        label=gettext_lazy("Data set"),
        choices=[(source.code, source.name) for source in SOURCES.values()],
        widget=forms.RadioSelect,
    )
    as_of = forms.DateField(
        label=gettext_lazy("Day of the export"),
        help_text=gettext_lazy("When the file was fetched from its source. Later dates in it cannot be true."),
        widget=DateInput,
    )
    file = forms.FileField(
        label=gettext_lazy("File"), max_length=200, widget=forms.FileInput({"accept": ".csv,.xlsx,.json"})
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        limit = settings.UPLOAD_PATHS["incidents:import_start"] // MEGABYTE
        self.fields["file"].help_text = _("CSV, Excel (.xlsx) or JSON, at most %(limit)s MB.") % {"limit": limit}

    def clean_as_of(self):
        """No day to come."""
        day = self.cleaned_data["as_of"]
        if day > timezone.now().date():
            raise forms.ValidationError(_("This day is still to come."))
        return day

    def clean_file(self):
        """Not larger than the page says, whatever the request said of its size."""
        file, limit = self.cleaned_data["file"], settings.UPLOAD_PATHS["incidents:import_start"]
        if file.size > limit:
            sentence = _("This file is larger than %(limit)s MB. Divide it, or leave out columns that are not needed.")
            raise forms.ValidationError(sentence % {"limit": limit // MEGABYTE})
        return file


class ImportList(PolicyMixin, View):
    """The newest imports, whoever brought the file."""

    policy = policies.can_import

    def get(self, request):
        """What waits for a decision stands in the same list: it is the newest of its source."""
        rows = (
            ImportRun.objects.select_related("by")
            .defer("quarantined", "changes")
            .order_by("-started_at", "-pk")[:SHOWN]
        )
        return render(request, "incidents/import_list.html", {"items": [(row, _name(row)) for row in rows]})


class ImportStart(PolicyMixin, View):
    """Import a file."""

    policy = policies.can_import

    def get(self, request):
        """An empty form."""
        return self._page(request, ImportForm())

    def post(self, request):
        """Keep the file and have it checked; nothing is taken over yet."""
        form = ImportForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._page(request, form, status=422)
        chosen = form.cleaned_data
        file = chosen["file"]
        try:
            run = start_import(
                by=request.user, source=chosen["source"], as_of=chosen["as_of"], content=file.read(), name=file.name
            )
        except Busy as busy:
            sentence = _("An import of this data set is under way (%(ref)s). Decide on it first, or wait for its end.")
            form.add_error("source", sentence % {"ref": busy.run.ref})
            return self._page(request, form, status=422)
        except FileNotStored as error:
            form.add_error("file", str(error))
            return self._page(request, form, status=422)
        tasks.nudge_imports()
        return redirect("incidents:import", run.ref)

    def _page(self, request, form, status=200):
        return render(request, "incidents/import_start.html", {"form": form}, status=status)


class ImportPage(PolicyMixin, View):
    """How far one import is, what it would do or did, and the decision."""

    policy = policies.can_import

    def get(self, request, ref):
        """By reloading it goes on; a script does that where there is one."""
        run = get_object_or_404(ImportRun.objects.select_related("by").defer("quarantined", "changes"), ref=ref)
        is_worked_on = run.state in {ImportRun.State.WAITING, ImportRun.State.CONFIRMED}
        counts = run.counts
        context = {
            "run": run,
            "source": _name(run),
            "facts": [{"label": label, "value": str(counts[name])} for name, label in COUNTED if name in counts],
            "columns_missing": counts.get("columns_missing", []),
            "columns_extra": counts.get("columns_extra", []),
            "latest": parse_date(counts.get("latest", "")),
            "has_changes": any(counts.get(name) for name in ("new", "changed", "missing", "reappeared")),
            "has_quarantine": bool(counts.get("quarantined") or counts.get("flagged")),
            "is_partial": counts.get("missing", 0) > counts.get("rows", 0),
            "is_worked_on": is_worked_on,
            "progress": progress_of(run) if is_worked_on else None,
            "may_discard": run.state in {ImportRun.State.WAITING, ImportRun.State.CHECKED},
        }
        return render(request, "incidents/import_page.html", context)


class ImportConfirm(PolicyMixin, View):
    """The button “Import it”."""

    policy = policies.can_import

    def post(self, request, ref):
        """Have it written, once, however often it is pressed."""
        run = get_object_or_404(ImportRun.objects.defer("quarantined", "changes"), ref=ref)
        try:
            confirm_import(run, by=request.user)
            tasks.nudge_imports()
        except StaleState:
            messages.info(request, _("This import was decided on already."))
        return redirect("incidents:import", run.ref)


class ImportDiscard(PolicyMixin, View):
    """The button “Throw away”."""

    policy = policies.can_import

    def post(self, request, ref):
        """End it; its file is removed and nothing is taken over."""
        run = get_object_or_404(
            ImportRun.objects.select_related("file__data_key").defer("quarantined", "changes"), ref=ref
        )
        try:
            discard_import(run, by=request.user)
            messages.success(request, _("The file is removed. Nothing was imported."))
        except StaleState:
            messages.info(request, _("This import was decided on already."))
        return redirect("incidents:import", run.ref)


class ImportChanges(PolicyMixin, View):
    """Which rows are added, changed, gone or back, as a table."""

    policy = policies.can_import

    def get(self, request, ref):
        """One line per row: what becomes of it, its row in the file and its id."""
        run = get_object_or_404(ImportRun, ref=ref)
        kinds = {
            "new": _("added"),
            "changed": _("changed"),
            "missing": _("not in this file any more"),
            "reappeared": _("in the file again"),
        }
        rows = [[kinds[what], row, source_id] for what, row, source_id in run.changes]
        response = HttpResponse(write_csv(rows, [_("What"), _("Row"), _("Id")]), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="rows-{run.ref}.csv"'
        return response


class ImportQuarantine(PolicyMixin, View):
    """What could not be taken over, as a table for whoever repairs the source."""

    policy = policies.can_import

    def get(self, request, ref):
        """One line per value: row, id, column, value, why, and whether it was kept."""
        run = get_object_or_404(ImportRun, ref=ref)
        reasons = dict(QuarantinedValue.Reason.choices)
        rows = [
            [row, source_id, column, value, str(reasons.get(reason, reason)), _("yes") if is_kept else _("no")]
            for row, source_id, column, value, reason, is_kept in run.quarantined
        ]
        headers = [_("Row"), _("Id"), _("Column"), _("Value"), _("What is wrong"), _("Kept as published")]
        response = HttpResponse(write_csv(rows, headers), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="quarantine-{run.ref}.csv"'
        return response


def _name(run):
    return SOURCES[run.source].name if run.source in SOURCES else run.source
