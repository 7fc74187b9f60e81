"""What is said of measures, now and as of a day that is gone (G5)."""

from datetime import datetime

from django.db.models import Case, F, OuterRef, QuerySet, Subquery, Value, When

from .models import MeasureEntry

State = MeasureEntry.State
# What is under way first, what is over last.
_ORDER = (State.ONGOING, State.PLANNED, State.DONE, State.DROPPED)


def measures_now() -> QuerySet[MeasureEntry]:
    """The newest entry of each measure, in the order of the table."""
    return in_order(MeasureEntry.objects.filter(number=F("measure__number")))


def measures_as_of(moment: datetime) -> list[MeasureEntry]:
    """The entry of each measure that was its newest before `moment`, in the order of the table; one query.

    What is said later changes nothing of it: entries are only added (G3).
    """
    earlier = MeasureEntry.objects.filter(at__lt=moment, measure=OuterRef("measure")).order_by("-number")
    return list(in_order(MeasureEntry.objects.filter(pk=Subquery(earlier.values("pk")[:1]))))


def in_order(rows: QuerySet[MeasureEntry]) -> QuerySet[MeasureEntry]:
    """What is under way, planned, done, given up; in each the nearest date first."""
    place = Case(*(When(state=state, then=Value(at)) for at, state in enumerate(_ORDER)))
    return rows.select_related("measure").order_by(place, F("on").asc(nulls_last=True), "measure")
