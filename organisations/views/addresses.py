"""Which addresses an organisation may use: its e-mail domains, and exceptions for personal addresses (I7)."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import FormView, TemplateView

from notifications.bounce_actions import confirm_address
from organisations.address_actions import (
    add_domain,
    approve_exception,
    refuse_exception,
    remove_domain,
    renew_exception,
    request_exception,
)
from organisations.forms import DecisionForm, DomainForm, ExceptionRequestForm, UntilForm
from organisations.models import AddressException, Membership, OrganisationDomain
from organisations.policies import can_decide_exception, can_invite, rights_over, runs_addresses
from organisations.querysets import exceptions_of, live_exception
from slt_portal.states import StaleState

from .people import OrganisationMixin

State = AddressException.State


class _DssMixin(OrganisationMixin):
    """A page of DSS headquarters about one organisation; absent for everybody else."""

    policy = runs_addresses


class DomainAdd(_DssMixin, FormView):
    """Notes an e-mail domain of the organisation."""

    form_class = DomainForm
    template_name = "organisations/domain_add.html"

    def form_valid(self, form):
        row = add_domain(organisation=self.organisation, domain=form.cleaned_data["domain"], by=self.request.user)
        text = _("From now on people of this organisation are invited at %(domain)s.")
        messages.success(self.request, text % {"domain": row.domain})
        return redirect(self.people_url())

    def get_context_data(self, **kwargs):
        return super().get_context_data(organisation=self.organisation, back_url=self.people_url(), **kwargs)


class DomainRemove(_DssMixin, View):
    """Asks, then takes a domain off the list."""

    def get(self, request, **kwargs):
        context = {"row": self._row(), "organisation": self.organisation, "cancel_url": self.people_url()}
        return render(request, "organisations/domain_remove.html", context)

    def post(self, request, **kwargs):
        try:
            remove_domain(self._row(), by=request.user)
        except StaleState:
            messages.info(request, _("This domain was removed already."))
        else:
            messages.success(request, _("The domain is removed. Nobody who is in loses anything."))
        return redirect(self.people_url())

    def _row(self):
        if "\x00" in self.kwargs["domain"]:
            raise Http404
        return get_object_or_404(OrganisationDomain, organisation=self.organisation, domain=self.kwargs["domain"])


class _ExceptionsMixin(OrganisationMixin):
    """Pages about the exceptions of one organisation, for those who invite there and for DSS headquarters."""

    def dispatch(self, request, *args, **kwargs):
        if self.organisation and not (runs_addresses(request.user) or can_invite(request.user, self.organisation)):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def exceptions_url(self):
        """Where one goes back to."""
        return reverse("organisations:exceptions", args=[self.organisation.ref])


class AddressRight(OrganisationMixin, View):
    """Says that somebody's address is right although mail to it came back: for who may end their role."""

    http_method_names = ["post"]

    def post(self, request, **kwargs):
        rows = Membership.objects.select_related("user")
        row = get_object_or_404(rows, ref=kwargs["membership"], organisation=self.organisation)
        if row.role not in rights_over(request.user, self.organisation, self.held).ends:
            raise Http404
        try:
            confirm_address(row.user, by=request.user)
        except StaleState:
            messages.info(request, _("Somebody else has said so already."))
        else:
            text = _("The mark is gone. It returns if another mail to %(email)s comes back.")
            messages.success(request, text % {"email": row.user.email})
        return redirect(self.people_url())


class Exceptions(_ExceptionsMixin, TemplateView):
    """The exceptions of an organisation: what waits, what is allowed until when."""

    template_name = "organisations/exception_list.html"

    def get_context_data(self, **kwargs):
        now, user = timezone.now(), self.request.user
        runs = any(role == "dss_headquarters" for role, _ in self.held)
        items = [
            {
                "row": row,
                "can_decide": runs and row.requested_by_id != user.pk,
                "is_waiting": row.state == State.REQUESTED,
                "is_live": row.state == State.APPROVED and row.expires_at > now,
                "is_over": row.state == State.APPROVED and row.expires_at <= now,
            }
            for row in exceptions_of(self.organisation)
        ]
        return super().get_context_data(
            organisation=self.organisation, items=items, back_url=self.people_url(), **kwargs
        )


