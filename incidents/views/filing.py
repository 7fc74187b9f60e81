"""Reporting an incident: the form and its receipt."""

import uuid

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import cache_control

from accounts.middleware import rules_first
from incidents import policies
from incidents.account import texts_said
from incidents.actions import AlreadyFiled, file_incident
from incidents.control import people_told
from incidents.desk import entries_of
from incidents.forms import AffectedFormSet, IncidentForm, affected_groups
from incidents.limiting import place_shown
from incidents.models import Draft, Report
from incidents.pointing import PointedOut, ask_about, pointed_out, reaches_others
from incidents.typed import initial_of
from sharing.markings import ALLOWED, Depth, Marking
from slt_portal.views import PolicyMixin

from .keeping import (
    KeepsTyped,
    as_post,
    draft_state,
    going_on,
    keep,
    kept_before_sending,
    orphan,
    revision_sent,
    settle_fork,
    typed_of,
    unreadable,
)
from .mixins import IncidentMixin
from .withholding import KeepsBack


def as_new(form_of, request, earlier):
    """The form as typed, ready to become a report of its own: somebody went back and changed what they had sent.
    Returns it and the draft in which it is kept."""
    draft = keep(request)
    typed = going_on(request.POST, draft)
    if draft is None or draft.submission == earlier.submission:
        typed["submission"] = str(uuid.uuid4())
    form = form_of(data=typed)
    words = _("You have sent this form already, as %(ref)s. That report stands as it was; this text is not in it.")
    form.add_error(None, words % {"ref": earlier.incident.item.ref})
    form.add_error(None, _("Send it again to make a second report of what is written here now."))
    return form, draft


def sharing_choices() -> dict:
    """What the part of a form about sharing needs beside its fields."""
    allowed = {str(marking): sorted(map(str, choices)) for marking, choices in ALLOWED.items()}
    return {"allowed": allowed, "default_marking": Marking.AMBER_STRICT}


def found_in_report(form, account, sharing) -> PointedOut | None:
    """What the finder points at in what readers of a first report would get; None if nobody is to read the shared one.
    `form` is a valid IncidentForm."""
    if not reaches_others(sharing.choices):
        return None
    texts = texts_said(account, Depth.SHARED, limits=sharing.limits, place_shown=place_shown(sharing))
    return pointed_out(texts, form.cleaned_data["originator"], names_originator=sharing.shows_originator)


# Not no-store, as all other pages: on a line that breaks, "back" must bring back what was typed.
@method_decorator(cache_control(private=True, no_cache=True), name="dispatch")
class IncidentFile(KeepsBack, KeepsTyped, PolicyMixin, View):
    """The report form. Sending it makes the incident, its releases, its messages and a receipt."""

    policy = policies.can_file

    def get(self, request):
        """An empty form, or the draft named by `?draft=`; with `?check=` also what is missing in it."""
        if not request.GET.get("draft"):
            return self._page(request, self._form(request), AffectedFormSet(prefix="affected"))
        draft = get_object_or_404(Draft.objects.of(request.user), submission=as_uuid(request.GET["draft"]))
        if not policies.may_send(request, draft):
            return orphan(request, draft)
        if draft.item_id:
            return redirect(f"{reverse('incidents:follow_up', args=[draft.item.ref])}?draft={draft.submission}")
        typed = typed_of(draft)
        if typed is None:
            return unreadable(request)
        if "check" in request.GET:
            data = as_post(typed)
            form, affected = self._form(request, data=data), AffectedFormSet(data, prefix="affected")
            form.is_valid()
            form.data = going_on(data, draft)
            return self._page(request, form, affected, draft=draft)
        initial, rows = initial_of(typed)
        form = self._form(request, initial=initial | {"revision": draft.revision})
        return self._page(request, form, AffectedFormSet(initial=rows, prefix="affected"), draft=draft)

    def post(self, request):
        """File it, or show what is missing beside what was typed. It is kept as a draft first, whatever happens."""
        draft = kept_before_sending(request)
        form, affected = self._form(request, data=request.POST), AffectedFormSet(request.POST, prefix="affected")
        if not (form.is_valid() & affected.is_valid()):
            form.data = going_on(form.data, draft)
            return self._page(request, form, affected, draft=draft, status=422)
        account, sharing = form.account(affected_groups(affected)), form.sharing()
        found = found_in_report(form, account, sharing)
        if found and not found.is_confirmed(request.POST):
            ask_about(form, found, {"place": "place_shown"} if place_shown(sharing) else None)
            form.data = going_on(form.data, draft)
            return self._page(request, form, affected, draft=draft, found=found, status=422)
        try:
            if form.cleaned_data["is_withheld"]:
                return self.keep_back(request, form, affected, draft)
            report = file_incident(
                by=request.user,
                originator=form.cleaned_data["originator"],
                area=form.cleaned_data["area"],
                account=account,
                sharing=sharing,
                submission=form.cleaned_data["submission"],
                revision=revision_sent(draft, form),
                pointed_out=found.count if found else 0,
            )
            settle_fork(draft, form)
        except AlreadyFiled as earlier:
            form, draft = as_new(lambda **options: self._form(request, **options), request, earlier.report)
            return self._page(request, form, affected, draft=draft, status=422)
        return redirect("incidents:receipt", report.incident.item.ref)

    def _form(self, request, **options):
        return IncidentForm(filing=policies.filing_of(request), user=request.user, **options)

    def _page(self, request, form, affected, *, draft=None, found=None, status=200):
        context = {"form": form, "affected": affected, "found": found, **sharing_choices()}
        context |= draft_state(request, form, draft)
        return render(request, "incidents/incident_file.html", context, status=status)


def as_uuid(text: str) -> uuid.UUID:
    """The id in an address; Http404 where it is none."""
    try:
        return uuid.UUID(str(text))
    except ValueError as error:
        raise Http404 from error


class IncidentReceipt(IncidentMixin, View):
    """What the reporter keeps: reference, when it arrived, who may see it, who was told, which desk has it (I2)."""

    policy = policies.can_file
    outlives_its_text = True

    def get(self, request, ref):
        """Only for people of the organisation that reported it; before the rules only for those who reported it."""
        if not self.facts.is_own or self.facts.report is None:
            raise Http404
        first = rules_first(request)
        if first is not None and not self._is_theirs():
            return first
        context = {
            "facts": self.facts,
            "item": self.item,
            "seen_by": self.seen_by(),
            "told": people_told(self.item),
            "received": [entry for entry in entries_of(self.item) if entry.kind == entry.Kind.ACKNOWLEDGED],
            "may_report_on": self.may_report_on,
            "is_member": self.access.is_member,
        }
        return render(request, "incidents/incident_receipt.html", context)

    def _is_theirs(self):
        reports = Report.objects.for_system("is it the reader's own").filter(incident__item=self.item)
        return reports.filter(author=self.request.user).exists()
