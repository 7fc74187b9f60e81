"""A stolen disk shows nothing of what people wrote (C7): a whole installation on a disk that is then read raw.

Whatever a month of work writes, through the pages, is looked for in every spelling, packed or not, also in what was
deleted. Afterwards the same words are put there in the clear, place by place, and must be found.
"""

import contextlib
import json
import sqlite3
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

import psycopg2
import pytest
import redis

from tests import servers
from tests.hardening.canaries import canary
from tests.hardening.canary_portal import ALBA, BENU, REPORT, Installation
from tests.hardening.canary_walk import short_walk, walk
from tests.infrastructure.commands import REPOSITORY, run
from tests.notifications.post_office import PostOffice, post_office

from .embedded import Embedded
from .http_client import HttpClient
from .stack import OWNER, Stack
from .stolen import own_disk

UNPACKED = """
DO $$ DECLARE one record; BEGIN
FOR one IN SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = 'public' AND udt_name IN ('text', 'varchar', 'bytea', 'jsonb') LOOP
EXECUTE format('ALTER TABLE %I ALTER COLUMN %I SET STORAGE EXTERNAL', one.table_name, one.column_name);
END LOOP; END $$
"""


def prepared(running) -> dict:
    """What tests/production/canary_people.py has made there."""
    command = [sys.executable, "-m", "tests.production.canary_people"]
    environment = {"DJANGO_SETTINGS_MODULE": "slt_portal.settings.production"} | running.environment
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def installation(url: str, people: dict, work) -> Installation:
    """Everybody's browser, which says a canary of itself."""

    def client(email):
        session = (people["name"], people["cookies"][email]) if email else None
        return HttpClient(url, session, **{"User-Agent": canary("browser").encode().decode("latin-1")})

    return Installation(client, work, people["application"])


def fails_to_sign_in(portal) -> None:
    """With a canary as address and as password, and by a link that is none."""
    page = portal.visit("", "/accounts/login/")
    page.send("Sign in", {"login": "kanarivogel@alba.example", "password": canary("password")})
    words = urllib.parse.quote(canary("address"))
    for path in (f"/no/such/{words}/", f"/invitations/{words}/", f"/incidents/?q={words}"):
        page.client.get(path)


def breaks(portal, stack) -> None:
    """An error of ours while a report is sent; the database refuses rows and quotes them to who asked."""
    page = portal.visit(ALBA, REPORT)
    stack.sql("ALTER TABLE incidents_report RENAME TO gone", role=OWNER)
    page.send("Send the report", {"occurred_on": "2026-03-14"}, status=500)
    stack.sql("ALTER TABLE gone RENAME TO incidents_report", role=OWNER)
    for statement in (
        "INSERT INTO accounts_user (email, name) VALUES (%s, %s)",
        "INSERT INTO organisations_organisationdomain (domain) VALUES (%s || %s)",
        "SELECT (%s || %s)::int",
        "SELECT nothing FROM %s WHERE %s",
    ):
        with pytest.raises(psycopg2.Error):
            stack.sql(statement, canary("refused"), canary("refused, too"))


def waits_for_exports(stack):
    """A function that returns when no export waits any more."""

    waiting = "SELECT 1 FROM incidents_export WHERE state IN ('queued', 'running')"

    def work():
        deadline = time.monotonic() + 90
        while stack.sql(waiting, role=servers.USER):  # the application sees no row for nobody
            assert time.monotonic() < deadline, stack.said("long")
            time.sleep(0.3)

    return work


def in_redis(stack) -> redis.Redis:
    """Redis as its operator sees it."""
    return redis.Redis.from_url(Path(stack.secrets / "redis_url").read_text())


def settles(stack) -> None:
    """What operators do: backups before and after an erasure, a dump, a restart, a crash, tidying up."""
    stack.manage("backup", as_owner=True)
    first = "SELECT ref FROM sharing_item WHERE kind = 'incident' ORDER BY id LIMIT 1"
    [ref] = stack.sql(first, role=servers.USER)[0]
    erase = ("--reason", "person", "--by", "dss.hq@un.example", "--even-if-open", "--yes")
    stack.manage("erase", ref, *erase, as_owner=True)
    stack.manage("backup", as_owner=True)
    with in_redis(stack) as client:
        client.save()
    connection = stack.connect(servers.USER)
    connection.autocommit = True
    with contextlib.closing(connection), connection.cursor() as cursor:
        for statement in ("CHECKPOINT", "VACUUM ANALYZE", "CHECKPOINT"):
            cursor.execute(statement)
    stack.kill("web", one=True)
    stack.kill_postgresql()
    for name in ("web", "worker", "long"):
        stack.stop(name)
    stack.restart_postgresql()


