"""What one decision of the Committee brings on a day to come, and which change that was to come it takes back (L8)."""

from django.db.models import OuterRef, QuerySet, Subquery

from .levels import today
from .models import LevelDecision


def changes_to_come(rows: QuerySet[LevelDecision]) -> QuerySet[LevelDecision]:
    """Those of `rows` that change a level on a day to come, and that no later one took back; by day."""
    found = rows.to_come(today()).filter(is_change=True).select_related("area")
    return found.order_by("effective_from", "area__name_en", "pk")


def taken_back(rows: QuerySet[LevelDecision]) -> list[LevelDecision]:
    """The changes that were to come, that people may have been told of, and that `rows` took back; by day."""
    later = LevelDecision.objects.filter(area=OuterRef("area"), number__gt=OuterRef("number"))
    first = later.filter(effective_from__lte=OuterRef("effective_from")).order_by("number").values("pk")[:1]
    levels = dict(rows.values_list("pk", "level"))
    found = LevelDecision.objects.annotate(by=Subquery(first)).filter(by__in=levels, effective_from__gt=today())
    found = found.filter(is_change=True).select_related("area").order_by("effective_from", "area__name_en", "pk")
    return [row for row in found if row.level != levels[row.by]]
