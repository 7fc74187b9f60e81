"""Reviews of levels, for both bodies and the secretariat: all of them, one with its areas, opening, closing (L3)."""

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import FormView, TemplateView

from implementation_levels.actions.reviews import (
    AlreadyInReview,
    close_consultation,
    days_of,
    next_cycle_on,
    open_early,
)
from implementation_levels.forms.reviews import CloseForm, EarlyReview
from implementation_levels.levels import today
from implementation_levels.models import Review, ReviewRequest
from implementation_levels.policies import opens_reviews, parties_to_review, reads_reviews
from implementation_levels.recommending import standing_of
from implementation_levels.review_rows import FILTERS, PARTIES, at_a_glance, is_late, narrowed, rows_of
from sharing.views import ReaderMixin
from slt_portal.states import StaleState, steps_open
from slt_portal.views import is_signed_in

PAGE = 50
REQUESTS = 20  # of those that wait, the oldest


class PartMixin(ReaderMixin):
    """A page for those whom `may_read` lets in; absent for everybody else."""

    policy = is_signed_in

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not self.may_read():
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def may_read(self) -> bool:
        """Both bodies and the secretariat."""
        return reads_reviews(self.access)


class Reviews(PartMixin, TemplateView):
    """Requests that wait, reviews that are open, reviews that were decided."""

    template_name = "implementation_levels/reviews.html"

    def get_context_data(self, **kwargs):
        reviews = at_a_glance(Review.objects.visible_to(self.access))
        done = Paginator(reviews.filter(state=Review.State.DONE).order_by("-pk"), PAGE)
        page = done.get_page(self.request.GET.get("page"))
        asked = ReviewRequest.objects.visible_to(self.access).filter(state=ReviewRequest.State.OPEN).defer("sealed")
        asked = list(asked.select_related("area", "asked_by").order_by("pk")[: REQUESTS + 1])
        day = today()
        return super().get_context_data(
            requests=[(row, PARTIES.get(row.party, ""), has_waited(row)) for row in asked[:REQUESTS]],
            has_more_requests=len(asked) > REQUESTS,
            open_reviews=[(row, is_late(row, day)) for row in reviews.exclude(state="done").order_by("due_on", "pk")],
            page=page,
            items=list(page.object_list),
            next_on=next_cycle_on(day),
            may_open=opens_reviews(self.access),
            **kwargs,
        )


def has_waited(request) -> bool:
    """Whether a request has waited for longer than it should."""
    return (today() - request.asked_at.date()).days >= settings.REQUEST_ANSWER_DAYS


class OneReview(PartMixin):
    """A page about one review, `ref` in its address."""

    @cached_property
    def review(self) -> Review:
        """The review of the address."""
        rows = Review.objects.visible_to(self.access).select_related("data_key", "opened_by", "subject")
        return get_object_or_404(rows, ref=self.kwargs["ref"])

    @property
    def steps(self) -> list[str]:
        """What the reader may do with it now."""
        return steps_open(self.review, parties_to_review(self.access, self.review))


class ReviewPage(OneReview, TemplateView):
    """One review: where it stands, and its areas with level, answers in numbers, and recommendation."""

    template_name = "implementation_levels/review.html"

    def get_context_data(self, **kwargs):
        review, day = self.review, today()
        rows = rows_of(review, self.access, day)
        which = self.request.GET.get("show", "all")
        which = which if which in FILTERS else "all"
        filters = [(code, label, len(narrowed(rows, code)), code == which) for code, (label, _of) in FILTERS.items()]
        page = Paginator(narrowed(rows, which), PAGE).get_page(self.request.GET.get("page"))
        return super().get_context_data(
            review=review,
            texts=review.texts,
            steps=self.steps,
            parties=parties_to_review(self.access, review),
            is_late=is_late(review, day),
            filters=filters,
            rows=rows,
            standing=standing_of(review, [row.reviewed for row in rows], self.access),
            page=page,
            items=list(page.object_list),
            back_url=reverse("implementation_levels:reviews"),
            back_label=_("Reviews of levels"),
            **kwargs,
        )


