"""Who has part in a case: who handles it, who read it, who is kept out of it; and changing that (F3)."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.generic import TemplateView

from accounts.models import User
from feedback import handlers
from feedback.actions import people as actions
from feedback.forms.intake import ClearForm, ConcernedForm, HandlerForm
from feedback.models import Case
from feedback.part import KeptOut, handlers_in, kept_out, readings_of

from .handling import HandledCase, Step

PER_PAGE = 50
PARTIES = {
    "sender": gettext_lazy("sender's side"),
    "intake": gettext_lazy("intake"),
    "handler": gettext_lazy("Working Group"),
    "committee": gettext_lazy("Oversight Committee"),
}


class People(HandledCase, TemplateView):
    """Who handles it, who is kept out, and who read it when."""

    template_name = "feedback/people.html"

    def get_context_data(self, **kwargs):
        if "handler" not in self.parties:
            raise Http404
        page = Paginator(readings_of(self.case), PER_PAGE).get_page(self.request.GET.get("page"))
        concerned = list(actions.concerned_rows(self.case))
        found = handlers_in(self.case, concerned)
        return super().get_context_data(
            case=self.case,
            handlers=found,
            is_last=sum(one.takes_steps for one in found) < 2,
            kept_out=kept_out(self.case, concerned),
            readings=[(row, PARTIES.get(row.party, "")) for row in page],
            page=page,
            back_url=self.page_url(),
            **kwargs,
        )


class _OfPeople(Step):
    """One change of who has part in it: for those who handle the case, whatever its state."""

    def is_open(self):
        """Always, for them; Http404 for everybody else."""
        if "handler" not in self.parties:
            raise Http404
        return True

    def page_url(self):
        """The page of who has part in it."""
        return reverse("feedback:people", args=[self.case.ref])


class HandlerAdd(_OfPeople):
    """Somebody who holds an office with which the case lies handles it (again)."""

    form_class = HandlerForm
    heading = gettext_lazy("Add somebody who handles it")
    lede = gettext_lazy(
        "Whoever comes to one of the offices with which the case lies is added within the hour, but for those who were "
        "taken off it. Nobody who is concerned, or works for the sender's organisation, can be added."
    )
    label = gettext_lazy("Add")
    done = gettext_lazy("Added. They read the whole case from now on.")

    @cached_property
    def offered(self) -> set[int]:
        """Whom the case can be given to."""
        given = {user for user, _principal in self.given}
        return {user for user, _principal in handlers.eligible(self.case)} - given

    def get(self, request, *args, **kwargs):
        self.is_open()
        if self.offered:
            return super().get(request, *args, **kwargs)
        messages.info(request, _("Everybody who may handle it does so already."))
        return redirect(self.page_url())

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "offered": self.offered}

    def act(self, *, by, user):
        """Add them."""
        actions.add_handler(self.case, user=user, by=by)


class HandlerRemove(HandledCase, View):
    """Takes somebody off; the button stands on the page of who has part in it."""

    def get(self, request, ref):
        """There is nothing to look at."""
        return redirect("feedback:people", ref)

    def post(self, request, ref):
        """Take them off."""
        key = request.POST.get("user", "")
        user = get_object_or_404(User, pk=int(key) if key.isascii() and key.isdigit() and len(key) < 10 else 0)
        try:
            actions.remove_handler(self.case, user=user, by=request.user)
        except PermissionDenied:
            raise Http404 from None
        except actions.LastHandler:
            messages.error(request, _("Somebody must handle the case. Add another person first."))
            return redirect("feedback:people", ref)
        messages.success(request, _("Taken off. They see nothing of the case from now on."))
        return redirect("feedback:intake") if user == request.user else redirect("feedback:people", ref)


class ConcernedNote(_OfPeople):
    """Somebody turns out to be concerned."""

    template_name = "feedback/concerned.html"
    form_class = ConcernedForm
    heading = gettext_lazy("Who is concerned")
    lede = gettext_lazy(
        "From the moment you save this they see nothing of the case, whatever office they hold: no list, no mail, no "
        "decision. They are not told."
    )
    label = gettext_lazy("Keep them out")
    done = gettext_lazy("Saved. They see nothing of the case from now on.")

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "case": self.case}

    def form_valid(self, form):
        try:
            actions.note_concerned(self.case, **form.values(), by=self.request.user)
        except PermissionDenied:
            raise Http404 from None
        except actions.SenderConcerned:
            form.add_error("people", _("Whoever sent the case always reads it."))
            return self.form_invalid(form)
        except actions.NobodyLeft as error:
            form.add_error("route", self._nobody(error, form))
            return self.form_invalid(form)
        messages.success(self.request, self.done)
        still = Case.objects.handled_by(self.request.user).filter(pk=self.case.pk).exists()
        return redirect(self.page_url() if still else reverse("feedback:intake"))

    def _nobody(self, error, form):
        if len(form.fields["route"].choices) == 1:
            return _("Nobody would be left to handle it, and there is no other desk that could get it.")
        if isinstance(error, actions.NeedsDesk):
            return _("DSS headquarters cannot keep a case about themselves. Choose the desk that keeps it from now on.")
        return _("Nobody would be left to handle it. Choose who gets it.")

    def get_context_data(self, **kwargs):
        return super().get_context_data(kept_out=kept_out(self.case, actions.concerned_rows(self.case)), **kwargs)


class ConcernedClear(_OfPeople):
    """Somebody is not concerned after all."""

    form_class = ClearForm
    heading = gettext_lazy("Not concerned after all")
    label = gettext_lazy("Let them see it again")
    done = gettext_lazy("Saved.")

    @cached_property
    def who(self) -> KeptOut:
        """Who is meant; Http404 for who was cleared already, or never can be."""
        for one in kept_out(self.case, actions.concerned_rows(self.case)):
            if self.kwargs["pk"] in {row.pk for row in one.rows} and not one.stays:
                return one
        raise Http404

    @property
    def lede(self):
        """Whom it is about, and what follows."""
        return _(
            "%(who)s: they can be given the case again by their office, within the hour. Decisions of which they were "
            "kept out stay closed to them."
        ) % {"who": f"\u2068{self.who.words}\u2069"}  # a name may be written from right to left

    def act(self, *, by, reason, uid):
        """Take it back."""
        actions.clear_concerned(self.case, rows=self.who.rows, reason=reason, uid=uid, by=by)
