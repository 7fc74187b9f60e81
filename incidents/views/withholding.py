"""Keeping a report back, when it is filed and by withdrawing it; and asking again where lives may depend on it (C5)."""

import json
from dataclasses import replace

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from incidents.account import fingerprint_of
from incidents.actions import file_incident
from incidents.forms import AffectedFormSet, WarningForm, WithdrawForm, affected_groups
from incidents.forms.withholding import WARNING_TEXT
from incidents.minimal import Withheld, last_withholding, must_ask_again, warning_said
from incidents.pointing import TICK
from incidents.preview import see_as
from incidents.readers import readers_now
from incidents.withholding import account_now, give_warning, withdraw_report
from sharing.audiences import chosen_of
from sharing.models import Item
from slt_portal.crypto import keyed_digest
from slt_portal.states import StaleState

from .keeping import going_on, keep, revision_sent, settle_fork
from .mixins import OriginatorMixin

STALE = gettext_lazy("Somebody of your organisation changed who may see it meanwhile. This is how it is now.")
_OF_THE_FORM = ("is_withheld", "ground", "others_need_it")
_OF_THE_QUESTION = ("csrfmiddlewaretoken", "asked", "answer", TICK)


class _Asking:
    """What the pages share that ask again: whether this very question was asked, and the answer to it."""

    def __init__(self, request, organisation, *about):
        self.request, self.organisation = request, organisation
        value = json.dumps([request.user.pk, *about], default=str)
        self.print = keyed_digest("withholding asked again", value)[:32]  # whoever saw one question answers no other
        self.answer = request.POST.get("answer", "") if request.POST.get("asked") == self.print else ""
        self.warning = self._form()

    def _form(self):
        if self.answer in {"warn", "see"}:
            return WarningForm(self.request.POST, organisation=self.organisation)
        return WarningForm(organisation=self.organisation, initial={"text": self.request.POST.get(WARNING_TEXT, "")})

    @property
    def is_settled(self) -> bool:
        """Whether the answer can be acted on: a warning has to be written first."""
        return self.answer == "withhold" or (self.answer == "warn" and self.warning.is_valid())

    def settled(self, withheld: Withheld, **kept) -> Withheld:
        """What was answered; `kept` is what the sharing of the report says besides."""
        warning = self.warning.warned(**kept) if self.answer == "warn" else None
        return replace(withheld, was_asked_again=True, warning=warning)

    def page(self, data, *, account, area, **context) -> HttpResponse:
        """The question, with everything that was typed as hidden fields; with `see`, also what readers would get."""
        seen = None
        if self.answer == "see" and self.warning.is_valid():
            seen = _seen(self.warning, account=account, originator=self.organisation, area=area)
        hidden = [
            (name, value)
            for name, values in data.lists()
            for value in values
            if name not in _OF_THE_QUESTION and not name.startswith("warning-")
        ]
        context |= {"asked": self.print, "form": self.warning, "seen": seen, "hidden": hidden}
        status = 422 if self.warning.is_bound and not self.warning.is_valid() else 200
        return render(self.request, "incidents/withhold_ask.html", context, status=status)


def _seen(form, *, account, originator, area, ref=""):
    warned = form.warned()
    return see_as(
        account=account,
        chosen=warned.sharing.chosen,
        shows_originator=False,
        originator=originator,
        area=area,
        stage="immediate",
        warning=warning_said(account, warned.text, area.time_zone),
        ref=ref,
    )


class KeepsBack:
    """Of the page on which a report is filed: keeping it back (incidents.minimal)."""

    def keep_back(self, request, form, affected, draft) -> HttpResponse:
        """File it for the originator alone, or with a warning for others; ask again first where lives are at stake,
        or others need it. Nothing is filed before that is answered. Raises AlreadyFiled."""
        account, withheld, pointed_at = form.account(affected_groups(affected)), form.withheld(), 0
        cleaned, sharing = form.cleaned_data, form.sharing()
        if must_ask_again(account, others_need_it=withheld.others_need_it):
            asking = _Asking(request, cleaned["originator"], fingerprint_of(account, *withheld.print))
            if asking.answer == "share":
                return self._share_after_all(request, draft)
            if not asking.is_settled:
                data = going_on(request.POST, draft)
                return asking.page(data, account=account, area=cleaned["area"], form_url=reverse("incidents:file"))
            withheld = asking.settled(withheld, source=sharing.source, limits=sharing.limits)
            if withheld.warning is not None:
                sharing, pointed_at = withheld.warning.sharing, asking.warning.found.count
        report = file_incident(
            by=request.user,
            originator=cleaned["originator"],
            area=cleaned["area"],
            account=account,
            sharing=sharing,
            submission=cleaned["submission"],
            revision=revision_sent(draft, form),
            withheld=withheld,
            pointed_out=pointed_at,
        )
        settle_fork(draft, form)
        return redirect("incidents:receipt", report.incident.item.ref)

    def _share_after_all(self, request, draft):
        """Back to the form, and the draft, without the choice to keep it back."""
        data = going_on(request.POST, draft)
        for name in (*_OF_THE_FORM, "asked", "answer"):
            data.pop(name, None)
        request.POST = data
        kept = keep(request) or draft
        if kept is None:  # they have far too many drafts
            return self._page(request, self._form(request, data=data), AffectedFormSet(data, prefix="affected"))
        return redirect(f"{reverse('incidents:file')}?draft={kept.submission}")


