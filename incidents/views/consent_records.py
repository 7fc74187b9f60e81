"""What is kept of passing on (C3): the lists of both sides, and the document for somebody outside the portal."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views import View

from documents.pdf import PdfUnavailable, render_pdf
from incidents import consents, policies
from incidents.export_rows import Entry
from incidents.models import IncidentRelease
from incidents.shown import opened_texts
from sharing.consents import Said, said_in
from sharing.markings import Depth
from sharing.models import ConsentRequest, Release
from sharing.views import ReaderMixin
from slt_portal.states import StaleState

from .consents import ConsentMixin

PAGE = 25


class ConsentDocument(ConsentMixin, View):
    """What the originator consented to, as a document for somebody outside the portal; each time it is taken stands in
    the ledger (C3, C9)."""

    http_method_names = ["post"]

    def post(self, request, ref):
        """A download under the reference; a page that says why, if it cannot be made."""
        row = self.consent
        if not self.is_asker:
            raise Http404
        if not consents.is_to_hand_on(row):
            messages.warning(request, _("There is no consent for this any more."))
            return redirect("incidents:consent", ref)
        if not consents.may_take(row, self.access):
            raise Http404
        try:
            content = self._rendered()
            consents.hand_on(row, by=request.user)
        except PdfUnavailable as reason:
            return self.page(request, None, problem=str(reason), status=503)
        except StaleState:
            messages.warning(request, _("There is no consent for this any more."))
            return redirect("incidents:consent", ref)
        response = HttpResponse(content, content_type="application/pdf")
        response["Content-Disposition"] = f'attachment; filename="{row.ref}.pdf"'
        response["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return response

    def _rendered(self):
        row = self.consent
        facts = IncidentRelease.objects.for_system("a document with the originator's consent").with_release()
        facts = facts.select_related("release__item__area").get(release=row.release_id)
        said, now = said_in(row) or Said(), timezone.now()
        context = {
            "entry": Entry(facts, opened_texts(facts), []),
            "consent": row,
            "marking": row.item.marking,
            "purpose": said.purpose,
            "reader_name": said.donor,
            "number": row.ref,
            "made_at": now,
        }
        title = _("Passed on with the originator’s consent")
        return render_pdf("incidents/consent_document.html", context, title=title, language=self.request.LANGUAGE_CODE)


class ConsentList(ReaderMixin, View):
    """Requests: those that the reader may answer, or those of their own side (`?side=asked`); what waits first."""

    policy = policies.can_pass_on

    def get(self, request):
        """One page of them."""
        is_asked = request.GET.get("side") == "asked"
        rows = self._asked() if is_asked else self._received()
        rows = rows.select_related("item__area", "organisation").in_order_of_waiting()
        page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
        context = {"page": page, "items": page.object_list, "is_asked": is_asked}
        context["readable"] = self._readable if is_asked else {row.item_id for row in page.object_list}
        return render(request, "incidents/consent_list.html", context)

    def _received(self):
        rows = ConsentRequest.objects.for_system("of originators whom the reader reports for")
        return rows.to_originators(policies.reports_for(self.request))

    def _asked(self):
        rows = ConsentRequest.objects.for_system("of the reader's own side")
        return rows.from_side(self.request.user, policies.passes_on_for(self.request), self._readable)

    @cached_property
    def _readable(self):
        """The ids of the items of their side that the reader may read: of others no area and no marking is told."""
        rows = ConsentRequest.objects.for_system("of the reader's own side")
        candidates = rows.filter(organisation__in=policies.passes_on_for(self.request)).values_list("item", flat=True)
        items = Release.objects.visible_to(self.access).filter(item__in=list(candidates), depth__gt=Depth.CONSENT)
        return set(items.values_list("item", flat=True))
