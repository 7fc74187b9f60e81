"""The drill: a backup is restored elsewhere, and everything is compared. And what a backup must not do."""

import fcntl
import json
import os
import re
import resource
import signal
import stat
import sys
import tarfile
import threading
import time
from contextlib import contextmanager
from io import StringIO
from uuid import uuid4

import pytest
from django.conf import settings as live_settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections

from audit.chain import faults
from audit.models import ChainHead, Event
from audit.triggers import append_only_tables
from documents import files
from documents.models import DataKey, StoredFile
from incidents.models import Draft
from notifications.models import Message
from operations.backup_keys import destroy_keys, key_files
from operations.backups import FILES, last_backup
from operations.database_copies import SESSIONS, the_copy
from operations.manifests import NAME, check_parts, read_manifest, sha256_of, write_manifest
from tests.cast import signed_in
from tests.databases import contents, triggers
from tests.factories.incidents import file_report
from tests.operations.drill import plain_files, refusal, restore

pytestmark = [pytest.mark.slow, pytest.mark.owner]
DESK = "dss.field@un.example"


@pytest.fixture
def db(own_databases):
    """No transaction that is rolled back: pg_dump would see nothing of it."""


def tables() -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.table_names(cursor))


@pytest.mark.sqlite
def test_the_drill(portal, elsewhere_later):
    """Everything is there again elsewhere: rows, files, triggers, chain; somebody reads, downloads, searches."""
    signed_in(portal.cast[DESK])  # a session, which is not in the backup
    before, had, made = contents(), plain_files(), triggers()
    assert before[SESSIONS]
    assert last_backup() is None
    backup = portal.backup()
    assert last_backup() == Event.objects.get(verb="operations.backup_made").at
    with elsewhere_later():
        assert tables() == set()
        said = restore(backup)
        assert "chain is intact" in said
        assert "Everybody signs in again" in said
        after = contents()
        [restored] = Event.objects.filter(verb="operations.restored")
        assert restored.object_ref == backup.name
        assert after[SESSIONS] == []
        own = {"audit_event", "audit_chainhead", SESSIONS}
        assert {name: rows for name, rows in after.items() if name not in own} == {
            name: rows for name, rows in before.items() if name not in own
        }
        assert set(before["audit_event"]) < set(after["audit_event"])
        assert len(after["audit_event"]) == len(before["audit_event"]) + 1
        assert plain_files() == had
        assert len(had) == 1
        assert triggers() == made
        assert len(made) >= len(append_only_tables())
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute("DELETE FROM audit_event")
        assert list(faults(Event.objects.order_by("number"), ChainHead.objects.first())) == []
        assert Message.objects.filter(state="queued").count() == len(before["notifications_message"]) > 0
        client = signed_in(portal.cast[DESK])
        path = f"/incidents/{portal.item.ref}/"
        assert "CANARY-WHAT" in client.get(path).content.decode()
        assert client.get(f"{path}attachments/{portal.attachment.number}/").status_code == 200
        assert portal.item.ref in client.get("/incidents/?q=vehicles+stopped").content.decode()
        file_report(portal.cast)  # sequences go on where they were


def test_nothing_in_it_opens_by_itself(portal):
    """No key with the data, no master key or secret anywhere, nothing for other eyes, nothing readable."""
    backup = portal.backup()
    data = b"".join(path.read_bytes() for path in backup.iterdir())
    keys = portal.key_file(backup).read_bytes()
    wrapped = [bytes(key.wrapped) for key in DataKey.objects.all()]
    assert len(wrapped) == len(keys.splitlines()) > 0
    master = [entry.partition(":")[2] for entry in live_settings.MASTER_KEYS]
    secret = [live_settings.SECRET_KEY, live_settings.DIGEST_KEY, *master]
    for never in [*wrapped, *(word.encode() for word in secret), b"CANARY"]:
        assert never not in data
        assert never.hex().encode() not in data
    assert not [word for word in secret if word.encode() in keys]
    manifest = (backup / NAME).read_text()
    assert not re.search(r"INC-|@|CANARY", manifest)
    assert json.loads(manifest)["rows"]["accounts_user"] > 20
    everything = [backup, *backup.iterdir(), portal.folder, portal.keys, *key_files(portal.keys)]
    assert {stat.S_IMODE(path.stat().st_mode) for path in everything if path.is_dir()} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in everything if path.is_file()} == {0o600}


