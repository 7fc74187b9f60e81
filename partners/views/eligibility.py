"""DSS of an area records who is eligible there, and asks the Working Group where that cannot be established (§3)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import IntegrityError, transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.generic import FormView, TemplateView

from organisations.actions import add_organisation
from organisations.duplicates import likely
from organisations.models import Organisation, Standing
from partners.actions.bases import NotEligible, record_basis
from partners.actions.cases import open_case, settle_case
from partners.forms.bases import (
    KINDS_TO_ADD,
    CaseAnswer,
    CaseForm,
    CountryConfirmation,
    LocalArrangement,
    NewOrganisation,
    OrganisationSearch,
)
from partners.models import Basis, EligibilityCase
from partners.policies import is_dss_headquarters, is_working_group
from partners.querysets import areas_of
from sharing.views import ReaderMixin
from slt_portal.states import StaleState, steps_open
from slt_portal.views import is_signed_in

from .registers import PAGE, DssMixin

PARTNER, ACTIVE, LOCAL = Standing.Kind.PARTNER, Standing.Kind.ACTIVE, Standing.Kind.LOCAL_ARRANGEMENT
MOST = 8  # organisations offered for a name


def _choices(found, area):
    """Who may be meant, with the page to go on with each."""
    return [
        {
            "organisation": match.organisation,
            "because": match.because,
            "href": reverse("partners:record_organisation", args=[area.code, match.organisation.ref]),
        }
        for match in found
        if match.organisation.kind in KINDS_TO_ADD
    ]


class RecordEligibility(DssMixin, TemplateView):
    """Which organisation is it? Those that a name may mean; none of them: it is added."""

    template_name = "partners/record_search.html"

    def get_context_data(self, **kwargs):
        asked = "name" in self.request.GET
        form = OrganisationSearch(self.request.GET if asked else None)
        context = {"form": form, "area": self.area}
        if asked and form.is_valid():
            name = form.cleaned_data["name"]
            new = reverse("partners:record_new", args=[self.area.code])
            context |= {
                "name": name,
                "choices": _choices(likely(name, limit=MOST), self.area),
                "new_url": f"{new}?{urlencode({'name': name})}",
            }
        return super().get_context_data(**context, **kwargs)


class RecordNew(DssMixin, FormView):
    """Adds an organisation that is not known, once somebody looked at those that are alike (P12)."""

    form_class = NewOrganisation
    template_name = "partners/record_new.html"

    def get_initial(self):
        """The name that was looked for."""
        return {"name": self.request.GET.get("name", "")[:200]}

    def form_valid(self, form):
        data = {name: form.cleaned_data[name] for name in ("name", "acronym", "kind", "headquarters")}
        try:
            with transaction.atomic():
                organisation = add_organisation(**data, by=self.request.user)
        except IntegrityError:  # a second click, or a colleague, at the same moment
            organisation = get_object_or_404(Organisation, name=data["name"])
        return redirect("partners:record_organisation", self.area.code, organisation.ref)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(area=self.area, **kwargs)
        return context | {
            "choices": _choices(context["form"].likely, self.area),
            "back_url": reverse("partners:record_eligibility", args=[self.area.code]),
        }


class OrganisationMixin(DssMixin):
    """A page about one organisation in an area, for DSS there."""

    @cached_property
    def organisation(self) -> Organisation:
        """The organisation of the address, if it is of a kind that stands in registers."""
        return get_object_or_404(Organisation, ref=self.kwargs["ref"], kind__in=KINDS_TO_ADD)

    @cached_property
    def standings(self) -> dict[tuple, Standing]:
        """How it stands now: by kind, and whether in this area, in the one that it is a part of, or everywhere."""
        rows = Standing.objects.on().filter(organisation=self.organisation).select_related("basis").order_by("-pk")
        return {(row.kind, row.area_id): row for row in rows if row.area_id in {None, *self.area.places}}

    @cached_property
    def situation(self) -> str:
        """there (nothing to record), national, global (only activity is missing), or unknown (who confirms it?)."""
        held, area = self.standings, self.area.pk
        is_global = (PARTNER, None) in held
        if (PARTNER, area) in held or (LOCAL, area) in held or (is_global and (ACTIVE, area) in held):
            return "there"
        if self.organisation.kind == Organisation.Kind.NNGO:
            return "national"
        return "global" if is_global else "unknown"

    def get_context_data(self, **kwargs):
        return super().get_context_data(area=self.area, organisation=self.organisation, **kwargs)


class RecordOrganisation(OrganisationMixin, FormView):
    """Records one organisation in an area, on what its situation allows."""

    template_name = "partners/record_organisation.html"
    FORMS = {"national": LocalArrangement, "unknown": CountryConfirmation}

    def get_form(self, form_class=None):
        """The form of the situation; without questions for a global partner."""
        form_class = self.FORMS.get(self.situation)
        return form_class(**self.get_form_kwargs()) if form_class else None

    def post(self, request, *args, **kwargs):
        if self.situation == "there":
            messages.info(request, _("This is recorded already."))
            return redirect("partners:record_organisation", self.area.code, self.organisation.ref)
        if self.situation == "global":
            return self._record(kind=ACTIVE, route=Basis.Route.DSS)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form):
        if self.situation == "national":
            return self._record(kind=LOCAL, route=Basis.Route.DSS, **form.cleaned_data)
        return self._record(kind=PARTNER, route=Basis.Route.COUNTRY, **form.cleaned_data)

    def _record(self, **terms):
        try:
            basis = record_basis(organisation=self.organisation, area=self.area, by=self.request.user, **terms)
        except NotEligible:  # its global status ended while this page was open
            messages.info(self.request, _("Somebody else changed this first. Look at what it is now before you go on."))
            return redirect("partners:record_organisation", self.area.code, self.organisation.ref)
        messages.success(self.request, _("Recorded. It stands in the register of the area from now on."))
        return redirect("partners:basis", basis.ref)

    def get_context_data(self, **kwargs):
        held, area = self.standings, self.area.pk
        there = next((row for key in (PARTNER, ACTIVE, LOCAL) if (row := held.get((key, area)))), None)
        case = EligibilityCase.objects.visible_to(self.access).filter(
            organisation=self.organisation, area=self.area, state=EligibilityCase.State.OPEN
        )
        return super().get_context_data(
            situation=self.situation,
            there=there,
            there_basis=getattr(there, "basis", None),
            is_suspended="suspended" in {kind for kind, _area in held},
            case=case.first() if self.situation == "unknown" else None,
            back_url=reverse("partners:record_eligibility", args=[self.area.code]),
            **kwargs,
        )


class CaseOpen(OrganisationMixin, FormView):
    """Puts to the Working Group what could not be established in the area."""

    form_class = CaseForm
    template_name = "partners/case_open.html"

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and self.may_read() and self.situation != "unknown":
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form):
        why, by = form.cleaned_data["why"], self.request.user
        case = open_case(organisation=self.organisation, area=self.area, why=why, by=by)
        messages.success(self.request, _("The Working Group is asked. You get a mail when it has answered."))
        return redirect("partners:case", case.ref)

    def get_context_data(self, **kwargs):
        back = reverse("partners:record_organisation", args=[self.area.code, self.organisation.ref])
        return super().get_context_data(back_url=back, **kwargs)


class _CaseMixin(ReaderMixin):
    """For the Working Group, DSS headquarters and DSS of an area; absent for everybody else."""

    policy = is_signed_in

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not self.may_read():
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def may_read(self) -> bool:
        """Whether questions of eligibility are the reader's business at all."""
        access = self.access
        return is_working_group(access) or is_dss_headquarters(access) or bool(areas_of(access, "dss"))

    def cases(self):
        """Those that the reader sees."""
        rows = EligibilityCase.objects.visible_to(self.access)
        return rows.select_related("organisation__headquarters", "area", "data_key", "opened_by", "settled_by")


