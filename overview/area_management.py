"""Looking after the areas: pages of DSS headquarters (L1). Before an end, a split or another name they ask."""

from functools import cached_property

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView

from areas.actions import (
    add_area,
    change_area,
    end_area,
    has_ended,
    has_successors,
    open_steps,
    rename_area,
    split_area,
    today,
    version_of,
    versions_of,
)
from areas.forms import AddForm, ChangeForm, EndForm, RenameForm, seen_text
from areas.models import Area, AreaEntry
from areas.split_forms import MergeForm, SplitForm
from implementation_levels.policies import manages_areas
from sharing.views import ReaderMixin
from slt_portal.states import StaleState
from slt_portal.templatetags.portal import day_text
from slt_portal.views import is_signed_in

from .area_consequences import of_end, of_rename, of_split


class _Manage(ReaderMixin):
    """A page of who looks after the areas; absent for everybody else."""

    policy = is_signed_in

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not manages_areas(self.access):
            raise Http404
        return super().dispatch(request, *args, **kwargs)


class AreaAdd(_Manage, FormView):
    """Makes an area."""

    form_class = AddForm
    template_name = "areas/area_add.html"

    def form_valid(self, form):
        typed = form.cleaned_data
        try:
            area = add_area(form.new_area(), on=typed["begins"], reason=typed["reason"], by=self.request.user)
        except StaleState:
            form.add_error("name_en", _("Another area has this name."))
            return self.form_invalid(form)
        text = _("%(area)s is there from %(day)s on. Its level is normal until the Oversight Committee decides.")
        messages.success(self.request, text % {"area": area, "day": day_text(typed["begins"])})
        return redirect("areas:detail", code=area.code)

    def get_context_data(self, **kwargs):
        return super().get_context_data(back_url=reverse("areas:list"), back_label=_("Areas"), **kwargs)


class _OneArea(_Manage, FormView):
    """A page that changes one area, for as long as its step is open. `carry_out(form)` does it and returns what is
    told; it raises StaleState."""

    step = ""

    @cached_property
    def area(self) -> Area:
        """The area of the address."""
        return get_object_or_404(Area.objects.select_related("parent"), code=self.kwargs["code"])

    def get(self, request, *args, **kwargs):
        self._require_step()
        return super().get(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        if has_ended(self.area) or self.step not in self._open():
            messages.warning(request, _("This area was changed meanwhile. Nothing more was done."))
            return redirect(self._back())
        return super().post(request, *args, **kwargs)

    def _open(self):
        return open_steps(self.area, has_successors=has_successors(self.area))

    def _require_step(self):
        if self.step not in self._open():
            raise Http404

    def _back(self):
        return reverse("areas:detail", args=[self.area.code])

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"area": self.area}

    def get_initial(self):
        return {"seen": seen_text({self.area.pk: version_of(self.area)})}

    def form_valid(self, form):
        try:
            told = self.carry_out(form)
        except StaleState:
            return self._stale(form)
        messages.success(self.request, told)
        return redirect(self._back())

    def _stale(self, form):
        """What was typed comes back, to be compared with what somebody else did meanwhile."""
        data = form.data.copy()
        data["seen"] = seen_text({self.area.pk: version_of(self.area)})
        again = self.form_class(**self.get_form_kwargs() | {"data": data})
        again.is_valid()
        again.add_error(
            None, _("Somebody else changed this area first: see its history. Check this and send it again.")
        )
        return self.form_invalid(again)

    def seen(self, form) -> int:
        """The version of the area that was read."""
        return form.cleaned_data["seen"].get(self.area.pk)

    def get_context_data(self, **kwargs):
        return super().get_context_data(area=self.area, back_url=self._back(), back_label=self.area.name, **kwargs)


class AreaChange(_OneArea):
    """Changes what an area covers and what is said about it, from today on."""

    step = "change"
    form_class = ChangeForm
    template_name = "areas/area_change.html"

    def carry_out(self, form):
        entry = change_area(
            self.area,
            changes=form.changes(),
            reason=form.cleaned_data["reason"],
            seen=self.seen(form),
            by=self.request.user,
        )
        return _("Saved. The history keeps what was before.") if entry else _("Nothing was different.")


class UnderstoodForm(forms.Form):
    """That somebody has read what happens to the level."""

    understood = forms.BooleanField(label=gettext_lazy("I have read what happens to the level"))


