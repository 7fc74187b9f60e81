"""Backing up and restoring as the owner of the tables, who is no superuser, beside the application's role."""

from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections

from tests.databases import contents, database, on_database

pytestmark = [pytest.mark.slow, pytest.mark.owner]


@pytest.fixture
def db(own_databases):
    """No transaction that is rolled back: pg_dump would see nothing of it."""


@contextmanager
def as_role(name):
    """The portal's connection signs in as this role."""
    before = connection.settings_dict["USER"]
    connection.close()
    connection.settings_dict["USER"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["USER"] = before


def in_postgres(*statements):
    with on_database("postgres"), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_the_owner_restores_and_the_application_gets_its_rights(portal, tmp_path, settings):
    backup = portal.backup()
    before = contents(without={"audit_event", "audit_chainhead"})
    (tmp_path / "c").mkdir()
    with database(tmp_path / "c", like_the_tests=False) as name:
        owner, application = f"{name}_owner", f"{name}_app"
        in_postgres(f"CREATE ROLE {owner} LOGIN", f"CREATE ROLE {application} LOGIN")
        in_postgres(f"ALTER DATABASE {name} OWNER TO {owner}")
        try:
            with on_database(name), as_role(owner):
                settings.DATABASE_APP_ROLE = application
                settings.DATABASE_WALL_KEEPER = ""  # as in production: the portal does not sign in as the owner
                call_command("restore", str(backup), stdout=StringIO())
                assert (
                    contents(without={"audit_event", "audit_chainhead", "accounts_session"}).items() <= before.items()
                )
                with as_role(application):
                    _look_at_the_application()
                portal.backup()
                with session_of(application), pytest.raises(CommandError, match="1 other sessions use the database"):
                    call_command("restore", str(backup), replace=True)
                call_command("restore", str(backup), replace=True, stdout=StringIO())
        finally:
            with on_database(name), connection.cursor() as cursor:
                cursor.execute(f"DROP OWNED BY {owner}, {application} CASCADE")
            in_postgres(f"ALTER DATABASE {name} OWNER TO {connection.settings_dict['USER']}")
            in_postgres(f"DROP ROLE {owner}", f"DROP ROLE {application}")


def _look_at_the_application():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit_event")
        assert cursor.fetchone()[0] > 0
    harm = "DELETE FROM audit_event", "DROP TABLE accounts_user", "ALTER TABLE audit_event DISABLE TRIGGER ALL"
    for statement in harm:
        refused = pytest.raises(DatabaseError, match="permission denied|must be owner")
        with refused, connection.cursor() as cursor:
            cursor.execute(statement)


@contextmanager
def session_of(role):
    with as_role(role):
        other = connections.create_connection("default")
        other.ensure_connection()
    yield
    other.close()
