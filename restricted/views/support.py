"""Support first: what helps now, who can be called, and only then the two short forms (C10, journey 6)."""

from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from restricted.actions.filing import NobodyReads, TooManyOpen, send_report
from restricted.channels import mandatory_channels
from restricted.forms.report import CallForm, ReportForm
from restricted.handlers import offered_to
from restricted.policies import keeps_services, reads_years
from restricted.who_helps import services_for
from slt_portal.states import StaleState

from .pages import Quiet, QuietForm


class Support(TemplateView):
    """What to do now, who can be called, what happens with what is sent.

    Anybody reads the first two, also without an account; who the handlers are only who is signed in.
    """

    template_name = "restricted/support.html"

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**services_for(self.request), **kwargs)
        user = self.request.user
        if not user.is_authenticated:
            return context
        rights = {"keeps_services": keeps_services(user), "reads_years": reads_years(user)}
        return {**context, "offered": offered_to(user), **rights}


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