class _Confirmed(_OneArea):
    """Asks before it does it: a page says what `follows(form)`, and carries along what was typed."""

    heading = label = ""
    is_danger = True

    def form_valid(self, form):
        if "edit" in self.request.POST:
            return self.render_to_response(self.get_context_data(form=form))
        follows, understood = self.follows(form), None
        if follows.has_reinforced:
            understood = UnderstoodForm(self.request.POST if "confirm" in self.request.POST else None)
        if "confirm" in self.request.POST and (understood is None or understood.is_valid()):
            return super().form_valid(form)
        context = {
            "area": self.area,
            "heading": self.heading,
            "label": self.label,
            "is_danger": self.is_danger,
            "follows": follows,
            "form": understood,
            "typed": self._typed(form),
            "back_url": self._back(),
            "back_label": self.area.name,
        }
        return render(self.request, "areas/area_confirm.html", context)

    def _typed(self, form):
        """(name, value) of everything that was typed, to be sent again."""
        pairs = [(name, value) for name, values in form.data.lists() if name in form.fields for value in values]
        return [pair for pair in pairs if pair[0] != "seen"] + [("seen", seen_text(self.all_seen(form)))]

    def all_seen(self, form) -> dict[int, int]:
        """The versions of all areas that it changes."""
        return form.cleaned_data["seen"]


class AreaRename(_Confirmed):
    """Gives an area another name from a day on."""

    step = "rename"
    form_class = RenameForm
    template_name = "areas/area_rename.html"
    heading, label = gettext_lazy("Rename this area?"), gettext_lazy("Rename it")
    is_danger = False

    def get_form_kwargs(self):
        last = self.area.entries.filter(what=AreaEntry.What.RENAMED).order_by("pk").last()
        return super().get_form_kwargs() | {"last": last}

    def follows(self, form):
        return of_rename(self.area, form.cleaned_data)

    def carry_out(self, form):
        typed = {name: form.cleaned_data[name] for name in ("name_en", "name_fr", "on", "reason")}
        rename_area(self.area, **typed, seen=self.seen(form), by=self.request.user)
        text = _("The area has its new name.") if typed["on"] <= today() else _("It gets its new name on %(day)s.")
        return text % {"day": day_text(typed["on"])}


class AreaEnd(_Confirmed):
    """Ends an area on a day, or moves that day."""

    step = "end"
    form_class = EndForm
    template_name = "areas/area_end.html"
    heading, label = gettext_lazy("Change the end of this area?"), gettext_lazy("Change its end")

    def follows(self, form):
        return of_end(self.area, form.cleaned_data["on"])

    def carry_out(self, form):
        on, reason = form.cleaned_data["on"], form.cleaned_data["reason"]
        end_area(self.area, on=on, reason=reason, seen=self.seen(form), by=self.request.user)
        if on is None:
            return _("The area does not end.")
        return _("The last day of the area is %(day)s.") % {"day": day_text(on)}


class _Replaced(_Confirmed):
    """Makes new areas in place of old ones."""

    def old(self, form) -> list[Area]:
        """Which areas end."""
        return [self.area]

    def follows(self, form):
        return of_split(self.old(form), form.new_areas(), form.cleaned_data["on"])

    def all_seen(self, form):
        others = [area for area in self.old(form) if area.pk not in form.cleaned_data["seen"]]
        return form.cleaned_data["seen"] | (versions_of(others) if others else {})

    def carry_out(self, form):
        typed = {name: form.cleaned_data[name] for name in ("on", "reason", "seen")}
        made = split_area(self.old(form), into=form.new_areas(), **typed, by=self.request.user)
        text = _("From %(day)s on: %(areas)s. Invite people and record organisations there.")
        return text % {"day": day_text(typed["on"]), "areas": ", ".join(map(str, made))}


class AreaSplit(_Replaced):
    """Makes several areas out of one."""

    step = "split"
    form_class = SplitForm
    template_name = "areas/area_split.html"
    heading, label = gettext_lazy("Split this area?"), gettext_lazy("Split it")


class AreaMerge(_Replaced):
    """Makes one area out of several."""

    step = "merge"
    form_class = MergeForm
    template_name = "areas/area_merge.html"
    heading, label = gettext_lazy("Merge these areas?"), gettext_lazy("Merge them")

    def get_form_kwargs(self):
        others = Area.objects.current().filter(successors=None).exclude(pk=self.area.pk)
        return super().get_form_kwargs() | {"others": others}

    def old(self, form):
        return form.areas
