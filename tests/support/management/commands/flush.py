"""`flush` for tests: empties append-only tables as well, which their triggers forbid everywhere else."""

from contextlib import contextmanager

from django.core.management.commands.flush import Command as Flush
from django.db import connections

from tests import servers


class Command(Flush):
    """Django's flush with the triggers out of the way. Only the settings for tests install it."""

    def handle(self, **options):
        """Flush; the triggers are back when it returns."""
        connection = connections[options["database"]]
        without = {"postgresql": _replica_role, "sqlite": _triggers_dropped}[connection.vendor]
        with without(connection):
            super().handle(**options)


@contextmanager
def _replica_role(connection):
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {servers.USER}")
        cursor.execute("SET session_replication_role = replica")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = origin")
            cursor.execute("RESET ROLE")


@contextmanager
def _triggers_dropped(connection):
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _sql in triggers:
            cursor.execute(f"DROP TRIGGER {connection.ops.quote_name(name)}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for _name, sql in triggers:
                cursor.execute(sql)
