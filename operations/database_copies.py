"""Copying the whole database out and in, on PostgreSQL and on SQLite: one snapshot out, all or nothing in.

Left out of every copy: the data keys, which go into a file of their own, and the sessions, which nobody needs again.
"""

import contextlib
import fcntl
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.postgresql.client import DatabaseClient

from accounts.models import Session
from documents.models import DataKey

KEYS = DataKey._meta.db_table
SESSIONS = Session._meta.db_table
CHUNK = 2000


class CopyFailed(Exception):
    """The database could not be copied. Its text is for the operator and quotes no row."""


def empty_file(path: Path) -> None:
    """Make `path`, for the owner's eyes only, before a program that asks for no permissions fills it."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def the_copy():
    """What copies the configured database."""
    return PostgreSQLCopy() if connection.vendor == "postgresql" else SQLiteCopy()


class PostgreSQLCopy:
    """pg_dump of an exported snapshot, and psql fed by pg_restore within one transaction."""

    part = "database.dump"
    tables_sql = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1"

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """While it lasts, `dump` and `rows` see one moment, whatever is written meanwhile. Locks nobody out."""
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # it waits for pg_dump
            cursor.execute("SET LOCAL statement_timeout = 0")
            yield

    def rows(self, sql: str) -> Iterator[dict]:
        """The rows of a query in the snapshot, fetched in portions."""
        with connection.chunked_cursor() as cursor:
            cursor.execute(sql)
            while portion := cursor.fetchmany(CHUNK):
                names = [column.name for column in cursor.description]
                yield from (dict(zip(names, row, strict=True)) for row in portion)

    def dump(self, path: Path) -> None:
        """Write the snapshot to `path`. Raises CopyFailed."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_export_snapshot(), current_schema()")
            snapshot, schema = cursor.fetchone()
        left_out = [f"--exclude-table-data={schema}.{table}" for table in (KEYS, SESSIONS)]
        what = ["--format=custom", "--no-owner", "--no-privileges", f"--schema={schema}", *left_out]
        command, environment = self._command("pg_dump", *what, f"--snapshot={snapshot}", f"--file={path}")
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CopyFailed(f"pg_dump failed: {_last_line(done.stderr) or f'ended by signal {-done.returncode}'}")

    @property
    def release(self) -> int:
        """The major version of the server."""
        return connection.pg_version // 10000

    def is_in_use(self) -> str:
        """A sentence that says who else works on the database, or nothing."""
        with connection.cursor() as cursor:
            # usesysid: a role's session. More about it only a superuser is told.
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND usesysid IS NOT NULL"
            )
            others = cursor.fetchone()[0]
        return f"{others} other sessions use the database. Stop web, workers and beat first." if others else ""

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nothing to hold: the one transaction of `load` locks every table."""
        yield

    def load(self, path: Path, keys: Iterable[dict], counts: dict[str, int]) -> None:
        """Put the dump at `path` and the rows of the keys in the place of everything that is there.

        All in one transaction, which also counts the rows of each table. Raises CopyFailed: nothing has changed then.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_schema()")
            schema = cursor.fetchone()[0]
            cursor.execute(_EVERYTHING_SQL, [schema] * 4)
            drops = [row[0] for row in cursor.fetchall()]
        connection.close()
        command, environment = self._command(
            "psql", "--no-psqlrc", "--quiet", "--output=/dev/null", "--file=-",
            "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=sqlstate", "--set=SHOW_CONTEXT=never",  # quotes no row
        )  # fmt: skip
        with (
            tempfile.TemporaryFile() as errors,
            subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stderr=errors) as psql,
        ):
            restore, _ = self._command(
                "pg_restore", "--no-owner", "--no-privileges", f"--schema={schema}", "--file=-", connect=False
            )
            try:
                _say(psql, ["SET client_min_messages = warning;", "BEGIN;", "SET LOCAL lock_timeout = '10s';", *drops])
                _feed(psql, [*restore, "--section=pre-data", "--section=data", str(path)])
                _say(psql, _copy_of(schema, keys))
                _say(psql, _count_checks(schema, counts))
                _feed(psql, [*restore, "--section=post-data", str(path)])
                _say(psql, ["COMMIT;"])
                psql.stdin.close()
            except (CopyFailed, BrokenPipeError) as error:
                psql.kill()  # what is not committed has not happened
                psql.wait()
                raise CopyFailed(f"The database was left as it was: {_told(errors) or error}.") from error
            if psql.wait():
                raise CopyFailed(f"The database was left as it was: {_told(errors)}.")

    def _command(self, name, *options, connect=True):
        """A client program with where to connect, and its environment, which holds the password. Raises CopyFailed."""
        where, environment = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
        address = [*where[1:], "--no-password"] if connect else []
        return [_program(name, self.release), *options, *address], {**os.environ, **(environment or {})}


