"""Two roles in PostgreSQL: the owner has the tables and migrates, the portal signs in as the application.

A trigger that keeps a table append-only is worth as much as the difficulty of taking it away, and whoever owns the
table may. So the portal does not own its tables: it reads, adds, changes and removes rows, of append-only tables it
only reads and adds. docs/decisions/0030.
"""

from django.db import connections, transaction

from .triggers import append_only_tables

ROWS = "SELECT, INSERT, UPDATE, DELETE"
APPEND = "SELECT, INSERT"
READ_ONLY = {"django_migrations": "SELECT"}

_EXISTS = "SELECT count(*) FROM pg_roles WHERE rolname = %s"
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
_IS_OWNER = """
    SELECT (SELECT rolsuper OR rolcreaterole OR rolbypassrls FROM pg_roles WHERE rolname = current_user)
        OR EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = current_schema()
                   AND pg_has_role(current_user, nspowner, 'MEMBER'))
        OR EXISTS (SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
                   WHERE nspname = current_schema() AND relname = ANY(%s)
                   AND pg_has_role(current_user, relowner, 'MEMBER'))
"""

# A table or a function of one's own may be taken for one of ours.
_MAY_MAKE = """
    SELECT has_database_privilege(current_database(), 'TEMPORARY, CREATE')
        OR has_schema_privilege(current_schema(), 'CREATE')
"""


def grant(role: str, using: str = "default") -> list[str]:
    """Give the application's role exactly what it needs on every table there is; returns the tables.

    Done again after each migrate, for new tables. Raises ValueError when there is no such role.
    """
    connection = connections[using]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        cursor.execute(_EXISTS, [role])
        if cursor.fetchone()[0] == 0:
            raise ValueError(f"There is no role {role} in PostgreSQL: deploy/postgresql/make-roles makes it.")
        cursor.execute(_TABLES)
        tables = [name for (name,) in cursor.fetchall()]
        cursor.execute("SELECT quote_ident(current_database())")
        [database] = cursor.fetchone()
        for statement in _statements(tables, connection.ops.quote_name(role), database, connection.ops.quote_name):
            cursor.execute(statement)
    return tables


def _statements(tables, role, database, quote):
    append_only = set(append_only_tables())
    yield f"REVOKE TEMPORARY, CREATE ON DATABASE {database} FROM PUBLIC, {role}"  # in one that we made nobody has them
    yield f"REVOKE CREATE ON SCHEMA public FROM PUBLIC, {role}"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}"
    yield f"GRANT USAGE ON SCHEMA public TO {role}"
    yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}"
    for table in tables:
        rights = READ_ONLY.get(table) or (APPEND if table in append_only else ROWS)
        yield f"GRANT {rights} ON {quote(table)} TO {role}"


def is_owner(using: str = "default") -> bool:
    """Whether this connection could take the triggers away: it owns an append-only table or, as the owner of the
    database does, their schema; or it is a superuser, or may make itself a member of any role. Or it
    is bound by no row-level security."""
    return _answer(using, _IS_OWNER, [append_only_tables()])


def may_make(using: str = "default") -> bool:
    """Whether this connection could make tables, also temporary ones, or functions, which may be taken for ours by what
    runs with the rights of the owner."""
    return _answer(using, _MAY_MAKE)


def _answer(using, question, params=()):
    connection = connections[using]
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute(question, params)
        return cursor.fetchone()[0]
