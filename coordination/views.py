"""Who is there: the page of an area, and how it is kept (§4; K1)."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import slug_re
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import FormView, TemplateView

from areas.models import Area
from areas.names import name_on
from sharing.views import ReaderMixin
from slt_portal.states import StaleState
from slt_portal.views import is_signed_in

from .actions import assign, confirm, end, record_mechanism
from .forms import AssignmentForm, DayForm, EndForm, MechanismForm, is_operational_of
from .models import Assignment, Mechanism
from .people import people_to_name
from .picture import UN_SIDE, picture_of
from .policies import keeps, reads_picture, speaks_for

Function = Assignment.Function


class WhoMixin(ReaderMixin):
    """A page about one area for who reads who is there; absent for everybody else."""

    policy = is_signed_in

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not (reads_picture(self.access, self.area) and self.may_open()):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def area(self) -> Area:
        """The area of the address."""
        return get_object_or_404(Area, code=self.kwargs["code"])

    @cached_property
    def mechanism(self) -> Mechanism | None:
        """The mechanism that the page is about, if it is about one."""
        return None

    def may_open(self) -> bool:
        """Whether the reader has something to do here."""
        return True

    def keeps_it(self) -> bool:
        """Whether the reader keeps the area, or represents the mechanism that the page is about."""
        return keeps(self.access, self.area) or self.represents(self.mechanism)

    def represents(self, mechanism) -> bool:
        """Whether the reader speaks for this mechanism today."""
        if mechanism is None:
            return False
        voices = picture_of(mechanism.area).voices
        return any(row.mechanism == mechanism and speaks_for(self.access, row) for row in voices)

    def page_url(self, place: str = ""):
        """The page of the area, at the row `place`."""
        return reverse("coordination:area", args=[self.area.code]) + (f"#{place}" if place else "")

    def too_late(self, form):
        """Somebody was faster: the form again, with what was typed, and a word on top."""
        form.add_error(None, _("Somebody else changed this first. Look at what it is now before you go on."))
        return self.form_invalid(form)

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            area=self.area, back_url=self.page_url(), back_label=_("Who is there"), **kwargs
        )


class WhoIsThere(WhoMixin, TemplateView):
    """Who answers for the area on both sides, whom to call, and what is missing; today or on a day that is gone."""

    template_name = "coordination/area.html"

    def get_context_data(self, **kwargs):
        form = DayForm(self.request.GET)
        today = timezone.now().date()
        on = (form.cleaned_data["on"] if form.is_valid() else None) or today
        picture = picture_of(self.area, on)
        is_today = on == today
        voices = [row for row in picture.voices if is_today and speaks_for(self.access, row)]
        context = super().get_context_data(**kwargs)
        return context | {
            "picture": picture,
            "name": self.area if is_today else name_on(self.area, on),
            "form": form,
            "is_today": is_today,
            "keeps": is_today and keeps(self.access, self.area),
            "speaks_for": {row.mechanism.pk for row in voices if row.mechanism},
            "gaps": picture.gaps_at(is_reinforced=False),
            "gaps_reinforced": [gap for gap in picture.gaps_at(is_reinforced=True) if gap.only_reinforced],
            "back_url": reverse("areas:detail", args=[self.area.code]),
            "back_label": self.area.name,
        }


class RecordMechanism(WhoMixin, FormView):
    """A community has a mechanism: which of the three, what it is called, who is behind it."""

    form_class = MechanismForm
    template_name = "coordination/mechanism.html"

    def may_open(self):
        """Those who keep the area."""
        return keeps(self.access, self.area)

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "area": self.area}

    def get_initial(self):
        """Of a community, or of a platform that has a representative already."""
        asked = {name: self.request.GET[name] for name in ("community", "organisation") if name in self.request.GET}
        initial = {"since": timezone.now().date(), "is_operational": ""} | asked
        known = next((row for row in picture_of(self.area).voices if _is_behind(row, asked)), None)
        if known is None:
            return initial
        return initial | {"kind": Mechanism.Kind.PLATFORM, "name": known.name, "since": known.since}

    def form_valid(self, form):
        try:
            row = record_mechanism(area=self.area, by=self.request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
            return self.form_invalid(form)
        messages.success(self.request, _("Recorded. Now name who represents it."))
        return redirect(self.page_url(row.ref))


def _is_behind(voice, asked) -> bool:
    return voice.mechanism is None and voice.organisation.ref == asked.get("organisation")


class Assign(WhoMixin, FormView):
    """Somebody has a function on the UN side (?function=), or represents a mechanism (?mechanism=); perhaps in the
    place of somebody else (?instead=)."""

    form_class = AssignmentForm
    template_name = "coordination/assign.html"

    def may_open(self):
        """Those who keep the area, or represent the mechanism; only for what there is."""
        named = self.request.GET.get("function") in UN_SIDE or self.mechanism
        return bool(named) and self.keeps_it()

    def asked(self, name: str) -> str:
        """A reference in the address; nothing for what can be none."""
        text = self.request.GET.get(name, "")
        return text if slug_re.match(text) else ""

    @cached_property
    def mechanism(self) -> Mechanism | None:
        """The mechanism of the address."""
        rows = Mechanism.objects.on().filter(ref=self.asked("mechanism"), area__code=self.kwargs["code"])
        return rows.select_related("area").first() if self.asked("mechanism") else None

    @cached_property
    def area(self) -> Area:
        """The area of the address."""
        return self.mechanism.area if self.mechanism else super().area

    @cached_property
    def function(self) -> str:
        """What they are named for."""
        return Function.REPRESENTATIVE if self.mechanism else Function(self.request.GET["function"])

    @cached_property
    def instead(self) -> Assignment | None:
        """Whose place they take."""
        rows = Assignment.objects.filter(area=self.area, function=self.function)
        rows = rows.filter(mechanism=self.mechanism, ref=self.asked("instead"))
        return rows.select_related("membership__user", "membership__organisation").first()

    def get_form_kwargs(self):
        people = people_to_name(self.access, self.area, mechanism=self.mechanism, function=self.function)
        now = self.instead and self.instead.membership
        people += [now] if now and now not in people else []
        return {**super().get_form_kwargs(), "people": people, "instead": self.instead}

    def get_initial(self):
        """What is recorded of whom they follow; else today."""
        old = self.instead
        if old is None:
            return {"since": timezone.now().date()}
        known = {"person": old.membership.ref} if old.membership else {"name": old.name}
        return known | {"email": old.email, "phone": old.phone}

    def form_valid(self, form):
        data = {name: form.cleaned_data[name] for name in ("membership", "name", "email", "phone", "since")}
        if self.request.GET.get("instead") and self.instead is None:
            return self.too_late(form)
        about = {"area": self.area, "function": self.function, "mechanism": self.mechanism, "instead": self.instead}
        try:
            row = assign(**about, **data, by=self.request.user)
        except StaleState:
            return self.too_late(form)
        except ValidationError as error:
            form.add_error("person" if data["membership"] else "name", error)
            return self.form_invalid(form)
        messages.success(self.request, _("Recorded, and confirmed by you today."))
        return redirect(self.page_url(row.ref))

    def get_context_data(self, **kwargs):
        label = self.mechanism.name if self.mechanism else self.function.label
        return super().get_context_data(mechanism=self.mechanism, label=label, instead=self.instead, **kwargs)


class _RowMixin(WhoMixin):
    """A page about one row that is in force; for who keeps it."""

    model = None

    @cached_property
    def row(self) -> Mechanism | Assignment:
        """The row of the address."""
        related = ("area",) if self.model is Mechanism else ("area", "mechanism__area", "membership__user")
        return get_object_or_404(self.model.objects.select_related(*related), ref=self.kwargs["ref"])

    @cached_property
    def area(self) -> Area:
        """Its area."""
        return self.row.area

    @cached_property
    def mechanism(self) -> Mechanism | None:
        """The row itself, or what the person of the row represents."""
        return self.row if self.model is Mechanism else self.row.mechanism

    def may_open(self):
        """Those who keep the area or the mechanism."""
        return self.keeps_it()


class _Confirm(_RowMixin, View):
    """Still so: today, and by whoever pressed."""

    def get(self, request, **kwargs):
        """Nothing to see: the page of the area has the button."""
        return redirect(self.page_url(self.row.ref))

    def post(self, request, **kwargs):
        """Note it."""
        said = request.POST.get("is_operational")
        changes = {} if said is None or self.model is Assignment else {"is_operational": is_operational_of(said)}
        try:
            confirm(self.row, by=request.user, **changes)
        except StaleState:
            messages.warning(request, _("It has ended meanwhile. Nothing was changed."))
        else:
            messages.success(request, _("Confirmed by you today."))
        return redirect(self.page_url(self.row.ref))


class ConfirmMechanism(_Confirm):
    """A mechanism is still there."""

    model = Mechanism


class ConfirmAssignment(_Confirm):
    """Somebody still has the function."""

    model = Assignment


class _End(_RowMixin, FormView):
    """Asks, since when it is no longer so."""

    form_class = EndForm
    template_name = "coordination/end.html"

    def may_open(self):
        """As above, while it has not ended."""
        return self.row.ended_on is None and super().may_open()

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "since": self.row.since}

    def get_initial(self):
        """Today."""
        return {"on": timezone.now().date()}

    def form_valid(self, form):
        try:
            end(self.row, on=form.cleaned_data["on"], by=self.request.user)
        except StaleState:
            messages.warning(self.request, _("It has ended meanwhile. Nothing was changed."))
        else:
            messages.success(self.request, _("Ended. Who it was is still there for the days before."))
        return redirect(self.page_url())

    def get_context_data(self, **kwargs):
        return super().get_context_data(row=self.row, mechanism=self.mechanism, **kwargs)


class EndMechanism(_End):
    """A mechanism is no longer there; only who keeps the area says so."""

    model = Mechanism

    def keeps_it(self):
        """Not its representatives: they name others, they do not close it."""
        return keeps(self.access, self.area)


class EndAssignment(_End):
    """Somebody no longer has the function."""

    model = Assignment
