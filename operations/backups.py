"""Backups: the database and the encrypted files as they were at one moment, the data keys in another folder.

The database comes first, the files second. A file is on the disk before its row is committed and never changes, so
every row of the snapshot finds its file afterwards, but for those removed meanwhile, whose rows are gone by then, too.
The other way round a file that came between would have a row in the backup and no content.
"""

import fcntl
import os
import re
import secrets
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog
from django.db import connection

from audit.actions import record
from audit.models import ChainHead, Event
from documents import files
from documents.models import StoredFile
from slt_portal.crypto import active_key_id, key_id_of

from .backup_keys import SUFFIX, KeyFileBroken, apart_from_backups, publish_keys, sync_folder, write_keys
from .database_copies import KEYS, SESSIONS, CopyFailed, empty_file, file_id, the_copy
from .manifests import FORMAT, digest_key_check, master_key_checks, release, sha256_of, write_manifest

log = structlog.get_logger(__name__)
FILES = "files.tar"
MADE = "operations.backup_made"
_NAME = re.compile(r"slt-\d{4}-\d\d-\d\dT\d{6}Z-[0-9a-f]{4}")
_PARTIAL = ".part-"


class BackupFailed(Exception):
    """There is no new backup. Its text is for the operator."""


@dataclass(frozen=True)
class Made:
    """A backup that is whole and on the disk."""

    path: Path
    keys: Path
    size: int
    files: int
    missing: int
    removed: tuple[str, ...]


def last_backup() -> datetime | None:
    """When the last backup that succeeded was finished; None if there was none, or the database is older than it."""
    event = Event.objects.filter(object_type="backup", verb=MADE).order_by("-number").first()
    return event and event.at


def make_backup(folder: Path, keys_folder: Path, *, keep: int | None = None) -> Made:
    """Make a backup in `folder`, its key file in `keys_folder`; then remove all but the newest `keep`.

    Under another name until it is whole: what a killed one leaves behind has no name of a backup, and goes with the
    next. Raises BackupFailed, with a sentence.
    """
    check_folders(folder, keys_folder)
    try:
        with _alone_in(folder):
            keys_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _sweep(folder, keys_folder)
            name = f"slt-{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}-{secrets.token_hex(2)}"
            try:
                with apart_from_backups(keys_folder):
                    made = _make(name, folder, keys_folder)
            except BaseException:
                _sweep(folder, keys_folder)
                raise
            removed = _prune(folder, keys_folder, name, keep) if keep else ()
    except (CopyFailed, KeyFileBroken) as error:
        raise BackupFailed(f"{error} No backup was made.") from error
    except OSError as error:
        raise BackupFailed(
            f"The disk did not take the backup: {error.strerror or error}. No backup was made."
        ) from error
    facts = {"bytes": made["size"], "files": made["files"]}
    record(MADE, by=None, object_type="backup", object_ref=name, facts=facts)
    log.info("backup_made", backup=name, **facts)
    return Made(folder / name, keys_folder / f"{name}{SUFFIX}", removed=removed, **made)


def check_folders(folder: Path, keys_folder: Path) -> None:
    """Raises BackupFailed when the keys would lie with the data."""
    data, keys = folder.resolve(), keys_folder.resolve()
    if data == keys or data in keys.parents or keys in data.parents:
        raise BackupFailed(
            f"The keys must lie apart from the data: set SLT_BACKUP_KEYS_DIR to a folder that is neither in {folder} "
            "nor around it, best on another disk."
        )


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupFailed(f"Another backup to {folder} is under way. Nothing was done.") from error
        yield


def _sweep(folder, keys_folder):
    """Remove what backups left behind that did not come to their end."""
    for path in folder.glob(f"{_PARTIAL}*"):
        name = path.name.removeprefix(_PARTIAL)
        for keys in (_partial_keys(keys_folder, name), keys_folder / f"{name}{SUFFIX}"):
            keys.unlink(missing_ok=True)
        shutil.rmtree(path)


def _partial_keys(keys_folder, name):
    return keys_folder / f".{name}{SUFFIX}.new"


