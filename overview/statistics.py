"""How many incidents a reader may see, by month, area, category, actor and consequence (I9, G7).

Counted are releases that the reader may read, one per incident, by the database: two questions whose answers have as
many rows as there are combinations of codes, whatever the number of incidents. Nothing here is for showing: what may be
shown of it says `disclosure`.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import (
    BooleanField,
    Case,
    Count,
    ExpressionWrapper,
    IntegerField,
    Max,
    Min,
    Q,
    QuerySet,
    When,
)
from django.db.models.functions import ExtractMonth, ExtractYear

from accounts.models import User
from areas.models import Area
from incidents.codes import Actor, Category, Outcome, TimePrecision
from incidents.models import IncidentRelease, ReferenceRecord
from sharing.access import Access

PEOPLE = ("killed", "wounded", "kidnapped", "detained")
MEASURES = ("incidents", *PEOPLE)
NOTHING = dict.fromkeys(MEASURES)
_HOURS = [TimePrecision.EXACT, TimePrecision.ABOUT, TimePrecision.DAY_PART]
_MONTHS = [*_HOURS, TimePrecision.DAY, TimePrecision.MONTH]
_YEARS = [*_MONTHS, TimePrecision.YEAR]
SMALLEST_SEXUAL_VIOLENCE = 5


@dataclass(frozen=True)
class Question:
    """What is counted: from `since` up to but not including `until`; `source` is shared, public or empty for both."""

    since: date | None = None
    until: date | None = None
    by_year: bool = True
    area: Area | None = None
    source: str = ""
    category: str = ""
    actor: str = ""
    consequence: str = ""
    near_miss: str = ""

    def narrow(self, rows: QuerySet) -> QuerySet:
        """The rows of `rows` (releases of incidents) that it asks for."""
        if self.since:
            rows = rows.filter(release__sort_at__gte=_midnight(self.since))
        if self.until:
            rows = rows.filter(release__sort_at__lt=_midnight(self.until))
        if self.area:
            rows = rows.in_areas([self.area])
        if self.source:
            rows = rows.filter(release__item__originator__isnull=self.source == "public")
        if self.near_miss:
            rows = rows.filter(is_near_miss=self.near_miss == "yes")
        codes = {name: getattr(self, name) for name in ("category", "actor", "consequence")}
        return rows.filter(**{name: code for name, code in codes.items() if code})


Row = dict[str, int | None]  # by measure; None: nothing, or nobody knows


@dataclass
class Table:
    """The numbers of one dimension by its key; None is the key of what is not known. Public and shared apart."""

    public: dict[Hashable, Row] = field(default_factory=dict)
    shared: dict[Hashable, Row] = field(default_factory=dict)

    def known_keys(self) -> list[Hashable]:
        """Every key that has incidents of either sort, without "not known"."""
        return [key for key in self.public | self.shared if key is not None]

    def add(self, key: Hashable, is_public: bool, numbers: Row) -> None:
        """Count `numbers` in as well."""
        side = self.public if is_public else self.shared
        before = side.get(key, NOTHING)
        side[key] = {name: _sum([before[name], numbers[name]]) for name in MEASURES}


@dataclass(frozen=True)
class Tables:
    """One table for each dimension. Each holds every incident once, so that all have the same sums."""

    period: Table
    area: Table
    category: Table
    actor: Table
    consequence: Table
    began: date | None = None  # when the portal did: nobody shared anything before

    def each(self) -> list[tuple[str, Table]]:
        """The tables with the names of their dimensions."""
        return [(name, getattr(self, name)) for name in DIMENSIONS]


DIMENSIONS = ("period", "area", "category", "actor", "consequence")
_COLUMNS = ("period", "release__area", "category", "actor", "consequence")  # of the dimensions, in their order
_COUNTED = (("period", "area"), ("category", "actor", "consequence"))  # dimensions that one pass over the rows counts
CODES = {"category": Category, "actor": Actor, "consequence": Outcome}


def tables(access: Access, question: Question) -> Tables:
    """The numbers behind the page, before any is suppressed (I9). Keys: first day of the period, area id, codes.

    Two questions to the database. Rows on sexual violence have no release and are therefore in none of them (C10).
    """
    rows = question.narrow(IncidentRelease.objects.all_visible_to(access)).annotate(
        is_public=ExpressionWrapper(Q(release__item__originator__isnull=True), BooleanField()),
        period=_period(question.by_year),
    )
    found = Tables(*(Table() for _ in DIMENSIONS))
    groups = _grouped(rows)
    for names, is_public, keys, numbers in groups:
        for name, key in zip(names, keys, strict=True):
            key = _first_day(key) if name == "period" else key
            getattr(found, name).add(key, is_public, dict(zip(MEASURES, numbers, strict=True)))
    began = User.objects.order_by("created_at").values_list("created_at", flat=True).first()
    return replace(found, began=began.astimezone(UTC).date()) if groups and began else found


def _grouped(rows) -> list[tuple]:
    """(names of dimensions, whether public, their keys, the numbers): the rows are found once and counted twice."""
    try:
        sql, params = rows.order_by().values_list("is_public", *_COLUMNS, *PEOPLE).query.sql_with_params()
    except EmptyResultSet:
        return []
    counted = " UNION ALL ".join(_counting(number, names) for number, names in enumerate(_COUNTED))
    with connection.cursor() as cursor:
        cursor.execute(f"WITH asked (is_public, {', '.join((*DIMENSIONS, *PEOPLE))}) AS ({sql}) {counted}", params)
        return [_group(*row) for row in cursor.fetchall()]


def _counting(number, names):
    keys = [name if name in names else "NULL" for name in DIMENSIONS]
    columns = ", ".join([str(number), "is_public", *keys, "COUNT(*)", *(f"SUM({name})" for name in PEOPLE)])
    return f"SELECT {columns} FROM asked GROUP BY is_public, {', '.join(names)}"  # noqa: S608 - our own names


def _group(number, is_public, *values):
    keys = dict(zip(DIMENSIONS, values[: len(DIMENSIONS)], strict=True))
    names = _COUNTED[number]
    return names, bool(is_public), [keys[name] for name in names], values[len(DIMENSIONS) :]


def _period(by_year):
    """The month or year in which it happened (UTC), counted in months; nothing where it is not known so exactly."""
    months = ExtractYear("release__sort_at", tzinfo=UTC) * 12
    if not by_year:
        months += ExtractMonth("release__sort_at", tzinfo=UTC) - 1
    known = _YEARS if by_year else _MONTHS
    return Case(When(time_precision__in=known, then=months), default=None, output_field=IntegerField())


def _first_day(months: int | None) -> date | None:
    return None if months is None else date(int(months) // 12, int(months) % 12 + 1, 1)


def _sum(numbers) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


@dataclass(frozen=True)
class Span:
    """From when to when the listed rows of one public data set reach; what is outside of it is not known, and not zero.

    The day of the import says nothing about it: a file is often months old when it is brought.
    """

    code: str
    first: date
    last: date

    def covers(self, start: date, end: date) -> bool:
        """Whether it reaches into the time from `start` up to but not including `end`."""
        return start <= self.last and self.first < end


@dataclass(frozen=True)
class Sources:
    """The public data sets that are loaded: codes, how far each reaches, and rows on sexual violence in all years."""

    codes: tuple[str, ...]
    spans: tuple[Span, ...]
    sexual_violence: int | None

    def without(self, start: date, end: date) -> list[str]:
        """The codes of those that hold nothing of the time from `start` up to but not including `end`."""
        return [span.code for span in self.spans if not span.covers(start, end)]


def sources() -> Sources:
    """What stands behind the public figures.

    Rows on sexual violence are counted over all years and places together, and only from five upwards: by month, area
    or category, the difference against the list would show single ones (C10).
    """
    found = ReferenceRecord.objects.order_by("source").values("source")
    listed = Q(release__isnull=False)
    to_the_month = listed & Q(month__isnull=False)
    rows = list(
        found.annotate(
            unlisted=Count("pk", filter=Q(release=None)),
            first_at=Min("release__sort_at", filter=listed & Q(year__isnull=False)),
            last_year=Max("year", filter=listed),
            last_at=Max("release__sort_at", filter=to_the_month),
        )
    )
    unlisted = sum(row["unlisted"] for row in rows)
    return Sources(
        tuple(row["source"] for row in rows),
        tuple(_span(row) for row in rows if row["last_year"]),
        unlisted if unlisted >= SMALLEST_SEXUAL_VIOLENCE else None,
    )


def _span(row) -> Span:
    """A row dated by its year alone does not say how far into it the data set reaches, unless there is no other."""
    last = row["last_at"].astimezone(UTC).date() if row["last_at"] else date(row["last_year"], 12, 31)
    return Span(row["source"], row["first_at"].astimezone(UTC).date(), last)
