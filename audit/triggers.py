"""Database triggers that keep append-only tables append-only, whichever program is at the door.

A model asks for them with `append_only = True`. They are made again after every `migrate`, because SQLite drops a
table's triggers whenever a migration rebuilds the table.
"""

from django.apps import apps
from django.db import connections

REFUSAL = "append-only: rows are never changed or removed"

_POSTGRESQL_FUNCTION = f"""
CREATE OR REPLACE FUNCTION slt_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$
"""


def append_only_tables() -> list[str]:
    """The tables of all models that declare `append_only = True`."""
    return sorted(model._meta.db_table for model in apps.get_models() if getattr(model, "append_only", False))


def install(using: str = "default") -> list[str]:
    """Create or renew the triggers on every append-only table that exists; returns those tables."""
    connection = connections[using]
    present = set(connection.introspection.table_names())
    tables = [table for table in append_only_tables() if table in present]
    statements = _postgresql(tables) if connection.vendor == "postgresql" else _sqlite(tables)
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    return tables


def _postgresql(tables):
    if tables:
        yield _POSTGRESQL_FUNCTION
    for table in tables:
        yield f'DROP TRIGGER IF EXISTS {table}_append_only ON "{table}"'
        yield (
            f'CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "{table}" '
            "FOR EACH STATEMENT EXECUTE FUNCTION slt_append_only()"
        )


def _sqlite(tables):
    for table in tables:
        for verb in ("UPDATE", "DELETE"):
            name = f"{table}_no_{verb.lower()}"
            yield f"DROP TRIGGER IF EXISTS {name}"
            yield f"CREATE TRIGGER {name} BEFORE {verb} ON \"{table}\" BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
