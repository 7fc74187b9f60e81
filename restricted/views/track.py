"""What handlers see and do. Only their own menu and a line of their home page lead here, both there at any time: no
count of what waits stands anywhere."""

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from restricted.actions import handling as actions
from restricted.codes import Consent
from restricted.contents import consents_of, consents_of_all, done_about, may_be_contacted, sent_at
from restricted.forms.handling import BringInForm, NoteForm
from restricted.handlers import names_of_readers, offered_to, readers_of
from restricted.models import Report
from restricted.policies import handles_restricted
from restricted.words import contact_of, facts_of, note_words, wish_in_list, wish_words
from slt_portal.states import StaleState
from slt_portal.views import PolicyMixin

from .pages import Quiet

PER_PAGE = 50


class Track(PolicyMixin, TemplateView):
    """The reports that were given to this handler: reference, state, wish, age. Not what they are about."""

    policy = handles_restricted
    template_name = "restricted/track.html"

    def get_context_data(self, **kwargs):
        rows = Report.objects.handled_by(self.request.user).select_related("data_key")
        page = Paginator(rows.order_by("ended_in", "-state", "pk"), PER_PAGE).get_page(self.request.GET.get("page"))
        agreed = consents_of_all(page)
        items = [(row, wish_in_list(row, agreed[row.pk]), _days_since(sent_at(row))) for row in page]
        return super().get_context_data(items=items, page=page, **kwargs)


def _days_since(moment):
    """None where the key is gone but the row came back: with an older backup."""
    return moment and (timezone.now() - moment).days


class HandledMixin:
    """A page about one report that was given to this handler; absent for everybody else, whatever they are."""

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            rows = Report.objects.handled_by(request.user).select_related("data_key")
            self.report = get_object_or_404(rows, ref=kwargs["ref"])
        return super().dispatch(request, *args, **kwargs)

    def page_url(self):
        """The page of the report, for handlers."""
        return reverse("restricted:detail", args=[self.report.ref])


def show(view, *, note_form=None, add_form=None, sentence="", status=200):
    """The page of a report for a handler; that it was opened is noted first."""
    report, user = view.report, view.request.user
    actions.note_opening(report, by=user)
    agreed = consents_of(report)
    names, readers = names_of_readers(report), readers_of(report)
    is_handled = report.state == Report.State.HANDLING
    others = _others(readers, user) if is_handled and Consent.ADD in agreed else []
    context = {
        "report": report,
        "sent_at": sent_at(report),
        "wish": wish_words(report),
        "contact": contact_of(report) if may_be_contacted(report, agreed) else [],
        "facts": facts_of(report, for_handler=True),
        "consents": [(label, value in agreed) for value, label in Consent.choices],
        "readers": readers,
        "done": [(note_words(one), one.on, names.get(one.by, "")) for one in done_about(report)],
        "is_new": report.state == Report.State.NEW,
        "is_handled": is_handled,
        "note_form": note_form or (NoteForm(agreed=agreed) if is_handled else None),
        "add_form": add_form or (BringInForm(others=others) if others else None),
        "form": note_form or add_form,
        "sentence": sentence,
    }
    return view.render_to_response(view.get_context_data(**context), status=status)


def _others(readers, user):
    """The handlers who do not read it yet. A handler who is its sender is among them, or it would tell who sent it:
    bringing them in gives them nothing."""
    known = {one.user for one in readers}
    return [one for one in offered_to(user) if one.user not in known]


class Detail(HandledMixin, Quiet, TemplateView):
    """One report."""

    template_name = "restricted/detail.html"

    def get(self, request, *args, **kwargs):
        return show(self)


class Act(Detail):
    """A button or a small form on that page; opened by itself it leads back there."""

    def get(self, request, *args, **kwargs):
        return redirect(self.page_url())

    def post(self, request, *args, **kwargs):
        """Do it. Who comes too late finds the page as it is now, with a sentence."""
        try:
            refused = self.act(request)
        except PermissionDenied:
            raise Http404 from None
        except StaleState:
            self.report = get_object_or_404(
                Report.objects.handled_by(request.user).select_related("data_key"), pk=self.report.pk
            )
            return show(self, sentence=_("Somebody else changed this first."), status=409)
        return refused or redirect(self.page_url())

    def act(self, request):
        """Do it; returns a page if it was refused."""
        raise NotImplementedError


class Take(Act):
    """Take it on."""

    def act(self, request):
        """Nobody is reminded any more."""
        actions.take_on(self.report, by=request.user)


class Close(Act):
    """Close it."""

    def act(self, request):
        """It can be read until its time is over."""
        actions.close_report(self.report, by=request.user)


class WriteNote(Act):
    """Note what was done, in a code."""

    def act(self, request):
        """One of the codes."""
        form = NoteForm(request.POST)
        if not form.is_valid():
            return show(self, note_form=form, status=422)
        try:
            actions.note_done(self.report, **form.cleaned_data, by=request.user)
        except actions.NotAgreed:
            form.add_error("what", _("The sender has not agreed to that, or has taken it back."))
            return show(self, note_form=form, status=422)
        return None


class BringIn(Act):
    """Let another handler read it."""

    def act(self, request):
        """With the sender's consent."""
        others = _others(readers_of(self.report), request.user)
        form = BringInForm(request.POST, others=others)
        if not form.is_valid():
            return show(self, add_form=form, status=422)
        try:
            actions.bring_in(self.report, membership=int(form.cleaned_data["handler"]), by=request.user)
        except actions.NotAgreed:
            form.add_error("handler", _("The sender has not agreed to that, or has taken it back."))
            return show(self, add_form=form, status=422)
        return None
