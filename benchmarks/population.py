"""The people and incidents that the benchmarks measure on: a large federation, made by the database itself.

300 organisations, 3,000 people, 200 areas. Of the incidents 30 % are shared with all partners, 60 % with 5 to 40 named
organisations (a third of these also with all partners and UN officers of the area), 10 % with 2 to 6 named persons;
one in twenty comes from a public data set. Every other one has its originator and the DSS desks and a report of its
author, and but for one in 500 somebody has acknowledged it. One organisation reports a tenth of everything and works in
50 areas (large); the others report about equally little and work in two (small).
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

ORGANISATIONS, AREAS, PEOPLE = 300, 200, 3000
WORDS = 8  # of each release, out of 20,000, besides the two below
RARE, FREQUENT = "kidnapping", "road"  # one release in 5,000, every second

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
CREATE TEMP TABLE o AS SELECT id, substr(ref, 5)::int - 1 AS n FROM organisations_organisation
  WHERE ref ~ '^ORG-[0-9]+$';
CREATE TEMP TABLE a AS SELECT id, substr(code, 6)::int - 1 AS n FROM areas_area WHERE code ~ '^area-[0-9]+$';
CREATE TEMP TABLE u AS SELECT id, substr(split_part(email, '@', 1), 2)::int - 1 AS n FROM accounts_user
  WHERE email LIKE 'p%@benchmark.example';
INSERT INTO organisations_standing (organisation_id, area_id, kind, starts_at)
  SELECT id, NULL, 'partner', now() - interval '1 day' FROM o;
INSERT INTO organisations_standing (organisation_id, area_id, kind, starts_at)
  SELECT o.id, a.id, 'active', now() - interval '1 day'
  FROM o JOIN a ON (a.n + o.n) % CASE WHEN o.n = 1 THEN 4 ELSE 100 END = 0;
INSERT INTO organisations_standing (organisation_id, area_id, kind, starts_at)
  SELECT o.id, a.id, 'suspended', now() - interval '1 day' FROM o JOIN a ON o.n = 50 AND a.n IN (50, 51);
INSERT INTO organisations_membership (ref, user_id, organisation_id, area_id, role, starts_at)
  SELECT 'MEM-' || u.n, u.id, o.id, a.id,
         CASE WHEN u.n = 300 THEN 'dss_field' WHEN u.n = 600 THEN 'oversight_committee_member'
              WHEN o.n = 0 THEN 'dss_headquarters' ELSE 'partner_headquarters' END,
         now() - interval '1 day'
  FROM u JOIN o ON o.n = u.n % {ORGANISATIONS} LEFT JOIN a ON u.n = 300 AND a.n = 5;
INSERT INTO organisations_membership (ref, user_id, organisation_id, area_id, role, starts_at)
  SELECT 'MORE-' || o.n, u.id, o.id, NULL, 'partner_headquarters', now() - interval '1 day'
  FROM u JOIN o ON u.n = 303 AND o.n IN (1, 150);
"""

# Addresses of people by what they are; the third has the large organisation among their three.
PERSONS = {
    "small organisation": "p300@benchmark.example",
    "large organisation": "p2@benchmark.example",
    "three organisations": "p304@benchmark.example",
    "DSS desk of one area": "p301@benchmark.example",
    "DSS headquarters": "p1@benchmark.example",
}
OTHERS = {"suspended in two areas": "p51@benchmark.example", "only what names them": "p601@benchmark.example"}

