"""Staying in control after sending: who may see a report, withdrawing it, who has seen it (C1, C6)."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View

from incidents.account import account_of
from incidents.attachments import attachments_of
from incidents.control import share_with, shared_row, sharing_of, take_back
from incidents.forms import AudienceForm
from incidents.models import AffectedGroup
from incidents.preview import losing, see_as
from incidents.readers import reader_log, readers_now
from incidents.shown import opened_texts
from incidents.typed import whole_number
from sharing.markings import Depth
from sharing.models import Item
from slt_portal.states import StaleState

from .filing import sharing_choices
from .mixins import IncidentMixin, OriginatorMixin

_STALE = gettext_lazy("Somebody of your organisation changed who may see it meanwhile. This is how it is now.")


class AudienceChange(OriginatorMixin, View):
    """Widen or narrow who may see the report; first look at what they will get, then do it."""

    def get(self, request, ref):
        """As it is now."""
        return self._page(request, self._as_it_is())

    def post(self, request, ref):
        """Show what readers would get, or change it; takes effect at once."""
        form = AudienceForm(request.POST, organisation=self.item.originator)
        if not form.is_valid():
            return self._page(request, form, status=422)
        if "see" in request.POST:
            sharing = form.sharing()
            return self._page(request, form, seen=self._seen(sharing), losing=losing(self.item, sharing.chosen))
        try:
            shift = share_with(self.item, form.sharing(), by=request.user, version=form.cleaned_data["version"])
        except StaleState:
            messages.warning(request, _STALE)
            return redirect("incidents:audience", self.item.ref)
        messages.success(request, _in_words(shift))
        return redirect("incidents:detail", self.item.ref)

    def _as_it_is(self):
        sharing = sharing_of(self.item)
        initial = {
            "version": self.item.version,
            "marking": sharing.marking,
            "audience": sharing.choices,
            "organisations": [organisation.ref for organisation in sharing.organisations],
            "named_persons": "\n".join(person.email for person in sharing.persons),
            "shows_originator": sharing.shows_originator,
        }
        return AudienceForm(initial=initial, organisation=self.item.originator)

    def _seen(self, sharing):
        self.log_opened()
        groups = AffectedGroup.objects.for_system("see as").filter(facts=self.facts).order_by("pk")
        shared = shared_row(self.item)
        return see_as(
            account=account_of(self.facts, opened_texts(self.facts) or {}, groups),
            chosen=sharing.chosen,
            shows_originator=sharing.shows_originator,
            originator=self.item.originator,
            area=self.item.area,
            stage=self.facts.stage,
            shared_texts=opened_texts(shared) or {},
            attachments=attachments_of(self.facts),
            grades={Depth.FULL: self.facts, Depth.SHARED: shared},
            ref=self.item.ref,
        )

    def _page(self, request, form, *, seen=None, losing=None, status=200):
        context = {"form": form, "item": self.item, "seen": seen, "losing": losing, **sharing_choices()}
        context["is_withdrawn"] = self.item.state == Item.State.WITHDRAWN
        return render(request, "incidents/incident_audience.html", context, status=status)


def _in_words(shift):
    gained, lost = len(shift.gained), len(shift.lost)
    more = ngettext("%(n)s person can see it in addition.", "%(n)s persons can see it in addition.", gained)
    less = ngettext("%(n)s person no longer can see it.", "%(n)s persons no longer can see it.", lost)
    said = [words % {"n": number} for words, number in ((more, gained), (less, lost)) if number]
    return " ".join(said) or _("Saved. The same people can see it as before.")


class IncidentWithdraw(OriginatorMixin, View):
    """Take the report back from everybody but its originator: a page that asks, and a button that does it."""

    def get(self, request, ref):
        """Ask."""
        context = {"item": self.item, "readers": readers_now(self.item)}
        return render(request, "incidents/incident_withdraw.html", context)

    def post(self, request, ref):
        """Do it, unless who may see it was changed since the question was asked."""
        try:
            take_back(self.item, by=request.user, version=whole_number(request.POST.get("version")) or 0)
        except StaleState:
            messages.warning(request, _STALE)
            return redirect("incidents:detail", self.item.ref)
        told = _(
            "It is withdrawn: only your organisation can see it now. Who had read it or was told of it, is told so."
        )
        messages.success(request, told)
        return redirect("incidents:detail", self.item.ref)


class IncidentReaders(IncidentMixin, View):
    """Who opened, exported, downloaded or was mailed it: for its originator alone (C6)."""

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not (self.facts.is_own and self.facts.report):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get(self, request, ref):
        """Newest first."""
        page = reader_log(self.item, number=whole_number(request.GET.get("page")) or 1)
        context = {"item": self.item, "page": page}
        return render(request, "incidents/incident_readers.html", context)
