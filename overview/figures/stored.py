"""Stored figures: counted by the worker, read by dashboards, never shown where something that they watch has happened
since (G1)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Max, Min, Q
from django.utils import timezone

from audit.models import ChainHead, Event
from governance.policies import reads_bodies
from overview.figures import values
from overview.figures.registry import Figure, Period, Value, all_figures, figure_of
from overview.models import StoredFigure
from sharing.access import Access
from slt_portal.months import months_later

log = structlog.get_logger(__name__)
MONTHS = 12  # of the time that dashboards show
LATE_AFTER = 4  # times FIGURES_MINUTES: then something is wrong with the worker or the figure, and pages say so


class Row(NamedTuple):
    """One row of a figure as a page shows it; `href` is empty for who may not open what is behind it."""

    label: str
    values: list[Value]
    href: str

    @property
    def words(self) -> list[str]:
        """Its values in the reader's language."""
        return [values.words(value) for value in self.values]


@dataclass(frozen=True)
class Shown:
    """One figure as one reader is shown it.

    `rows` is empty while it is not counted (`made_at` None: never yet; `recounted_since`: something that it watches has
    happened at that moment). `is_outdated`: one of both, or it is older than it should be; then its rows still stand,
    with their time.
    """

    figure: Figure
    href: str
    rows: list[Row] = field(default_factory=list)
    first: date | None = None
    last: date | None = None
    cut_off: datetime | None = None
    made_at: datetime | None = None
    recounted_since: datetime | None = None
    is_outdated: bool = True


def refresh(now: datetime | None = None) -> int:
    """Count anew every figure that is older than FIGURES_MINUTES, or of which something that it watches has happened
    since. Returns how many were counted.

    Each in a transaction of its own: what one figure fails at is logged, and its rows stand with their old time. Two at
    once do the same work twice; where the older result is written last, its event number says so, and `shown` knows.
    """
    now, done = now or timezone.now(), 0
    rows = {row.code: row for row in StoredFigure.objects.all()}
    newest = _newest_events(rows.values())
    for figure in all_figures():
        if not _is_due(figure, rows.get(figure.code), newest, now):
            continue
        try:
            count_one(figure, now)
        except Exception as error:  # one figure that fails must not keep the others from being counted
            log.error("figure_failed", code=figure.code, error=type(error).__name__)
            continue
        done += 1
    return done


@transaction.atomic
def count_one(figure: Figure, now: datetime) -> None:
    """Count one figure as of `now` and store it.

    Where the audit chain ends is read before anything is counted: what commits meanwhile has a higher number, so the
    figure then counts as outdated, though it may have seen it.
    """
    number = ChainHead.objects.values_list("number", flat=True).first() or 0
    period = usual_period(figure, now)
    rows = [[key, list(row)] for key, row in figure.count(period)]
    data = {"first": period.first.isoformat(), "last": period.last.isoformat(), "rows": rows}
    row = StoredFigure(code=figure.code, data=data, cut_off=now, event_number=number, made_at=timezone.now())
    changed = ["data", "cut_off", "event_number", "made_at"]
    StoredFigure.objects.bulk_create([row], update_conflicts=True, unique_fields=["code"], update_fields=changed)


def usual_period(figure: Figure, now: datetime) -> Period:
    """The time for which dashboards show a figure: of what happened the twelve months up to the last complete quarter,
    of what is the twelve months up to today."""
    today = now.astimezone(UTC).date()
    if figure.is_of_moment:
        return Period(months_later(today, -MONTHS) + timedelta(days=1), today, now)
    quarter = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    return Period(months_later(quarter, -MONTHS), quarter - timedelta(days=1), now)


def shown(access: Access, codes: Iterable[str]) -> dict[str, Shown]:
    """The stored figures with these codes as this reader is shown them: two queries, and one for each sort of name that
    their rows have. Nothing at all for who does not read the bodies. Raises LookupError for an unknown code.

    Where something that a figure watches has happened since, its rows are not shown until it is counted anew.
    """
    if not reads_bodies(access):
        return {}
    figures = [figure_of(code) for code in codes]
    stored = {row.code: row for row in StoredFigure.objects.filter(code__in=[one.code for one in figures])}
    since = _outdated_since(figures, stored)
    rows = {code: row.data["rows"] for code, row in stored.items() if since.get(code) is None}
    labels = _labels(figures, rows)
    late = timezone.now() - LATE_AFTER * timedelta(minutes=settings.FIGURES_MINUTES)
    found = {}
    for figure in figures:
        row, recounted_since, href = stored.get(figure.code), since.get(figure.code), figure.href(access)
        found[figure.code] = Shown(figure, href)
        if row is not None:
            found[figure.code] = Shown(
                figure,
                href,
                [
                    Row(labels[figure.code][key], cells, _own_page(figure.href(access, key), href))
                    for key, cells in rows.get(figure.code, ())
                ],
                date.fromisoformat(row.data["first"]),
                date.fromisoformat(row.data["last"]),
                row.cut_off,
                row.made_at,
                recounted_since,
                recounted_since is not None or row.made_at < late,
            )
    return found


def _own_page(href: str, of_all: str) -> str:
    """The page of a row; empty if it is the one of the whole figure, which is linked once."""
    return "" if href == of_all else href


def _outdated_since(figures, stored) -> dict[str, datetime | None]:
    """Since when something has happened that each figure watches, after it was counted; one query at most."""
    watched = [one for one in figures if one.watches and one.code in stored]
    if not watched:
        return {}
    terms = {
        f"figure_{at}": Min("at", filter=Q(verb__in=sorted(one.watches), number__gt=stored[one.code].event_number))
        for at, one in enumerate(watched)
    }
    oldest = min(stored[one.code].event_number for one in watched)
    found = Event.objects.filter(number__gt=oldest).aggregate(**terms)
    return {one.code: found[f"figure_{at}"] for at, one in enumerate(watched)}


def _newest_events(rows) -> dict[str, int]:
    """The number of the newest event of each verb, of those after the oldest stored figure; one query."""
    oldest = min((row.event_number for row in rows), default=0)
    events = Event.objects.filter(number__gt=oldest).order_by().values_list("verb")
    return dict(events.annotate(Max("number")))


def _is_due(figure, row, newest, now) -> bool:
    if row is None or row.made_at <= now - timedelta(minutes=settings.FIGURES_MINUTES):
        return True
    return any(newest.get(verb, 0) > row.event_number for verb in figure.watches)


def _labels(figures, rows) -> dict[str, dict[str, str]]:
    """By figure what its keys are called; figures whose keys are of the same sort are asked together."""
    keys = {one.code: [key for key, _ in rows.get(one.code, ())] for one in figures}
    sorts: dict[object, list[Figure]] = {}
    for figure in figures:
        sorts.setdefault(type(figure).names, []).append(figure)
    names = {}
    for sort, some in sorts.items():
        every = list(dict.fromkeys(key for one in some for key in keys[one.code]))
        names[sort] = some[0].names(every) if every else {}
    return {
        one.code: {key: names[type(one).names].get(key) or str(one.label(key)) for key in keys[one.code]}
        for one in figures
    }
