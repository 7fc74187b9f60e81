"""The newest page: the top rows of each principal, merged. Its cost is bounded by principals, not by rows.

The widest audiences are asked first: what lies behind the last row that a page needs of one of them need not be read
of the others. A property test keeps it equal to `Release.objects.visible_to(...)` in the same order.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.db import connection

from .access import Access
from .markings import Depth
from .models import Audience, Grant, Release
from .wall import as_system, reading_as

CAP = 1000
_COUNTS = "a number: behind the wall, thousands of rows would be looked at one by one"
_BEGINNING, _END = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
_IS_OPEN = "({0}.closes_at IS NULL OR {0}.closes_at > %s)"
_DEEPER = f"(d.depth > r.depth OR (d.depth = {Depth.CONSENT:d} AND r.depth = d.depth AND d.id > r.id))"
_AUDIENCE, _GRANT = (Audience, "release_id"), (Grant, "content_object_id")  # with the column of the release


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

    @property
    def beyond(self) -> str:
        """What a date is that comes later in the reading direction."""
        return ">" if self.oldest_first else "<"


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

    `load` turns ids of releases into rows by id. It need not ask the rule: what it is asked for is open.
    """
    found: list[int] = []
    batch = 2 * limit + 2  # an item has at most two releases, so that one round almost always is enough
    while True:
        keys = _merged(access, _Window(kind, after, oldest_first, batch))
        shown = _shown(access, [key.release for key in keys])
        found += [key.release for key in keys if key.release in shown]
        if len(found) >= limit or len(keys) < batch:
            break
        after = keys[-1]
    rows = load(found[:limit]) if found else {}
    return [rows[release] for release in found[:limit] if release in rows]


def newest_matching(
    access: Access,
    kind: str,
    match: Callable[[list[int], int], list],
    *,
    after: Position | None = None,
    until: datetime | None = None,
    oldest_first=False,
    limit: int,
    most: int,
    unless: Callable[[], bool] = bool,
) -> list | None:
    """The same of rows that `match` lets through, which is given ids of releases that the wall let through, asks the
    rule of them, and turns them into such rows in the order of the list, no more than it is told.

    Nothing that lies beyond the moment `until` is sought. None if `most` releases were read, in two rounds, and too few
    of them matched, or if after the first of these `unless` says so: then it is better to begin with what matches.
    """
    found: list = []
    for number, batch in enumerate((4 * limit, most - 4 * limit)):
        if number and (batch <= 0 or unless()):
            break
        keys = _merged(access, _Window(kind, after, oldest_first, batch))
        ids = [key.release for key in keys]
        found += match(ids, limit - len(found)) if ids else []
        is_past = until and keys and (keys[-1].sort_at > until if oldest_first else keys[-1].sort_at < until)
        if len(found) >= limit or len(keys) < batch or is_past:
            return found
        after = keys[-1]
    return None


def capped_count(access: Access, kind: str, cap: int = CAP) -> int:
    """How many items of `kind` are open to `access`, counted up to `cap + 1`."""
    if _one_opens_more(access, kind, cap):
        return cap + 1
    # 2: a grant may open both releases of an item, a principal only ever one
    window = _Window(kind, None, oldest_first=False, limit=2 * (cap + 1))
    sources = list(_sources(access, window, open_on=access.on))
    if not sources:
        return 0
    union, params = _union(sources)
    ids = f"SELECT release_id FROM ({union}) AS u LIMIT %s"
    sql = f"SELECT COUNT(DISTINCT item_id) FROM {_table(Release)} WHERE id IN ({ids})"
    with as_system(_COUNTS), connection.cursor() as cursor:
        cursor.execute(sql, [*params, window.limit])
        return min(cursor.fetchone()[0], cap + 1)


