"""See as: a draft as each audience would get it; from there it is sent, or changed (C1)."""

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.views import View

from incidents import policies
from incidents.account import limits_of
from incidents.attachments import attachments_of
from incidents.control import shared_row
from incidents.forms import AffectedFormSet, IncidentForm, affected_groups
from incidents.limiting import place_shown
from incidents.minimal_warning import warning_shown
from incidents.models import Draft
from incidents.preview import see_as
from sharing.audiences import chosen_of
from sharing.markings import Depth
from slt_portal.views import PolicyMixin, is_signed_in

from .filing import found_in_report
from .following import follow_up_form, found_further, texts_further
from .keeping import as_post, orphan, typed_of
from .mixins import OriginatorMixin


def _page(request, draft, data, seen, found, form_url):
    """What each audience gets, and the stored draft as hidden fields: the button sends it as the form would."""
    fields = [(name, value) for name, values in data.lists() for value in values if name != "csrfmiddlewaretoken"]
    context = {"draft": draft, "seen": seen, "found": found, "fields": fields, "form_url": form_url}
    context["edit_url"] = f"{form_url}?draft={draft.submission}"
    return render(request, "incidents/draft_see.html", context)


def _data(draft):
    typed = typed_of(draft)
    return as_post((typed or {}) | {"revision": [str(draft.revision)]})


class DraftSee(PolicyMixin, View):
    """The draft of a first report as its readers would get it."""

    policy = is_signed_in

    def get(self, request, submission):
        """What each audience gets; back to the form where something is missing in it. 404 for who may not report."""
        if not policies.filing_of(request):
            raise Http404
        draft = get_object_or_404(Draft.objects.of(request.user), submission=submission)
        if not policies.may_send(request, draft):
            return orphan(request, draft)
        if draft.item_id:
            return redirect("incidents:follow_up_see", draft.item.ref, draft.submission)
        data = _data(draft)
        form = IncidentForm(data=data, filing=policies.filing_of(request), user=request.user)
        affected = AffectedFormSet(data, prefix="affected")
        form_url = reverse("incidents:file")
        if not (form.is_valid() & affected.is_valid()):
            return redirect(f"{form_url}?draft={draft.submission}&check=yes")
        account, sharing = form.account(affected_groups(affected)), form.sharing()
        seen = see_as(
            account=account,
            chosen=sharing.chosen,
            shows_originator=sharing.shows_originator,
            limits=sharing.limits,
            place_shown=place_shown(sharing),
            source=sharing.source,
            originator=form.cleaned_data["originator"],
            area=form.cleaned_data["area"],
            stage="immediate",
        )
        return _page(request, draft, data, seen, found_in_report(form, account, sharing), form_url)


class FollowUpSee(OriginatorMixin, View):
    """The draft of an update or final report as the incident's readers would get it.

    Not logged as a reading: the draft began with one.
    """

    @cached_property
    def shared(self):
        """The shared report, with the kind of organisation that its readers would be told now."""
        return shared_row(self.item, with_kind=True)

    def get(self, request, ref, submission):
        """What each audience gets; back to the form where something is missing in it."""
        draft = get_object_or_404(Draft.objects.of(request.user).filter(item=self.item), submission=submission)
        data = _data(draft)
        form, affected = follow_up_form(self, data=data), AffectedFormSet(data, prefix="affected")
        form_url = reverse("incidents:follow_up", args=[self.item.ref])
        if not (form.is_valid() & affected.is_valid()):
            return redirect(f"{form_url}?draft={draft.submission}&check=yes")
        account = form.account(affected_groups(affected))
        shared = self.shared
        seen = see_as(
            account=account,
            chosen=chosen_of(self.item, *self.audience),
            shows_originator=shared.release.shows_originator,
            originator=self.item.originator,
            area=self.item.area,
            stage=form.cleaned_data["kind"],
            limits=limits_of(shared),
            source=self.item.source,
            told_by="" if shared.release.shows_originator else shared.kind_now,
            shared_texts=texts_further(self, account),
            attachments=attachments_of(self.facts),
            grades={Depth.FULL: self.facts, Depth.SHARED: shared},
            ref=self.item.ref,
            warning=warning_shown(shared, self.shared_texts) if shared.is_minimal else None,
        )
        return _page(request, draft, data, seen, found_further(self, account), form_url)
