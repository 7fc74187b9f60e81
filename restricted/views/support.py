"""Support first: what helps now, who can be called, and only then the two short forms (C10, journey 6)."""

from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from organisations.memberships import memberships_of
from restricted.actions.filing import NobodyReads, TooManyOpen, send_report
from restricted.channels import mandatory_channels
from restricted.forms.report import CallForm, ReportForm
from restricted.handlers import offered_to
from restricted.models import SupportService
from restricted.policies import keeps_services, reads_years
from slt_portal.states import StaleState

from .pages import Quiet, QuietForm

MOST_SERVICES = 300


def services_for(request) -> dict:
    """Who can be called: `near` (everywhere, and in the areas in which the reader works), then all `others`."""
    own = {row.area_id for row in memberships_of(request)}
    rows = SupportService.objects.filter(ended_on=None).select_related("area")
    rows = list(rows.order_by(F("area__name_en").asc(nulls_first=True), "kind", "name")[:MOST_SERVICES])
    near = [row for row in rows if row.area_id is None or row.area_id in own]
    old = timezone.now().date() - timedelta(days=settings.SERVICE_CONFIRMED_DAYS)
    return {"near": near, "others": [row for row in rows if row not in near], "old_before": old}


class Support(Quiet, TemplateView):
    """What to do now, who can be called, what happens with what is sent."""

    template_name = "restricted/support.html"

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            offered=offered_to(self.request.user),
            **services_for(self.request),
            keeps_services=keeps_services(self.request.user),
            reads_years=reads_years(self.request.user),
            **kwargs,
        )


class Channels(Quiet, TemplateView):
    """Where allegations against aid staff go. The portal stores nothing of them."""

    template_name = "restricted/channels.html"

    def get_context_data(self, **kwargs):
        return super().get_context_data(channels=mandatory_channels(), **kwargs)


class Send(QuietForm):
    """One of the two forms, below the same text and the names of who will read it. Without handlers there is none."""

    @cached_property
    def offered(self):
        """The handlers who can be chosen."""
        return offered_to(self.request.user)

    def get_template_names(self):
        return [self.template_name if self.offered else "restricted/nobody.html"]

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "offered": self.offered}

    def form_valid(self, form):
        data = form.cleaned_data
        said = {"submission": data["submission"], "said": form.said, "consents": form.agreed, "readers": form.chosen}
        try:
            report = send_report(**said, by=self.request.user)
        except NobodyReads:
            return self.refused(form, "readers", _("Choose again: one of these people is no handler any more."))
        except TooManyOpen:
            sentence = _(
                "Several things that you sent are open already. Call one of the people above, or withdraw one."
            )
            return self.refused(form, None, sentence)
        except StaleState:
            return self.refused(form, None, _("This form was sent by somebody else. Start again."))
        return redirect("restricted:own", report.ref)

    def get_context_data(self, **kwargs):
        return super().get_context_data(offered=self.offered, **services_for(self.request), **kwargs)


class ReportPage(Send):
    """A few facts, none of them asked for."""

    form_class = ReportForm
    template_name = "restricted/report.html"


class CallPage(Send):
    """“Call me.”"""

    form_class = CallForm
    template_name = "restricted/call.html"
