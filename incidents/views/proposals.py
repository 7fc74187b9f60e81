"""Another text for readers: the desk proposes it and may take it back, the originator agrees or refuses (I2, C1)."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from incidents.control import shared_row
from incidents.forms import ProposalForm, RefusalForm
from incidents.models import Proposal
from incidents.pointing import pointed_out
from incidents.proposals import (
    decide,
    latest_proposal,
    propose,
    reason_of,
    take_back_proposal,
    texts_of_proposal,
)
from incidents.shown import opened_texts
from sharing.models import Item
from slt_portal.crypto import SealBroken
from slt_portal.states import StaleState

from .mixins import OriginatorMixin, OthersDeskMixin

_OVER = gettext_lazy("This proposal does not wait any more: it was answered or taken back, or a newer report came.")


def safely(read, *args):
    """A sealed text, or None if it cannot be opened."""
    try:
        return read(*args)
    except SealBroken:
        return None


@dataclass(frozen=True)
class Proposed:
    """A proposal, its texts by name, and why it was refused; None for what cannot be opened."""

    row: Proposal
    texts: dict | None
    reason: str | None

    @classmethod
    def last(cls, item: Item) -> "Proposed | None":
        """What was proposed last for readers of `item`, whatever became of it; None if nothing ever was."""
        row = latest_proposal(item)
        return row and cls(row, safely(texts_of_proposal, row, item), safely(reason_of, row, item))


class Propose(OthersDeskMixin, View):
    """The desk proposes another text for readers; it takes effect when the originator agrees. Not for a warning, of
    which the desk knows no more than its readers (C5)."""

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and self.facts.is_minimal:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get(self, request, ref):
        """The text that readers get now."""
        shared = shared_row(self.item)
        initial = (opened_texts(shared) or {}) | {"version": shared.release.version}
        return self._page(request, ProposalForm(initial=initial))

    def post(self, request, ref):
        """The originator's people are asked."""
        form = ProposalForm(request.POST)
        if not form.is_valid():
            return self._page(request, form, status=422)
        version = form.cleaned_data["version"]
        try:
            propose(self.item, by=request.user, desk=self.desk, texts=form.texts(), version=version)
        except StaleState:
            words = _(
                "The text was changed meanwhile, or another proposal waits for the originator. Yours is not sent."
            )
            form.add_error(None, words)
            form.data = form.data.copy()
            form.data["version"] = str(shared_row(self.item).release.version)
            return self._page(request, form, status=409)
        messages.success(
            request, _("The originator is asked. Until they agree readers go on getting the present text.")
        )
        return redirect("incidents:desk_page", self.item.ref)

    def _page(self, request, form, *, status=200):
        self.log_opened()
        context = {"item": self.item, "facts": self.facts, "form": form}
        return render(request, "incidents/proposal.html", context, status=status)


class ProposalTakeBack(OthersDeskMixin, View):
    """The button by which the desk takes back what it proposed, as long as the originator has not answered."""

    http_method_names = ["post"]

    def post(self, request, ref, proposal):
        """A colleague who had made it is told."""
        row = latest_proposal(self.item)
        if row is None or row.subject_id != proposal:
            raise Http404
        try:
            take_back_proposal(row, by=request.user, desk=self.desk)
        except StaleState:
            messages.warning(request, _("It does not wait any more: see below what became of it."))
        else:
            messages.success(request, _("The proposed text is taken back. You can propose another one."))
        return redirect("incidents:desk_page", self.item.ref)


class Decide(OriginatorMixin, View):
    """The originator compares the text with the proposed one, and agrees or does not."""

    def get(self, request, ref):
        """Both texts; 404 if none was ever proposed."""
        found = self._found()
        return self._page(request, found, RefusalForm()) if found.row.state == Proposal.State.OPEN else self._over()

    def post(self, request, ref):
        """Agree or refuse."""
        found, form = self._found(), RefusalForm(request.POST)
        answered, answer = request.POST.get("proposal"), request.POST.get("answer")
        if str(found.row.subject_id) != answered or answer not in {"agree", "refuse"}:
            if found.row.state != Proposal.State.OPEN:
                return self._too_late(request, found, form)
            form.add_error(None, _("This is another proposal than the one you answered. Compare it first."))
            return self._page(request, found, form, status=409)
        agrees = answer == "agree"
        if not agrees and not form.is_valid():
            return self._page(request, found, form, status=422)
        pointed = self._pointed(found)
        if agrees and found.row.state == Proposal.State.OPEN and not pointed.is_confirmed(request.POST):
            form.add_error(
                None, _("Readers may learn from this text who somebody is. Tick that it may stay, or refuse.")
            )
            return self._page(request, found, form, status=422)
        reason = "" if agrees else form.cleaned_data["reason"]
        try:
            decide(found.row, by=request.user, agrees=agrees, reason=reason, pointed_out=pointed.count)
        except StaleState:
            found = self._found()
            if not self._is_answered_so(found, agrees, reason):
                return self._too_late(request, found, form)
        said = _("Agreed. Readers get this text now.") if agrees else _("Refused. Readers go on getting your text.")
        messages.success(request, said)
        return redirect("incidents:detail", self.item.ref)

    def _found(self):
        found = Proposed.last(self.item)
        if found is None:
            raise Http404
        return found

    def _is_answered_so(self, found, agrees, reason):
        """Whether this person gave this very answer already, as by a double click."""
        state = Proposal.State.AGREED if agrees else Proposal.State.REFUSED
        is_theirs = found.row.decided_by_id == self.request.user.pk
        return is_theirs and found.row.state == state and found.reason == reason

    def _too_late(self, request, found, form):
        """A reason that was typed comes back: it can still be copied."""
        if not request.POST.get("reason", "").strip():
            return self._over()
        form.add_error(None, _OVER)
        return self._page(request, found, form, status=409)

    def _over(self):
        messages.warning(self.request, _OVER)
        return redirect("incidents:detail", self.item.ref)

    def _pointed(self, found):
        """What the finder points at in the proposed text."""
        names = self.shared.release.shows_originator
        return pointed_out(found.texts or {}, self.item.originator, names_originator=names)

    def _page(self, request, found, form, *, status=200):
        self.log_opened()
        context = {
            "found": self._pointed(found),
            "item": self.item,
            "proposal": found.row,
            "now": self.shared_texts,
            "proposed": found.texts or {},
            "form": form,
        }
        return render(request, "incidents/proposal_decide.html", context, status=status)
