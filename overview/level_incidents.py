"""How many incidents an area had in each half-year, for the review of its level: figures without any incident (L3, C4).

Counted are all that organisations shared, as the portal knows them, not as the reader does: a seat opens no incident,
and two members of a body read the same page. So nothing here leads to one. Shared incidents stand in steps of at least
five, and fewer than five in all look like none (disclosure). The page of a review counts what was shared before the
month in which the review was opened: it says the same on each of its days, and nobody learns from the difference
between two days what was shared meanwhile. Sexual violence is in no figure (C10).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db.models import (
    BooleanField,
    Case,
    Count,
    ExpressionWrapper,
    IntegerField,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import ExtractMonth, ExtractYear

from accounts.models import User
from areas.models import Area
from implementation_levels.shared_incidents import shared_items
from incidents.codes import TimePrecision
from incidents.models import IncidentRelease
from sharing.markings import Depth
from slt_portal.months import months_later

from .disclosure import FEW, NO_DATA, Figure, exact, few, is_few, stepped

HALF_YEARS = 6
NONE = Figure(0, 0)
_HOURS = [TimePrecision.EXACT, TimePrecision.ABOUT, TimePrecision.DAY_PART]
_DATED = [*_HOURS, TimePrecision.DAY, TimePrecision.MONTH]


@dataclass(frozen=True)
class Half:
    """One half-year: its first day (None: the day is not known so exactly), the day after its last, its figures."""

    begins: date | None
    ends: date | None
    public: Figure
    shared: Figure

    @property
    def number(self) -> int:
        """1 or 2: which of its year."""
        return 1 if self.begins and self.begins.month == 1 else 2


@dataclass(frozen=True)
class Trend:
    """The half-years, newest last; `until` is the first day that is not counted of what was shared."""

    halves: list[Half]
    public: Figure
    shared: Figure
    until: date

    @property
    def hides_few(self) -> bool:
        """Whether it is not said whether any incident was shared."""
        return self.shared == FEW


def trend_of(area: Area, opened_on: date, began: datetime) -> Trend:
    """The last six half-years of `area`, its parts included, for a review opened on that day; `began` is when the
    portal did. One question."""
    until = opened_on.replace(day=1)
    this_half = date(opened_on.year, 1 if opened_on.month < 7 else 7, 1)
    starts = [months_later(this_half, -6 * back) for back in reversed(range(HALF_YEARS))]
    since = starts[0]
    public, shared = _counted(area, _rows(since), shared_items().filter(created_at__lt=_midnight(until)))
    hides = is_few([shared])
    # A row for what is not dated to the month would say that there is something where few look like none.
    keys = [*starts, *({None} if public.get(None) or (shared.get(None) and not hides) else ())]
    published = exact([{key: public.get(key, 0) for key in keys}])
    table = [{key: shared.get(key, 0) for key in keys}]
    hidden = few(table, FEW) if hides else stepped(table)
    halves, first = [], began.astimezone(UTC).date()
    for key in keys:
        ends = key and months_later(key, 6)
        halves.append(
            Half(
                key,
                ends,
                published.tables[0][key] if key is None or key in public else NO_DATA,
                _begun(hidden.tables[0][key], ends, first),
            )
        )
    known = any(half.public != NO_DATA for half in halves)
    return Trend(halves, published.total if known else NO_DATA, hidden.total, until)


def _rows(since):
    """What the shared release of each incident says since a day: figures are no more exact than what readers learn."""
    rows = IncidentRelease.objects.for_system("figures of an area for the bodies")
    return rows.filter(release__depth=Depth.SHARED, release__sort_at__gte=_midnight(since))


def _counted(area, rows, known) -> tuple[dict[date | None, int], dict[date | None, int]]:
    """How many of each half-year, by its first day; None for those that are not dated to the month. First those of
    public sources, then those of the items `known`; one question.

    A half-year of which no public source says anything of any place is missing: nobody counted (I9).
    """
    at, is_public = "release__sort_at", Q(release__item__originator=None)
    months = ExtractYear(at, tzinfo=UTC) * 12 + Case(
        When(Q(month__lt=7), then=Value(0)), default=Value(6), output_field=IntegerField()
    )
    half = Case(When(time_precision__in=_DATED, then=months), default=None, output_field=IntegerField())
    here = Q(release__area=area) | Q(release__area__parent=area)
    rows = rows.filter(is_public | here & Q(release__item__in=known.order_by().values("pk")))
    rows = rows.annotate(month=ExtractMonth(at, tzinfo=UTC)).annotate(
        half=half, is_public=ExpressionWrapper(is_public, BooleanField())
    )
    found = ({}, {})
    counted = rows.order_by().values_list("half", "is_public").annotate(number=Count("pk", filter=here))
    for key, public, number in counted:
        found[0 if public else 1][None if key is None else date(key // 12, key % 12 + 1, 1)] = number
    return found


def _begun(figure: Figure, ends: date | None, began: date) -> Figure:
    """The figure; where the portal was not there yet, nothing is no figure. Does not depend on what is hidden."""
    return NO_DATA if ends is not None and ends <= began and figure in {NONE, FEW} else figure


def portal_began() -> QuerySet:
    """When the portal did, in one row: nobody shared anything before."""
    return User.objects.order_by("created_at").values("created_at")[:1]


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