def _one_opens_more(access, kind, cap):
    """Whether one of the widest principals alone opens more than `cap` items: then nothing need be merged."""
    window = _Window(kind, None, oldest_first=False, limit=cap + 1)
    counts = [
        _first_rows(_AUDIENCE, "a.principal = %s", [name], closed, window, open_on=access.on)
        for names, closed in _wide(access)
        for name in names
    ]
    if not counts:
        return False
    enough = " OR ".join(f"(SELECT COUNT(*) FROM ({sql}) AS c) > {int(cap)}" for sql, _ in counts)
    with as_system(_COUNTS), connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 WHERE {enough}", [value for _, params in counts for value in params])
        return cursor.fetchone() is not None


def _merged(access, window) -> list[Position]:
    """The releases that are opened, in order; of one item all. Those that lie where `access` does not reach, or closed
    by themselves since, have yet to be left out by who asks."""
    # Which areas somebody does not reach is asked of what was found: row by row, behind the wall, it costs too much.
    names = (*access.plain, *(name for name, _ in access.excepted))
    everywhere = replace(access, plain=names, excepted=())
    bound, params = _bound(everywhere, window)
    sources = list(_sources(everywhere, window, has_bound=bool(bound)))
    if not sources:
        return []
    union, more = _union(sources)
    order = f"ORDER BY 1 {window.direction}, 2 {window.direction}"
    column = Release._meta.get_field("sort_at").get_col(Release._meta.db_table)
    converters = connection.ops.get_db_converters(column)
    with reading_as(access), connection.cursor() as cursor:
        cursor.execute(f"{bound} SELECT * FROM ({union}) AS u {order} LIMIT %s", [*params, *more, window.limit])
        return [Position(_python(value, converters), release) for value, release in cursor.fetchall()]


def _shown(access, releases):
    """Those of `releases`, which the wall let through as opened, that lie where `access` reaches, have not
    closed by themselves since, and of whose item no deeper one is open as well."""
    if not releases:
        return set()
    opened, params = _opens(access, "d")
    table, now = _table(Release), connection.ops.adapt_datetimefield_value(access.on)
    deeper = (
        f"SELECT 1 FROM {table} d WHERE d.item_id = r.item_id AND {_DEEPER} "
        f"AND {_IS_OPEN.format('d')} AND ({opened}) LIMIT 1"
    )
    asked = ", ".join(str(int(release)) for release in releases)
    sql = f"SELECT r.id FROM {table} r WHERE r.id IN ({asked}) AND {_IS_OPEN.format('r')} AND ({deeper}) IS NULL"
    if access.excepted:
        reached, more = _opens(access, "r")
        sql, params = f"{sql} AND ({reached})", [*params, *more]
    with as_system("which of what is open is shown"), connection.cursor() as cursor:
        cursor.execute(sql, [now, now, *params])
        return {release for (release,) in cursor.fetchall()}


def _python(value, converters):
    for converter in converters:
        value = converter(value, None, connection)
    return value


def _wide(access):
    """The principals that open the most, those of no organisation and no area, with the areas they do not reach."""
    for principals, closed in access.groups():
        if wide := [name for name in principals if ":" not in name]:
            yield wide, closed


def _bound(access, window):
    """SQL that names the date `bound.at` up to which one of the widest principals alone fills the window."""
    last = [
        source
        for principals, closed in _wide(access)
        for source in _of_each(principals, closed, replace(window, limit=1), skip=window.limit - 1)
    ]
    if not last:
        return "", []
    union, params = _union(last)
    nearest, none = ("MIN", _END) if window.oldest_first else ("MAX", _BEGINNING)
    sql = f"WITH bound AS (SELECT COALESCE({nearest}(sort_at), %s) AS at FROM ({union}) AS w)"
    return sql, [connection.ops.adapt_datetimefield_value(none), *params]


def _union(sources):
    sql = " UNION ".join(f"SELECT * FROM ({sql}) AS p{number}" for number, (sql, _) in enumerate(sources))
    return sql, [value for _, params in sources for value in params]


def _sources(access, window, **options):
    """(sql, params) that give the first rows of each principal in order, and those of the grants."""
    for principals, closed in access.groups():
        yield from _of_each(principals, closed, window, **options)
    if access.is_member:
        yield _first_rows(_GRANT, *_live(access), access.closed_areas, window, **options)


