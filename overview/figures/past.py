"""How things stood, read from dated facts: what was recorded after the cut-off is as if it had not happened (G3)."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from statistics import median
from typing import NamedTuple

from areas.models import Area, AreaEntry
from audit.models import Event
from organisations.models import Standing
from overview.figures.registry import NO_DATA, Period, Value


def days(begin: datetime, end: datetime) -> int:
    """Whole days from one moment to another."""
    return (end - begin).days


def median_days(numbers: Iterable[int]) -> Value:
    """The median in whole days; "no data" of nothing."""
    numbers = list(numbers)
    return round(median(numbers)) if numbers else NO_DATA


def areas_then(period: Period) -> list[Area]:
    """The areas that there were on the last day, as one knew before the cut-off; two queries. By code: names can change
    later, and the rows of a report would then stand in another order."""
    late, were = set(), {}
    entries = AreaEntry.objects.filter(at__gte=period.as_of).order_by("pk")
    for area, what, was in entries.values_list("area", "what", "was"):
        if what == AreaEntry.What.MADE:
            late.add(area)
        if "valid_to" in was:
            were.setdefault(area, was["valid_to"] and date.fromisoformat(was["valid_to"]))
    day = last_day(period)
    found = []
    for area in Area.objects.order_by("code"):
        until = were.get(area.pk, area.valid_to)
        has_begun = area.pk not in late and (area.valid_from is None or area.valid_from <= day)
        if has_begun and (until is None or until >= day):
            found.append(area)
    return found


def last_day(period: Period) -> date:
    """The last day of the time, or that of the cut-off if it is earlier."""
    return min(period.last, period.as_of.date())


class Stood(NamedTuple):
    """A standing as one knew it before the cut-off; `area` is a code, or None for everywhere."""

    organisation: str
    organisation_kind: str
    kind: str
    area: str | None
    starts_at: datetime
    ends_at: datetime | None

    def at(self, moment: datetime) -> bool:
        """Whether it was in force right before `moment`."""
        return self.starts_at < moment and (self.ends_at is None or self.ends_at >= moment)


def standings_then(period: Period, *kinds: str) -> list[Stood]:
    """The standings of some kinds that began before the end of the time and were recorded before the cut-off.

    When one was recorded says the audit chain, by organisation, kind and area: of those that are the same in all three
    the newest are the late ones. An end is never earlier than its recording, so it needs no such care. Two queries.
    """
    late: Counter = Counter()
    events = Event.objects.filter(verb="organisations.standing_added", at__gte=period.as_of).order_by()
    for organisation, facts in events.values_list("object_ref", "facts"):
        late[organisation, facts.get("standing"), facts.get("area")] += 1
    columns = ("organisation__ref", "organisation__kind", "kind", "area__code", "starts_at", "ends_at")
    by_key = defaultdict(list)
    for row in Standing.objects.filter(kind__in=kinds).order_by("pk").values_list(*columns):
        by_key[row[0], row[2], row[3]].append(Stood(*row))
    known = [row for key, rows in by_key.items() for row in rows[: len(rows) - late[key]]]
    return [row for row in known if row.starts_at < period.end]
