"""The portal signs in to PostgreSQL as the application: it cannot change a table, nor take a trigger away."""

import os

import pytest
from django.core import checks
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from audit.actions import record
from audit.models import Event
from audit.roles import grant, is_owner, may_make
from audit.triggers import append_only_tables

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.owner,
    pytest.mark.skipif(os.environ.get("SLT_TEST_DATABASE") == "sqlite", reason="SQLite has no roles"),
]
ROLE = f"application_{os.getpid()}"
# What is refused on an append-only table, by the rights of the role and not only by the trigger.
REFUSED = [
    'UPDATE "{table}" SET id = id',
    'DELETE FROM "{table}"',
    'TRUNCATE "{table}"',
    'ALTER TABLE "{table}" DISABLE TRIGGER ALL',
    'ALTER TABLE "{table}" DISABLE TRIGGER {table}_append_only',
    'DROP TRIGGER {table}_append_only ON "{table}"',
    'CREATE TRIGGER other BEFORE INSERT ON "{table}" EXECUTE FUNCTION slt_append_only()',
    'ALTER TABLE "{table}" OWNER TO CURRENT_USER',
    'DROP TABLE "{table}"',
]
REFUSED_ANYWHERE = [
    "SET session_replication_role = replica",
    "CREATE TABLE other (number int)",
    "CREATE OR REPLACE FUNCTION slt_append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "DROP FUNCTION slt_append_only() CASCADE",
    "TRUNCATE sharing_release CASCADE",
    "DELETE FROM django_migrations",
]


def sql(statement: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def refusal(statement: str) -> str:
    with pytest.raises(ProgrammingError) as refused, transaction.atomic():
        sql(statement)
    return refused.value.__cause__.pgcode


@pytest.fixture
def application():
    """The rest of the test is signed in as a role with the application's grants."""
    sql(f"CREATE ROLE {ROLE}")
    grant(ROLE)
    sql(f"SET ROLE {ROLE}")
    yield ROLE
    sql("RESET ROLE")


def test_append_only_tables_are_only_added_to(application):
    insufficient = "42501"
    asked = [statement.format(table=table) for table in append_only_tables() for statement in REFUSED]
    assert [one for one in asked + REFUSED_ANYWHERE if refusal(one) != insufficient] == []
    before = Event.objects.count()
    record("tests.recorded", by=None, object_type="tests", object_ref="1")
    assert Event.objects.count() == before + 1


def test_every_table_has_the_rights_of_its_kind(application):
    rights = "SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"
    columns = ", ".join(f"has_table_privilege(quote_ident(tablename), '{right}')" for right in rights)
    rows = sql(f"SELECT tablename, {columns} FROM pg_tables WHERE schemaname = current_schema()")
    found = {name: [right for right, has in zip(rights, has_each, strict=True) if has] for name, *has_each in rows}
    expected = dict.fromkeys(found, ["SELECT", "INSERT", "UPDATE", "DELETE"])
    expected |= dict.fromkeys(append_only_tables(), ["SELECT", "INSERT"])
    assert found == expected | {"django_migrations": ["SELECT"]}


def test_a_table_made_later_is_granted_by_the_next_migrate(application, settings):
    sql("RESET ROLE")
    sql("CREATE TABLE later (number int)")
    settings.DATABASE_APP_ROLE = ROLE
    call_command("migrate", verbosity=0)
    sql(f"SET ROLE {ROLE}")
    sql("INSERT INTO later VALUES (1)")


def test_migrate_names_a_role_that_is_missing(settings):
    settings.DATABASE_APP_ROLE = "nobody_of_that_name"
    with pytest.raises(CommandError, match="no role nobody_of_that_name"):
        call_command("migrate", verbosity=0)


@pytest.mark.parametrize("statement", ["ALTER SCHEMA public OWNER TO {role}", "ALTER ROLE {role} CREATEROLE"])
def test_who_has_the_schema_or_gives_out_roles_could_take_a_trigger_away_too(application, statement):
    sql("RESET ROLE")
    sql(statement.format(role=ROLE))
    sql(f"SET ROLE {ROLE}")
    assert is_owner()


@pytest.mark.parametrize("right", ["TEMPORARY ON DATABASE {database}", "CREATE ON SCHEMA public"])
def test_it_makes_nothing_that_could_be_taken_for_ours(application, right):
    def found():
        run = checks.run_checks(tags=["database"], include_deployment_checks=True, databases=["default"])
        return [problem.id for problem in run if problem.id == "audit.E002"]

    assert (may_make(), found()) == (False, [])
    sql("RESET ROLE")
    sql(f"GRANT {right.format(database=connection.settings_dict['NAME'])} TO {ROLE}")
    sql(f"SET ROLE {ROLE}")
    assert (may_make(), found()) == (True, ["audit.E002"])


def test_the_deployment_check_finds_a_portal_that_signs_in_as_the_owner(application):
    def found():
        run = checks.run_checks(tags=["database"], include_deployment_checks=True, databases=["default"])
        return [problem.id for problem in run if problem.id == "audit.E001"]

    assert not is_owner()
    assert found() == []
    sql("RESET ROLE")
    assert is_owner()
    assert found() == ["audit.E001"]
