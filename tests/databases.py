"""Databases of a test's own, beside the one that all share: everything in them is committed, and gone with the test."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connection


@contextmanager
def on_database(name: str) -> Iterator[None]:
    """The portal's connection, also of new threads, leads to another database."""
    before = connection.settings_dict["NAME"]
    _point_at(name)
    try:
        yield
    finally:
        _point_at(before)


def _point_at(name):
    connection.close()
    connection.settings_dict["NAME"] = name
    ContentType.objects.clear_cache()
    cache.clear()


@contextmanager
def database(folder: Path, *, like_the_tests: bool) -> Iterator[str]:
    """The name of a new database: empty, or a copy of the one of the tests, with the cast. Not entered."""
    make = _on_postgresql if connection.vendor == "postgresql" else _on_sqlite
    with make(folder, str(connection.settings_dict["NAME"]) if like_the_tests else "") as name:
        yield name


@contextmanager
def _on_postgresql(folder, original):
    name = f"own_{abs(hash(str(folder))):x}"
    connection.close()
    _in_postgres(f"CREATE DATABASE {name} TEMPLATE {original or 'template0'} STRATEGY file_copy")
    try:
        yield name
    finally:
        _in_postgres(f"DROP DATABASE {name} WITH (FORCE)")


def _in_postgres(statement):
    with on_database("postgres"), connection.cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def _on_sqlite(folder, original):
    path = folder / "own.sqlite3"
    if original:
        connection.close()
        with closing(sqlite3.connect(original)) as source, closing(sqlite3.connect(path)) as copy:
            copy.execute("PRAGMA synchronous = OFF")
            source.backup(copy)
    yield str(path)


def contents(*, without: set[str] = frozenset()) -> dict[str, list[tuple]]:
    """Every row of every table, as the database gives it."""
    with connection.cursor() as cursor:
        names = set(connection.introspection.table_names(cursor)) - without
        found = {}
        for name in sorted(names):
            cursor.execute(f'SELECT * FROM "{name}"')
            found[name] = sorted(tuple(map(_plain, row)) for row in cursor.fetchall())
    return found


def _plain(value):
    return repr(bytes(value) if isinstance(value, memoryview) else value)


def triggers() -> set[str]:
    """The names of all triggers of ours."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        return {row[0] for row in cursor.fetchall()}


def copied(source: Path, target: Path) -> Path:
    """A copy of a folder, to be spoilt."""
    shutil.copytree(source, target)
    return target
