"""The second wall in PostgreSQL: the one rule of who sees what as row-level security (C2, docs/decisions/0057).

A model says with `wall` how its rows hang on what is visible. The policies are made again after every migrate, from
these words, by whoever owns the tables; on the owner they are not binding, so that migrating and backing up see all.
"""

from django.conf import settings
from django.db import connections

from .wall import SETTING, SYSTEM, walled

POLICY = "slt_wall"
_NEEDED = {"sharing_audience", "sharing_grant", "sharing_release", "sharing_consentrequest", "incidents_incident"}


def _part(number, kind):
    """A part of what the statement says about who asks; looked up once per statement."""
    return f"(SELECT NULLIF(split_part(current_setting('{SETTING}', true), ' ', {number}), '')::{kind})"


_IS_SYSTEM = f"(SELECT current_setting('{SETTING}', true)) = '{SYSTEM}'"
_USER, _GRANTEE = _part(2, "bigint"), _part(3, "bigint")
_NOW, _PRINCIPALS = _part(4, "timestamptz"), _part(5, "varchar[]")
_HAS_CLOSED = _part(6, "text")

# What hangs on other rows is asked in functions: written out, every statement would plan it anew for every table. They
# have the rights of the owner, whom no policy binds, and tell only what who asks can see, or themselves does not reach.
# No search path is set: tables are named with their schema, the application can make nothing that could be taken for an
# operator, and setting one costs as much as the question.
_FUNCTION = """
CREATE OR REPLACE FUNCTION {name} RETURNS boolean LANGUAGE plpgsql
STABLE PARALLEL SAFE SECURITY DEFINER AS $$ {body} $$
"""
_WHO = f"who text[] := string_to_array(current_setting('{SETTING}', true), ' ');"
_FUNCTIONS = {
    # Of these the answers are yes and NULL, of which the planner does not think that they leave out many rows.
    "slt_opens(asked bigint)": f"""
DECLARE {_WHO} names text[] := who[5]; closed text[] := who[6]; at timestamptz := who[4]; grantee bigint := who[3];
BEGIN RETURN NULLIF((
  SELECT (r.closes_at IS NULL OR r.closes_at > at) AND (
    (SELECT 1 FROM {{schema}}.sharing_audience a WHERE a.release_id = r.id AND a.principal = ANY (names)
     AND (closed IS NULL OR r.area_id IS NULL OR a.principal || '@' || r.area_id <> ALL (closed)) LIMIT 1) IS NOT NULL
    OR (SELECT 1 FROM {{schema}}.sharing_grant g WHERE g.content_object_id = r.id AND g.user_id = grantee
        AND (g.expires_at IS NULL OR g.expires_at > at)
        AND (closed IS NULL OR r.area_id IS NULL OR 'grant@' || r.area_id <> ALL (closed)) LIMIT 1) IS NOT NULL)
  FROM {{schema}}.sharing_release r WHERE r.id = asked), false); END""",
    "slt_opens_item(asked bigint)": """
BEGIN RETURN (SELECT true FROM {schema}.sharing_release r
  WHERE r.item_id = asked AND {schema}.slt_opens(r.id) LIMIT 1); END""",
    "slt_opens_incident(asked bigint)": """
BEGIN RETURN (SELECT {schema}.slt_opens_item(i.item_id) FROM {schema}.incidents_incident i WHERE i.id = asked); END""",
    # Whether a principal of who asks does not reach into the area of a release.
    "slt_is_closed(asked bigint, name text)": f"""
DECLARE {_WHO}
BEGIN RETURN COALESCE((SELECT name || '@' || r.area_id = ANY (who[6]::text[])
  FROM {{schema}}.sharing_release r WHERE r.id = asked), false); END""",
}
_RULES = {
    "audience": f"principal = ANY ({_PRINCIPALS}::varchar[]) "
    f"AND ({_HAS_CLOSED} IS NULL OR NOT slt_is_closed(release_id, principal))",
    "grant": f"user_id = {_GRANTEE} AND (expires_at IS NULL OR expires_at > {_NOW}) "
    f"AND ({_HAS_CLOSED} IS NULL OR NOT slt_is_closed(content_object_id, 'grant'))",
    "by release": "slt_opens({column}) IS NOT NULL",
    "by item": "slt_opens_item({column}) IS NOT NULL",
    "by incident": "slt_opens_incident({column}) IS NOT NULL",
    "by consent": "(SELECT 1 FROM sharing_consentrequest q WHERE q.id = {column} LIMIT 1) IS NOT NULL",
    "owner": f"owner_id = {_USER}",
}


def rule_of(model) -> str:
    """The condition under which a row of `model` is visible, as SQL. `wall` is a rule, or a rule and the
    columns that it is asked of."""
    name, _, columns = model.wall.partition(": ")
    rule = " AND ".join(_RULES[name].format(column=column) for column in columns.split(", "))
    return f"{_IS_SYSTEM} OR ({rule})"


def install(using: str = "default") -> list[str]:
    """Put up the wall on every table that is to have one and exists; returns those tables."""
    connection = connections[using]
    present = set(connection.introspection.table_names())
    if connection.vendor != "postgresql" or not present >= _NEEDED:
        return []
    tables = {table: model for table, model in walled().items() if table in present}
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        schema = cursor.fetchone()[0]
        for name, body in _FUNCTIONS.items():
            cursor.execute(_FUNCTION.format(name=name, body=body.format(schema=schema)))
            if settings.DATABASE_WALL_KEEPER:
                cursor.execute(f"ALTER FUNCTION {name.split('(')[0]} OWNER TO {settings.DATABASE_WALL_KEEPER}")
        for table, model in tables.items():
            for statement in _statements(table, model):
                cursor.execute(statement)
    return sorted(tables)


def _statements(table, model):
    yield f'DROP POLICY IF EXISTS {POLICY} ON "{table}"'
    yield f'CREATE POLICY {POLICY} ON "{table}" USING ({rule_of(model)})'
    yield f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY'
    bound = "FORCE" if settings.DATABASE_WALL_KEEPER else "NO FORCE"
    yield f'ALTER TABLE "{table}" {bound} ROW LEVEL SECURITY'