def _of_each(principals, closed, window, **options):
    if connection.vendor == "postgresql":  # planned once, however many principals there are
        sql, params = _first_rows(_AUDIENCE, "a.principal = p.principal", [], closed, window, **options)
        each = "SELECT x.* FROM unnest(%s::varchar[]) AS p(principal) CROSS JOIN LATERAL"
        yield f"{each} ({sql}) AS x", [_array(principals), *params]
    else:
        for principal in principals:
            yield _first_rows(_AUDIENCE, "a.principal = %s", [principal], closed, window, **options)


def _opens(access, release):
    """SQL that says of one row of the releases, by its alias, whether `access` opens it."""
    held, params = [], []
    for principals, closed in access.groups():
        named, names = "IN (" + ", ".join(["%s"] * len(principals)) + ")", principals
        if connection.vendor == "postgresql":
            # With a text appended the planner does not look up how frequent each of them is: they are few rows anyhow.
            named, names = "|| '' = ANY (%s::varchar[])", [_array(principals)]
        held.append(f"a.principal {named}{_reaches(f'{release}.area_id', closed)}")
        params += [*names, *sorted(closed)]
    row = f"SELECT 1 FROM {_table(Audience)} a WHERE a.release_id = {release}.id AND ({' OR '.join(held)}) LIMIT 1"
    either = [f"({row}) IS NOT NULL"]
    if access.is_member:
        mine, more = _live(access)
        row = f"SELECT 1 FROM {_table(Grant)} a WHERE a.content_object_id = {release}.id AND {mine} LIMIT 1"
        either.append(f"({row}) IS NOT NULL{_reaches(f'{release}.area_id', access.closed_areas)}")
        params += [*more, *sorted(access.closed_areas)]
    return " OR ".join(either), params


def _live(access):
    """SQL and parameters of the grants of a person that have not expired; of those of an emergency, where they are DSS
    of its area."""
    areas, where = sorted(access.emergency_areas), "a.emergency_area_id IS NULL"
    if areas:
        where = f"({where} OR a.emergency_area_id IN ({', '.join(['%s'] * len(areas))}))"
    moment = connection.ops.adapt_datetimefield_value(access.on)
    sql = f"a.user_id = %s AND (a.expires_at IS NULL OR a.expires_at > %s) AND {where}"
    return sql, [access.user_id, moment, *areas]


def _reaches(area, closed):
    return f" AND COALESCE({area}, 0) NOT IN ({', '.join(['%s'] * len(closed))})" if closed else ""


def _array(principals):
    """An array as PostgreSQL reads it from one text, many times sooner than one of many values."""
    return "{" + ",".join(f'"{name}"' for name in principals) + "}"


def _first_rows(source, holder, params, closed, window, *, has_bound=False, skip=0, open_on=None):
    (model, release), adapt = source, connection.ops.adapt_datetimefield_value
    where, params, order = [holder, "a.kind = %s"], [*params, window.kind], ""
    if window.after is not None:
        where.append(f"(a.sort_at, a.{release}) {window.beyond} (%s, %s)")
        params += [adapt(window.after.sort_at), window.after.release]
    if has_bound:
        where.append(f"NOT a.sort_at {window.beyond} (SELECT at FROM bound)")
    if open_on is None:
        order = f"ORDER BY a.sort_at {window.direction}, a.{release} {window.direction}"
    else:  # they are only counted, whichever they are. What has closed is gathered once: few ever do.
        where.append(f"a.{release} NOT IN (SELECT id FROM {_table(Release)} WHERE closes_at <= %s)")
        params.append(adapt(open_on))
    # Asked row by row: as a join it would tempt the planner to read all releases.
    area = f"(SELECT r.area_id FROM {_table(Release)} r WHERE r.id = a.{release})"
    conditions = " AND ".join(where) + _reaches(area, closed)
    params += sorted(closed)
    sql = (
        f"SELECT a.sort_at, a.{release} AS release_id FROM {_table(model)} a WHERE {conditions} "
        f"{order} LIMIT %s OFFSET %s"
    )
    return sql, [*params, window.limit, skip]


def _table(model):
    return connection.ops.quote_name(model._meta.db_table)
