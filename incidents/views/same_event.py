"""Several reports on one event: a desk puts them together and takes them apart; readers compare what they may read."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from incidents import policies
from incidents.consents import behind_each
from incidents.forms import SameEventForm
from incidents.models import IncidentRelease
from incidents.same_event import merge, others_of, say_not_the_same, take_out
from incidents.shown import opened_texts
from sharing.actions import log_readings
from sharing.markings import Marking
from sharing.models import Item, Reading
from slt_portal.states import StaleState

from .desk import DeskAct
from .mixins import IncidentMixin

MOST = 6  # parts that are compared on one page
_STALE = gettext_lazy("Somebody changed one of the two at this moment. Nothing was changed: look again.")


@dataclass(frozen=True)
class Part:
    """One report on the event: what its reader gets of it, its texts (None: cannot be opened), whether they may take
    it out, and the terms on which they got it, where it was passed on to them (incidents.consents.behind)."""

    facts: IncidentRelease
    texts: dict | None
    may_take_out: bool
    passed_on: dict | None = None


class SameEventPage(IncidentMixin, View):
    """The reports on one event that the reader may read, side by side; absent for who may read one of them only."""

    outlives_its_text = True

    def get(self, request, ref):
        """At a glance, where they differ, and what each says. Opening it is written to the reader log of each."""
        others = others_of(self.item, self.access).with_release().marked_own(self.access).select_related("report")
        others = list(others[:MOST])
        if not others:
            raise Http404
        shown = sorted([self.facts, *others[: MOST - 1]], key=_by_event)
        desks = policies.desks_to_merge(request, self.access, shown)
        terms = behind_each(shown)
        parts = [Part(row, opened_texts(row), row.release.item_id in desks, terms.get(row.release_id)) for row in shown]
        releases = [row.release for row in shown]
        log_readings(releases, reader=request.user, how=Reading.How.OPENED, access=self.access)
        context = {
            "item": self.item,
            "parts": parts,
            "items": shown,
            "marking": min((row.release.item.marking for row in shown), key=list(Marking).index),
            "has_more": len(others) == MOST,
        }
        return render(request, "incidents/same_event.html", context)


def _by_event(row):
    """By when it happened, as far as the reader is told, never by who reported first."""
    at = row.occurred_from
    return at is None, at and at.isoformat(), row.release.item.ref


class TakeOut(IncidentMixin, View):
    """The button by which a desk says that a report is about an event of its own after all."""

    http_method_names = ["post"]
    outlives_its_text = True

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and self.own_desk is None:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def own_desk(self):
        """The desk in whose name the reader acts, or None."""
        return policies.desks_to_merge(self.request, self.access, [self.facts]).get(self.item.pk)

    def post(self, request, ref):
        """For who may read no other part of the event it is part of none."""
        try:
            if not others_of(self.item, self.access).exists():
                raise StaleState("nothing to take it out of")
            take_out(self.item, by=request.user, desk=self.own_desk)
        except StaleState:
            messages.warning(request, _("It is not among the reports on that event any more. Look again."))
        else:
            messages.success(request, _("Taken out: it is a report on an event of its own again."))
        return redirect("incidents:detail", self.item.ref)


class _OnTwo(DeskAct):
    """What a desk says of the report on the page and another one: suggested, or typed by hand."""

    def post(self, request, ref):
        """A report that the reader may not read, or has no desk for, is answered like one that does not exist."""
        suggested = request.POST.get("same-ref")
        data = request.POST if suggested is None else {"same-other": suggested}
        form = SameEventForm(data, prefix="same")
        other = self._other(form) if form.is_valid() else None
        if other is None:
            return self._page(request, same_form=form, form=form, status=422)
        try:
            self.said(other)
        except StaleState:
            form.add_error("other", _STALE)
            return self._page(request, same_form=form, form=form, status=409)
        return self._done(request, "same", self.leads_to, same_form=SameEventForm(prefix="same"))

    def _other(self, form) -> Item | None:
        rows = IncidentRelease.objects.visible_to(self.access).with_release()
        row = rows.filter(release__item__ref=form.cleaned_data["other"]).first()
        if row is None or row.release.item_id not in policies.desks_to_merge(self.request, self.access, [row]):
            form.add_error("other", _("You have no desk for a report with this reference. Check the reference."))
        elif row.release.item_id == self.item.pk:
            form.add_error("other", _("This is the report on this page. Write the reference of another one."))
        elif row.release.item.is_erased:
            form.add_error("other", _("The text of that report was destroyed: it can no longer be compared."))
        else:
            return row.release.item
        return None

    def said(self, other: Item) -> None:
        """Write down what the desk says of the two, and tell it. Raises StaleState."""
        raise NotImplementedError


class Merge(_OnTwo):
    """Both are about the same event."""

    leads_to = "incidents:same_event"

    def said(self, other):
        merge(self.item, other, by=self.request.user, desk=self.desk)
        messages.success(
            self.request,
            _("Both are kept as reports on the same event. Nothing else of them changed, nor who reads them."),
        )


class NotTheSame(_OnTwo):
    """They are about two events."""

    leads_to = "incidents:desk_page"

    def said(self, other):
        say_not_the_same(self.item, other, by=self.request.user, desk=self.desk)
        messages.success(self.request, _("These two are not suggested again."))
