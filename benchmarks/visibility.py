"""What the visibility rule costs, against the same list without any rule, in one run on a throw-away PostgreSQL.

300 organisations, 3,000 people, 200 areas; of the incidents 30 % are shared with all partners, 60 % with 5 to 40 named
organisations, 10 % with 2 to 6 named persons; every one with its originator and the DSS desks. Milliseconds are of this
machine; read the ratios:

    .venv/bin/python -m benchmarks.visibility            # 10,000 and 100,000 incidents
    .venv/bin/python -m benchmarks.visibility --full     # and 1,000,000
"""

import os
import statistics
import sys
import time
from functools import partial

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slt_portal.settings.testing")

ORGANISATIONS, AREAS, PEOPLE = 300, 200, 3000
ROUNDS = 15
PAGE = 26

PEOPLE_SQL = f"""
INSERT INTO areas_area (code, name_en, name_fr, kind, note_en, note_fr, time_zone, has_dss_office,
                        designated_official_post)
  SELECT 'area-' || n, 'Area ' || n, 'Zone ' || n, 'country', '', '', 'UTC', true, ''
  FROM generate_series(1, {AREAS}) n;
INSERT INTO organisations_organisation (ref, kind, name, acronym)
  SELECT 'ORG-' || n, CASE WHEN n = 1 THEN 'unsms_entity' ELSE 'ingo' END, 'Organisation ' || n, ''
  FROM generate_series(1, {ORGANISATIONS}) n;
INSERT INTO accounts_user (password, is_superuser, email, name, language, time_zone, is_active, created_at, is_mailbox)
  SELECT '!', false, 'p' || n || '@benchmark.example', 'Person ' || n, 'en', 'UTC', true, now(), false
  FROM generate_series(1, {PEOPLE}) n;
CREATE TEMP TABLE o AS SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM organisations_organisation;
CREATE TEMP TABLE a AS SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM areas_area WHERE code LIKE 'area-%';
CREATE TEMP TABLE u AS SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM accounts_user;
INSERT INTO organisations_standing (organisation_id, area_id, kind, starts_at)
  SELECT id, NULL, 'partner', now() - interval '1 day' FROM o;
INSERT INTO organisations_standing (organisation_id, area_id, kind, starts_at)
  SELECT o.id, a.id, 'active', now() - interval '1 day'
  FROM o JOIN a ON (a.n + o.n) % CASE WHEN o.n = 1 THEN 4 ELSE 100 END = 0;
INSERT INTO organisations_membership (ref, user_id, organisation_id, area_id, role, starts_at)
  SELECT 'MEM-' || u.n, u.id, o.id, NULL, CASE WHEN o.n = 0 THEN 'dss_headquarters' ELSE 'partner_headquarters' END,
         now() - interval '1 day'
  FROM u JOIN o ON o.n = u.n % {ORGANISATIONS};
"""

