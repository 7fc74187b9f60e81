"""The second wall in PostgreSQL: the one rule of who sees what as row-level security (C2, docs/decisions/0057).

A model says with `wall` how its rows hang on what is visible. The policies are made again after every migrate, from
these words, by whoever owns the tables; on the owner they are not binding, so that migrating and backing up see all.
"""

import structlog
from django.conf import settings
from django.db import connections

from .wall import SETTING, SYSTEM, wall_of, walled

log = structlog.get_logger(__name__)
POLICY = "slt_wall"
_NEEDED = {
    *("sharing_audience", "sharing_consentrequest", "sharing_grant", "sharing_item", "sharing_release"),
    *("incidents_incident", "incidents_incidentrelease", "incidents_withholding"),
}


def _part(number, kind):
    """A part of what the statement says about who asks; looked up once per statement."""
    return f"(SELECT NULLIF(split_part(current_setting('{SETTING}', true), ' ', {number}), '')::{kind})"


_IS_SYSTEM = f"(SELECT current_setting('{SETTING}', true)) = '{SYSTEM}'"
_USER, _GRANTEE = _part(2, "bigint"), _part(3, "bigint")
_NOW, _PRINCIPALS = _part(4, "timestamptz"), _part(5, "varchar[]")
_CLOSED = _part(6, "text[]")

# What hangs on other rows is asked in functions: written out, every statement would plan it anew for every table. They
# have the rights of the owner, whom no policy binds, and tell only what who asks can see, or themselves does not reach.
# No search path is set: tables are named with their schema, the application can make nothing that could be taken for an
# operator, and setting one costs as much as the question.
_FUNCTION = """
CREATE OR REPLACE FUNCTION {name} RETURNS boolean LANGUAGE plpgsql
STABLE PARALLEL SAFE SECURITY DEFINER AS $$ {body} $$
"""
_WHO = f"who text[] := string_to_array(current_setting('{SETTING}', true), ' ');"
_OPENS = """
names text[] := who[5]; closed text[] := who[6]; at timestamptz := who[4]; grantee bigint := who[3];
BEGIN RETURN NULLIF((
  SELECT (r.closes_at IS NULL OR r.closes_at > at) AND (
    (SELECT 1 FROM {schema}.sharing_audience a WHERE a.release_id = r.id AND a.principal = ANY (names)
     AND (closed IS NULL OR r.area_id IS NULL OR a.principal || '@' || r.area_id <> ALL (closed)) LIMIT 1) IS NOT NULL
    OR (SELECT 1 FROM {schema}.sharing_grant g WHERE g.content_object_id = r.id AND g.user_id = grantee
        AND (g.expires_at IS NULL OR g.expires_at > at)
        AND (g.emergency_area_id IS NULL OR 'emergency:' || g.emergency_area_id = ANY (names))
        AND (closed IS NULL OR r.area_id IS NULL OR 'grant@' || r.area_id <> ALL (closed)) LIMIT 1) IS NOT NULL)
  FROM {schema}.sharing_release r WHERE r.id = asked), false); END"""