def test_the_keys_lie_apart(portal, settings):
    for keys in (portal.folder, portal.folder / "keys", portal.folder.parent):
        settings.BACKUP_KEYS_DIR = str(keys)
        with pytest.raises(CommandError, match="The keys must lie apart"):
            call_command("backup", keys=str(keys))
    for folder, keys in (("", str(portal.keys)), (str(portal.folder), "")):
        with pytest.raises(CommandError, match="Set SLT_BACKUP_DIR"):
            call_command("backup", folder, keys=keys)
    assert not portal.folder.exists()


def test_the_newest_are_kept(portal):
    first = portal.backup()
    second = portal.backup(keep=2)
    assert portal.backups() == {first, second}
    os.rename(first, first.with_name("slt-2020-01-01T000000Z-0000"))  # older by name
    portal.key_file(first).rename(portal.keys / "slt-2020-01-01T000000Z-0000.keys")
    (portal.folder / ".part-slt-killed").mkdir()
    (portal.keys / "slt-killed.keys").touch()
    (portal.folder / "notes of the operator").mkdir()
    third = portal.backup(keep=2)
    assert portal.backups() == {second, third}
    assert key_files(portal.keys) == sorted(map(portal.key_file, (second, third)))
    assert {path.name for path in portal.folder.iterdir()} == {
        second.name, third.name, ".lock", "notes of the operator",
    }  # fmt: skip


@contextmanager
def small_disk(limit: int):
    """No file may become larger than `limit` bytes."""
    before, writes = resource.getrlimit(resource.RLIMIT_FSIZE), sys.dont_write_bytecode
    sys.dont_write_bytecode = True  # Python would leave half a module behind, and everybody after it would stumble
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        sys.dont_write_bytecode = writes


@pytest.mark.sqlite
def test_a_full_disk_leaves_nothing_half(portal):
    whole = portal.backup()
    for limit in (100, 20_000):
        with small_disk(limit), pytest.raises(CommandError, match="No backup was made"):
            portal.backup()
        assert {path.name for path in portal.folder.iterdir()} == {whole.name, ".lock"}
        assert {path.name for path in portal.keys.iterdir()} == {portal.key_file(whole).name, ".lock", ".backup"}
    before = contents()
    with small_disk(100), pytest.raises(CommandError, match="The disk did not take it"):
        restore(whole, replace=True)
    assert contents() == before
    assert plain_files()


def test_other_keys(backed_up, settings):
    backup, portal = backed_up
    destroy_keys(portal.keys, [portal.item.data_key])  # what it writes needs the digest key as well
    settings.MASTER_KEYS = ["test:" + "b3RoZXItbWFzdGVyLWtleS1vZi0zMi1ieXRlcy4uLi4="]
    assert "SLT_MASTER_KEYS lacks a key" in refusal(backup)
    settings.DIGEST_KEY = "other digests" * 4
    assert "SLT_DIGEST_KEY is not the one that this backup was made with" in refusal(backup)
    assert tables() == set()


def test_what_was_changed(backed_up):
    backup, portal = backed_up
    keys = portal.key_file(backup)
    for path, words in (
        (backup / NAME, "was changed after the backup was made"),
        (backup / the_copy().part, "was changed or damaged"),
        (backup / FILES, "was changed or damaged"),
        (keys, "was changed or damaged"),
    ):
        whole = path.read_bytes()
        middle = whole.index(b"2") if path.name == NAME else len(whole) // 2
        path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
        assert words in refusal(backup) or "cannot be read" in refusal(backup)
        path.unlink()
        assert re.search("is missing|is no backup", refusal(backup))
        path.write_bytes(whole)
    cut = keys.read_text().splitlines(keepends=True)
    keys.write_text("".join(cut[:-1]))
    assert "belongs to another backup or was cut" in refusal(backup)
    assert tables() == set()
    assert not files.folder().exists()


def sealed_anew(backup, **changes):
    """Another manifest under the same seal: what only somebody with the digest key can make."""
    path = backup / NAME
    content = {**json.loads(path.read_text()), **changes}
    content.pop("seal")
    path.unlink()
    write_manifest(backup, content)


def test_of_a_newer_release(backed_up):
    backup, _portal = backed_up
    had = json.loads((backup / NAME).read_text())
    sealed_anew(backup, migrations=[*had["migrations"], "incidents.9999_later"], release="9.0")
    assert "A newer release (9.0) made this backup" in refusal(backup)
    assert "incidents.9999_later" in refusal(backup)
    sealed_anew(backup, migrations=had["migrations"], format=2)
    assert "A newer release made this backup" in refusal(backup)
    sealed_anew(backup, format=1, database={"vendor": "oracle", "major": 1})
    assert "This is a backup of oracle" in refusal(backup)


