"""What its sender sees and does: where it stands, who opened it when, what is agreed, how to reach them, who reads it,
taking it back."""

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from restricted.actions import filing as actions
from restricted.codes import Consent
from restricted.contents import consents_of, done_about, is_late, openings_of
from restricted.forms.contact import NewReachForm, NothingForm, ReadersForm
from restricted.forms.report import ConsentsForm
from restricted.handlers import offered_again, readers_of
from restricted.models import Report
from restricted.who_helps import services_for
from restricted.words import contact_of, facts_of, note_words
from slt_portal.states import StaleState

from .pages import Quiet, QuietForm

PER_PAGE = 50


class Mine(Quiet, TemplateView):
    """What I sent: reference and state, nothing that tells what it was."""

    template_name = "restricted/mine.html"

    def get_context_data(self, **kwargs):
        rows = Report.objects.sent_by(self.request.user).order_by("-pk")
        page = Paginator(rows, PER_PAGE).get_page(self.request.GET.get("page"))
        return super().get_context_data(items=page.object_list, page=page, **kwargs)


class OwnMixin:
    """A page about one report of the reader; absent for everybody else, also for its handlers."""

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            rows = Report.objects.sent_by(request.user).select_related("data_key")
            self.report = get_object_or_404(rows, ref=kwargs["ref"])
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            report=self.report, back_url=self.page_url(), back_label=self.report.ref, **kwargs
        )

    def page_url(self):
        """The page of the report."""
        return reverse("restricted:own", args=[self.report.ref])


class Own(OwnMixin, Quiet, TemplateView):
    """Where it stands."""

    template_name = "restricted/own.html"

    def get_context_data(self, **kwargs):
        agreed, late = consents_of(self.report), is_late(self.report, timezone.now())
        return super().get_context_data(
            **(services_for(self.request) if late else {}),
            is_there=self.report.state in Report.OPEN_TO_HANDLERS,
            is_late=late,
            contact=contact_of(self.report),
            is_contact_agreed=Consent.CONTACT in agreed,
            readers=readers_of(self.report),
            openings=openings_of(self.report),
            done=[(note_words(one), one.on) for one in done_about(self.report)],
            consents=[(label, value in agreed) for value, label in Consent.choices],
            facts=facts_of(self.report),
            **kwargs,
        )


class OwnForm(OwnMixin, QuietForm):
    """One thing that the sender changes; who comes too late finds the page as it is."""

    template_name = "restricted/own_form.html"
    heading = lede = label = ""

    def dispatch(self, request, *args, **kwargs):
        try:
            return super().dispatch(request, *args, **kwargs)
        except StaleState:  # it is withdrawn: the page says so
            return redirect(self.page_url())
        except PermissionDenied:
            raise Http404 from None

    def get(self, request, *args, **kwargs):
        if self.report.state not in Report.OPEN_TO_HANDLERS:
            return redirect(self.page_url())
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        words = {"heading": self.heading, "lede": self.lede, "submit_label": self.label}
        return super().get_context_data(cancel_url=self.page_url(), **words, **kwargs)


class Consents(OwnForm):
    """What is agreed, changed or taken back."""

    form_class = ConsentsForm

    @property
    def heading(self):
        """What the page is."""
        return _("What you agree to")

    @property
    def lede(self):
        """What follows."""
        return _("What you take back is not done from now on. What was done before cannot be undone.")

    def get_initial(self):
        return {"consents": sorted(consents_of(self.report))}

    def get_form_kwargs(self):
        texts = self.report.texts
        kept = {"affected": texts.get("affected", ""), "reach": texts.get("reach", "")}
        return {**super().get_form_kwargs(), **kept}

    def form_valid(self, form):
        actions.change_consents(self.report, consents=form.cleaned_data["consents"], by=self.request.user)
        return redirect(self.page_url())


class Contact(OwnForm):
    """How to reach the sender."""

    form_class = NewReachForm

    @property
    def heading(self):
        """What the page is."""
        return _("How to reach you")

    @property
    def lede(self):
        """What follows."""
        return _("The handlers see from now on what you write here, if you agree to be contacted.")

    def get_initial(self):
        texts = self.report.texts
        return {name: texts.get(name, "") for name in ("reach", "when", "language", "leave_word")}

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "is_agreed": Consent.CONTACT in consents_of(self.report)}

    def form_valid(self, form):
        actions.change_contact(self.report, contact=form.contact, by=self.request.user)
        return redirect(self.page_url())


class Readers(OwnForm):
    """Who of the handlers reads it."""

    form_class = ReadersForm

    @property
    def heading(self):
        """What the page is."""
        return _("Who reads it")

    @property
    def lede(self):
        """What follows."""
        return _("Whose tick you take away cannot open it any more. Whom you add can, from now on.")

    def get_initial(self):
        return {"readers": [str(one.pk) for one in readers_of(self.report)]}

    def get_form_kwargs(self):
        offered = offered_again(self.request.user, readers_of(self.report))
        return {**super().get_form_kwargs(), "offered": offered}

    def form_valid(self, form):
        try:
            actions.change_readers(self.report, readers=form.chosen, by=self.request.user)
        except actions.NobodyReads:
            return self.refused(form, "readers", _("Choose again: one of these people is no handler any more."))
        return redirect(self.page_url())


class Withdraw(OwnForm):
    """Taking it back."""

    form_class = NothingForm

    @property
    def heading(self):
        """What the page is."""
        return _("Take it back")

    @property
    def lede(self):
        """What follows."""
        return _(
            "Everything in it is destroyed at once, for the handlers too, and it will be in no figure. There is no way "
            "back."
        )

    @property
    def label(self):
        """What the button says."""
        return _("Destroy it")

    def form_valid(self, form):
        actions.withdraw_report(self.report, by=self.request.user)
        return redirect(self.page_url())

    def get_context_data(self, **kwargs):
        return super().get_context_data(is_danger=True, **kwargs)
