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
        keys = _merged(access, kind, after, oldest_first, batch)
        rows = load([key.release for key in keys]) if keys else {}
        found += [rows[key.release] for key in keys if key.release in rows]
        if len(found) >= limit or len(keys) < batch:
            return found[:limit]
        after = keys[-1]


def capped_count(access: Access, kind: str, cap: int = CAP) -> int:
    """How many items of `kind` are open to `access`, counted up to `cap + 1`."""
    sources = list(_sources(access, kind, None, False, 2 * (cap + 1)))  # one source may hold both releases of an item
    if not sources:
        return 0
    release = connection.ops.quote_name(Release._meta.db_table)
    union = " UNION ".join(f"SELECT * FROM ({sql}) AS p{number}" for number, (sql, _) in enumerate(sources))
    query = f"SELECT COUNT(DISTINCT item_id) FROM {release} WHERE id IN (SELECT release_id FROM ({union}) AS u)"
    with connection.cursor() as cursor:
        cursor.execute(query, [value for _, params in sources for value in params])
        return min(cursor.fetchone()[0], cap + 1)


def _merged(access, kind, after, oldest_first, batch) -> list[Position]:
    sources = list(_sources(access, kind, after, oldest_first, batch))
    if not sources:
        return []
    direction = "ASC" if oldest_first else "DESC"
    union = " UNION ".join(f"SELECT * FROM ({sql}) AS p{number}" for number, (sql, _) in enumerate(sources))
    query = f"SELECT sort_at, release_id FROM ({union}) AS u ORDER BY 1 {direction}, 2 {direction} LIMIT %s"
    convert = Release._meta.get_field("sort_at")
    converters = connection.ops.get_db_converters(convert.get_col(Release._meta.db_table))
    with connection.cursor() as cursor:
        cursor.execute(query, [value for _, params in sources for value in params] + [batch])
        return [Position(_python(value, converters), release) for value, release in cursor.fetchall()]


def _python(value, converters):
    for converter in converters:
        value = converter(value, None, connection)
    return value


def _sources(access, kind, after, oldest_first, batch):
    """One (sql, params) per principal, and one for the grants: its first `batch` rows in order."""
    for principals, closed in access.groups():
        for principal in principals:
            yield _source(Audience, "release_id", ("principal", principal), kind, closed, after, oldest_first, batch)
    if access.grants:
        yield _source(
            Grant,
            "content_object_id",
            ("user_id", access.user_id),
            kind,
            access.closed_areas,
            after,
            oldest_first,
            batch,
            live_on=access.on,
        )


def _source(model, release, holder, kind, closed, after, oldest_first, batch, live_on=None):
    quote, adapt = connection.ops.quote_name, connection.ops.adapt_datetimefield_value
    table, (column, value) = quote(model._meta.db_table), holder
    where, params = [f"a.{column} = %s", "a.kind = %s"], [value, kind]
    if live_on is not None:
        where.append("(a.expires_at IS NULL OR a.expires_at > %s)")
        params.append(adapt(live_on))
    if after is not None:
        where.append(f"(a.sort_at, a.{release}) {'>' if oldest_first else '<'} (%s, %s)")
        params += [adapt(after.sort_at), after.release]
    join = ""
    if closed:
        join = f" JOIN {quote(Release._meta.db_table)} r ON r.id = a.{release}"
        where.append(f"(r.area_id IS NULL OR r.area_id NOT IN ({', '.join(['%s'] * len(closed))}))")
        params += sorted(closed)
    direction = "ASC" if oldest_first else "DESC"
    sql = (
        f"SELECT a.sort_at, a.{release} AS release_id FROM {table} a{join} WHERE {' AND '.join(where)} "
        f"ORDER BY a.sort_at {direction}, a.{release} {direction} LIMIT %s"
    )
    return sql, [*params, batch]
