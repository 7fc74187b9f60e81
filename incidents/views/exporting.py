"""Taking out what one sees: say for what, wait for it, fetch it; for its owner alone (C9)."""

import structlog
from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from documents.files import FileBroken
from incidents import policies
from incidents.export_runs import MEDIA_TYPES, MOST, NotMade, rows_of
from incidents.exports import REASONS, Busy, Gone, ask_export, fetch, purpose_of
from incidents.models import Export
from incidents.searches import plain_query
from sharing.views import ReaderMixin

log = structlog.get_logger(__name__)
RECENT = 5
LISTED = 25


class _Formats(forms.RadioSelect):
    """The formats; one that holds fewer than `number` incidents cannot be chosen."""

    number = 0

    def create_option(self, name, value, *args, **options):
        """Django's option, switched off if it is too small."""
        option = super().create_option(name, value, *args, **options)
        if self.number > MOST[value]:
            option["attrs"]["disabled"] = True
        return option


class ExportForm(forms.Form):
    """For what, in which form. What is exported stands in the address."""

    purpose = forms.CharField(
        label=gettext_lazy("What do you need it for?"),
        help_text=gettext_lazy("One sentence. It is printed on every row or page; do not name the originator in it."),
        min_length=5,
        max_length=200,
        widget=forms.TextInput(attrs={"dir": "auto"}),
        error_messages={"required": gettext_lazy("Say what you need it for.")},
    )
    format = forms.ChoiceField(
        label=gettext_lazy("As"), choices=Export.Format.choices, initial=Export.Format.CSV, widget=_Formats
    )
    with_hxl = forms.BooleanField(
        label=gettext_lazy("Add a row of HXL tags below the headings (CSV)"),
        required=False,
    )

    def __init__(self, *args, number: int, **options):
        super().__init__(*args, **options)
        self.number = number
        field = self.fields["format"]
        field.widget.number = number
        if number > MOST[Export.Format.PDF]:
            sentence = _("A PDF holds %(most)s incidents at most; these are more. Narrow the list if you need one.")
            field.help_text = sentence % {"most": MOST[Export.Format.PDF]}

    def clean_format(self):
        """A dossier holds fewer items than a table."""
        chosen = self.cleaned_data["format"]
        if self.number > MOST[chosen]:
            sentence = _("A %(format)s holds %(most)s incidents at most. Narrow the list, or choose CSV.")
            raise forms.ValidationError(sentence % {"format": chosen.upper(), "most": MOST[chosen]})
        return chosen

    def clean_purpose(self):
        """One line: it is printed in the margin of every page."""
        return " ".join(self.cleaned_data["purpose"].split())


class ExportAsk(ReaderMixin, View):
    """Say for what the list with its filters, or one incident, is taken out. 404 for what one may not see."""

    policy = policies.can_export

    def get(self, request, ref=""):
        """How many items, what is logged, who is told; and the exports of today."""
        return self._page(request, ref)

    def post(self, request, ref=""):
        """Queue it and lead to its page."""
        return self._page(request, ref, data=request.POST)

    def _page(self, request, ref, data=None):
        query = "" if ref else plain_query(request.META["QUERY_STRING"])
        back = reverse("incidents:detail", args=[ref]) if ref else f"{reverse('incidents:list')}?{query}"
        try:
            number = rows_of(self.access, query=query, ref=ref)[: MOST[Export.Format.CSV] + 1].count()
        except NotMade:
            return redirect(back)  # the list says which filter makes no sense
        if ref and not number:
            raise Http404
        form = ExportForm(data, number=number)
        if number and form.is_valid():
            return self._queue(request, form.cleaned_data, query, ref)
        context = {
            "form": form,
            "ref": ref,
            "number": number,
            "most": MOST,
            "is_too_much": number > MOST[Export.Format.CSV],
            "alarm_at": settings.MASS_EXPORT_ITEMS,
            "recent": _recent(request.user),
            "back_url": back,
        }
        return render(request, "incidents/export_ask.html", context, status=422 if data is not None else 200)

    def _queue(self, request, chosen, query, ref):
        try:
            export = ask_export(by=request.user, query=query, ref=ref, **chosen)
        except Busy as busy:
            return redirect(f"{reverse('incidents:export', args=[busy.export.pk])}?busy=1")
        return redirect("incidents:export", export.pk)


class ExportList(ReaderMixin, View):
    """What this person took out lately, whatever became of it. For its owner alone."""

    policy = policies.can_export

    def get(self, request):
        """The newest exports with what they were for."""
        now = timezone.now()
        items = [
            {
                "export": export,
                "purpose": purpose_of(export),
                "state": Export.State.EXPIRED.label
                if export.state == Export.State.DONE and export.expires_at <= now
                else export.get_state_display(),
            }
            for export in Export.objects.of(request.user).order_by("-asked_at", "pk")[:LISTED]
        ]
        return render(request, "incidents/export_list.html", {"items": items})


def _recent(user):
    """What this person can still fetch or waits for, newest first."""
    rows = Export.objects.of(user).filter(state__in=["queued", "running", "done"])
    return rows.order_by("-asked_at", "pk")[:RECENT]


class ExportPage(ReaderMixin, View):
    """How far one export is; by reloading it goes on. For its owner alone."""

    policy = policies.can_export

    def get(self, request, pk):
        """Waiting, ready with its button, or why there is no file."""
        export = get_object_or_404(Export.objects.of(request.user), pk=pk)
        is_over = export.state == Export.State.DONE and export.expires_at <= timezone.now()
        context = {
            "export": export,
            "purpose": purpose_of(export),
            "is_ready": export.state == Export.State.DONE and not is_over,
            "reason": REASONS.get(Export.Problem.OVER if is_over else export.problem, ""),
            "is_busy": "busy" in request.GET and export.is_under_way,
        }
        return render(request, "incidents/export_page.html", context)


class ExportFile(ReaderMixin, View):
    """The file, if everything in it is still open to its owner as it was; else its page says why not."""

    policy = policies.can_export

    def get(self, request, pk):
        """A download under a name that says nothing of what is in it."""
        export = get_object_or_404(Export.objects.of(request.user).select_related("file__data_key"), pk=pk)
        try:
            content = fetch(export, access=self.access)
        except Gone:
            return redirect("incidents:export", export.pk)
        except FileBroken as broken:
            return render(
                request, "incidents/export_broken.html", {"reason": str(broken), "export": export}, status=410
            )
        response = HttpResponse(content, content_type=MEDIA_TYPES[export.format])
        name = f"incidents-{export.made_at:%Y%m%d-%H%M}-{export.pk.hex[:8]}.{export.format}"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return response