_FUNCTIONS = {
    # Of these the answers are yes and NULL, of which the planner does not think that they leave out many rows.
    "slt_opens(asked bigint)": f"DECLARE {_WHO} {_OPENS}",
    # The same of whom a text names like the setting: for what the rule found beside the wall.
    "slt_opens_to(asked bigint, scope text)": f"DECLARE who text[] := string_to_array(scope, ' '); {_OPENS}",
    "slt_opens_item(asked bigint)": """
BEGIN RETURN (SELECT true FROM {schema}.sharing_release r
  WHERE r.item_id = asked AND {schema}.slt_opens(r.id) LIMIT 1); END""",
    "slt_opens_incident(asked bigint)": """
BEGIN RETURN (SELECT {schema}.slt_opens_item(i.item_id) FROM {schema}.incidents_incident i WHERE i.id = asked); END""",
    # All of an item, not the shared text nor a warning.
    "slt_opens_in_full(asked bigint)": """
BEGIN RETURN (SELECT {schema}.slt_opens(r.id) FROM {schema}.sharing_release r
  WHERE r.item_id = asked AND r.depth = 2); END""",
    "slt_opens_incident_in_full(asked bigint)": """
BEGIN RETURN (SELECT {schema}.slt_opens_in_full(i.item_id) FROM {schema}.incidents_incident i
  WHERE i.id = asked); END""",
    # The shared text, which is no warning.
    "slt_opens_shared(asked bigint)": """
BEGIN RETURN (SELECT {schema}.slt_opens(r.id) FROM {schema}.sharing_release r
  JOIN {schema}.incidents_incidentrelease f ON f.release_id = r.id
  WHERE r.item_id = asked AND r.depth = 1 AND NOT f.is_minimal); END""",
    # A report: in full; where the shared text opens, any, as its readers were told of each; else the one that a release
    # names, by which it says when it was reported last.
    "slt_opens_report(asked bigint, of_incident bigint)": """
BEGIN RETURN COALESCE({schema}.slt_opens_incident_in_full(of_incident), (
  SELECT true FROM {schema}.incidents_incidentrelease f
  WHERE f.report_id = asked AND {schema}.slt_opens(f.release_id) LIMIT 1), (
  SELECT {schema}.slt_opens_shared(i.item_id) FROM {schema}.incidents_incident i WHERE i.id = of_incident)); END""",
    # What desks do: in full; of a warning, its desks read what came since it was given (NULL: at whatever moment).
    "slt_opens_at_desk(asked bigint, moment timestamp with time zone)": f"""
DECLARE {_WHO} names text[] := who[5]; BEGIN
  IF {{schema}}.slt_opens_incident_in_full(asked) THEN RETURN true; END IF;
  RETURN (SELECT true FROM {{schema}}.incidents_incident i
    JOIN {{schema}}.sharing_release r ON r.item_id = i.item_id AND r.depth = 1
    JOIN {{schema}}.incidents_incidentrelease f ON f.release_id = r.id AND f.is_minimal
    WHERE i.id = asked AND {{schema}}.slt_opens(r.id)
    AND (SELECT 1 FROM {{schema}}.sharing_audience a WHERE a.release_id = r.id AND a.principal = ANY (names)
         AND (a.principal = 'dss_world' OR a.principal LIKE 'dss:%') LIMIT 1) IS NOT NULL
    AND (moment IS NULL OR moment > (SELECT max(w.at) FROM {{schema}}.incidents_withholding w
         WHERE w.incident_id = asked AND w.of IN ('report', 'withdrawal')))); END""",
    # Who reads it for its originator.
    "slt_originates(asked bigint)": f"""
DECLARE {_WHO} names text[] := ARRAY(SELECT n FROM unnest(who[5]::text[]) n WHERE n LIKE 'originator%');
BEGIN RETURN (SELECT true FROM {{schema}}.sharing_release r JOIN {{schema}}.sharing_audience a ON a.release_id = r.id
  WHERE r.item_id = asked AND a.principal = ANY (names) LIMIT 1); END""",
    "slt_originates_incident(asked bigint)": """
BEGIN RETURN (SELECT {schema}.slt_originates(i.item_id) FROM {schema}.incidents_incident i WHERE i.id = asked); END""",
    "slt_originates_ref(asked text)": """
BEGIN RETURN (SELECT {schema}.slt_originates(i.id) FROM {schema}.sharing_item i WHERE i.ref = asked); END""",
    # Whether who asks works for an organisation that was not suspended, by what it opens to its people.
    "slt_works_for(asked bigint)": f"""
DECLARE {_WHO}
BEGIN RETURN (SELECT true FROM unnest(who[5]::text[]) n WHERE n = 'organisation:' || asked
  OR n LIKE 'organisation_in_area:' || asked || ':%' LIMIT 1); END""",
    # Whether a principal of who asks reaches into the area of a release. In two steps: as one question it would be
    # planned anew for every row.
    "slt_reaches(asked bigint, name text, closed text[])": """
DECLARE area bigint;
BEGIN area := (SELECT r.area_id FROM {schema}.sharing_release r WHERE r.id = asked);
  RETURN NULLIF(area IS NULL OR name || '@' || area <> ALL (closed), false); END""",
}
# Questions of an earlier release that no policy asks any more.
_LEFT_OVER = """
    SELECT oid::regprocedure FROM pg_proc
    WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'slt\\_%%' AND prorettype = 'boolean'::regtype
    AND proname || '(' || pg_get_function_identity_arguments(oid) || ')' <> ALL (%s)
"""
_RULES = {
    # Looked up in a way of which the planner, too, does not think that it leaves out many rows: else it would read and
    # sort all rows of a principal rather than the first of its index.
    "audience": f"array_position({_PRINCIPALS}::varchar[], principal) IS NOT NULL "
    f"AND ({_CLOSED} IS NULL OR slt_reaches(release_id, principal, {_CLOSED}) IS NOT NULL)",
    "grant": f"user_id = {_GRANTEE} AND (expires_at IS NULL OR expires_at > {_NOW}) "
    f"AND (emergency_area_id IS NULL OR 'emergency:' || emergency_area_id = ANY ({_PRINCIPALS}::varchar[])) "
    f"AND ({_CLOSED} IS NULL OR slt_reaches(content_object_id, 'grant', {_CLOSED}) IS NOT NULL)",
    "by release": "slt_opens({column}) IS NOT NULL",
    "by item": "slt_opens_item({column}) IS NOT NULL",
    "by incident": "slt_opens_incident({column}) IS NOT NULL",
    "in full by item": "slt_opens_in_full({column}) IS NOT NULL",
    "in full by incident": "slt_opens_incident_in_full({column}) IS NOT NULL",
    "originator by item": "slt_originates({column}) IS NOT NULL",
    "originator by incident": "slt_originates_incident({column}) IS NOT NULL",
    "report": "slt_opens_report(id, incident_id) IS NOT NULL",
    # That a desk has received it, desks see whenever it was.
    "desk entry": "slt_opens_at_desk(incident_id, CASE kind WHEN 'acknowledged' THEN NULL ELSE at END) IS NOT NULL",
    "question": "slt_opens_at_desk(incident_id, asked_at) IS NOT NULL",
    "attachment": "slt_opens_in_full(item_id) IS NOT NULL "
    "OR (is_shared AND removed_at IS NULL AND slt_opens_shared(item_id) IS NOT NULL)",
    # Of both sides; of the asker's, who asked, and colleagues who read the item as well.
    "consent request": "slt_originates(item_id) IS NOT NULL OR (slt_works_for(organisation_id) IS NOT NULL "
    f"AND (asked_by_id = {_USER} OR slt_opens_item(item_id) IS NOT NULL))",
    "reader log": f"reader = {_USER} OR slt_originates_ref(item_ref) IS NOT NULL",
    "by consent": "(SELECT 1 FROM sharing_consentrequest q WHERE q.id = {column} LIMIT 1) IS NOT NULL",
    "owner": f"owner_id = {_USER}",
}