# Originators: organisation 2 of the list reports a tenth of everything (large), the last one almost nothing (small).
INCIDENTS_SQL = """
CREATE TEMP TABLE made AS
  SELECT n, CASE WHEN n % 10 = 0 THEN 1 ELSE 2 + (n * 7919) % ({orgs} - 3) END AS org, (n * 104729) % {areas} AS area,
         now() - (n * interval '7 minutes') AS at
  FROM generate_series({first}::bigint, {last}) n;
INSERT INTO sharing_item (ref, kind, originator_id, area_id, marking, created_at, state, version)
  SELECT 'INC-' || made.n, 'incident', o.id, a.id, 'TLP:AMBER+STRICT', made.at, 'shared', 1
  FROM made JOIN o ON o.n = made.org JOIN a ON a.n = made.area;
CREATE TEMP TABLE i AS SELECT id, substr(ref, 5)::bigint AS n, originator_id, area_id, created_at AS at
  FROM sharing_item WHERE substr(ref, 5)::bigint BETWEEN {first} AND {last};
INSERT INTO sharing_release (item_id, depth, area_id, sort_at, shows_originator, version)
  SELECT id, depth, area_id, at, depth = 2, 1 FROM i, (VALUES (1), (2)) AS d(depth);
CREATE TEMP TABLE r AS SELECT r.id, r.depth, r.sort_at, r.area_id, i.n, i.originator_id
  FROM sharing_release r JOIN i ON i.id = r.item_id;
INSERT INTO incidents_incidentrelease (release_id, category, means, context, actor, place_type, is_near_miss,
                                       occurred_from, time_precision, time_zone, place_precision, credit, sealed,
                                       stage, severity, consequence, reliability, credibility)
  SELECT id, CASE WHEN n % 50 = 0 THEN 'abduction' ELSE 'robbery' END, 'unknown', 'unknown', 'unknown', 'unknown',
         false, sort_at, 'about', 'UTC', 'unknown', '', '', 'immediate', n % 5, 'unknown', '', ''
  FROM r;
INSERT INTO sharing_audience (principal, kind, sort_at, release_id)
  SELECT principal, 'incident', sort_at, id FROM r,
    LATERAL (VALUES ('originator:' || originator_id), ('dss_world'), ('dss:' || area_id)) AS p(principal)
  WHERE depth = 2;
INSERT INTO sharing_audience (principal, kind, sort_at, release_id)
  SELECT 'community', 'incident', sort_at, id FROM r WHERE depth = 1 AND n % 10 < 3;
INSERT INTO sharing_audience (principal, kind, sort_at, release_id)
  SELECT DISTINCT 'organisation:' || o.id, 'incident', r.sort_at, r.id
  FROM r, generate_series(1, 5 + r.n % 36) AS k JOIN o ON true
  WHERE r.depth = 1 AND r.n % 10 BETWEEN 3 AND 8 AND o.n = 1 + (r.n * 31 + k * 37) % ({orgs} - 1);
INSERT INTO sharing_grant (permission_id, user_id, content_object_id, kind, sort_at, granted_by_id, granted_at)
  SELECT DISTINCT {permission}, u.id, r.id, 'incident', r.sort_at, {by}, now()
  FROM r, generate_series(1, 2 + r.n % 5) AS k JOIN u ON true
  WHERE r.depth = 1 AND r.n % 10 = 9 AND u.n = (r.n * 17 + k * 101) % {people};
DROP TABLE made, i, r;
"""


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


def sql_ms(work) -> float:
    """The median milliseconds in SQL of one call of `work`."""
    from django.db import connection

    figures = []
    for _ in range(ROUNDS):
        clock = Clock()
        with connection.execute_wrapper(clock):
            work()
        figures.append(clock.seconds * 1000)
    return statistics.median(figures[2:])


