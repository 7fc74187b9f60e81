"""Requests for a review of an area now: asking, one of them, declining (§5d)."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import FormView, TemplateView

from areas.models import Area
from implementation_levels.actions.reviews import AlreadyAsked, ask_for_review, decline, in_review
from implementation_levels.forms.reviews import DeclineForm, RequestForm
from implementation_levels.levels import level_of, today
from implementation_levels.models import Review, ReviewRequest
from implementation_levels.policies import parties_in_area, parties_to_request, reads_reviews
from implementation_levels.review_rows import PARTIES
from sharing.views import ReaderMixin
from slt_portal.states import StaleState, steps_open
from slt_portal.views import is_signed_in

from .reviews import PartMixin, has_waited


class AskForReview(PartMixin, FormView):
    """Asks the Working Group for a review of one area; for the field there, the bodies, and DSS headquarters."""

    form_class = RequestForm
    template_name = "implementation_levels/review_ask.html"

    @cached_property
    def area(self) -> Area | None:
        """The area of the address."""
        return Area.objects.current().filter(code=self.kwargs["code"]).first()

    @cached_property
    def parties(self) -> list[str]:
        """As what the reader may ask."""
        return parties_in_area(self.access, self.area) if self.area else []

    def may_read(self) -> bool:
        """Whoever may ask."""
        return bool(self.parties)

    def get(self, request, *args, **kwargs):
        if waiting := self._mine().filter(state=ReviewRequest.State.OPEN).first():
            messages.info(request, _("You have asked already. The Working Group answers next."))
            return redirect("implementation_levels:review_request", waiting.ref)
        return super().get(request, *args, **kwargs)

    def _mine(self):
        rows = ReviewRequest.objects.visible_to(self.access).filter(area=self.area, asked_by=self.request.user)
        return rows.defer("sealed").order_by("-pk")

    def form_valid(self, form):
        terms = {"area": self.area, "party": self.parties[0], "by": self.request.user}
        try:
            request = ask_for_review(**form.cleaned_data, **terms)
        except AlreadyAsked as known:
            words = _("You have asked already: %(ref)s. What you typed is still here; copy it if you need it.")
            form.add_error(None, words % {"ref": known.request.ref})
            return self.form_invalid(form)
        messages.success(self.request, _("Sent. You get a mail when the Working Group has answered."))
        return redirect("implementation_levels:review_request", request.ref)

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            area=self.area,
            level=level_of(self.area),
            party=PARTIES[self.parties[0]],
            is_in_review=any(row.review.state != Review.State.DECIDING for row in in_review([self.area])),
            earlier=list(self._mine()[:5]),
            back_url=reverse("implementation_levels:area", args=[self.area.code]),
            back_label=self.area.name,
            **kwargs,
        )


class OneRequest(ReaderMixin):
    """A page about one request, `ref` in its address: for both bodies, the secretariat, and who asked."""

    policy = is_signed_in

    @cached_property
    def row(self) -> ReviewRequest:
        """The request of the address."""
        rows = ReviewRequest.objects.visible_to(self.access)
        rows = rows.select_related("area", "asked_by", "settled_by", "review", "data_key", "subject")
        return get_object_or_404(rows, ref=self.kwargs["ref"])

    @property
    def steps(self) -> list[str]:
        """What the reader may do with it now."""
        return steps_open(self.row, parties_to_request(self.access))

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            row=self.row,
            texts=self.row.texts,
            party=PARTIES.get(self.row.party, ""),
            reads_reviews=reads_reviews(self.access),
            **kwargs,
        )


class RequestPage(OneRequest, TemplateView):
    """One request: why, and what came of it."""

    template_name = "implementation_levels/review_request.html"

    def get_context_data(self, **kwargs):
        reads = reads_reviews(self.access)
        return super().get_context_data(
            steps=self.steps,
            level=level_of(self.row.area, today()),
            has_waited=self.row.state == ReviewRequest.State.OPEN and has_waited(self.row),
            in_review=next(iter(in_review([self.row.area])), None) if "take_up" in self.steps else None,
            back_url=reverse("implementation_levels:reviews") if reads else "",
            back_label=_("Reviews of levels"),
            **kwargs,
        )


class Decline(OneRequest, PartMixin, FormView):
    """The Working Group says why a request is not taken up."""

    form_class = DeclineForm
    template_name = "implementation_levels/review_decline.html"

    def may_read(self) -> bool:
        """The Working Group."""
        return bool(parties_to_request(self.access))

    def get(self, request, *args, **kwargs):
        if "decline" not in self.steps:
            messages.info(request, _("Somebody else changed this first."))
            return redirect("implementation_levels:review_request", self.row.ref)
        return super().get(request, *args, **kwargs)

    def form_valid(self, form):
        reasons = form.cleaned_data["answer"]
        try:
            decline(self.row, answer=reasons, by=self.request.user)
        except StaleState:
            self.__dict__.pop("row")
            if self.row.texts.get("answer") != reasons:
                form.add_error(None, _("Somebody else settled the request first. What you typed is still here."))
                return self.form_invalid(form)
        else:
            messages.success(self.request, _("Declined. Whoever asked gets a mail and reads the reasons."))
        return redirect("implementation_levels:review_request", self.row.ref)

    def get_context_data(self, **kwargs):
        back = reverse("implementation_levels:review_request", args=[self.row.ref])
        return super().get_context_data(back_url=back, back_label=self.row.ref, cancel_url=back, **kwargs)