_FACTS_SQL = """
CREATE TEMP TABLE made AS
  SELECT n, n % 20 = 11 AS is_public,
         {org} + CASE WHEN n % 10 = 0 THEN 1 ELSE 2 + (n * 7919) % ({orgs} - 3) END AS originator_id,
         {area} + (n * 104729) % {areas} AS area_id, {user} + (n * 7919) % {people} AS user_id,
         md5('subject' || n)::uuid AS subject_id, now() - (n * interval '7 minutes') AS at,
         decode(repeat(md5(n::text), 12), 'hex') AS sealed
  FROM generate_series({first}::bigint, {last}) n;
INSERT INTO documents_datakey (id, wrapped, created_at) SELECT n, sealed, at FROM made;
INSERT INTO sharing_item (id, ref, kind, originator_id, area_id, marking, created_at, state, version, data_key_id,
                          source)
  SELECT n, 'INC-' || n, 'incident', CASE WHEN NOT is_public THEN originator_id END, area_id,
         CASE WHEN is_public THEN 'TLP:CLEAR' ELSE 'TLP:AMBER+STRICT' END, at, 'shared', 1, n, ''
  FROM made;
INSERT INTO sharing_release (id, item_id, depth, area_id, sort_at, shows_originator, version)
  SELECT 2 * n + depth - 2, n, depth, area_id, at, depth = 2, 1
  FROM made, (VALUES (1), (2)) AS d(depth) WHERE depth = 1 OR NOT is_public;
INSERT INTO incidents_incident (id, item_id) SELECT n, n FROM made;
INSERT INTO notifications_subject (id) SELECT subject_id FROM made WHERE NOT is_public
  UNION ALL SELECT md5('received' || n)::uuid FROM made WHERE NOT is_public AND n % 500 <> 3;
INSERT INTO incidents_report (id, kind, number, filed_at, submission, fingerprint, sealed, author_id, incident_id,
                              subject_id)
  SELECT n, 'immediate', 1, at + interval '3 minutes', subject_id, '', sealed, user_id, n, subject_id
  FROM made WHERE NOT is_public;
INSERT INTO incidents_reportcodes (report_id, item_id, number, filed_at, area_id, is_of_un, quarter, category,
                                   consequence, is_near_miss)
  SELECT n, n, 1, at + interval '3 minutes', area_id, n % 10 = 0, date_trunc('quarter', at AT TIME ZONE 'UTC')::date,
         CASE WHEN n % 50 = 0 THEN 'abduction' ELSE
           (ARRAY['robbery', 'threat', 'access', 'safety', 'assault', 'road_attack', 'detention', 'premises_attack'])
           [1 + (n * 31) % 8] END,
         (ARRAY['unknown', 'unharmed', 'threatened', 'wounded', 'killed'])[1 + (n * 13) % 5], n % 40 = 1
  FROM made WHERE NOT is_public;
INSERT INTO incidents_deskentry (kind, office, at, reliability, credibility, area_id, by_id, incident_id, subject_id)
  SELECT 'acknowledged', 'DSS', at + interval '9 minutes', '', '', area_id, user_id, n, md5('received' || n)::uuid
  FROM made WHERE NOT is_public AND n % 500 <> 3;
INSERT INTO incidents_incidentrelease (release_id, report_id, category, means, context, actor, place_type, is_near_miss,
                                       occurred_from, time_precision, time_zone, place_precision, credit, sealed,
                                       stage, severity, consequence, reliability, credibility, killed, wounded,
                                       place_limit, time_limit, reported_by, is_minimal)
  SELECT 2 * n + depth - 2, CASE WHEN NOT is_public THEN n END,
         CASE WHEN n % 50 = 0 THEN 'abduction' ELSE
           (ARRAY['robbery', 'threat', 'access', 'safety', 'assault', 'road_attack', 'detention', 'premises_attack'])
           [1 + (n * 31) % 8] END, 'unknown', 'unknown',
         (ARRAY['unknown', 'criminal', 'host_state', 'police', 'non_state_unknown', 'unaffiliated', 'aid_recipient'])
           [1 + (n * 17) % 7], 'unknown', n % 40 = 1, at, 'about', 'UTC', 'unknown',
         CASE WHEN is_public THEN 'A public source' ELSE '' END, sealed, 'immediate', n % 5,
         (ARRAY['unknown', 'unharmed', 'threatened', 'wounded', 'killed'])[1 + (n * 13) % 5],
         CASE WHEN n % 3 = 0 AND NOT is_public THEN 'B' ELSE '' END,
         CASE WHEN n % 3 = 0 AND NOT is_public THEN '2' ELSE '' END,
         CASE WHEN n % 5 = 0 THEN n % 3 END, CASE WHEN n % 4 = 0 THEN n % 7 END,
         '', '', '', false
  FROM made, (VALUES (1), (2)) AS d(depth) WHERE depth = 1 OR NOT is_public;
"""

_AUDIENCE_SQL = """
INSERT INTO sharing_audience (principal, kind, sort_at, release_id)
  SELECT principal, 'incident', at, 2 * n FROM made,
    LATERAL (VALUES ('originator:' || originator_id), ('dss_world'), ('dss:' || area_id)) AS p(principal)
  WHERE NOT is_public;
INSERT INTO sharing_audience (principal, kind, sort_at, release_id)
  SELECT CASE WHEN is_public THEN 'everyone' ELSE 'community' END, 'incident', at, 2 * n - 1
  FROM made WHERE is_public OR n % 10 < 3;
INSERT INTO sharing_audience (principal, kind, sort_at, release_id)
  SELECT 'organisation:' || {org} + 1 + (2 * n * 31 + k * 37) % ({orgs} - 1), 'incident', at, 2 * n - 1
  FROM made, generate_series(1, 5 + n % 36) AS k WHERE n % 10 BETWEEN 3 AND 8 AND NOT is_public;
INSERT INTO sharing_audience (principal, kind, sort_at, release_id)
  SELECT principal, 'incident', at, 2 * n - 1 FROM made,
    LATERAL (VALUES ('area_partners:' || area_id), ('un:' || area_id)) AS p(principal)
  WHERE n % 10 BETWEEN 3 AND 8 AND n % 3 = 0 AND NOT is_public;
INSERT INTO sharing_grant (permission_id, user_id, content_object_id, kind, sort_at, granted_by_id, granted_at)
  SELECT {permission}, {user} + (n * 17 + k * 101) % {people}, 2 * n - 1, 'incident', at, user_id, at
  FROM made, generate_series(1, 2 + n % 5) AS k WHERE n % 10 = 9 AND NOT is_public;
"""

