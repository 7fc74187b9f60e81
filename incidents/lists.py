"""One page of the incident list: the merged newest page where nothing narrows it, else the rule as a condition."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import number_format
from django.utils.functional import cached_property

from sharing.access import Access
from sharing.models import Kind
from sharing.newest import CAP, Position, capped_count, newest, newest_matching
from sharing.search import NO_RELEASE
from slt_portal import cursors
from slt_portal.prepared import prepared

from .filters import moments_of
from .models import IncidentRelease

PAGE = 25
FEW = 2000  # releases: asked for one by one
MOST = 2500  # releases that are read in the order of the list before something else is tried
_LIST = "incidents"
_LAST = 2**63 - 1  # behind every release


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
    found = Narrowed(access, filters) if filters.is_narrowing else Newest(access)
    rows = found.rows(start, upwards, size + 1)
    more, rows = len(rows) > size, rows[:size]
    if upwards:
        rows.reverse()  # now newest first, whichever way they were read
    has_newer, has_older = (more, start is not None) if upwards else (start is not None, more)
    return Page(
        rows=rows[::-1] if filters.oldest_first else rows,
        newer=_cursor(rows[0]) if rows and has_newer else "",
        older=_cursor(rows[-1]) if rows and has_older else "",
        count=found.count(),
    )


@dataclass(frozen=True)
class Newest:
    """Everything that is open."""

    access: Access

    def rows(self, start, oldest_first, limit):
        return newest(self.access, Kind.INCIDENT, self._load, after=start, oldest_first=oldest_first, limit=limit)

    def count(self):
        return capped_count(self.access, Kind.INCIDENT)

    def _load(self, releases):
        return {row.release_id: row for row in _of_releases(releases)}


@prepared
def _of_releases(releases):
    """What the list shows of these releases, of which the merged page says that they are open."""
    return IncidentRelease.objects.for_system("the newest that are open").for_lists().filter(pk__in=releases)


class Narrowed:
    """What is open and matches filters. The newest that are open are read until the page is full: that is soon, unless
    few of them match. Then it begins with what matches, if that is little, else with all that is open. An area begins
    with itself: its releases are in order at hand."""

    def __init__(self, access: Access, filters):
        self.access, self.filters, self.values = access, filters, filters.form.cleaned_data
        self.is_direct = bool(self.values["area"]) or filters.has_few_words
        self.complete: list | None = None

    def rows(self, start, oldest_first, limit):
        found = None if self.is_direct else self._walk(start, oldest_first, limit, most=MOST)
        if found is None:
            self.is_direct = True
            rows = self._directly.for_lists().by_date(oldest_first=oldest_first)
            found = list((rows.after(start, oldest_first=oldest_first) if start else rows).top(limit))
        if start is None and len(found) < limit:
            self.complete = found
        return found

    def count(self):
        """How many match, up to CAP + 1; `rows` was asked before."""
        if self.complete is not None:
            return len(self.complete)
        is_bounded = self.is_own or self.values["since"] or self.values["until"]
        if is_bounded and not self.is_direct:
            found = self._walk(None, False, CAP + 1, most=CAP + 1, counting=True)
            if found is not None:
                return len(found)
        rows = self._directly if self.is_direct or self.is_own else self.filters.qs
        return rows.capped_count(CAP + 1)

    @property
    def is_own(self):
        return self.values["whose"] == "own"

    def _walk(self, start, oldest_first, limit, *, most, counting=False):
        access = self.access.as_originator() if self.is_own else self.access
        rows = self.filters.filter_queryset(IncidentRelease.objects.ruled(access))

        def match(ids, most):
            matching = rows.filter(pk__in=ids)
            if counting:
                return list(matching.order_by().values_list("pk", flat=True)[:most])
            return list(matching.for_lists().by_date(oldest_first=oldest_first)[:most])

        first, last = self._days(start, oldest_first)
        return newest_matching(
            access,
            Kind.INCIDENT,
            match,
            after=first,
            until=last,
            oldest_first=oldest_first,
            limit=limit,
            most=most,
            unless=lambda: self._few is not None,
        )

    def _days(self, start, oldest_first):
        """Where to begin, from a cursor or the days that are asked for, and the moment at which to end."""
        since, until = self.values["since"], self.values["until"]
        earliest = Position(moments_of(since)[0], 0) if since else None
        latest = Position(moments_of(until)[1], _LAST) if until else None
        begin, end = (earliest, latest) if oldest_first else (latest, earliest)
        return start or begin, end.sort_at if end else None

    @cached_property
    def _few(self):
        """The releases that match, open or not, if they are few."""
        rows = self.filters.filter_queryset(IncidentRelease.objects.for_system("the few that match"))
        ids = list(rows.order_by().values_list("pk", flat=True)[: FEW + 1])
        return ids if len(ids) <= FEW else None

    @property
    def _directly(self):
        if self.values["area"] or self.filters.has_few_words:
            return self.filters.qs
        if self._few is not None:
            return IncidentRelease.objects.visible_to(self.access).filter(pk__in=[NO_RELEASE, *self._few])
        access = self.access.as_originator() if self.is_own else self.access
        return self.filters.filter_queryset(IncidentRelease.objects.all_visible_to(access))


def _cursor(row):
    return cursors.pack(_LIST, row.release.sort_at.isoformat(), row.release_id)


def _position(word):
    values = cursors.unpack(word) if word else None
    if not values or values[0] != _LIST:  # made up, or of another list
        return None
    return Position(datetime.fromisoformat(values[1]), values[2])
