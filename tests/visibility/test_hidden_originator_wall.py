"""Somebody who reads the shared release holds a stopwatch: row-level security looks at rows that they may not see.

Two organisations file the same; then once more with their parts exchanged. What the database does for each of the
reader's questions is the same both times: the same plans over as many rows, the same questions of the wall, as often.
Time itself is no measure in a test; what takes it is (C1).
"""

import re
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from tests import servers
from tests.cast import signed_in
from tests.factories.consents import colleague

from . import oracle
from .test_hidden_originator_consents import COLLEAGUE
from .two_worlds import SUSPECTS, cast_of_february, exchanged

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no such wall"),
]
READERS = [oracle.LAKE, oracle.OCHA, oracle.WFP_SECURITY, oracle.CSFP, COLLEAGUE]
SOMEBODY_OF_ONE = SUSPECTS["alba"][0]
PATHS = [
    "/",
    "/incidents/",
    "/incidents/?order=oldest",
    "/incidents/?whose=own",
    "/incidents/?whose=shared&category=robbery",
    "/incidents/?area=south-sudan",
    "/incidents/?q=vehicles",
    "/incidents/?q=Alba",
    "/incidents/consents/",
    "/areas/south-sudan/",
    "/statistics/?period=all",
    *(f"/incidents/INC-SAME{number:02}/" for number in (0, 1, 2)),
    *(
        f"/incidents/INC-SAME00/{name}/"
        for name in ("audience", "readers", "desk", "withdraw", "pass-on", "same-event")
    ),
]
_NODE = re.compile(r"(?P<node>.*?)\s*\((?P<rows>actual rows=\d+ loops=\d+|never executed)\)|.*Rows Removed.*")
# One plan for both worlds, however many dead rows the first left behind.
_ONE_WAY = ("enable_seqscan", "enable_bitmapscan", "enable_hashjoin", "enable_mergejoin", "enable_memoize")


class Stopwatch:
    """What the database did for each question, while it is installed as an execute wrapper."""

    def __init__(self):
        self.plans: list[str] = []

    def __call__(self, execute, sql, params, many, context):
        scope, _, question = str(sql).partition("; ")
        if scope.startswith("SET LOCAL slt.scope") and re.match(r"SELECT|WITH|EXECUTE|\(", question):
            with connection.connection.cursor() as cursor:
                explain = f"{scope}; EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF, SUMMARY OFF) {question}"
                cursor.execute(explain, params or None)
                self.plans += _nodes(line for (line,) in cursor.fetchall())
        return execute(sql, params, many, context)


def _nodes(lines):
    return [line for line in lines if _NODE.fullmatch(line)]


def _calls():
    with connection.connection.cursor() as cursor:
        cursor.execute("SELECT funcname, calls FROM pg_stat_xact_user_functions WHERE funcname LIKE 'slt%' ORDER BY 1")
        return dict(cursor.fetchall())


@contextmanager
def bound():
    """Somebody whom the wall binds, and whose questions are all planned alike."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {servers.USER}")
        cursor.execute("SET LOCAL track_functions = 'all'")
        for way in _ONE_WAY:
            cursor.execute(f"SET LOCAL {way} = off")
        cursor.execute(f"SET LOCAL ROLE {servers.OWNER}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")


def _empty():
    """New files for what is looked through in the order in which it lies: what was before must not decide on that."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {servers.USER}")
        cursor.execute("SET LOCAL session_replication_role = replica")  # else the ledgers refuse, which only grow
        cursor.execute("TRUNCATE sharing_item CASCADE")
        cursor.execute("SET LOCAL session_replication_role = origin")
        cursor.execute("RESET ROLE")


def _measured(world, email):
    """For each path: the answer's status, what was planned and done, how often the wall asked what."""
    client, found = signed_in(world.cast[email]), {}
    for path in PATHS:
        watch, before = Stopwatch(), _calls()
        connection.execute_wrappers.append(watch)  # behind what says who asks
        try:
            status = client.get(path).status_code
        finally:
            connection.execute_wrappers.remove(watch)
        calls = {name: number - before.get(name, 0) for name, number in _calls().items()}
        found[path] = status, watch.plans, {name: number for name, number in calls.items() if number}
    return found


@pytest.fixture(scope="module")
def both(django_db_setup, django_db_blocker):
    """What was done for everybody in the two worlds, and for somebody of one of the two organisations."""
    with django_db_blocker.unblock(), cast_of_february() as cast:
        colleague(cast, COLLEAGUE)
        found = []
        for names in (("alba", "benu"), ("benu", "alba")):
            with transaction.atomic():
                _empty()
                with exchanged(cast, names) as world, bound():
                    found.append({email: _measured(world, email) for email in [*READERS, SOMEBODY_OF_ONE]})
                transaction.set_rollback(True)
        yield found


def test_the_database_does_as_much_for_either(both, subtests):
    one, other = both
    for email in READERS:
        for path in PATHS:
            with subtests.test(f"{email} {path}"):
                assert one[email][path] == other[email][path]
    with subtests.test("they do read it"):
        assert {one[email]["/incidents/INC-SAME00/"][0] for email in READERS} == {200}
        assert {one[email]["/incidents/INC-SAME00/audience/"][0] for email in READERS} == {404}
        assert one[oracle.LAKE]["/incidents/INC-SAME00/"][2]["slt_opens"] > 0
        assert len(one[oracle.LAKE]["/incidents/"][1]) > 20
    with subtests.test("the stopwatch would tell: of their own organisation's, the wall asks something else"):
        mine, theirs = (world[SOMEBODY_OF_ONE]["/incidents/INC-SAME00/"] for world in both)
        assert mine[1:] != theirs[1:]
