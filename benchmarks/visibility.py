"""What the visibility rule costs: the newest page and the capped count, against the same list without any rule and
against django-guardian's stock shortcut, at 10,000, 100,000 and 1,000,000 incidents (benchmarks/population.py).

In one run on a throw-away PostgreSQL; measured and compared query take turns, so that what else the machine does hits
both. Milliseconds are of this machine: read the ratios. A million takes about ten minutes and 9 GB in the folder of
temporary files:

    .venv/bin/python -m benchmarks.visibility                    # all three sizes
    .venv/bin/python -m benchmarks.visibility 10000 100000       # these
"""

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from benchmarks import population
from benchmarks.rows import Row, show, throw_away_database

SIZES = (10_000, 100_000, 1_000_000)
ROUNDS = 25
PAGE = 26
# The page with the second wall in the way, which the unfiltered list has not.
PAGE_LIMIT, COUNT_LIMIT, GROWTH_LIMIT, GUARDIAN_LIMIT = 3.0, 3.0, 1.3, 100.0


class Clock:
    """Adds up the time spent in SQL while it is installed as an execute wrapper."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self, execute, sql, params, many, context):
        start = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.seconds += time.perf_counter() - start


def sql_ms(work: Callable) -> float:
    """The milliseconds in SQL of one call of `work`."""
    from django.db import connection

    clock = Clock()
    connection.execute_wrappers.insert(0, clock)  # outermost: what the wall takes on the way counts, too
    try:
        work()
    finally:
        connection.execute_wrappers.remove(clock)
    return clock.seconds * 1000


@contextmanager
def outside_the_wall() -> Iterator[None]:
    """As in a portal without any rule: nothing is said with a statement, and no policy is asked."""
    from django.db import connection

    from sharing.wall import tell
    from tests import servers

    if connection.vendor != "postgresql":
        yield
        return
    connection.execute_wrappers.remove(tell)
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {servers.USER}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
        connection.execute_wrappers.insert(0, tell)


def side_by_side(work: Callable, base: Callable, rounds: int = ROUNDS) -> tuple[float, float]:
    """The median milliseconds in SQL of both, taken in turns."""
    pairs = []
    for _ in range(rounds + 2):
        taken = sql_ms(work)
        with outside_the_wall():
            pairs.append((taken, sql_ms(base)))
    return tuple(statistics.median(side) for side in zip(*pairs[2:], strict=True))


def unfiltered() -> list:
    """The newest page as a portal without any rule would ask for it."""
    from incidents.models import IncidentRelease

    rows = IncidentRelease.objects.for_system("benchmark").filter(release__depth=2).for_lists()
    return list(rows.by_date(oldest_first=False)[:PAGE])


def unfiltered_count() -> int:
    """The capped count of such a portal."""
    from sharing.models import Release
    from sharing.newest import CAP

    return Release.objects.for_system("benchmark").filter(depth=2).order_by()[: CAP + 1].count()


def ruled(access) -> list:
    """The newest page through the rule, as the list asks for it."""
    from incidents.lists import Newest

    return Newest(access).rows(None, oldest_first=False, limit=PAGE)


def _compare(size: int) -> tuple[list[Row], dict[str, Row]]:
    """The rows of one size, and those of each person's newest page by what they are."""
    from sharing.access import access_of
    from sharing.models import Kind
    from sharing.newest import capped_count

    rows, pages = [], {}
    for name, user in population.people().items():
        access = access_of(user)
        page, base = side_by_side(partial(ruled, access), unfiltered)
        pages[name] = _row(f"newest page, {name}", size, page / base, PAGE_LIMIT, "unfiltered")
        rows.append(pages[name])
        count, base = side_by_side(partial(capped_count, access, Kind.INCIDENT), unfiltered_count)
        rows.append(_row(f"capped count, {name}", size, count / base, COUNT_LIMIT, "unfiltered"))
    name = "large organisation"
    user = population.people()[name]
    stock, page = side_by_side(partial(_shortcut, user), partial(ruled, access_of(user)), rounds=5)
    # The limit holds at a million; what it is at fewer is worth knowing.
    limit = GUARDIAN_LIMIT if size >= SIZES[-1] else 1.0
    rows.append(_row("guardian's stock shortcut", size, stock / page, limit, f"newest page, {name}", at_least=True))
    return rows, pages


def _row(what, size, ratio, limit, base, *, at_least=False):
    return Row(what, f"{size:,}", round(ratio, 2), limit, base=base, at_least=at_least)


def _shortcut(user):
    from guardian.shortcuts import get_objects_for_user  # noqa: TID251 - what the project does not use, measured

    from sharing.models import Release

    rows = Release.objects.for_system("benchmark")
    found = get_objects_for_user(user, "sharing.read_release", klass=rows, accept_global_perms=False)
    return list(found.order_by("-sort_at", "-id")[:PAGE])


def _tell_guardian(user) -> None:
    """Generic rows of django-guardian that say of one person what the rule says; of nobody else, which favours it."""
    from django.db import connection

    from incidents.models import IncidentRelease
    from sharing.access import access_of

    rows = IncidentRelease.objects.all_visible_to(access_of(user)).order_by().values_list("pk")
    sql, params = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE guardian_userobjectpermission")
        cursor.execute(
            "INSERT INTO guardian_userobjectpermission (object_pk, content_type_id, permission_id, user_id) "
            "SELECT v.id::varchar, p.content_type_id, p.id, %s FROM auth_permission p, "
            f"({sql}) AS v(id) WHERE p.codename = 'read_release'",
            [user.pk, *params],
        )
        cursor.execute("VACUUM ANALYZE guardian_userobjectpermission")


def _growth(pages: dict[int, dict[str, Row]]) -> list[Row]:
    """Of the ratios to the unfiltered page, whose cost does not grow: milliseconds taken minutes apart would also say
    what else the machine did meanwhile."""
    small, large = min(pages), max(pages)
    return [
        _row(f"newest page, {name}", large, row.measured / pages[small][name].measured, GROWTH_LIMIT, f"at {small:,}")
        for name, row in pages[large].items()
    ]


def measure(sizes=SIZES) -> list[Row]:
    """Build one size after the other in a throw-away database, measure each; returns the whole table."""
    rows, pages, first = [], {}, 1
    with throw_away_database():
        population.make_people()
        for size in sizes:
            start = time.perf_counter()
            population.grow(first, size)
            _tell_guardian(population.people()["large organisation"])
            print(f"{size:,} incidents built in {time.perf_counter() - start:.0f} s", file=sys.stderr)
            found, pages[size] = _compare(size)
            rows += found
            first = size + 1
    return rows + (_growth(pages) if len(pages) > 1 else [])


if __name__ == "__main__":
    show(measure([int(word) for word in sys.argv[1:] if word.isdigit()] or SIZES))