_GAPS = """
    SELECT asked.name FROM unnest(%s::text[]) AS asked(name)
    LEFT JOIN pg_class c ON c.relname = asked.name AND c.relnamespace = current_schema()::regnamespace
    WHERE c.oid IS NULL OR NOT row_security_active(c.oid)
       OR NOT EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = %s)
       OR EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname <> %s AND p.polpermissive)
    ORDER BY asked.name
"""


def rule_of(model) -> str:
    """The condition under which a row of `model` is visible, as SQL. What it says of the wall is a rule, or a rule
    and the columns that it is asked of."""
    name, _, columns = wall_of(model).partition(": ")
    rule = " AND ".join(_RULES[name].format(column=column) for column in columns.split(", "))
    return f"{_IS_SYSTEM} OR ({rule})"


def install(using: str = "default") -> list[str]:
    """Put up the wall on every table that is to have one and exists; returns those tables."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return []
    present = set(connection.introspection.table_names())
    if missing := _NEEDED - present:
        log.warning("wall_not_put_up", missing=sorted(missing))  # in the middle of a way back; the check says so, too
        return []
    tables = {table: model for table, model in walled().items() if table in present}
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        schema = cursor.fetchone()[0]
        for name, body in _FUNCTIONS.items():
            cursor.execute(_FUNCTION.format(name=name, body=body.format(schema=schema)))
            if settings.DATABASE_WALL_KEEPER:
                cursor.execute(f"ALTER FUNCTION {name} OWNER TO {settings.DATABASE_WALL_KEEPER}")
        for table, model in tables.items():
            for statement in _statements(table, model):
                cursor.execute(statement)
        cursor.execute(_LEFT_OVER, [list(_FUNCTIONS)])
        for (function,) in cursor.fetchall():
            cursor.execute(f"DROP FUNCTION {function}")
    return sorted(tables)


def gaps(using: str = "default") -> list[str]:
    """The tables behind the wall at which it does not stand: whose rows PostgreSQL gives to whoever this connection
    signs in as, or of which no policy says for whom they are. One query."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(_GAPS, [sorted(walled()), POLICY, POLICY])
        return [table for (table,) in cursor.fetchall()]


def _statements(table, model):
    yield f'DROP POLICY IF EXISTS {POLICY} ON "{table}"'
    yield f'CREATE POLICY {POLICY} ON "{table}" USING ({rule_of(model)})'
    yield f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY'
    bound = "FORCE" if settings.DATABASE_WALL_KEEPER else "NO FORCE"
    yield f'ALTER TABLE "{table}" {bound} ROW LEVEL SECURITY'
