"""How many incidents were reported, by quarter and code, as was known at a moment: exact numbers, for publication only
through `quarters` (C4, G3)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet, Subquery

from accounts.models import User
from areas.models import Area
from audit.models import Event
from incidents.codes import Category, Outcome
from incidents.models import ReportCodes
from overview.figures.names import EVERYWHERE
from overview.figures.quarters import Quarter, published, settled
from sharing.models import Item
from slt_portal.months import months_later

AREA, CATEGORY, CONSEQUENCE, SIDE = DIMENSIONS = ("area", "category", "consequence", "side")
PARTNERS, UN = "partners", "un"
WITHDRAWN, SHARED = "sharing.withdrawn", "sharing.audience_changed"
_WHY = "figures for the bodies, in steps"
_KEYS = {
    AREA: "CAST(area AS varchar(20))",
    CATEGORY: "category",
    CONSEQUENCE: "consequence",
    SIDE: f"CASE WHEN is_of_un THEN '{UN}' ELSE '{PARTNERS}' END",
}
_ALWAYS = {CATEGORY: Category.values, CONSEQUENCE: Outcome.values, SIDE: [PARTNERS, UN], AREA: []}

Counted = dict[str, dict[str, int]]


def quarters_of(starts: Sequence[date], as_of: datetime) -> list[Quarter | None]:
    """The published form of the quarters that begin on these days; None for those that were over before the portal
    began: nobody shared anything. At most three questions, however many quarters and incidents."""
    counted = count(starts, as_of)
    first = User.objects.order_by("created_at").values_list("created_at", flat=True).first()
    began = first.astimezone(UTC).date() if first else date.max
    return [
        published(start, counted[start])
        if months_later(start, 3) > began or any(counted[start][SIDE].values())
        else None
        for start in starts
    ]


def count(starts: Sequence[date], as_of: datetime) -> dict[date, Counted]:
    """The exact numbers of the quarters that begin on these days, by dimension and key: an incident counts once in
    every dimension. Areas are keyed by their codes. Two questions."""
    found = {start: {name: dict.fromkeys(_ALWAYS[name], 0) for name in DIMENSIONS} for start in starts}
    rows = _grouped(known_by(as_of).filter(quarter__in=starts))
    codes = dict(Area.objects.order_by().values_list("pk", "code"))
    for quarter, dimension, key, number in rows:
        if dimension == AREA:
            key = EVERYWHERE if key is None else codes[int(key)]
        found[quarter][dimension][key] = number
    return found


def known_by(as_of: datetime) -> QuerySet[ReportCodes]:
    """What the newest report on each incident said, of those that count as of a moment: reported before that month,
    and not withdrawn at that moment."""
    rows = ReportCodes.objects.for_system(_WHY)
    reported = rows.filter(filed_at__lt=settled(as_of))
    further = reported.filter(number__gt=1)  # said again, so that the database looks among the few of them only
    newer = further.filter(item=OuterRef("item"), number__gt=OuterRef("number"))
    return reported.filter(~Exists(newer)).exclude(item__in=_withdrawn(as_of))


def _withdrawn(as_of):
    """The items that were withdrawn at a moment, and not shared again by then. Each change raises the version, so that
    the audit chain is asked about the few that were ever changed."""
    events = Event.objects.filter(object_type="item", object_ref=OuterRef("ref"), at__lt=as_of)
    newest = events.filter(verb__in=[WITHDRAWN, SHARED]).order_by("-number").values("verb")[:1]
    changed = Item.objects.for_system(_WHY).filter(version__gt=1)
    return changed.annotate(newest=Subquery(newest)).filter(newest=WITHDRAWN).values("pk")


def _grouped(rows) -> list[tuple[date, str, str | None, int]]:
    """(quarter, dimension, key, number): the rows are found once and counted in each dimension."""
    columns = ("quarter", "area", "category", "consequence", "is_of_un")
    try:
        sql, params = rows.order_by().values_list(*columns).query.sql_with_params()
    except EmptyResultSet:
        return []
    counted = " UNION ALL ".join(
        f"SELECT quarter, '{name}', {key}, COUNT(*) FROM asked GROUP BY 1, 3"  # noqa: S608 - our own names
        for name, key in _KEYS.items()
    )
    with connection.cursor() as cursor:
        cursor.execute(f"WITH asked ({', '.join(columns)}) AS ({sql}) {counted}", params)
        return [(_day(quarter), *rest) for quarter, *rest in cursor.fetchall()]


def _day(value) -> date:
    """SQLite gives days as texts."""
    return value if isinstance(value, date) else date.fromisoformat(value)