class Cases(_CaseMixin, TemplateView):
    """Questions of eligibility: those that wait first, the oldest on top."""

    template_name = "partners/case_list.html"

    def get_context_data(self, **kwargs):
        state = EligibilityCase.State.OPEN
        waiting = self.cases().filter(state=state).order_by("opened_at", "pk")
        settled = self.cases().exclude(state=state).order_by("-settled_at", "pk")
        is_settled = self.request.GET.get("settled") == "1"
        page = Paginator(settled if is_settled else waiting, PAGE).get_page(self.request.GET.get("page"))
        return super().get_context_data(page=page, items=list(page.object_list), is_settled=is_settled, **kwargs)


class CasePage(_CaseMixin, FormView):
    """One question: why it was asked, and the answer of the Working Group with reasons."""

    form_class = CaseAnswer
    template_name = "partners/case.html"

    @cached_property
    def case(self) -> EligibilityCase:
        """The case of the address."""
        return get_object_or_404(self.cases(), ref=self.kwargs["ref"])

    @cached_property
    def may_answer(self) -> bool:
        """Whether the reader answers it now."""
        parties = {"working_group"} if is_working_group(self.access) else set()
        return "establish" in steps_open(self.case, parties)

    def post(self, request, *args, **kwargs):
        if not is_working_group(self.access):
            raise Http404
        return super().post(request, *args, **kwargs)

    def form_valid(self, form):
        data = form.cleaned_data
        try:
            settle_case(
                self.case, is_eligible=data["verdict"] == "establish", reasons=data["reasons"], by=self.request.user
            )
        except StaleState:
            self.__dict__.pop("case")
            form.add_error(
                None, _("Somebody else answered this first. What you typed is still here; copy it if needed.")
            )
            return self.form_invalid(form)
        except NotEligible:  # DSS found out meanwhile that it is a national NGO
            self.__dict__.pop("case")  # nothing was written: read anew what is so
            form.add_error(
                "verdict", _("Only international NGOs and international organisations can be eligible (§2).")
            )
            return self.form_invalid(form)
        messages.success(self.request, _("Answered. DSS of the area gets a mail."))
        return redirect("partners:case", self.case.ref)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(case=self.case, texts=self.case.texts, **kwargs)
        return context | {
            "shows_form": self.may_answer or context["form"].is_bound,
            "back_url": reverse("partners:cases"),
        }
