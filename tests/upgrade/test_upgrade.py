"""The data of earlier releases go on: restored, migrated by this code, and in use. And what landed stays as it is.

bin/release-data COMMIT adds a release to `data/`.
"""

import hashlib
import lzma
import re
import subprocess
import tarfile
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from areas.models import Area
from audit.models import Event
from audit.triggers import append_only_tables
from demo.actions import PASSWORD, current_code
from incidents.models import Attachment, Report
from notifications.models import Message
from notifications.outbox import drain
from organisations.models import Organisation
from sharing.models import Item
from tests.cast import Cast
from tests.databases import database, on_database, triggers
from tests.journeys.test_client import report

HERE = Path(__file__).resolve().parent
RELEASES = sorted((HERE / "data").iterdir())
AUTHOR, READER, DESK = "field@alba.example", "io@lake.example", "dss.field@un.example"


@pytest.fixture
def db(own_databases):
    """No transaction: a release's data are a database of their own."""


@pytest.fixture
def upgraded(db, request, tmp_path, settings):
    """A release's data as this code has migrated them, an hour after they were made; what the commands said."""
    data = request.param / connection.vendor
    settings.DATA_DIR = tmp_path
    with tarfile.open(data / "files.tar") as archive:
        for member in filter(tarfile.TarInfo.isfile, archive):
            (tmp_path / member.name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / member.name).write_bytes(archive.extractfile(member).read())
    with _restored(data, tmp_path), _an_hour_later():
        before = _counts()
        said = _upgrade()
        after = _counts()
        assert after.pop(Area) >= before.pop(Area), "the reference list grows"
        assert after == before
        yield said


@contextmanager
def _restored(data, folder):
    """The connection leads to the database that is kept in `data`."""
    kept = folder / "kept"
    kept.write_bytes(lzma.decompress((data / "database.xz").read_bytes()))
    if connection.vendor == "sqlite":
        with on_database(str(kept)):
            yield
        return
    place = connection.settings_dict
    with database(folder, like_the_tests=False) as name:
        where = [f"--host={place['HOST']}", f"--username={place['USER']}", f"--dbname={name}", "--single-transaction"]
        subprocess.run(["pg_restore", "--no-owner", *where, str(kept)], check=True)
        with on_database(name):
            yield


@contextmanager
def _an_hour_later():
    """Rules that were agreed to, links and leases are as old as in a portal that was upgraded within the hour."""
    last = Event.objects.values_list("at", flat=True).latest("number")
    with time_machine.travel(last + timedelta(hours=1), tick=True):
        yield


def _upgrade() -> dict[str, str]:
    """What an operator runs after new code is in place, twice: the second time nothing is left to do."""
    commands = {"migrate": {"interactive": False}, "load_areas": {}, "rebuild_search": {"missing": True}}
    said = {}
    for name, options in [*commands.items(), *commands.items()]:
        out = StringIO()
        call_command(name, stdout=out, **options)
        said[name] = out.getvalue()
    return said


def _counts():
    found = {}
    with connection.cursor() as cursor:
        for model in (User, Organisation, Item, Report, Attachment, Message, Event, Area):
            cursor.execute(f'SELECT count(*) FROM "{model._meta.db_table}"')
            found[model] = cursor.fetchone()[0]
    return found


def walk_in(email: str) -> Client:
    """Somebody who types their password and the code of their telephone."""
    client = Client()
    client.post("/accounts/login/", {"login": email, "password": PASSWORD})
    answer = client.post("/accounts/2fa/authenticate/", {"code": current_code()})
    assert answer.status_code == 302, email
    return client


@pytest.mark.slow
@pytest.mark.sqlite
@pytest.mark.parametrize("upgraded", RELEASES, indirect=True, ids=lambda path: path.name)
def test_the_data_of_a_release_go_on(upgraded, mailoutbox):
    """Several of the cast sign in, list, open, file, search, download; the chain verifies; mails go out."""
    assert "No migrations to apply" in upgraded["migrate"]
    assert "0 rows added, 0 changed" in upgraded["load_areas"]
    assert "Indexed 0 releases" in upgraded["rebuild_search"]
    assert [table for table in append_only_tables() if not any(name.startswith(table) for name in triggers())] == []
    attachment = Attachment.objects.for_system("test").select_related("item").get()
    path = f"/incidents/{attachment.item.ref}/"
    people = {email: walk_in(email) for email in (AUTHOR, READER, DESK)}
    for client in people.values():
        assert client.get("/").status_code == 200
        assert attachment.item.ref in client.get("/incidents/").content.decode()
        assert "[Invented]" in client.get(path).content.decode()
        assert client.get(f"{path}attachments/{attachment.number}/").content[:3] == b"\xff\xd8\xff"
        assert client.get("/statistics/").status_code == 200
    assert Client().get(path).status_code == 302
    assert attachment.item.ref in people[READER].get("/incidents/?q=convoy").content.decode()
    cast = Cast(
        {user.email: user for user in User.objects.all()},
        {"alba": Organisation.objects.get(name="INGO Alba"), "benu": Organisation.objects.get(name="INGO Benu")},
        {area.code: area for area in Area.objects.all()},
    )
    ref = report(people[AUTHOR], cast, what="UPGRADED two vehicles were stopped")
    assert "UPGRADED" in people[DESK].get(f"/incidents/{ref}/").content.decode()
    assert ref in people[DESK].get("/incidents/?q=upgraded").content.decode()
    assert drain() > 1
    assert not Message.objects.filter(state="queued", next_attempt_at__lte=timezone.now()).exists()
    assert {ref, attachment.item.ref} <= set(re.findall(r"INC-\w{6}", " ".join(mail.subject for mail in mailoutbox)))
    out = StringIO()
    call_command("verify_audit", stdout=out)
    assert "chain intact" in out.getvalue()


def test_no_migration_of_a_release_was_changed():
    """Whoever has applied one will not apply it again: what must differ comes in a new one."""
    changed = {}
    for line in (HERE / "landed_migrations.txt").read_text().splitlines():
        digest, _, name = line.partition("  ")
        path = HERE.parent.parent / name
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            changed[name] = "changed or removed"
    assert changed == {}
