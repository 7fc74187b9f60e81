"""The intake: the queue of DSS headquarters and of each consortium desk, and what becomes of a case there (F2, F3)."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import F
from django.http import Http404
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.generic import TemplateView

from feedback.actions import intake as actions
from feedback.forms.intake import (
    AssignForm,
    ClassifyForm,
    ConfirmForm,
    HandOverForm,
    LinkForm,
    ListFilter,
    RedirectForm,
)
from feedback.links import kind_of, links_of
from feedback.models import Case
from feedback.office_names import names_of
from feedback.policies import handles_feedback
from sharing.views import ReaderMixin
from slt_portal.states import StaleState
from slt_portal.views import is_signed_in

from .filing import mandatory_channels
from .handling import HandledCase, Step

State = Case.State
PER_PAGE = 50
_OFFICES = ("dss_world", "consortium_desk", "working_group", "oversight_committee")
_RELATED = ("area", "organisation", "about_organisation", "owner")


class Intake(ReaderMixin, TemplateView):
    """The cases that the reader handles, each office its own: what is due first on top, closed ones last."""

    policy = is_signed_in
    template_name = "feedback/intake.html"

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not handles_feedback(self.access):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        filters = ListFilter(self.request.GET or None)
        chosen = filters.cleaned_data if filters.is_valid() else {}
        page = Paginator(self._rows(chosen), PER_PAGE).get_page(self.request.GET.get("page"))
        return super().get_context_data(
            items=[(row, row.is_overdue(self.access.on)) for row in page],
            page=page,
            count_label=page.paginator.count,
            filter_form=filters,
            is_filtered=any(chosen.values()),
            offices=self._offices(),
            **kwargs,
        )

    def _rows(self, chosen):
        rows = Case.objects.handled_by(self.access).select_related(*_RELATED)
        state, category = chosen.get("state"), chosen.get("category")
        if not state:
            rows = rows.filter(state__in=Case.OPEN)
        elif state != ListFilter.ALL:
            rows = rows.filter(state=state)
        if category:
            rows = rows.filter(category="" if category == "none" else category)
        if chosen.get("overdue"):
            rows = rows.filter(state__in=Case.OPEN, due_at__lt=self.access.on)
        if mine := chosen.get("mine"):
            rows = rows.filter(owner=None if mine == "none" else self.access.user_id)
        closed_last = F("closed_at").desc(nulls_first=True)
        return rows.order_by(closed_last, F("due_at").asc(nulls_last=True), "pk")

    def _offices(self):
        """By which offices the reader handles cases, in words."""
        held = [name for name in self.access.principals if name.partition(":")[0] in _OFFICES]
        return sorted(names_of(held).values())


class Take(Step):
    """Somebody of the intake takes it in."""

    step, form_class = "take", ConfirmForm
    heading = gettext_lazy("Take the case in")
    lede = gettext_lazy("You lead it until it is handed over. Say what it is about, look who is concerned, hand it on.")
    label = gettext_lazy("Take it in")
    done = gettext_lazy("You have it. Say what it is about, then hand it to the Working Group.")

    def act(self, *, by):
        """Take it."""
        actions.take(self.case, by=by)


class HandOver(Step):
    """It goes to the Working Group."""

    step, form_class = "hand_over", HandOverForm
    heading = gettext_lazy("Hand the case to the Working Group")
    lede = gettext_lazy(
        "The Working Group reads the whole case from now on, but for whoever is concerned, and proposes a resolution. "
        "You go on reading and writing."
    )
    label = gettext_lazy("Hand it over")
    people = 0  # of the Working Group, who may handle it

    @property
    def note(self):
        """That nobody has said yet what it is about."""
        return "" if self.case.category else _("Nobody has said yet what it is about. The figures need it.")

    def act(self, *, by, note, uid):
        """Hand it over."""
        self.people = actions.hand_over(self.case, note=note, uid=uid, by=by)

    @property
    def done(self):
        """That it is with the Working Group, or that nobody there may handle it."""
        if self.people:
            return _("Handed over. The Working Group is told.")
        return _("Handed over. But nobody of the Working Group may handle this case: propose the resolution yourself.")


class Redirect(Step):
    """It belongs elsewhere."""

    step, form_class = "redirect", RedirectForm
    heading = gettext_lazy("It is not a matter of Saving Lives Together")
    lede = gettext_lazy("The case is closed. The sender reads your reasons, and can open it again for 60 days.")
    label = gettext_lazy("Close the case")
    done = gettext_lazy("Closed. The sender is told.")

    def act(self, *, by, reasons, uid):
        """Close it with reasons."""
        actions.redirect(self.case, reasons=reasons, uid=uid, by=by)


class Divert(Step):
    """It has mandatory channels of its own."""

    template_name = "feedback/intake_divert.html"
    step, form_class = "divert", ConfirmForm
    heading = gettext_lazy("It is about sexual exploitation or abuse by aid staff")
    lede = gettext_lazy(
        "Such an allegation has mandatory channels of its own, and the portal keeps nothing of it. The text, the whole "
        "conversation and all files of this case are destroyed now. The sender is told where to turn to."
    )
    note = gettext_lazy("This cannot be undone. If you must pass it on yourself, do that first, by those channels.")
    label = gettext_lazy("Destroy the text and close the case")
    done = gettext_lazy("Closed. Nothing of it is kept, and the sender is told where to turn to.")

    def act(self, *, by):
        """Destroy it."""
        actions.divert(self.case, by=by)

    def get_context_data(self, **kwargs):
        return super().get_context_data(is_danger=True, channels=mandatory_channels(), **kwargs)


class Assign(Step):
    """One of those who handle it leads it."""

    step, form_class = "assign", AssignForm
    heading = gettext_lazy("Say who leads it")
    lede = gettext_lazy("All who handle the case go on reading and writing. One of them sees to its next step.")
    label = gettext_lazy("Save")
    done = gettext_lazy("Saved. Whoever leads it is told.")

    def get_form_kwargs(self):
        initial = {"owner": self.case.owner_id, "before": self.case.owner_id or ""}
        return {**super().get_form_kwargs(), "case": self.case, "initial": initial}

    def act(self, *, by, owner, before):
        """Give it to somebody."""
        if before != str(self.case.owner_id or "") and owner.pk != self.case.owner_id:
            raise StaleState("somebody else gave it to somebody")
        actions.assign(self.case, owner=owner, by=by)


class _WhileOpen(Step):
    """What is no step of its own: for those who handle it, until it is closed."""

    def is_open(self):
        if "handler" not in self.parties:
            raise Http404
        return self.case.state in Case.OPEN


class Classify(_WhileOpen):
    """What it is about, for the figures."""

    form_class = ClassifyForm
    heading = gettext_lazy("Say what it is about")
    lede = gettext_lazy("This is for finding it again and for the figures. The sender does not read it.")
    label = gettext_lazy("Save")
    done = gettext_lazy("Saved.")

    def get_initial(self):
        """What was said before."""
        return {"category": self.case.category}

    def act(self, *, by, category):
        """Note it."""
        actions.classify(self.case, category=category, by=by)


class Link(_WhileOpen):
    """What it has to do with."""

    template_name = "feedback/intake_link.html"
    form_class = LinkForm
    heading = gettext_lazy("Link it to something")
    lede = gettext_lazy("Only those who handle the case see the number; it opens for whoever may see that by itself.")
    label = gettext_lazy("Link it")
    done = gettext_lazy("Linked.")

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "access": self.access}

    def act(self, *, by, target):
        """Note the link."""
        actions.link(self.case, kind=kind_of(target), target=target, by=by)

    def get_context_data(self, **kwargs):
        return super().get_context_data(links=links_of(self.access, self.case), **kwargs)


class Unlink(HandledCase, View):
    """Takes a link away; its button stands on the page of links."""

    def get(self, request, ref):
        """There is nothing to look at."""
        return redirect("feedback:link", ref)

    def post(self, request, ref):
        """Take it away."""
        try:
            actions.unlink(self.case, target=request.POST.get("target", "")[:16].replace("\0", ""), by=request.user)
        except PermissionDenied:
            raise Http404 from None
        except StaleState:
            messages.info(request, _("Somebody else changed this first."))
            return redirect(self.page_url())
        messages.success(request, _("The link is gone."))
        return redirect("feedback:link", ref)