def test_a_hostile_archive(backed_up):
    """Even one under a right seal writes nowhere but where files lie."""
    backup, _portal = backed_up
    archive = backup / FILES
    for name in ("../escaped", "/tmp/escaped", "ab/../../escaped", "link"):
        with tarfile.open(archive, "w") as out:
            member = tarfile.TarInfo(name)
            if name == "link":
                member.name, member.type, member.linkname = f"ab/{uuid4()}", tarfile.SYMTYPE, "/etc/passwd"
            out.addfile(member)
        parts = json.loads((backup / NAME).read_text())["parts"]
        sealed_anew(backup, parts={**parts, FILES: {"bytes": archive.stat().st_size, "sha256": sha256_of(archive)}})
        assert "holds what no backup of the portal holds" in refusal(backup)
    assert not files.folder().exists()


@pytest.mark.sqlite
def test_over_what_is_there(portal):
    """Only when told to; then what came since is gone, and nothing else."""
    backup = portal.backup()
    later = file_report(portal.cast).incident.item
    assert "The database is not empty. Say --replace" in refusal(backup)
    assert later.__class__.objects.for_system("test").filter(pk=later.pk).exists()
    restore(backup, replace=True)
    refs = set(later.__class__.objects.for_system("test").values_list("ref", flat=True))
    assert refs == {portal.item.ref}
    assert plain_files()


@pytest.mark.sqlite
def test_not_while_the_portal_runs(portal):
    backup = portal.backup()
    before = contents()
    with somebody_else():
        words = refusal(backup, replace=True)
    assert re.search("1 other sessions use the database|A portal runs on", words)
    assert contents() == before


@contextmanager
def somebody_else():
    """Another process' hold on the portal."""
    if connection.vendor == "postgresql":
        other = connections.create_connection("default")
        other.ensure_connection()
        yield
        other.close()
    else:
        with (live_settings.DATA_DIR / "serve.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


@pytest.mark.sqlite
def test_a_file_whose_row_is_in_it_is_in_it_while_people_write(portal, elsewhere_later):
    """Threads report and attach meanwhile: the restored state is that of one moment."""
    stop, done = threading.Event(), []

    def write():
        try:
            while not stop.is_set():
                content = os.urandom(2000)
                files.store(content, name="a.jpg", media_type="image/jpeg")
                done.append(file_report(portal.cast).incident.item.ref)
        finally:
            connections.close_all()

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        while len(done) < 2:
            stop.wait(0.01)
        backup = portal.backup()
        enough = len(done) + 2
        while len(done) < enough:
            stop.wait(0.01)
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    with elsewhere_later():
        restore(backup)
        assert 2 <= Event.objects.filter(verb="incidents.filed").count() <= len(done)
        assert len(plain_files()) == StoredFile.objects.count() > 1
        subjects = set(Message.objects.values_list("subject__messages__kind", flat=True))
        assert None not in subjects
        assert not Draft.objects.for_system("test").exists()


def test_a_file_that_is_missing_is_said(portal):
    files.path_of(portal.attachment.file).unlink()
    errors = StringIO()
    call_command("backup", stdout=StringIO(), stderr=errors)
    assert "1 stored files are missing on the disk" in errors.getvalue()


def test_one_backup_at_a_time(portal):
    portal.backup()
    with (portal.folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(CommandError, match="Another backup to .* is under way"):
            call_command("backup")


@pytest.mark.long
@pytest.mark.sqlite
def test_killed_at_any_time(portal):
    """What looks like a backup is one, whenever the process is killed; what does not is gone after the next."""
    started = time.monotonic()
    portal.backup()
    usual = time.monotonic() - started
    for number in range(20):
        connection.close()
        child = os.fork()
        if not child:
            try:
                portal.backup()
            finally:
                os._exit(0)
        time.sleep(usual * number / 18)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    for backup in sorted(portal.backups()):
        check_parts(backup, read_manifest(backup))
        assert portal.key_file(backup).exists()
    last = portal.backup(keep=1)
    restore(last, replace=True)
    assert {path.name for path in portal.folder.iterdir()} == {last.name, ".lock"}
    assert {path.name for path in portal.keys.iterdir()} == {portal.key_file(last).name, ".lock", ".backup"}
