"""What there is to know about one area in a review, in one view: for both bodies and the secretariat (§5d; L3)."""

from collections import Counter

from django.core.paginator import Paginator
from django.db.models import F, Func, OuterRef, Q, Subquery
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView

from coordination.picture import picture_of
from implementation_levels.levels import history_of, today
from implementation_levels.models import Answer, ReviewedArea
from implementation_levels.policies import parties_to_review, reads_reviews
from implementation_levels.timeline import level_now
from organisations.models import Standing
from partners.registers import members, register_link
from sharing.views import ReaderMixin
from slt_portal.states import steps_open
from slt_portal.views import is_signed_in

from .level_incidents import portal_began, trend_of
from .level_words import words_about

PAGE = 50
Views = Answer.View


class LevelEvidence(ReaderMixin, TemplateView):
    """One area of one review. No row of it leads to an incident, whoever reads it."""

    template_name = "overview/level_evidence.html"
    policy = is_signed_in

    @cached_property
    def reviewed(self) -> ReviewedArea:
        """The area of the address in the review of the address, with the number of `partners` that are active there,
        and when the portal `began`."""
        rows = ReviewedArea.objects.visible_to(self.access).select_related("review__data_key", "area")
        rows = rows.annotate(partners=_partners(self.access.on), began=Subquery(portal_began()))
        return get_object_or_404(rows, review__ref=self.kwargs["ref"], area__code=self.kwargs["code"])

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not reads_reviews(self.access):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        reviewed = self.reviewed
        area, review, day = reviewed.area, reviewed.review, today()
        history = history_of(area)
        level = level_now(area, history)
        answers, requests = words_about(self.access, reviewed)
        return super().get_context_data(
            reviewed=reviewed,
            review=review,
            area=area,
            level=level,
            days=(day - level.since).days if level.since else 0,
            is_overdue=level.is_overdue(day),
            history=history,
            trend=trend_of(area, review.opened_on, reviewed.began),
            register_url=register_link(self.access, area),
            gaps=[str(gap) for gap in picture_of(area).gaps_at(is_reinforced=level.is_reinforced)],
            requests=[(row, row.texts.get("why", "")) for row in requests],
            recommend_url=self._recommend_url(),
            back_url=reverse("implementation_levels:review", args=[review.ref]),
            back_label=review.ref,
            **self._said(answers),
            **kwargs,
        )

    def _said(self, rows: list[Answer]) -> dict:
        """What partner organisations said last, at headquarters and in the field, and how many said what."""
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
        """Where the Working Group recommends, while it has the review."""
        reviewed = self.reviewed
        parties = parties_to_review(self.access, reviewed.review)
        if "put" not in steps_open(reviewed.review, parties) or "recommend" not in steps_open(reviewed, parties):
            return ""
        return reverse("implementation_levels:recommend", args=[reviewed.review.ref, reviewed.area.code])


def _partners(on) -> Subquery:
    """How many organisations of the register of the area of a row are active there, but for suspended ones."""
    area, whole = OuterRef(OuterRef("area")), OuterRef(OuterRef("area__parent"))
    rows = Standing.objects.on(on).filter(Q(area=None) | Q(area=area) | Q(area=whole), kind=Standing.Kind.SUSPENDED)
    found = members(area, on).exclude(pk__in=rows.order_by().values("organisation"))
    return Subquery(found.order_by().values(number=Func(F("pk"), function="COUNT")))