def _make(name, folder, keys_folder):
    partial, keys = folder / f"{_PARTIAL}{name}", _partial_keys(keys_folder, name)
    partial.mkdir(mode=0o700)
    copy = the_copy()
    empty_file(partial / copy.part)
    with copy.snapshot():
        facts = _facts(copy)
        names: set[str] = set()
        facts["keys"] = write_keys(keys, _noting(copy.rows(f'SELECT * FROM "{KEYS}" ORDER BY id'), names))  # noqa: S608
        ids = [file_id(row["id"]) for row in copy.rows(f'SELECT id FROM "{StoredFile._meta.db_table}"')]  # noqa: S608
        copy.dump(partial / copy.part)
    missing = _archive(ids, partial / FILES)
    parts = {path.name: _synced(path) for path in (partial / copy.part, partial / FILES)}
    write_manifest(
        partial,
        {
            **facts,
            "format": FORMAT,
            "name": name,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "release": release(),
            "database": {"vendor": connection.vendor, "major": copy.release},
            "digest_key": digest_key_check(),
            "master_keys": master_key_checks(names | {active_key_id()}),
            "files": len(ids) - len(missing),
            "parts": parts,
        },
    )
    sync_folder(partial)
    # The keys first: a backup that has its name is never without them.
    publish_keys(keys, keys_folder / f"{name}{SUFFIX}")
    partial.rename(folder / name)
    sync_folder(folder)
    size = sum(part["bytes"] for part in parts.values())
    return {"size": size, "files": len(ids) - len(missing), "missing": _still_wanted(missing)}


def _facts(copy):
    """What the manifest says of the snapshot."""
    tables = [next(iter(row.values())) for row in copy.rows(copy.tables_sql)]
    counts = {
        table: next(copy.rows(f'SELECT count(*) AS n FROM "{table}"'))["n"]  # noqa: S608 - names of our tables
        for table in tables
        if table not in {KEYS, SESSIONS}
    }
    applied = [
        f"{row['app']}.{row['name']}" for row in copy.rows("SELECT app, name FROM django_migrations ORDER BY 1, 2")
    ]
    head = next(copy.rows(f"SELECT number, hash FROM {ChainHead._meta.db_table}"), None)  # noqa: S608
    return {
        "rows": counts,
        "migrations": applied,
        "audit_head": f"{head['number']}:{head['hash']}" if head else "",
    }


def _noting(rows, names):
    """The rows of keys; the names of the master keys that wrap them are added to `names`."""
    for row in rows:
        if len(row["wrapped"]):  # of a destroyed key nothing is left
            names.add(key_id_of(row["wrapped"]))
        yield row


def _archive(ids, path):
    """Write the stored files into one archive, as they lie there, encrypted; returns the ids of those that do not."""
    missing = []
    empty_file(path)
    with path.open("r+b") as out, tarfile.open(fileobj=out, mode="w") as archive:
        for number in ids:
            source = files.path_of(StoredFile(pk=number))
            try:
                content = source.open("rb")
            except FileNotFoundError:
                missing.append(number)
                continue
            with content:
                member = tarfile.TarInfo(f"{source.parent.name}/{source.name}")
                member.size, member.mode = os.fstat(content.fileno()).st_size, 0o600
                archive.addfile(member, content)
                archive.members = []  # it would keep all it has seen
    return missing


def _still_wanted(missing):
    """How many of the files that were not on the disk have a row all the same: they were lost before."""
    return sum(
        StoredFile.objects.filter(pk__in=missing[start : start + 500]).count() for start in range(0, len(missing), 500)
    )


def _synced(path):
    with path.open("rb") as content:
        os.fsync(content.fileno())
    return {"bytes": path.stat().st_size, "sha256": sha256_of(path)}


def _prune(folder, keys_folder, newest, keep):
    """Remove the oldest backups and their keys; never the one that was just made. Returns their names."""
    older = sorted(path.name for path in folder.iterdir() if _NAME.fullmatch(path.name) and path.name != newest)
    removed = tuple(older[: max(0, len(older) - keep + 1)])
    for name in removed:
        (folder / name).rename(folder / f"{_PARTIAL}{name}")  # half removed, it does not look like a backup
    _sweep(folder, keys_folder)
    return removed
