"""Whether the second wall stands is asked of the database itself, by /readyz and by `check --deploy`."""

import pytest
from django.core import checks
from django.db import connection

from operations.checks import Portal, outcomes
from sharing.wall_policies import gaps, install

from .test_wall import bound  # noqa: F401 - a fixture

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no such wall"),
]
TABLE = "sharing_consentrequest_named"
HOLES = [
    f"DROP POLICY slt_wall ON {TABLE}",
    f"ALTER TABLE {TABLE} DISABLE ROW LEVEL SECURITY",
    f"ALTER POLICY slt_wall ON {TABLE} RENAME TO other",
    f"CREATE POLICY other ON {TABLE} USING (true)",
    f"ALTER TABLE {TABLE} RENAME TO other",
]


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def found() -> list[str]:
    run = checks.run_checks(tags=["database"], include_deployment_checks=True, databases=["default"])
    return [problem.msg for problem in run if problem.id == "sharing.E001"]


def test_it_stands_at_every_table():
    assert gaps() == []
    assert found() == []


@pytest.mark.parametrize("hole", HOLES)
def test_a_hole_is_found(hole):
    sql(hole)
    assert gaps() == [TABLE]
    assert found() == [f"The second wall does not stand at 1 tables, {TABLE} among them."]
    if "RENAME TO other" not in hole and "CREATE" not in hole:
        install()
        assert gaps() == []


def test_whom_it_does_not_bind_has_none():
    sql("ALTER TABLE sharing_release NO FORCE ROW LEVEL SECURITY")
    assert "sharing_release" in gaps()


def test_the_state_of_the_portal_says_so(settings, monkeypatch):
    settings.DATABASE_ROLES_APART = True
    monkeypatch.setattr("operations.checks.is_owner", lambda: False)
    monkeypatch.setattr("operations.checks.may_make", lambda: False)
    assert outcomes(Portal())["role"]
    sql(HOLES[0])
    assert not outcomes(Portal())["role"]
    assert install()


def test_a_way_back_in_the_middle_puts_up_nothing(caplog):
    sql("ALTER TABLE incidents_withholding RENAME TO gone")
    assert install() == []
    assert gaps() == ["incidents_withholding"]


def test_questions_of_an_earlier_release_are_taken_away():
    sql("CREATE FUNCTION slt_is_closed(asked bigint) RETURNS boolean LANGUAGE sql AS 'SELECT true'")
    sql("CREATE FUNCTION slt_opens(asked text) RETURNS boolean LANGUAGE sql AS 'SELECT true'")
    install()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_proc WHERE oid = to_regprocedure('slt_is_closed(bigint)')")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT pronargs FROM pg_proc WHERE proname IN ('slt_opens', 'slt_append_only') ORDER BY 1")
        assert cursor.fetchall() == [(0,), (1,)], "what else is named like that stays"
    assert gaps() == []