_WORDS_SQL = """
INSERT INTO sharing_searchtoken (token, release_id)
  SELECT DISTINCT left(md5((((id * 2654435761 + k * 40503) % 20011) % 20000)::text), 16), id
  FROM sharing_release, generate_series(1, {words}) AS k WHERE item_id BETWEEN {first} AND {last}
  UNION ALL SELECT '{rare}', id FROM sharing_release WHERE item_id BETWEEN {first} AND {last} AND item_id % 5000 = 7
  UNION ALL SELECT '{frequent}', id FROM sharing_release WHERE item_id BETWEEN {first} AND {last} AND item_id % 2 = 0;
"""

_GROWING = (
    "documents_datakey", "sharing_item", "sharing_release", "incidents_incident", "notifications_subject",
    "incidents_report", "incidents_reportcodes", "incidents_deskentry", "incidents_incidentrelease", "sharing_audience",
    "sharing_grant", "sharing_searchtoken",
)  # fmt: skip
_INDEXES_SQL = """
SELECT 'ALTER TABLE ' || conrelid::regclass || ' DROP CONSTRAINT ' || quote_ident(conname),
       'ALTER TABLE ' || conrelid::regclass || ' ADD CONSTRAINT ' || quote_ident(conname) || ' '
         || pg_get_constraintdef(oid), contype <> 'f' AS is_index
  FROM pg_constraint WHERE contype IN ('u', 'f') AND conrelid = ANY (%s::regclass[])
UNION ALL
SELECT 'DROP INDEX ' || indexrelid::regclass, pg_get_indexdef(indexrelid), true
  FROM pg_index WHERE indrelid = ANY (%s::regclass[])
  AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))
"""


def make_people() -> None:
    """Areas, organisations with their standings, people with their memberships: into a database that has none."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(PEOPLE_SQL)


def grow(first: int, last: int, *, with_words: bool = False) -> None:
    """Add the incidents numbered `first` to `last`, then let PostgreSQL look at its tables. A million takes minutes."""
    from django.contrib.auth.models import Permission
    from django.db import connection

    from sharing.search import token_of

    figures = {
        "first": first,
        "last": last,
        "orgs": ORGANISATIONS,
        "areas": AREAS,
        "people": PEOPLE,
        "words": WORDS,
        "rare": token_of(RARE),
        "frequent": token_of(FREQUENT),
        "permission": Permission.objects.get(codename="read_release").pk,
    }
    with connection.cursor() as cursor:
        for name, table, column, which in (
            ("org", "organisations_organisation", "ref", "ORG-1"),
            ("area", "areas_area", "code", "area-1"),
            ("user", "accounts_user", "email", "p1@benchmark.example"),
        ):
            cursor.execute(f"SELECT id FROM {table} WHERE {column} = %s", [which])
            figures[name] = cursor.fetchone()[0]  # the others follow it without a gap
        cursor.execute("SET work_mem = '512MB'; SET maintenance_work_mem = '1GB'")
        with _without_indexes(cursor) if last - first > 500_000 else nullcontext():
            cursor.execute(_FACTS_SQL.format(**figures))
            cursor.execute(_AUDIENCE_SQL.format(**figures))
            if with_words:
                cursor.execute(_WORDS_SQL.format(**figures))
            cursor.execute("DROP TABLE made")
        cursor.execute("RESET work_mem; RESET maintenance_work_mem")
        cursor.execute("VACUUM ANALYZE")


@contextmanager
def _without_indexes(cursor) -> Iterator[None]:
    """Many rows come in sooner where indexes and foreign keys are made once, at the end. Primary keys stay."""
    cursor.execute(_INDEXES_SQL, [list(_GROWING), list(_GROWING)])
    found = cursor.fetchall()
    for drop, _make, _is_index in found:
        cursor.execute(drop)
    yield
    for _drop, make, _is_index in sorted(found, key=lambda row: not row[2]):  # keys point to what is unique
        cursor.execute(make)


def people(which: dict[str, str] = PERSONS) -> dict:
    """The users of `which` (addresses) by what they are."""
    from accounts.models import User

    return {name: User.objects.get(email=address) for name, address in which.items()}
