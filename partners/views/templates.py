"""The text of the instrument: DSS headquarters reads its versions and writes the next one (P7)."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views import View

from partners.actions.conclusion import save_template
from partners.forms.memoranda import TemplateForm
from partners.instrument import MANDATORY, PLACEHOLDERS, blocks_of, ensure_template
from partners.models import MemorandumTemplate
from partners.policies import is_dss_headquarters
from sharing.views import ReaderMixin
from slt_portal.states import StaleState
from slt_portal.views import is_signed_in


class TemplatePage(ReaderMixin, View):
    """The newest version to be edited; `?version=2` shows an older one to be read."""

    policy = is_signed_in

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not is_dss_headquarters(self.access):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get(self, request):
        """The form, or one version."""
        newest = ensure_template()
        if "version" in request.GET:
            return self._version(request.GET["version"])
        initial = {"text_en": newest.text_en, "text_fr": newest.text_fr, "version": newest.version}
        return self._page(TemplateForm(initial=initial), newest)

    def _version(self, wanted):
        rows = MemorandumTemplate.objects.select_related("by")
        row = get_object_or_404(rows, version=int(wanted) if wanted.isdecimal() and len(wanted) < 5 else 0)
        texts = [("en", _("English"), blocks_of(row.text_en, {})), ("fr", _("French"), blocks_of(row.text_fr, {}))]
        return render(self.request, "partners/template_version.html", {"row": row, "texts": texts})

    def post(self, request):
        """Save the next version; what was typed comes back where that is not possible."""
        form = TemplateForm(request.POST)
        if not form.is_valid():
            return self._page(form, ensure_template(), status=422)
        try:
            row = save_template(**form.cleaned_data, by=request.user)
        except StaleState:
            newest = ensure_template()
            if (newest.text_en, newest.text_fr) == (form.cleaned_data["text_en"], form.cleaned_data["text_fr"]):
                return redirect("partners:template")  # the second of two clicks
            words = _("Somebody else saved version %(version)s meanwhile. Compare it with yours, then save again.")
            form.add_error(None, words % {"version": newest.version})
            form.data = form.data.copy()
            form.data["version"] = str(newest.version)
            return self._page(form, newest, status=409)
        words = _("Version %(version)s is saved. The next memorandum is made from it; the others keep theirs.")
        messages.success(request, words % {"version": row.version})
        return redirect("partners:template")

    def _page(self, form, newest, status=200):
        context = {
            "form": form,
            "newest": newest,
            "versions": MemorandumTemplate.objects.select_related("by")
            .defer("text_en", "text_fr")
            .order_by("-version"),
            "placeholders": [(f"{{{name}}}", label, name in MANDATORY) for name, label in PLACEHOLDERS.items()],
        }
        return render(self.request, "partners/template.html", context, status=status)