class ReviewOpen(PartMixin, FormView):
    """Opens an early review: of areas that somebody names, or that are asked for in a request."""

    form_class = EarlyReview
    template_name = "implementation_levels/review_open.html"

    def may_read(self) -> bool:
        """Who opens reviews; nobody else has this page."""
        return opens_reviews(self.access)

    @cached_property
    def asked(self) -> ReviewRequest | None:
        """The request of the address, for the Working Group, which takes it up."""
        ref = self.request.GET.get("request", "").replace("\x00", "")
        if not ref or not self.access.offices_for("working_group"):
            return None
        rows = ReviewRequest.objects.visible_to(self.access).select_related("area", "data_key", "asked_by")
        return rows.filter(ref=ref, state=ReviewRequest.State.OPEN).first()

    def get_initial(self):
        """The area of the request, or of the page one comes from."""
        return {"area": self.asked.area.code if self.asked else self.request.GET.get("area", "")[:40]}

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"urgent_days": settings.URGENT_CONSULTATION_DAYS}

    def form_valid(self, form):
        data = form.cleaned_data
        terms = {"areas": form.areas, "why": data["why"], "is_urgent": data["is_urgent"], "by": self.request.user}
        try:
            review = open_early(**terms, requests=[self.asked] if self.asked else ())
        except AlreadyInReview as found:
            if found.review.opened_by_id == self.request.user.pk and found.review.texts.get("why") == data["why"]:
                return redirect("implementation_levels:review", found.review.ref)  # a second click
            words = _("%(area)s is being reviewed already, in %(ref)s. Only an urgent review can be opened beside it.")
            form.add_error(None, words % {"area": found.reviewed.area, "ref": found.review.ref})
            return self.form_invalid(form)
        except StaleState:
            form.add_error(None, _("Somebody else settled the request first. What you typed is still here."))
            return self.form_invalid(form)
        messages.success(self.request, _("Opened. Partner organisations of these areas are asked by mail."))
        return redirect("implementation_levels:review", review.ref)

    def get_context_data(self, **kwargs):
        day = today()
        return super().get_context_data(
            asked=self.asked,
            asked_why=self.asked.texts.get("why", "") if self.asked else "",
            days=days_of(day, is_urgent=False),
            urgent=days_of(day, is_urgent=True),
            back_url=reverse("implementation_levels:reviews"),
            back_label=_("Reviews of levels"),
            **kwargs,
        )


class CloseConsultation(OneReview, FormView):
    """The Working Group stops waiting for answers, in urgency, with a reason."""

    form_class = CloseForm
    template_name = "implementation_levels/close_consultation.html"

    def may_read(self) -> bool:
        """The Working Group, of an urgent review."""
        return super().may_read() and "hurried_group" in parties_to_review(self.access, self.review)

    def get(self, request, *args, **kwargs):
        if "close_consultation" not in self.steps:
            messages.info(request, _("The consultation is closed."))
            return redirect("implementation_levels:review", self.review.ref)
        return super().get(request, *args, **kwargs)

    def form_valid(self, form):
        reason = form.cleaned_data["reason"]
        try:
            close_consultation(self.review, reason=reason, by=self.request.user)
        except StaleState:
            said = Review.objects.visible_to(self.access).get(pk=self.review.pk).texts
            if said.get("closed_early") != reason:
                form.add_error(None, _("The consultation was closed meanwhile. What you typed is still here."))
                return self.form_invalid(form)
        else:
            messages.success(self.request, _("Closed. The Working Group recommends next."))
        return redirect("implementation_levels:review", self.review.ref)

    def get_context_data(self, **kwargs):
        back = reverse("implementation_levels:review", args=[self.review.ref])
        context = {"back_url": back, "back_label": self.review.ref, "cancel_url": back}
        return super().get_context_data(review=self.review, **context, **kwargs)