class ExceptionRequest(_ExceptionsMixin, FormView):
    """Asks DSS headquarters for an exception. What was typed on the invitation travels along, to go back to."""

    form_class = ExceptionRequestForm
    template_name = "organisations/exception_request.html"

    def get_form_kwargs(self):
        kwargs = {**super().get_form_kwargs(), "organisation": self.organisation}
        if "begin" in self.request.POST:  # the button on the invitation: nothing was answered here yet
            kwargs = {name: kwargs[name] for name in ("initial", "prefix", "organisation")}
        return kwargs

    def get_initial(self):
        """The address refused on the invitation, or that of the exception one asks to have prolonged."""
        if "begin" in self.request.POST:
            return {"email": self.request.POST.get("email", "")}
        ref = self.request.GET.get("of", "").replace("\x00", "")[:16]
        known = AddressException.objects.filter(organisation=self.organisation, ref=ref).first()
        return {"email": known.email if known else ""}

    def post(self, request, *args, **kwargs):
        if "begin" in request.POST:
            return self.render_to_response(self.get_context_data())
        return super().post(request, *args, **kwargs)

    def form_valid(self, form):
        request_exception(**form.cleaned_data, organisation=self.organisation, by=self.request.user)
        messages.success(self.request, _("DSS headquarters is asked. You get a mail when they have decided."))
        return redirect(self.exceptions_url())

    def get_context_data(self, **kwargs):
        typed = self.request.POST
        return super().get_context_data(
            organisation=self.organisation,
            carried=[(name, typed[name]) for name in ExceptionRequestForm.CARRIED if name in typed],
            invite_url=reverse("organisations:invite", args=[self.organisation.ref]),
            back_url=self.exceptions_url(),
            **kwargs,
        )


class _OneException(_DssMixin, FormView):
    """A page of DSS headquarters about one exception; who asked for it may look, not act."""

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        rows = AddressException.objects.select_related("requested_by", "organisation")
        self.row = rows.filter(organisation=self.organisation, ref=kwargs["exception"]).first()

    def dispatch(self, request, *args, **kwargs):
        if self.organisation and runs_addresses(request.user):
            if self.row is None:
                raise Http404
            if not can_decide_exception(request.user, self.row):
                raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        return super().get_context_data(row=self.row, back_url=self._list_url(), **kwargs)

    def _list_url(self):
        return reverse("organisations:exceptions", args=[self.organisation.ref])

    def done(self, text):
        """Back to the list with a sentence."""
        messages.success(self.request, text)
        return redirect(self._list_url())

    def too_late(self):
        """Back to the list: somebody was faster."""
        messages.info(self.request, _("Somebody decided meanwhile, or it has run out."))
        return redirect(self._list_url())


class ExceptionDecide(_OneException):
    """Approves until a day, or refuses."""

    form_class = DecisionForm
    template_name = "organisations/exception_decide.html"

    def get(self, request, *args, **kwargs):
        return super().get(request, *args, **kwargs) if self.row.state == State.REQUESTED else self.too_late()

    def form_valid(self, form):
        until = form.cleaned_data["until"]
        try:
            if until:
                approve_exception(self.row, until=until, by=self.request.user)
            else:
                refuse_exception(self.row, by=self.request.user)
        except StaleState:
            return self.too_late()
        return self.done(_("Approved. Who asked gets a mail.") if until else _("Refused. Who asked gets a mail."))


class ExceptionRenew(_OneException):
    """Prolongs an exception that is in force, and the roles that rest on it."""

    form_class = UntilForm
    template_name = "organisations/exception_renew.html"

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "after": self.row.expires_at}

    def get(self, request, *args, **kwargs):
        in_force = live_exception(self.organisation, self.row.email) == self.row
        return super().get(request, *args, **kwargs) if in_force else self.too_late()

    def form_valid(self, form):
        try:
            renew_exception(self.row, until=form.cleaned_data["until"], by=self.request.user)
        except StaleState:
            return self.too_late()
        return self.done(_("Renewed. The roles that rest on it last as long."))