def whole_month(stack) -> None:
    """Everything that people do, and everything that goes wrong."""
    stack.sql(UNPACKED, role=OWNER)  # the database packs long values, and the search does not unpack its pages
    with in_redis(stack) as client:
        client.config_set("rdbcompression", "no")
        client.config_set("appendonly", "yes")  # then every command is on the disk
    people = prepared(stack)
    portal = installation(stack.url, people, waits_for_exports(stack))
    walk(portal)
    fails_to_sign_in(portal)
    breaks(portal, stack)
    settles(stack)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_stolen_disk_shows_nothing(tmp_path, monkeypatch):
    in_memory = servers.folder() / "proxy-in-memory"
    with post_office(PostOffice()) as (office, port), own_disk(monkeypatch) as disk:
        stack = Stack(disk.folder / "s", smtp_port=port, web_workers=2, settings={"SLT_EMERGENCY_ACCESS": "yes"})
        stack.environment |= {"SLT_PROXY_FOLDER": str(in_memory), "SLT_PROXY_ON_DISK": "yes"}
        for name, place in (("SLT_BACKUP_DIR", "backups"), ("SLT_BACKUP_KEYS_DIR", "keys")):
            stack.environment[name] = str(disk.folder / place)
        with stack:
            disk.writes_at_once()
            whole_month(stack)
            assert len(office.accepted) > 10
            (disk.folder / "mails").write_bytes(b"\n".join(bytes(mail) for mail in office.accepted))
            assert disk.stolen() == {}
            _check_that_it_would_be_found(stack, disk)


def _check_that_it_would_be_found(stack, disk):
    """In the clear on purpose: a row, a value in Redis, lines of logs, a file, a packed one, one that is deleted."""
    stack.sql("UPDATE accounts_user SET name = %s WHERE email = %s", canary("a row"), BENU)
    with in_redis(stack) as client:
        client.set("a key", canary("a value"))
        client.save()
    stack.manage("backup", as_owner=True)
    for name in ("web", "worker", "postgresql"):
        with stack.log(name).open("a") as log:
            log.write(canary(f"log of {name}"))
    (stack.folder / "data" / "files" / "leak.pdf").write_bytes(b"%PDF-1.7")
    stack.restart_postgresql()
    found = disk.stolen()
    places = {
        "base": 1,
        "pg_wal": 1,
        "redis": 2,
        "logs": 2,
        "postgresql/log": 1,
        "data/files": 1,
        "backups": 1,
        "raw": 1,
    }
    missing = {place for place, least in places.items() if sum(place in name for name in found) < least}
    assert missing == set(), sorted(found)
    _check_that_deleted_files_are_found(disk)


def _check_that_deleted_files_are_found(disk):
    word = canary("a file that was deleted")
    (disk.folder / "tmp" / "gone").write_text(word * 2000)
    (disk.folder / "tmp" / "gone").unlink()
    assert any("that-was-deleted" in one for one in disk.stolen()["raw"])


@pytest.mark.long
@pytest.mark.timeout(400)
def test_the_data_folder_of_the_embedded_portal_shows_nothing(monkeypatch):
    with post_office(PostOffice()) as (_office, port), own_disk(monkeypatch) as disk:
        folder = disk.folder / "data"
        running = Embedded(folder, smtp_port=port, settings={"SLT_DEMO": "no", "SLT_EMERGENCY_ACCESS": "yes"})
        people = prepared(running)
        disk.writes_at_once()
        with running, contextlib.closing(sqlite3.connect(folder / "portal.sqlite3")) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM accounts_user").fetchone()  # so that nothing of the log is taken over
            portal = installation(running.url, people, lambda: None)
            short_walk(portal)
            fails_to_sign_in(portal)
            assert (folder / "portal.sqlite3-wal").stat().st_size
            assert disk.stolen() == {}
        with contextlib.closing(sqlite3.connect(folder / "portal.sqlite3")) as database, database:
            database.execute("UPDATE accounts_user SET name = ?", [canary("a row")])
        assert {name.split("/")[-1] for name in disk.stolen()} >= {"raw"}


def test_the_proxy_refuses_to_put_what_people_send_on_a_disk(tmp_path):
    """Whole requests wait in its folder, in plain: it has to be memory."""
    values = {"SLT_SITE_URL": "https://localhost", "SLT_PROXY_FOLDER": str(tmp_path)}
    if (kind := subprocess.check_output(["stat", "-f", "-c", "%T", tmp_path], text=True).strip()) in {"tmpfs", "ramfs"}:
        pytest.skip(f"temporary files are in memory here ({kind})")
    done = run(str(REPOSITORY / "deploy/nginx/start"), "-t", **values)
    assert done.returncode != 0
    assert "SLT_PROXY_FOLDER" in done.stderr
