"""What I am told: one's own choices of areas, kinds, severity, and at once or once a day (G8)."""

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView, TemplateView

from areas.models import Area
from areas.names import by_name
from notifications.actions import choose
from notifications.choices import in_words
from notifications.forms import ChoiceForm, initial_of
from notifications.models import DigestStop, Subscription
from notifications.policies import can_follow_areas
from organisations.memberships import memberships_of
from sharing.views import ReaderMixin


@dataclass(frozen=True)
class Told:
    """One area, what the reader chose about it, and whether they work there."""

    area: Area
    subscription: Subscription | None
    works_there: bool

    @property
    def words(self) -> str:
        """What they are told, as a sentence."""
        return in_words(self.subscription, works_there=self.works_there)


class AreaForm(forms.Form):
    """Which area to add; only areas that exist today and are not on the page yet."""

    mark_optional = False

    area = forms.ChoiceField(label=gettext_lazy("Area"))

    def __init__(self, *args, areas, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["area"].choices = [("", _("Choose an area")), *((area.code, area.name) for area in areas)]


class _Mine(ReaderMixin):
    """A page about the areas that one works in or follows."""

    policy = can_follow_areas

    @cached_property
    def mine(self) -> list[Told]:
        """Every area one works in or chose something about, by name; one query beside that for the memberships."""
        chosen = {
            row.area_id: row for row in Subscription.objects.filter(user=self.request.user).select_related("area")
        }
        works = {row.area_id: row.area for row in memberships_of(self.request) if row.area_id}
        areas = works | {key: row.area for key, row in chosen.items()}
        return [Told(area, chosen.get(area.pk), area.pk in works) for area in by_name(areas.values())]


class WhatIAmTold(_Mine, TemplateView):
    """Every area one is told of, what exactly, and adding one."""

    template_name = "overview/told.html"

    def get(self, request, *args, **kwargs):
        self.form = self._add_form()
        if self.form and self.form.is_valid():
            return redirect("overview:told_area", code=self.form.cleaned_data["area"])
        return super().get(request, *args, **kwargs)

    def _add_form(self):
        if not self.access.is_member:  # the names of areas are for members
            return None
        shown = {told.area.pk for told in self.mine}
        areas = by_name(area for area in Area.objects.current() if area.pk not in shown)
        return AreaForm(self.request.GET if "area" in self.request.GET else None, areas=areas)

    def get_context_data(self, **kwargs):
        stopped = DigestStop.objects.filter(user=self.request.user).exists()
        return super().get_context_data(items=self.mine, form=self.form, has_stopped_summary=stopped, **kwargs)


class ToldArea(_Mine, FormView):
    """Choosing what one is told of one area."""

    form_class = ChoiceForm
    template_name = "overview/told_area.html"
    success_url = reverse_lazy("overview:told")

    @cached_property
    def told(self) -> Told:
        """The area of the address: one of mine, or for members any that exists today. Otherwise there is no page."""
        code = self.kwargs["code"]
        known = next((told for told in self.mine if told.area.code == code), None)
        if known:
            return known
        area = Area.objects.current().filter(code=code).first() if self.access.is_member else None
        if area is None:
            raise Http404
        return Told(area, None, works_there=False)

    def get_initial(self):
        return initial_of(self.told.subscription)

    def form_valid(self, form):
        subscription = choose(self.told.area, by=self.request.user, **form.cleaned_data)
        words = in_words(subscription, works_there=self.told.works_there)
        messages.success(self.request, _("Saved for %(area)s: %(words)s") % {"area": self.told.area, "words": words})
        return super().form_valid(form)

    def get_context_data(self, **kwargs):
        return super().get_context_data(told=self.told, back_url=reverse("overview:told"), **kwargs)
