"""The newest page: the top rows of each principal, merged. Its cost is bounded by principals, not by rows.

A property test keeps it equal to `Release.objects.visible_to(...)` in the same order.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from .access import Access
from .models import Audience, Grant, Release

CAP = 1000


@dataclass(frozen=True)
class Position:
    """A place in the list: everything after it comes later in the reading direction."""

    sort_at: datetime
    release: int


@dataclass(frozen=True)
class _Window:
    """Which rows of each source are wanted: the first `limit` of `kind`, by date, after a position."""

    kind: str
    after: Position | None
    oldest_first: bool
    limit: int

    @property
    def direction(self) -> str:
        return "ASC" if self.oldest_first else "DESC"


def newest(
    access: Access,
    kind: str,
    load: Callable[[list[int]], dict],
    *,
    after: Position | None = None,
    oldest_first=False,
    limit: int,
) -> list:
    """At most `limit` rows by date, one per item (its deepest release that `access` opens), after a position.

    `load` turns release ids into rows by release id, through `visible_to`; ids that it leaves out (a deeper release of
    the same item is visible) are skipped.
    """
    found: list = []
    batch = 2 * limit + 2  # an item has at most two releases, so that one round almost always is enough
    while True:
        keys = _merged(access, _Window(kind, after, oldest_first, batch))
        rows = load([key.release for key in keys]) if keys else {}
        found += [rows[key.release] for key in keys if key.release in rows]
        if len(found) >= limit or len(keys) < batch:
            return found[:limit]
        after = keys[-1]


def capped_count(access: Access, kind: str, cap: int = CAP) -> int:
    """How many items of `kind` are open to `access`, counted up to `cap + 1`."""
    # 2: a grant may open both releases of an item, a principal only ever one
    sources = list(_sources(access, _Window(kind, None, oldest_first=False, limit=2 * (cap + 1))))
    if not sources:
        return 0
    union, params = _union(sources)
    release = connection.ops.quote_name(Release._meta.db_table)
    exact = f"SELECT COUNT(DISTINCT item_id) FROM {release} WHERE id IN (SELECT release_id FROM ({union}) AS u)"
    many, many_params = _many_through_one(access, kind, cap)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT CASE WHEN {many} THEN %s ELSE ({exact}) END", [*many_params, cap + 1, *params])
        return min(cursor.fetchone()[0], cap + 1)


def _many_through_one(access, kind, cap):
    """SQL that is true when a single principal alone opens more than `cap` items: then nothing need be merged."""
    if not access.plain:
        return "1 = 0", []
    audience = connection.ops.quote_name(Audience._meta.db_table)
    names = " UNION ALL ".join(["SELECT %s AS principal"] * len(access.plain))
    rows = f"SELECT 1 FROM {audience} a WHERE a.principal = p.principal AND a.kind = %s LIMIT %s"
    sql = f"EXISTS (SELECT 1 FROM ({names}) AS p WHERE (SELECT COUNT(*) FROM ({rows}) AS c) > %s)"
    return sql, [*access.plain, kind, cap + 1, cap]


def _merged(access, window) -> list[Position]:
    sources = list(_sources(access, window))
    if not sources:
        return []
    union, params = _union(sources)
    order = f"ORDER BY 1 {window.direction}, 2 {window.direction} LIMIT %s"
    column = Release._meta.get_field("sort_at").get_col(Release._meta.db_table)
    converters = connection.ops.get_db_converters(column)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT sort_at, release_id FROM ({union}) AS u {order}", [*params, window.limit])
        return [Position(_python(value, converters), release) for value, release in cursor.fetchall()]


def _python(value, converters):
    for converter in converters:
        value = converter(value, None, connection)
    return value


def _union(sources):
    sql = " UNION ".join(f"SELECT * FROM ({sql}) AS p{number}" for number, (sql, _) in enumerate(sources))
    return sql, [value for _, params in sources for value in params]


def _sources(access, window):
    """(sql, params) that give the first rows of each principal in order, and those of the grants."""
    for principals, closed in access.groups():
        if connection.vendor == "postgresql":  # planned once, however many principals there are
            sql, params = _first_rows(Audience, "release_id", "a.principal = p.principal", [], closed, window)
            every = f"SELECT x.* FROM unnest(%s) AS p(principal) CROSS JOIN LATERAL ({sql}) AS x"
            yield every, [principals, *params]
        else:
            for principal in principals:
                yield _first_rows(Audience, "release_id", "a.principal = %s", [principal], closed, window)
    if access.is_member:
        mine = "a.user_id = %s AND (a.expires_at IS NULL OR a.expires_at > %s)"
        params = [access.user_id, connection.ops.adapt_datetimefield_value(access.on)]
        yield _first_rows(Grant, "content_object_id", mine, params, access.closed_areas, window)


def _first_rows(model, release, holder, params, closed, window):
    quote, adapt = connection.ops.quote_name, connection.ops.adapt_datetimefield_value
    where, params, join = [holder, "a.kind = %s"], [*params, window.kind], ""
    if window.after is not None:
        where.append(f"(a.sort_at, a.{release}) {'>' if window.oldest_first else '<'} (%s, %s)")
        params += [adapt(window.after.sort_at), window.after.release]
    if closed:
        join = f" JOIN {quote(Release._meta.db_table)} r ON r.id = a.{release}"
        where.append(f"(r.area_id IS NULL OR r.area_id NOT IN ({', '.join(['%s'] * len(closed))}))")
        params += sorted(closed)
    sql = (
        f"SELECT a.sort_at, a.{release} AS release_id FROM {quote(model._meta.db_table)} a{join} "
        f"WHERE {' AND '.join(where)} "
        f"ORDER BY a.sort_at {window.direction}, a.{release} {window.direction} LIMIT %s"
    )
    return sql, [*params, window.limit]
