"""Staying in control after sending: who may see a report, withdrawing it, who has seen it (C1, C6)."""

import hashlib

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View

from incidents.account import account_of, limits_of, texts_said
from incidents.attachments import attachments_of
from incidents.consents import standing_of
from incidents.control import share_with, sharing_of
from incidents.forms import AudienceForm
from incidents.limiting import limited_texts, place_shown
from incidents.models import AffectedGroup
from incidents.pointing import ask_about, pointed_out, reaches_others
from incidents.preview import gaining, losing, see_as
from incidents.readers import reader_log
from incidents.shown import opened_texts
from incidents.typed import whole_number
from sharing.audiences import chosen_of
from sharing.markings import Depth
from sharing.models import Item
from slt_portal.states import StaleState

from .filing import sharing_choices
from .mixins import IncidentMixin, OriginatorMixin
from .withholding import STALE


class AudienceChange(OriginatorMixin, View):
    """Widen or narrow who may see the report; first look at what they will get, then do it."""

    def get(self, request, ref):
        """As it is now."""
        return self._page(request, self._as_it_is())

    def post(self, request, ref):
        """Show what readers would get, or who gains and who loses it; change it once that was shown for this choice, or
        where it is nobody. Takes effect at once."""
        form = self._form(request.POST)
        if not form.is_valid():
            return self._page(request, form, status=422)
        sharing, version = form.sharing(), form.cleaned_data["version"]
        is_shown = request.POST.get("shown") == _print_of(sharing)
        if "see" in request.POST or (not is_shown and version == self.item.version):
            gains, loses = gaining(self.item, sharing.chosen), losing(self.item, sharing.chosen)
            seen = self._seen(sharing) if "see" in request.POST else None
            if seen or gains.is_anybody or loses.is_anybody:
                shown = {"gaining": gains, "losing": loses, "seen": seen, "shown": _print_of(sharing)}
                return self._page(request, form, found=self._found(sharing), **shown)
        found = self._found(sharing)
        if found and not found.is_confirmed(request.POST):
            ask_about(form, found, {"place": "place_shown"})
            return self._page(request, form, found=found, shown=_print_of(sharing), status=422)
        try:
            counted = {"pointed_out": found.count} if found else {}
            shift = share_with(self.item, sharing, by=request.user, version=version, **counted)
        except StaleState:
            if _print_of(sharing_of(self.item)) == _print_of(sharing):  # pressed twice: it is as they wanted
                return redirect("incidents:detail", self.item.ref)
            messages.warning(request, STALE)
            typed = request.POST.get("named_persons", "").strip()  # not into the form: it would be shared unread
            return self._page(request, self._as_it_is(), texts=[typed] if typed else [], status=409)
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
            "source": sharing.source,
            "place_limit": sharing.limits.place,
            "place_shown": sharing.place_shown,
            "time_limit": sharing.limits.time,
        }
        return self._form(initial=initial)

    def _form(self, *args, **options):
        named = chosen_of(self.item, *self.audience).organisation_ids
        return AudienceForm(*args, organisation=self.item.originator, named=named, **options)

    def _seen(self, sharing):
        self.log_opened()
        groups = AffectedGroup.objects.for_system("see as").filter(facts=self.facts).order_by("pk")
        shared = self.shared
        account = account_of(self.facts, opened_texts(self.facts) or {}, groups)
        return see_as(
            account=account,
            chosen=sharing.chosen,
            shows_originator=sharing.shows_originator,
            originator=self.item.originator,
            area=self.item.area,
            stage=self.facts.stage,
            limits=sharing.limits,
            source=sharing.source,
            place_shown=place_shown(sharing),
            shared_texts=self._texts(account, shared, sharing),
            attachments=attachments_of(self.facts),
            grades={Depth.FULL: self.facts, Depth.SHARED: shared},
            ref=self.item.ref,
        )

    def _found(self, sharing):
        """What the finder points at in what readers would get that they do not get yet: where somebody gains it, or it
        says another place. None where there is nothing of that: who takes something back is not asked."""
        if self.item.version != whole_number(self.request.POST.get("version")) or not reaches_others(sharing.choices):
            return None
        account = account_of(self.facts, opened_texts(self.facts) or {}, ())
        texts = self._texts(account, self.shared, sharing)
        if texts is None:
            texts = texts_said(account, Depth.SHARED, limits=sharing.limits, place_shown=place_shown(sharing))
        if texts == self.shared_texts and not gaining(self.item, sharing.chosen).is_anybody:
            return None
        return pointed_out(texts, self.item.originator, names_originator=sharing.shows_originator)

    def _texts(self, account, shared, sharing):
        """Of the shared report as it would be; of what was a warning only, those of the account."""
        if shared.is_minimal:
            return None
        return limited_texts(account, opened_texts(shared) or {}, limits_of(shared), sharing)

    def _page(self, request, form, *, found=None, status=200, **shown):
        if found and found.parts and not shown.get("seen"):
            self.log_opened()
        context = {"form": form, "item": self.item, "found": found, **shown, **sharing_choices()}
        context["standing"] = standing_of(self.item)
        context["told_before"] = self.item.state == Item.State.SHARED
        context["is_withdrawn"] = self.item.state == Item.State.WITHDRAWN
        context["is_withheld"] = self.item.state == Item.State.WITHHELD
        context["is_warning"] = self.item.state == Item.State.SHARED and self.shared.is_minimal
        return render(request, "incidents/incident_audience.html", context, status=status)


def _print_of(sharing):
    """A short print of a choice: who looked at what one does may not do another by it."""
    ids = [sorted(row.pk for row in rows) for rows in (sharing.organisations, sharing.persons)]
    choice = (str(sharing.marking), sorted(map(str, sharing.choices)), *ids, bool(sharing.shows_originator))
    choice += (*map(str, (sharing.limits.place, sharing.limits.time, sharing.source)), place_shown(sharing))
    return hashlib.sha256(repr(choice).encode()).hexdigest()[:16]


def _in_words(shift):
    gained, lost, fuller, poorer = map(len, (shift.gained, shift.lost, shift.more, shift.less))
    more = ngettext("%(n)s person can see it in addition.", "%(n)s persons can see it in addition.", gained)
    less = ngettext("%(n)s person can no longer see it.", "%(n)s persons can no longer see it.", lost)
    full = ngettext(
        "%(n)s person can see more of it: the full report.",
        "%(n)s persons can see more of it: the full report.",
        fuller,
    )
    shared = ngettext(
        "%(n)s person can see less of it: the shared report, no longer the full one.",
        "%(n)s persons can see less of it: the shared report, no longer the full one.",
        poorer,
    )
    found = ((more, gained), (full, fuller), (less, lost), (shared, poorer))
    said = [words % {"n": number} for words, number in found if number]
    return " ".join(said) or _("Saved. The same people can see it as before.")


class IncidentReaders(IncidentMixin, View):
    """Who opened, exported, downloaded or was mailed it: for its originator alone (C6)."""

    outlives_its_text = True

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not (self.facts.is_own and self.facts.report):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get(self, request, ref):
        """Newest first."""
        page = reader_log(self.item, number=whole_number(request.GET.get("page")) or 1)
        context = {"item": self.item, "page": page}
        return render(request, "incidents/incident_readers.html", context)
