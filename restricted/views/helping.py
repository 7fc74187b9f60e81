"""Keeping the list of services: handlers and DSS headquarters."""

from django.core.paginator import Paginator
from django.db.models import F
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import TemplateView

from restricted.actions import helping as actions
from restricted.forms.contact import NothingForm
from restricted.forms.helping import ServiceForm
from restricted.policies import keeps_services
from restricted.who_helps import old_before, services_now
from slt_portal.views import PolicyMixin

from .pages import QuietForm

PER_PAGE = 50


class Keeper(PolicyMixin):
    """A page for those who keep the list; absent for others. `service`: which one, if the address names one."""

    policy = keeps_services

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.service = None
        if "ref" in kwargs and request.user.is_authenticated and keeps_services(request.user):
            self.service = get_object_or_404(services_now(), ref=kwargs["ref"])


class Services(Keeper, TemplateView):
    """All that are shown, those that were confirmed longest ago on top."""

    template_name = "restricted/services.html"

    def get_context_data(self, **kwargs):
        rows = services_now().order_by("confirmed_on", F("area__name_en").asc(nulls_first=True), "name", "pk")
        page = Paginator(rows, PER_PAGE).get_page(self.request.GET.get("page"))
        return super().get_context_data(items=page.object_list, page=page, old_before=old_before(), **kwargs)


class ServiceNew(Keeper, QuietForm):
    """Add one."""

    form_class = ServiceForm
    template_name = "restricted/service_form.html"

    def form_valid(self, form):
        try:
            actions.keep_service(self.service, by=self.request.user, **form.cleaned_data)
        except actions.KnownAlready:
            return self.refused(form, "name", _("A service of this name is in the list of this area already."))
        return redirect("restricted:services")

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            service=self.service,
            back_url=reverse("restricted:services"),
            cancel_url=reverse("restricted:services"),
            **kwargs,
        )


class ServiceEdit(ServiceNew):
    """Change one; whoever saves it says that it is right."""

    def get_initial(self):
        names = ("kind", "name", "what", "telephone", "languages", "hours")
        area = self.service.area.code if self.service.area else ""
        return {**{name: getattr(self.service, name) for name in names}, "area": area}


class ServiceEnd(Keeper, QuietForm):
    """Take one out."""

    form_class = NothingForm
    template_name = "restricted/service_end.html"

    def form_valid(self, form):
        actions.end_service(self.service, by=self.request.user)
        return redirect("restricted:services")

    def get_context_data(self, **kwargs):
        back = reverse("restricted:services")
        return super().get_context_data(service=self.service, back_url=back, cancel_url=back, is_danger=True, **kwargs)


class ServiceConfirm(Keeper, View):
    """It was called and is right."""

    http_method_names = ["post"]

    def post(self, request, ref):
        """Note the day."""
        if self.service is None:
            raise Http404
        actions.confirm_service(self.service, by=request.user)
        return redirect("restricted:services")
