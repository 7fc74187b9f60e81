"""What there is to know about one area in a review, in one view: for both bodies and the secretariat (§5d; L3)."""

from collections import Counter

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView

from coordination.picture import picture_of
from implementation_levels.checklist import State, checklist_of
from implementation_levels.levels import history_of, level_of, today
from implementation_levels.models import Answer, LevelList, ReviewedArea, ReviewRequest
from implementation_levels.policies import parties_to_review, reads_reviews
from organisations.models import Standing
from partners.registers import members, register_link
from sharing.views import ReaderMixin
from slt_portal.states import steps_open
from slt_portal.views import is_signed_in

from .level_incidents import trend_of

PAGE, LISTS = 50, 3
Views = Answer.View


class LevelEvidence(ReaderMixin, TemplateView):
    """One area of one review. No row of it leads to an incident, whoever reads it."""

    template_name = "overview/level_evidence.html"
    policy = is_signed_in

    @cached_property
    def reviewed(self) -> ReviewedArea:
        """The area of the address in the review of the address."""
        rows = ReviewedArea.objects.visible_to(self.access).select_related("review", "area")
        return get_object_or_404(rows, review__ref=self.kwargs["ref"], area__code=self.kwargs["code"])

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not reads_reviews(self.access):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        reviewed = self.reviewed
        area, review, day = reviewed.area, reviewed.review, today()
        level = level_of(area, day)
        picture = picture_of(area)
        lines = checklist_of(area, level.level, picture=picture)
        return super().get_context_data(
            reviewed=reviewed,
            review=review,
            area=area,
            level=level,
            days=(day - level.since).days if level.since else 0,
            is_overdue=level.is_overdue(day),
            history=history_of(area),
            trend=trend_of(area, review.opened_on),
            partners=self._partners(),
            register_url=register_link(self.access, area),
            gaps=[str(gap) for gap in picture.gaps_at(is_reinforced=level.is_reinforced)],
            requests=self._requests(),
            missing=[row for row in lines if row.state == State.GAP],
            counts=_counts(lines),
            lists=list(LevelList.objects.only("number", "on", "subject").order_by("-number")[:LISTS]),
            recommend_url=self._recommend_url(),
            back_url=reverse("implementation_levels:review", args=[review.ref]),
            back_label=review.ref,
            **self._answers(),
            **kwargs,
        )

    def _partners(self) -> int:
        """How many organisations of the register of the area are active there, without those that are suspended."""
        area, on = self.reviewed.area, self.access.on
        rows = Standing.objects.on(on).filter(Q(area=None) | Q(area__in=area.places), kind=Standing.Kind.SUSPENDED)
        return members(area, on).exclude(pk__in=rows.order_by().values("organisation")).count()

    def _requests(self) -> list[tuple[ReviewRequest, str]]:
        """The requests for this area that are open, or that this review takes up, with why."""
        rows = ReviewRequest.objects.visible_to(self.access).filter(area=self.reviewed.area)
        rows = rows.filter(state=ReviewRequest.State.OPEN) | rows.filter(review=self.reviewed.review)
        rows = rows.select_related("data_key", "asked_by").order_by("asked_at", "pk")
        return [(row, row.texts.get("why", "")) for row in rows]

    def _answers(self) -> dict:
        """What partner organisations said last, at headquarters and in the field, and how many said what."""
        rows = Answer.objects.visible_to(self.access).filter(reviewed=self.reviewed)
        rows = rows.select_related("organisation", "reviewed__review__data_key").order_by("pk")
        newest = {(row.organisation_id, row.is_headquarters): row for row in rows}
        found = sorted(newest.values(), key=lambda row: (row.organisation.name, not row.is_headquarters))
        said = Counter((row.view, row.is_headquarters) for row in found)
        page = Paginator(found, PAGE).get_page(self.request.GET.get("page"))
        return {
            "page": page,
            "answers": [(row, row.texts.get("text", "")) for row in page.object_list],
            "said": [(view.label, said[view, True], said[view, False]) for view in Views] if found else [],
        }

    def _recommend_url(self) -> str:
        """Where the Working Group recommends, while it may."""
        reviewed = self.reviewed
        if "recommend" not in steps_open(reviewed, parties_to_review(self.access, reviewed.review)):
            return ""
        return reverse("implementation_levels:recommend", args=[reviewed.review.ref, reviewed.area.code])


def _counts(lines) -> list[tuple[str, int]]:
    numbers = Counter(row.state for row in lines)
    return [(State(state).label, numbers[state]) for state in State if numbers[state]]