def grow(first: int, last: int) -> None:
    """Add the incidents numbered `first` to `last`, then let PostgreSQL look at its tables."""
    from django.contrib.auth.models import Permission
    from django.db import connection

    from accounts.models import User

    figures = {
        "first": first,
        "last": last,
        "orgs": ORGANISATIONS,
        "areas": AREAS,
        "people": PEOPLE,
        "permission": Permission.objects.get(codename="read_release").pk,
        "by": User.objects.first().pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(INCIDENTS_SQL.format(**figures))
        cursor.execute("VACUUM ANALYZE")


def unfiltered(limit=PAGE):
    """The newest page as a portal without any rule would ask for it."""
    from incidents.models import IncidentRelease

    rows = IncidentRelease.objects.for_system("benchmark").filter(release__depth=2).with_release()
    return list(rows.order_by("-release__sort_at", "-release")[:limit])


def ruled(access):
    """The newest page through the rule, as the list asks for it."""
    from incidents.models import IncidentRelease
    from sharing.models import Kind
    from sharing.newest import newest

    load = IncidentRelease.objects.visible_to(access).with_release().in_bulk
    return newest(access, Kind.INCIDENT, load, limit=PAGE)


def one_category(access):
    """The newest page of a category that is one in fifty, through the rule as a condition."""
    from incidents.models import IncidentRelease

    rows = IncidentRelease.objects.visible_to(access).filter(category="abduction").with_release()
    return list(rows.by_date(oldest_first=False)[:PAGE])


def people() -> dict:
    """A person of the DSS desk, of a large and of a small organisation."""
    from accounts.models import User

    return {
        name: User.objects.get(email=f"p{number}@benchmark.example")
        for name, number in (("DSS headquarters", 1), ("large organisation", 2), ("small organisation", ORGANISATIONS))
    }


def measure(size: int) -> dict[str, float]:
    """Print the figures of one size; returns the newest page's milliseconds by person."""
    from sharing.access import access_of
    from sharing.models import Kind, Release
    from sharing.newest import CAP, capped_count

    everything = Release.objects.for_system("benchmark").filter(depth=2)
    base = sql_ms(unfiltered)
    base_count = sql_ms(lambda: everything.order_by()[: CAP + 1].count())
    print(f"\n{size:,} incidents: unfiltered newest page {base:.2f} ms, capped count {base_count:.2f} ms")
    pages = {"unfiltered": base}
    for name, user in people().items():
        access = access_of(user)
        page, count = sql_ms(partial(ruled, access)), sql_ms(partial(capped_count, access, Kind.INCIDENT))
        narrow = sql_ms(partial(one_category, access))
        pages[name] = page
        print(
            f"  {name:20} page {page:6.2f} ms ({page / base:4.1f} x)   count {count:6.2f} ms "
            f"({count / base_count:4.1f} x)   one category {narrow:7.2f} ms   principals {len(access.plain)}"
        )
    return pages


def against_guardian(size: int, pages: dict[str, float]) -> None:
    """django-guardian's stock shortcut on generic rows that say the same for one person."""
    from django.db import connection
    from guardian.shortcuts import get_objects_for_user  # noqa: TID251 - what the project does not use, measured

    from sharing.access import access_of
    from sharing.models import Release

    user = people()["large organisation"]
    visible = Release.objects.visible_to(access_of(user)).values_list("pk", flat=True)
    sql, params = visible.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO guardian_userobjectpermission (object_pk, content_type_id, permission_id, user_id) "
            "SELECT v.id::varchar, p.content_type_id, p.id, %s FROM auth_permission p, "
            f"({sql}) AS v(id) WHERE p.codename = 'read_release' ON CONFLICT DO NOTHING",
            [user.pk, *params],
        )
        cursor.execute("ANALYZE guardian_userobjectpermission")
    rows = Release.objects.for_system("benchmark")

    def shortcut():
        found = get_objects_for_user(user, "sharing.read_release", klass=rows, accept_global_perms=False)
        return list(found.order_by("-sort_at", "-id")[:PAGE])

    stock = sql_ms(shortcut)
    ours = pages["large organisation"]
    print(f"  guardian's shortcut, large organisation: {stock:.1f} ms, {stock / ours:.0f} x the page above")


def main(sizes: list[int]) -> None:
    """Build, measure, print."""
    import django

    django.setup()
    from django.db import connection
    from django.test.runner import DiscoverRunner

    runner = DiscoverRunner(verbosity=0, interactive=False)
    databases = runner.setup_databases()
    try:
        with connection.cursor() as cursor:
            cursor.execute(PEOPLE_SQL)
            # For the unfiltered list only: the portal never asks that.
            cursor.execute("CREATE INDEX benchmark_newest ON sharing_release (sort_at DESC, id DESC)")
        first, results = 1, {}
        for size in sizes:
            start = time.perf_counter()
            grow(first, size)
            print(f"\nbuilt in {time.perf_counter() - start:.0f} s", end="")
            results[size] = measure(size)
            against_guardian(size, results[size])
            first = size + 1
        _growth(results)
    finally:
        runner.teardown_databases(databases)


def _growth(results):
    small, large = min(results), max(results)
    for name in results[small]:
        ratio = results[large][name] / results[small][name]
        print(f"growth {small:,} -> {large:,}, {name}: {ratio:.2f} x")


if __name__ == "__main__":
    main([10_000, 100_000, *([1_000_000] if "--full" in sys.argv else [])])
