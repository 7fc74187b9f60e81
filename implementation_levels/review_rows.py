"""What the pages of reviews show: the areas of one with level and answers in numbers, and all reviews at a glance."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from areas.names import by_name
from sharing.access import Access

from .levels import AreaLevel, levels_on
from .models import Answer, Review, ReviewedArea, ReviewRequest

View = Answer.View
PARTIES = {  # as what somebody asks for a review (policies.parties_in_area)
    "dss": _("DSS of the area"),
    "designated_official": _("Designated Official of the area"),
    "ocha": _("OCHA in the area"),
    "mechanism": _("NGO mechanism of the area"),
    "oversight_committee": _("member of the Oversight Committee"),
    "working_group": _("member of the Working Group"),
    "dss_headquarters": _("DSS headquarters"),
}


def is_late(review: Review, today: date) -> bool:
    """Whether its recommendation, or its decision, should have been there before `today`."""
    by = review.recommend_by if review.state == Review.State.RECOMMENDING else review.due_on
    return review.state != Review.State.DONE and min(by, review.due_on) < today


@dataclass(frozen=True)
class ReviewRow:
    """One area of a review: its level today, and how many answers (the newest of each side of an organisation) say
    what; `requests` are those that went into the review."""

    reviewed: ReviewedArea
    level: AreaLevel
    on: date

    @property
    def area(self):
        """The area."""
        return self.reviewed.area

    @property
    def is_overdue(self) -> bool:
        """Whether its level should have been reviewed by now."""
        return self.level.is_overdue(self.on)

    @property
    def is_unrecommended(self) -> bool:
        """Whether the Working Group has not said anything yet."""
        return self.reviewed.state == ReviewedArea.State.WAITING

    @property
    def wants_change(self) -> bool:
        """Whether an answer, or a request, asks for another level than the one it had when the review was opened."""
        return bool(self.reviewed.against or self.reviewed.requests)


FILTERS = {
    "all": (_("All areas"), lambda row: True),
    "reinforced": (_("Reinforced"), lambda row: row.level.is_reinforced),
    "change": (_("Somebody wants a change"), lambda row: row.wants_change),
    "open": (_("Without a recommendation"), lambda row: row.is_unrecommended),
}


def rows_of(review: Review, access: Access, on: date) -> list[ReviewRow]:
    """The areas of a review that this person may see, by name; three queries however many there are."""
    rows = ReviewedArea.objects.visible_to(access).filter(review=review).select_related("area", "decision", "result")
    said = Answer.objects.visible_to(access).filter(reviewed=OuterRef("pk")).newest()
    asked = ReviewRequest.objects.visible_to(access).filter(review=OuterRef("review"), area=OuterRef("area"))
    rows = rows.defer("sealed").annotate(
        agree=_count(said.filter(view=View.KEEP), "reviewed"),
        against=_count(said.filter(view__in=[View.NORMAL, View.REINFORCED]), "reviewed"),
        no_view=_count(said.filter(view=View.NO_VIEW), "reviewed"),
        requests=_count(asked, "area"),
    )
    known = {row.area_id: row for row in rows}
    areas = by_name(row.area for row in known.values())
    return [ReviewRow(known[level.area.pk], level, on) for level in levels_on(areas, on)]


def _count(rows: QuerySet, of: str) -> Coalesce:
    counted = rows.order_by().values(of).annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def narrowed(rows: Iterable[ReviewRow], which: str) -> list[ReviewRow]:
    """Those of `rows` that the filter `which` leaves."""
    return [row for row in rows if FILTERS[which][1](row)]


def at_a_glance(rows: QuerySet) -> QuerySet:
    """Reviews with how many areas they have, how many of these lack a recommendation, how many organisations answered.
    Without their texts."""
    settled = Q(state=ReviewedArea.State.WAITING)
    areas = ReviewedArea.objects.for_system("how many areas").filter(review=OuterRef("pk"))
    said = Answer.objects.for_system("how many answered").filter(reviewed__review=OuterRef("pk"))
    organisations = said.order_by().values("reviewed__review").annotate(number=Count("organisation", distinct=True))
    return rows.defer("sealed").annotate(
        areas=_count(areas, "review"),
        waiting=_count(areas.filter(settled), "review"),
        organisations=Coalesce(Subquery(organisations.values("number"), output_field=IntegerField()), 0),
    )
