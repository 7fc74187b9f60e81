"""The names of an organisation: DSS headquarters adds, removes and renames (P12)."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.generic import FormView

from organisations.models import OrganisationName
from organisations.name_actions import add_name, remove_name, rename
from organisations.name_forms import NameForm, RenameForm
from organisations.policies import runs_addresses
from slt_portal.states import StaleState

from .people import OrganisationMixin


class _NamesMixin(OrganisationMixin):
    """A page of DSS headquarters, which keeps the records; absent for everybody else."""

    policy = runs_addresses


class _NameForm(_NamesMixin, FormView):
    template_name = "organisations/name_add.html"
    heading = lede = submit = ""

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "organisation": self.organisation}

    def get_context_data(self, **kwargs):
        texts = {"page_heading": self.heading, "page_lede": self.lede, "submit_label": self.submit}
        url = self.people_url()
        return super().get_context_data(organisation=self.organisation, back_url=url, cancel_url=url, **texts, **kwargs)


class NameAdd(_NameForm):
    """Notes another name."""

    form_class = NameForm
    heading = gettext_lazy("Add a name")
    lede = gettext_lazy("Lists and applications that write this name are then recognised as this organisation.")
    submit = gettext_lazy("Add the name")

    def form_valid(self, form):
        row = add_name(**form.cleaned_data, organisation=self.organisation, by=self.request.user)
        messages.success(self.request, _("From now on “%(name)s” means this organisation.") % {"name": row.name})
        return redirect(self.people_url())


class Rename(_NameForm):
    """Gives the organisation another name; the one it had is kept."""

    form_class = RenameForm
    heading = gettext_lazy("Change the name")
    lede = gettext_lazy("The name it has now is kept as a former name, so that older papers are still recognised.")
    submit = gettext_lazy("Change the name")

    def form_valid(self, form):
        try:
            rename(self.organisation, name=form.cleaned_data["name"], by=self.request.user)
        except StaleState:
            form.add_error("name", _("Another organisation has this name, or somebody changed it at this moment."))
            return self.form_invalid(form)
        messages.success(self.request, _("The name is changed. The former one is kept."))
        return redirect(self.people_url())


class NameRemove(_NamesMixin, View):
    """Asks, then takes a name away."""

    def get(self, request, **kwargs):
        context = {"row": self._row(), "organisation": self.organisation, "cancel_url": self.people_url()}
        return render(request, "organisations/name_remove.html", context)

    def post(self, request, **kwargs):
        try:
            remove_name(self._row(), by=request.user)
        except StaleState:
            messages.info(request, _("This name was removed already."))
        else:
            messages.success(request, _("The name is removed."))
        return redirect(self.people_url())

    def _row(self):
        return get_object_or_404(OrganisationName, organisation=self.organisation, pk=self.kwargs["name"])
