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
from incidents.control import sharing_of
from incidents.drafts import already_filed
from incidents.forms import AffectedFormSet, GroundForm, WarningForm, WithdrawForm, affected_groups
from incidents.forms.withholding import WARNING_TEXT
from incidents.kept_back import Withheld, last_withholding, must_ask_again, must_ask_anew
from incidents.minimal_warning import warning_said
from incidents.pointing import TICK
from incidents.preview import see_as
from incidents.readers import readers_now
from incidents.withholding import account_now, follow_up_kept_back, give_warning, withdraw_report
from sharing.audiences import chosen_of
from sharing.models import Item
from slt_portal.crypto import keyed_digest
from slt_portal.states import StaleState

from .keeping import going_on, keep, revision_sent, settle_fork
from .mixins import OriginatorMixin

STALE = gettext_lazy("Somebody of your organisation changed who may see it meanwhile. This is how it is now.")
_OF_THE_FORM = ("is_withheld", "ground", "others_need_it")
_OF_THE_QUESTION = ("csrfmiddlewaretoken", "asked", "answer", TICK)


class Asking:
    """What the pages share that ask again: whether this very question was asked, and the answer to it."""

    def __init__(self, request, organisation, *about, source, initial=None, named=(), ground=None, is_over=False):
        """`about` is what is asked about, `source` where that comes from. `initial` is the warning that readers have
        now, `named` the organisations that get it; `ground` is on which it is kept back, empty if nobody ever said;
        `is_over`: the answer was acted on before, as by a double click."""
        self.request, self.organisation, self.given = request, organisation, {"named": named, "source": source}
        value = json.dumps([request.user.pk, *about], default=str)
        self.print = keyed_digest("withholding asked again", value)[:32]  # whoever saw one question answers no other
        is_answered = is_over or request.POST.get("asked") == self.print
        self.answer = request.POST.get("answer", "") if is_answered else ""
        self.warning = self._form(initial or {})
        self.known_ground = ground
        self.ground = GroundForm(request.POST if self.answer else None) if ground == "" else None

    def _form(self, initial):
        if self.answer in {"warn", "see"}:
            return WarningForm(self.request.POST, organisation=self.organisation, **self.given)
        if text := self.request.POST.get(WARNING_TEXT):
            initial = initial | {"text": text}
        return WarningForm(organisation=self.organisation, initial=initial, **self.given)

    @property
    def is_settled(self) -> bool:
        """Whether the answer can be acted on: a warning has to be written first, and the ground said."""
        if self.ground is not None and not self.ground.is_valid():
            return False
        return self.answer in {"withhold", "share"} or (self.answer == "warn" and self.warning.is_valid())

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
        context |= {"asked": self.print, "form": self.warning, "seen": seen, "hidden": hidden, "ground": self.ground}
        is_wrong = any(form is not None and form.is_bound and form.errors for form in (self.warning, self.ground))
        status = 422 if is_wrong else 200
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
            about = fingerprint_of(account, *withheld.print)
            asking = Asking(request, cleaned["originator"], about, source=sharing.source)
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


class AsksAnew:
    """Of the page of a further report: where that makes what is kept back a matter of life and death it asks again, as
    at filing (incidents.minimal)."""

    def asked_anew(self, request, form, account) -> Asking | None:
        """The question, with the answer if it was given; None where there is nothing to ask."""
        is_kept_back = self.item.state != Item.State.SHARED or self.shared.is_minimal
        cleaned = form.cleaned_data
        is_over = "asked" in request.POST and already_filed(cleaned["submission"], request.user) is not None
        if not is_over and not (is_kept_back and must_ask_anew(account, self.facts)):
            return None
        last = last_withholding(self.item)
        return Asking(
            request,
            self.item.originator,
            *(self.item.ref, self.item.version, cleaned["after"], fingerprint_of(account, str(cleaned["kind"]))),
            source=self.item.source,
            initial=warning_now(self),
            named=chosen_of(self.item, *self.audience).organisation_ids if self.is_warned else (),
            ground=last.ground if last else "",
            is_over=is_over,
        )

    def ask_anew(self, asking, request, draft, account) -> HttpResponse:
        """The page that asks."""
        return asking.page(
            going_on(request.POST, draft),
            account=account,
            area=self.item.area,
            item=self.item,
            form_url=reverse("incidents:follow_up", args=[self.item.ref]),
            is_warned=self.is_warned,
        )

    def follow_up(self, asking, **report) -> HttpResponse:
        """File the report as was answered."""
        withheld = asking.settled(Withheld(asking.known_ground or asking.ground.cleaned_data["ground"]))
        if withheld.warning is not None:
            report["pointed_out"] = asking.warning.found.count
        follow_up_kept_back(by=self.request.user, item=self.item, withheld=withheld, **report)
        if asking.answer == "share":
            messages.success(self.request, _("Your report is kept. Say here who gets it."))
            return redirect("incidents:audience", self.item.ref)
        said = _("It is kept. Nobody outside your organisation gets it or is told.")
        if withheld.warning is not None:
            said = _("Readers get your warning now, and nothing else.")
        messages.success(self.request, said)
        return redirect("incidents:detail", self.item.ref)

    @property
    def is_warned(self) -> bool:
        """Whether readers have a warning now."""
        return self.item.state == Item.State.SHARED and self.shared.is_minimal


def warning_now(page) -> dict:
    """The warning that readers of the incident of this page have now, and who they are, as a WarningForm opens; empty
    where they have none. `page` is an OriginatorMixin."""
    if page.item.state != Item.State.SHARED or not page.shared.is_minimal:
        return {}
    now = sharing_of(page.item)
    return {
        "text": page.shared_texts.get("what", ""),
        "marking": now.marking,
        "audience": now.choices,
        "organisations": [organisation.ref for organisation in now.organisations],
        "named_persons": "\n".join(person.email for person in now.persons),
    }


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
            about = (self.item.ref, version, *withheld.print)
            asking = Asking(request, self.item.originator, *about, source=self.item.source)
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
        return self._page(request, self._form(initial=warning_now(self)))

    def post(self, request, ref):
        """Show what readers would get, or let them have it, at once."""
        form, version = self._form(request.POST), request.POST.get("version", "")
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

    def _form(self, *args, **options):
        named = chosen_of(self.item, *self.audience).organisation_ids
        given = {"named": named, "source": self.item.source}
        return WarningForm(*args, organisation=self.item.originator, **given, **options)

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