class SQLiteCopy:
    """SQLite's online backup, out and in."""

    part = "database.sqlite3"
    tables_sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_' ORDER BY 1"
    release = 3

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """While it lasts, `dump` and `rows` see one moment. The copy lies where the database itself lies.

        Raises CopyFailed.
        """
        connection.ensure_connection()
        try:
            with _working_copy() as self.copy:
                connection.connection.backup(self.copy)
                yield
        except sqlite3.Error as error:
            raise CopyFailed(f"The database could not be copied: {error}.") from error

    def rows(self, sql: str) -> Iterator[dict]:
        """The rows of a query in the snapshot."""
        cursor = self.copy.execute(sql)
        names = [column[0] for column in cursor.description]
        yield from (dict(zip(names, row, strict=True)) for row in cursor)

    def dump(self, path: Path) -> None:
        """Write the snapshot to `path`; comes last, because it takes the keys out of the copy."""
        for table in (KEYS, SESSIONS):
            self.copy.execute(f'DELETE FROM "{table}"')  # noqa: S608 - our own names
        self.copy.commit()
        self.copy.execute("VACUUM INTO ?", [str(path)])  # without the remains of what was deleted

    def is_in_use(self) -> str:
        """Nothing: `alone` finds out."""
        return ""

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Holds the lock of `serve`. Raises CopyFailed while a portal runs."""
        with (Path(settings.DATA_DIR) / "serve.lock").open("w", encoding="ascii") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise CopyFailed(f"A portal runs on {settings.DATA_DIR}. End it first.") from error
            yield

    def load(self, path: Path, keys: Iterable[dict], counts: dict[str, int]) -> None:
        """Put the copy at `path` and the rows of the keys in the place of everything that is there.

        The backup into the database is one transaction of it. Raises CopyFailed: nothing has changed then.
        """
        connection.close()
        try:
            with _working_copy() as copy:
                with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as source:
                    source.backup(copy)
                _insert(copy, keys)
                _check_sqlite(copy, counts)
                with contextlib.closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=10)) as live:
                    copy.backup(live)
        except sqlite3.Error as error:
            raise CopyFailed(f"The database was left as it was: {error}.") from error


_EVERYTHING_SQL = """
SELECT format('DROP VIEW IF EXISTS %%I.%%I CASCADE;', schemaname, viewname) FROM pg_views WHERE schemaname = %s
UNION ALL
SELECT format('DROP TABLE IF EXISTS %%I.%%I CASCADE;', schemaname, tablename) FROM pg_tables WHERE schemaname = %s
UNION ALL
SELECT format('DROP SEQUENCE IF EXISTS %%I.%%I CASCADE;', schemaname, sequencename) FROM pg_sequences
WHERE schemaname = %s
UNION ALL
SELECT format('DROP FUNCTION IF EXISTS %%s CASCADE;', p.oid::regprocedure)
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = %s AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
"""


def _program(name, major):
    """The path of a client program of the server's major version: others may not understand each other."""
    for candidate in (f"/usr/lib/postgresql/{major}/bin/{name}", shutil.which(name)):
        if candidate and Path(candidate).exists():
            said = subprocess.run([candidate, "--version"], capture_output=True, text=True, check=False).stdout
            if f"(PostgreSQL) {major}." in said:
                return candidate
    raise CopyFailed(f"There is no {name} of PostgreSQL {major} here: install postgresql-client-{major}.")


def _say(psql, statements: Iterable[str]):
    for statement in statements:
        psql.stdin.write(f"{statement}\n".encode())
    psql.stdin.flush()


def _feed(psql, command):
    """Let a program write its output into psql."""
    done = subprocess.run(command, stdout=psql.stdin, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise CopyFailed(_last_line(done.stderr) or "pg_restore was cut off")


def _copy_of(schema: str, keys: Iterable[dict]) -> Iterator[str]:
    """The keys' rows in the form of COPY."""
    columns = None
    for row in keys:
        if columns is None:
            columns = ", ".join(row)
            yield f'COPY "{schema}"."{KEYS}" ({columns}) FROM stdin;'
        yield "\t".join(map(_copy_value, row.values()))
    if columns:
        yield "\\."


def _copy_value(value):
    if isinstance(value, bytes):
        return f"\\\\x{value.hex()}"
    return "\\N" if value is None else str(value).replace("\\", "\\\\")


def _count_checks(schema: str, counts: dict[str, int]) -> Iterator[str]:
    """Statements that fail when a table has not as many rows as it should."""
    for table, count in counts.items():
        yield (
            f'DO $$ BEGIN IF (SELECT count(*) FROM "{schema}"."{table}") <> {count} THEN '  # noqa: S608 - our own names
            "RAISE EXCEPTION 'rows are missing' USING ERRCODE = 'data_corrupted'; END IF; END $$;"
        )


def _insert(copy, keys):
    keys = iter(keys)
    if first := next(keys, None):
        columns, marks = ", ".join(f'"{name}"' for name in first), ", ".join("?" * len(first))
        insert = f'INSERT INTO "{KEYS}" ({columns}) VALUES ({marks})'  # noqa: S608 - our own names
        copy.executemany(insert, (list(row.values()) for row in chain([first], keys)))
    copy.commit()


def _check_sqlite(copy, counts):
    for table, count in counts.items():
        if copy.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] != count:  # noqa: S608 - our own names
            raise CopyFailed("The database was left as it was: rows are missing in the copy.")
    if copy.execute("PRAGMA quick_check").fetchone()[0] != "ok" or copy.execute("PRAGMA foreign_key_check").fetchone():
        raise CopyFailed("The database was left as it was: the copy is damaged.")


@contextmanager
def _working_copy() -> Iterator[sqlite3.Connection]:
    """An empty database in a folder of the data folder that nobody else enters, gone afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="copy-", dir=settings.DATA_DIR) as folder,
        contextlib.closing(sqlite3.connect(Path(folder) / "copy.sqlite3")) as copy,
    ):
        copy.execute("PRAGMA synchronous = OFF")
        yield copy


def _last_line(text: str) -> str:
    return ([line.strip() for line in text.splitlines() if line.strip()] or [""])[-1]


def _told(errors) -> str:
    """What psql wrote last: an SQLSTATE, which quotes nothing."""
    errors.seek(0)
    return _last_line(errors.read().decode(errors="replace"))


def file_id(value) -> UUID:
    """The id of a stored file as either database gives it."""
    return value if isinstance(value, UUID) else UUID(value)
