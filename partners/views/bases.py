"""What one standing rests on: its page, and how DSS renews it, ends it, asks again, or records it afterwards (P10)."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import FormView, TemplateView

from areas.models import Area
from organisations.models import Organisation, Standing
from partners.actions.bases import end_basis, is_eligible, record_basis, renew_basis, resting_on
from partners.actions.confirmations import ask_confirmation
from partners.forms.bases import AskAgain, GivenBasis, ReasonForm, RenewForm
from partners.models import Agreement, Basis
from partners.policies import is_dss_headquarters, parties_to_basis
from partners.registers import confirmed_text, day_of, ends_of, register_link, visible_bases
from sharing.views import ReaderMixin
from slt_portal.states import StaleState, steps_open
from slt_portal.views import is_signed_in


class BasisMixin(ReaderMixin):
    """A page about one basis that the reader may open; with `step`, only while that step is theirs."""

    policy = is_signed_in
    step = ""

    @cached_property
    def basis(self) -> Basis:
        """The basis of the address."""
        return get_object_or_404(visible_bases(self.access), ref=self.kwargs["ref"])

    @cached_property
    def steps(self) -> list[str]:
        """What the reader may do with it now."""
        return steps_open(self.basis, parties_to_basis(self.access, self.basis))

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and self.step and self.step not in self.steps:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def basis_url(self):
        """The page to go back to."""
        return reverse("partners:basis", args=[self.basis.ref])

    def too_late(self, form):
        """Somebody was faster: the form again, with what was typed, and a word on top."""
        form.add_error(None, _("Somebody else changed this first. Look at what it is now before you go on."))
        return self.form_invalid(form)

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            basis=self.basis, standing=self.basis.standing, back_url=self.basis_url(), **kwargs
        )


class BasisPage(BasisMixin, TemplateView):
    """How an organisation stands, on what, until when, who said so; what was recorded, and the next step."""

    template_name = "partners/basis.html"

    def get_context_data(self, **kwargs):
        basis, standing = self.basis, self.basis.standing
        context = super().get_context_data(**kwargs)
        return context | {
            "steps": self.steps,
            "may_ask": "renew" in self.steps and is_dss_headquarters(self.access) and standing.kind == "partner",
            "shows_names": bool(parties_to_basis(self.access, basis)),
            "relation": dict(Agreement.Relation.choices).get(basis.relation, ""),
            "since": day_of(standing.starts_at),
            "confirmed": confirmed_text(basis, basis.confirmed_by),
            "ends_on": ends_of(basis),
            "entries": list(basis.entries.select_related("by")),
            "resting": resting_on(standing) if basis.state != Basis.State.ENDED else [],
            "is_suspended": _is_suspended(standing),
            "back_url": register_link(self.access, standing.area),
            "back_label": _("Register"),
        }


def _is_suspended(standing) -> bool:
    places = {None, standing.area_id, standing.area.parent_id if standing.area else None}
    rows = Standing.objects.on().filter(organisation=standing.organisation_id, kind=Standing.Kind.SUSPENDED)
    return bool(places & set(rows.values_list("area", flat=True)))


class BasisRenew(BasisMixin, FormView):
    """It holds until another day, as somebody said."""

    form_class = RenewForm
    template_name = "partners/basis_renew.html"
    step = "renew"

    def get_initial(self):
        """Which state of the basis the page shows; nothing of the answer: somebody has to have asked."""
        return {"seen": _seen(self.basis)}

    def form_valid(self, form):
        data = form.cleaned_data
        if data["seen"] != _seen(self.basis):
            return self.too_late(form)
        try:
            renew_basis(self.basis, ends_on=data["ends_on"], confirmed_by=data["confirmed_by"], by=self.request.user)
        except StaleState:
            return self.too_late(form)
        messages.success(self.request, _("Renewed. Reminders begin anew."))
        return redirect(self.basis_url())


def _seen(basis) -> str:
    return basis.reviewed_at.isoformat() if basis.reviewed_at else "never"


class BasisEnd(BasisMixin, FormView):
    """Asks, with what else ends, and why; then the standing ends now."""

    form_class = ReasonForm
    template_name = "partners/basis_end.html"
    step = "end"

    def form_valid(self, form):
        try:
            end_basis(self.basis, by=self.request.user, reason=form.cleaned_data["reason"])
        except StaleState:
            return self.too_late(form)
        messages.success(self.request, _("Ended. What rested on it has ended with it."))
        return redirect(self.basis_url())

    def get_context_data(self, **kwargs):
        return super().get_context_data(resting=resting_on(self.basis.standing), **kwargs)


class BasisAsk(BasisMixin, FormView):
    """Asks a UN entity again whether the organisation is its partner; DSS headquarters, which reads the answers."""

    form_class = AskAgain
    template_name = "partners/basis_ask.html"
    step = "renew"

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not is_dss_headquarters(self.access):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_initial(self):
        """The entity that said so last."""
        return {"entity": self.basis.entity_id, "language": self.request.user.language}

    def form_valid(self, form):
        organisation = self.basis.standing.organisation
        try:
            row = ask_confirmation(organisation=organisation, by=self.request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None if hasattr(error, "error_dict") else "addressee_email", error)
            return self.form_invalid(form)
        text = _("Asked: %(ref)s. The answer is on the page of the request; then renew or end the basis here.")
        messages.success(self.request, text % {"ref": row.ref})
        return redirect(self.basis_url())


class GiveBasis(ReaderMixin, FormView):
    """Records the basis of a standing that is older than the register: DSS headquarters."""

    policy = is_signed_in
    form_class = GivenBasis
    template_name = "partners/basis_give.html"

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and (not is_dss_headquarters(self.access) or self.standing is None):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def standing(self) -> Standing | None:
        """The first standing of the organisation there that has no basis."""
        area = get_object_or_404(Area, code=self.kwargs["code"]) if "code" in self.kwargs else None
        organisation = get_object_or_404(Organisation, ref=self.kwargs["ref"])
        rows = Standing.objects.on().filter(organisation=organisation, area=area, basis=None)
        rows = rows.exclude(kind=Standing.Kind.SUSPENDED).select_related("organisation", "area").order_by("pk")
        return next((row for row in rows if is_eligible(organisation, row.kind, area)), None)

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "standing": self.standing}

    def form_valid(self, form):
        standing, data = self.standing, form.cleaned_data
        basis = record_basis(
            organisation=standing.organisation, kind=standing.kind, area=standing.area, by=self.request.user, **data
        )
        messages.success(self.request, _("Recorded."))
        return redirect("partners:basis", basis.ref)

    def get_context_data(self, **kwargs):
        back = register_link(self.access, self.standing.area)
        return super().get_context_data(
            standing=self.standing, since=day_of(self.standing.starts_at), back_url=back, **kwargs
        )
