"""What a search for words costs beside the rule, against the newest page of a portal without any rule.

The data of benchmarks.visibility; each release says 20 words out of 20,000, besides a rare one (one release in 5,000)
and a frequent one (every second). Milliseconds are of this machine; read the ratios (goal: rare at most 3 x):

    .venv/bin/python -m benchmarks.search                # 10,000 and 100,000 incidents
"""

import os
import sys
from functools import partial

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slt_portal.settings.testing")

from benchmarks import visibility
from benchmarks.visibility import PAGE, sql_ms

WORDS_SQL = """
INSERT INTO sharing_searchtoken (token, release_id)
  SELECT DISTINCT left(md5((((r.id * 2654435761 + k * 40503) %% 20011) %% 20000)::text), 16), r.id
  FROM sharing_release r, generate_series(1, 20) k WHERE r.id > %(after)s
  UNION ALL SELECT %(rare)s, r.id FROM sharing_release r WHERE r.id > %(after)s AND r.item_id %% 5000 = 7
  UNION ALL SELECT %(frequent)s, r.id FROM sharing_release r WHERE r.id > %(after)s AND r.item_id %% 2 = 0
"""
RARE, FREQUENT = "kidnapping", "road"


def say_words(after: int) -> None:
    """Give the releases with an id above `after` their words."""
    from django.db import connection

    from sharing.search import token_of

    with connection.cursor() as cursor:
        cursor.execute(WORDS_SQL, {"after": after, "rare": token_of(RARE), "frequent": token_of(FREQUENT)})
        cursor.execute("VACUUM ANALYZE sharing_searchtoken")


def found(access, query):
    """The newest page of what holds the words, as the list asks for it."""
    from incidents.models import IncidentRelease
    from sharing.search import matching

    rows = IncidentRelease.objects.visible_to(access).filter(matching(query)).with_release()
    return list(rows.by_date(oldest_first=False)[:PAGE])


def counted(access, query):
    """How many hold the words, up to the cap."""
    from incidents.models import IncidentRelease
    from sharing.newest import CAP
    from sharing.search import matching

    return IncidentRelease.objects.visible_to(access).filter(matching(query))[: CAP + 1].count()


def measure(size: int) -> None:
    """Print the figures of one size."""
    from sharing.access import access_of

    base = sql_ms(visibility.unfiltered)
    print(f"\n{size:,} incidents: unfiltered newest page {base:.2f} ms")
    for name, user in visibility.people().items():
        access = access_of(user)
        for label, query in (("rare", RARE), ("frequent", FREQUENT), ("both", f"{RARE} {FREQUENT}")):
            page, count = sql_ms(partial(found, access, query)), sql_ms(partial(counted, access, query))
            print(
                f"  {name:20} {label:9} page {page:7.2f} ms ({page / base:5.1f} x)   count {count:7.2f} ms "
                f"({counted(access, query)} found)"
            )


def main(sizes: list[int]) -> None:
    """Build, measure, print."""
    import django

    django.setup()
    from django.db import connection
    from django.db.models import Max
    from django.test.runner import DiscoverRunner

    from sharing.models import Release

    runner = DiscoverRunner(verbosity=0, interactive=False)
    databases = runner.setup_databases()
    try:
        with connection.cursor() as cursor:
            cursor.execute(visibility.PEOPLE_SQL)
            cursor.execute("CREATE INDEX benchmark_newest ON sharing_release (sort_at DESC, id DESC)")
        first = 1
        for size in sizes:
            after = Release.objects.for_system("benchmark").aggregate(last=Max("pk"))["last"] or 0
            visibility.grow(first, size)
            say_words(after)
            measure(size)
            first = size + 1
    finally:
        runner.teardown_databases(databases)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [10_000, 100_000])