class IncidentWithdraw(OriginatorMixin, View):
    """Take the report back from everybody but its originator: on which ground, and, where lives may depend on it, a
    page that asks again and offers to leave a warning."""

    def get(self, request, ref):
        """Ask."""
        return self._page(request, WithdrawForm(initial={"version": self.item.version}))

    def post(self, request, ref):
        """Do it, unless who may see it was changed since the question was asked."""
        form = WithdrawForm(request.POST)
        if not form.is_valid():
            return self._page(request, form, status=422)
        withheld, account = form.withheld(), account_now(self.item)
        if must_ask_again(account, others_need_it=withheld.others_need_it):
            version = form.cleaned_data["version"]
            asking = _Asking(request, self.item.originator, self.item.ref, version, *withheld.print)
            if asking.answer == "share":
                return redirect("incidents:detail", self.item.ref)
            if not asking.is_settled:
                return asking.page(request.POST, account=account, area=self.item.area, item=self.item)
            withheld = asking.settled(withheld)
        return self._withdraw(request, withheld, form.cleaned_data["version"])

    def _withdraw(self, request, withheld, version):
        try:
            withdraw_report(self.item, withheld, by=request.user, version=version)
        except StaleState:
            messages.warning(request, STALE)
            return redirect("incidents:detail", self.item.ref)
        said = _(
            "It is withdrawn: only your organisation can see it now. Who had read it or was told of it, is told so."
        )
        if withheld.warning:
            said = _("Readers get your warning now, and nothing else. Who had read more is told so.")
        messages.success(request, said)
        return redirect("incidents:detail", self.item.ref)

    def _page(self, request, form, *, status=200):
        if self.item.state == Item.State.WITHHELD:
            messages.warning(request, STALE)
            return redirect("incidents:detail", self.item.ref)
        context = {"form": form, "item": self.item, "readers": readers_now(self.item)}
        return render(request, "incidents/incident_withdraw.html", context, status=status)


class IncidentWarning(OriginatorMixin, View):
    """A minimal warning of a report that is kept back: to give it, and to change it or who gets it."""

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and (not self.may_report_on or self._withheld is None):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get(self, request, ref):
        """As it is now, or empty."""
        initial = {"text": self.shared_texts.get("what", "")} if self._is_given else {}
        if self._is_given:
            chosen = chosen_of(self.item, *self.audience)
            initial |= {"marking": chosen.marking, "audience": sorted(chosen.choices)}
        return self._page(request, WarningForm(organisation=self.item.originator, initial=initial))

    def post(self, request, ref):
        """Show what readers would get, or let them have it, at once."""
        form, version = WarningForm(request.POST, organisation=self.item.originator), request.POST.get("version", "")
        if not form.is_valid():
            return self._page(request, form, status=422)
        if request.POST.get("answer") != "warn":
            seen = _seen(
                form, account=account_now(self.item), originator=self.item.originator, area=self.item.area, ref=ref
            )
            return self._page(request, form, seen=seen)
        withheld = replace(self._withheld, warning=form.warned())
        try:
            give_warning(self.item, withheld, by=request.user, version=int(version) if version.isdigit() else 0)
        except StaleState:
            if not self._is_as_wanted(withheld.warning):
                messages.warning(request, STALE)
                return redirect("incidents:detail", self.item.ref)
        messages.success(request, _("Readers get your warning now, and nothing else."))
        return redirect("incidents:detail", self.item.ref)

    @property
    def _is_given(self):
        return self.shared.is_minimal and self.item.state == Item.State.SHARED

    @property
    def _withheld(self):
        """On which ground it is kept back now; None where it is not, or nobody said why."""
        if self.item.state == Item.State.SHARED and not self.shared.is_minimal:
            return None
        last = last_withholding(self.item)
        return last and Withheld(last.ground, last.others_need_it, last.was_asked_again)

    def _is_as_wanted(self, warning):
        """Whether this very warning is given already, as by a double click."""
        is_same = self._is_given and self.shared_texts.get("what") == warning.text
        return is_same and chosen_of(self.item, *self.audience) == warning.sharing.chosen

    def _page(self, request, form, *, seen=None, status=200):
        self.log_opened()
        context = {"form": form, "item": self.item, "seen": seen, "is_given": self._is_given}
        return render(request, "incidents/withhold_warning.html", context, status=status)
