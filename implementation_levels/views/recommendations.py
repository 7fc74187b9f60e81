"""Recommending, keeping the rest, putting it to the Committee; what a seat of it takes out of the list (§5c; L3)."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import FormView, TemplateView

from governance.boards import board_of
from governance.forms import LONGEST
from governance.models import Comment
from governance.querysets import is_secretariat
from implementation_levels.actions.recommendations import keep_the_rest, put, recommend, take_out, trouble_of_putting
from implementation_levels.forms.recommendations import NothingForm, RecommendForm, TakeOutForm
from implementation_levels.levels import level_of, today
from implementation_levels.models import Review, ReviewedArea
from implementation_levels.policies import parties_to_review
from implementation_levels.recommending import deadline_of, open_list_of, standing_of
from implementation_levels.review_rows import narrowed, rows_of
from slt_portal.states import StaleState, steps_open

from .reviews import OneReview


class PartyMixin(OneReview):
    """A page about one review for one who has to do something with it."""

    @cached_property
    def parties(self) -> frozenset[str]:
        """As what the reader has to do with the review."""
        return parties_to_review(self.access, self.review)

    @property
    def back_url(self):
        """The page of the review."""
        return reverse("implementation_levels:review", args=[self.kwargs["ref"]])

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            review=self.review, back_url=self.back_url, back_label=self.review.ref, **kwargs
        )


class ReviewForm(PartyMixin, FormView):
    """A form of the Working Group about a review. `step` is the step of the review that it takes, or prepares."""

    form_class = NothingForm
    step = "put"
    parties_wanted = frozenset({"working_group"})

    def may_read(self) -> bool:
        """One of `parties_wanted`."""
        return super().may_read() and bool(self.parties & self.parties_wanted)

    @cached_property
    def rows(self) -> list:
        """Its areas (review_rows.ReviewRow)."""
        return rows_of(self.review, self.access, today())

    def get(self, request, *args, **kwargs):
        if not self.is_open():
            why = _("This is not possible any more: the review has moved on.")
            if self.review.state == Review.State.CONSULTING:
                why = _("Partner organisations can still answer: recommend when the consultation is closed.")
            messages.info(request, why)
            return redirect(self.back_url)
        return super().get(request, *args, **kwargs)

    def is_open(self) -> bool:
        """Whether it can be done now."""
        return self.step in self.steps

    @property
    def done_url(self):
        """Where one goes on."""
        return self.back_url

    def form_valid(self, form):
        try:
            said = self.act(form.cleaned_data)
        except (StaleState, PermissionDenied):
            return self.too_late(form)
        except ValidationError as refused:
            form.add_error(None, refused)
            return self.form_invalid(form)
        messages.success(self.request, said)
        return redirect(self.done_url)

    def form_invalid(self, form, status=422):
        return self.render_to_response(self.get_context_data(form=form), status=status)

    def too_late(self, form):
        """Somebody was first: the page as it is now, with what was typed."""
        for name in ("review", "reviewed", "rows", "listed"):
            self.__dict__.pop(name, None)
        form.add_error(None, _("Somebody else changed this first. Nothing was saved; what you typed is still here."))
        return self.form_invalid(form, status=409)


class KeepTheRest(ReviewForm):
    """Asks before the level stays in every area on which nothing was recommended."""

    template_name = "implementation_levels/keep_rest.html"

    def act(self, data):
        """Keep them."""
        count = keep_the_rest(self.review, by=self.request.user)
        text = ngettext("The level of %(count)s area stays.", "The level of %(count)s areas stays.", count)
        return text % {"count": count}

    def get_context_data(self, **kwargs):
        waiting = narrowed(self.rows, "open")
        said = [row for row in self.rows if row.reviewed.state == ReviewedArea.State.RECOMMENDED]
        return super().get_context_data(
            waiting=len(waiting),
            disputed=[row for row in waiting if row.wants_change],
            overdue=[row for row in waiting if row.is_overdue],
            reinforced=sum(row.level.is_reinforced for row in waiting),
            changes=[row for row in said if row.reviewed.verdict != ReviewedArea.Verdict.KEEP],
            kept=sum(row.reviewed.verdict == ReviewedArea.Verdict.KEEP for row in said),
            **kwargs,
        )


class Put(ReviewForm):
    """Shows what the Committee will be asked, and asks it."""

    template_name = "implementation_levels/put.html"

    def act(self, data):
        """Ask it."""
        put(self.review, by=self.request.user)
        return _("It is before the Oversight Committee. Its members have a mail.")

    def too_late(self, form):
        """A second click has done nothing, and says what the first did."""
        del self.review
        if self.review.state == Review.State.DECIDING:
            messages.info(self.request, _("It is before the Oversight Committee."))
            return redirect(self.back_url)
        return super().too_late(form)

    def get_context_data(self, **kwargs):
        rows = [row.reviewed for row in self.rows]
        return super().get_context_data(
            standing=standing_of(self.review, rows, self.access),
            trouble=trouble_of_putting(rows),
            deadline=deadline_of(self.review),
            **kwargs,
        )


class AreaMixin(PartyMixin):
    """A page about one area of a review, `code` in its address."""

    def may_read(self) -> bool:
        """Who reads this area of the review."""
        return super().may_read() and bool(self.reviewed)

    @cached_property
    def reviewed(self) -> ReviewedArea:
        """The row of the address."""
        rows = ReviewedArea.objects.visible_to(self.access).filter(review=self.review)
        rows = rows.select_related("area", "decision", "recommended_by", "result")
        row = get_object_or_404(rows, area__code=self.kwargs["code"])
        row.review = self.review
        return row

    @cached_property
    def level(self):
        """The level of the area today."""
        return level_of(self.reviewed.area)

    @cached_property
    def listed(self):
        """The open decision on the list on which the area stands; None if it is on none."""
        return open_list_of(self.reviewed)

    def get_context_data(self, **kwargs):
        return super().get_context_data(row=self.reviewed, level=self.level, **kwargs)


class Recommendation(AreaMixin, TemplateView):
    """What the Working Group recommends for one area, and what became of it."""

    template_name = "implementation_levels/recommendation.html"

    def get_context_data(self, **kwargs):
        steps = steps_open(self.reviewed, self.parties)
        with_group = self.review.state == Review.State.RECOMMENDING
        may_open = bool(self.access.offices_for("oversight_committee")) or is_secretariat(self.access)
        return super().get_context_data(
            internal=self.reviewed.texts.get("internal", ""),
            may_recommend=with_group and "recommend" in steps,
            may_take_out="take_out" in steps and self.listed is not None,
            opens_decisions=may_open,
            **kwargs,
        )


class Recommend(AreaMixin, ReviewForm):
    """Recommends something for one area, or something else."""

    form_class = RecommendForm
    template_name = "implementation_levels/recommend.html"

    def is_open(self):
        """While the Working Group has the review."""
        return super().is_open() and "recommend" in steps_open(self.reviewed, self.parties)

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "level": self.level}

    def get_initial(self):
        row = self.reviewed
        return {
            "verdict": row.verdict,
            "effective_from": row.effective_from,
            "reasons": row.reasons,
            "internal": row.texts.get("internal", ""),
            "known": _mark_of(row),
        }

    def act(self, data):
        """Recommend it."""
        row = self.reviewed
        if data.pop("known") != _mark_of(row) and not _is_said(row, data, self.request.user):
            raise StaleState("somebody else recommended meanwhile")
        recommend(row, by=self.request.user, **data)
        return _("Recommended for %(area)s.") % {"area": row.area}

    def too_late(self, form):
        """What somebody else recommended stands above the form; sent again, what was typed takes its place."""
        response = super().too_late(form)
        form.data = {**form.data.dict(), "known": _mark_of(self.reviewed)}
        return response


def _mark_of(row) -> str:
    """What tells one recommendation on an area from the next."""
    return row.recommended_at.isoformat() if row.recommended_at else ""


def _is_said(row, data, user) -> bool:
    """Whether this very person has just said this very thing, as by a double click."""
    said = (row.verdict, row.effective_from, row.reasons, row.texts.get("internal", ""), row.recommended_by_id)
    return said == (data["verdict"], data["effective_from"], data["reasons"], data["internal"], user.pk)


class TakeOut(AreaMixin, ReviewForm):
    """A seat of the Committee takes one area out of the list, to be decided by itself."""

    form_class = TakeOutForm
    template_name = "implementation_levels/take_out.html"
    parties_wanted = frozenset({"oversight_committee"})

    def is_open(self):
        """While it stands on an open list."""
        return "take_out" in steps_open(self.reviewed, self.parties) and self.listed is not None

    def get_form(self, form_class=None):
        """For the seats of the reader that have a part in the decision; absent without one. Too late, none."""
        if self.listed is None:
            return NothingForm(self.request.POST or None)
        lines = board_of(self.listed).lines_of(self.request.user.pk)
        if not lines:
            raise Http404
        return self.form_class(**self.get_form_kwargs(), lines=lines)

    def act(self, data):
        """Take it out."""
        if not self.is_open():
            raise StaleState("not on an open list any more")
        self.taken = take_out(self.reviewed, seat=data["seat"], reasons=data["text"], by=self.request.user)
        return _("Taken out: it is decided by itself. Say here where your seat stands.")

    def too_late(self, form):
        """A second click leads where the first led; else what was typed comes back."""
        response, typed = super().too_late(form), self.request.POST.get("text", "").strip()
        own = Comment.objects.filter(decision=self.reviewed.decision_id, by=self.request.user)
        if any(row.texts.get("text") == typed for row in own.select_related("decision__data_key")):
            return redirect("governance:decision", self.reviewed.decision.ref)
        return response

    @property
    def done_url(self):
        """The new decision, for the position of the seat."""
        return reverse("governance:decision", args=[self.taken.ref])

    def get_context_data(self, **kwargs):
        typed = self.request.POST.get("text", "")[:LONGEST] if self.listed is None else ""
        deadline = deadline_of(self.review)
        return super().get_context_data(listed=self.listed, deadline=deadline, typed=typed, **kwargs)
