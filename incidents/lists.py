"""One page of the incident list: the merged newest page where nothing narrows it, else the rule as a condition."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import number_format

from sharing.access import Access
from sharing.models import Kind
from sharing.newest import CAP, Position, capped_count, newest
from slt_portal import cursors

from .models import IncidentRelease

PAGE = 25
_LIST = "incidents"


@dataclass(frozen=True)
class Page:
    """Rows in the order of the list, cursors of the neighbouring pages by date (empty: none) and the capped count."""

    rows: list[IncidentRelease]
    newer: str
    older: str
    count: int

    @property
    def count_label(self) -> str:
        """The count, or "1,000+"; thousands are set apart as the reader's language does it."""
        shown = number_format(min(self.count, CAP), force_grouping=True)
        return f"{shown}+" if self.count > CAP else shown


def incident_page(access: Access, filters, *, newer_than: str = "", older_than: str = "", size: int = PAGE) -> Page:
    """The page of the list next to a cursor, or its beginning. `filters` is a valid IncidentFilter.

    A cursor that is none is ignored: the list begins at its beginning.
    """
    start = _position(newer_than) or _position(older_than)
    upwards = _position(newer_than) is not None if start else filters.oldest_first
    read = _narrowed if filters.is_narrowing else _newest
    rows = read(access, filters, start, upwards, size + 1)
    more, rows = len(rows) > size, rows[:size]
    if upwards:
        rows.reverse()  # now newest first, whichever way they were read
    has_newer, has_older = (more, start is not None) if upwards else (start is not None, more)
    return Page(
        rows=rows[::-1] if filters.oldest_first else rows,
        newer=_cursor(rows[0]) if rows and has_newer else "",
        older=_cursor(rows[-1]) if rows and has_older else "",
        count=_count(access, filters),
    )


def _newest(access, filters, start, oldest_first, limit):
    rows = IncidentRelease.objects.visible_to(access).with_release()
    return newest(access, Kind.INCIDENT, rows.in_bulk, after=start, oldest_first=oldest_first, limit=limit)


def _narrowed(access, filters, start, oldest_first, limit):
    rows = filters.qs.with_release().by_date(oldest_first=oldest_first)
    return list((rows.after(start, oldest_first=oldest_first) if start else rows)[:limit])


def _count(access, filters):
    if filters.is_narrowing:
        return filters.qs.order_by()[: CAP + 1].count()
    return capped_count(access, Kind.INCIDENT)


def _cursor(row):
    return cursors.pack(_LIST, row.release.sort_at.isoformat(), row.release_id)


def _position(word):
    values = cursors.unpack(word) if word else None
    if not values or values[0] != _LIST:  # made up, or of another list
        return None
    return Position(datetime.fromisoformat(values[1]), values[2])
