"""Restoring a backup: everything is checked before anything is touched, and the database changes all at once or not.

Afterwards everybody signs in again. Messages that waited at the time of the backup are sent: some may have been sent
since, and then come a second time with the same Message-ID; none is lost, and what is no longer due is dropped as
always.
"""

import os
import re
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection

from accounts.models import User
from audit.actions import record
from audit.chain import faults
from audit.models import ChainHead, Event
from documents import files
from documents.models import DataKey

from .backup_keys import KeyFileBroken, destroyed, iterate_keys, sync_folder
from .backups import FILES
from .database_copies import KEYS, CopyFailed, the_copy
from .erasure import forget_words
from .manifests import BackupRefused, check_parts, check_release, read_manifest, release

_MEMBER = re.compile(r"([0-9a-f]{2})/\1[0-9a-f]{6}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class RestoreFailed(Exception):
    """The restore ended before its end. Its text is for the operator."""


def restore_backup(
    backup: Path, keys: Path, *, replace: bool = False, say: Callable[[str], None] = lambda _sentence: None
) -> int:
    """Restore the backup in the folder `backup` with the key file `keys`; `say` gets a sentence for each step.

    What the ledger beside the key files says was destroyed stays destroyed; returns how many keys that are. Raises
    BackupRefused, with a sentence, before anything was changed, and RestoreFailed afterwards; it can then be repeated
    with `replace`.
    """
    copy = the_copy()
    manifest, gone, dropped = _checked(backup, keys, copy)
    say(f"{manifest['name']} of {manifest['made_at']} is whole, and the configured keys open it.")
    try:
        _check_target(copy, replace=replace)
        with copy.alone():
            _extract(backup / FILES)
            say(f"Files: {manifest['files']}.")
            copy.load(backup / copy.part, iterate_keys(keys, gone), manifest["rows"] | {KEYS: manifest["keys"]})
    except CopyFailed as error:
        raise RestoreFailed(str(error)) from error
    except OSError as error:
        raise RestoreFailed(f"The disk did not take it: {error.strerror or error}. Run it again.") from error
    say(f"Rows: {sum(manifest['rows'].values())} in {len(manifest['rows'])} tables.")
    ContentType.objects.clear_cache()
    call_command("migrate", interactive=False, verbosity=0)  # makes triggers and grants, too
    say(f"Migrated to release {release()}.")
    DataKey.objects.destroy(dropped)
    forget_words()
    _check_chain(manifest["audit_head"])
    say(f"The audit chain is intact. Head: {manifest['audit_head'] or 'none'}.")
    record("operations.restored", by=None, object_type="backup", object_ref=manifest["name"])
    return len(dropped)


def _checked(backup, keys, copy):
    """The manifest, the ledger and the numbers of the destroyed keys, after everything was verified."""
    manifest = read_manifest(backup)
    check_release(manifest, connection.vendor, copy.release)
    check_parts(backup, manifest)
    _check_members(backup / FILES, manifest["files"])
    gone, count, dropped = _ledgers(keys), 0, []
    try:
        for row in iterate_keys(keys, gone):
            count += 1
            if not row["wrapped"]:
                dropped.append(row["id"])
    except (KeyFileBroken, OSError) as error:
        raise BackupRefused(f"{error} Nothing was changed.") from error
    if count != manifest["keys"]:
        raise BackupRefused(
            f"{keys} belongs to another backup or was cut: it has {count} keys, the backup {manifest['keys']}. "
            "Nothing was changed."
        )
    return manifest, gone, dropped


def _ledgers(keys):
    """What was destroyed, as the folder of this key file and the configured one tell. Raises BackupRefused."""
    folders = {keys.parent.resolve()}
    if settings.BACKUP_KEYS_DIR:
        folders.add(Path(settings.BACKUP_KEYS_DIR).resolve())
    gone: dict[int, set[str]] = {}
    try:
        for folder in folders:
            for number, names in destroyed(folder).items():
                gone.setdefault(number, set()).update(names)
    except (KeyFileBroken, OSError) as error:
        raise BackupRefused(f"{error} Nothing was changed.") from error
    return gone


def _check_members(path, count):
    """Raises BackupRefused unless the archive holds stored files and nothing else, each where it belongs."""
    found, odd = 0, False
    try:
        for _archive, member in _members(path):
            found += 1
            odd = odd or not (member.isreg() and _MEMBER.fullmatch(member.name))
    except tarfile.TarError as error:
        raise BackupRefused(f"{path} cannot be read. Take another backup. Nothing was changed.") from error
    if odd or found != count:
        raise BackupRefused(f"{path} holds what no backup of the portal holds. Nothing was changed.")


def _members(path):
    with tarfile.open(path, "r:") as archive:
        while member := archive.next():
            yield archive, member
            archive.members = []  # it would keep all it has seen


def _check_target(copy, *, replace):
    """Raises BackupRefused when the database is in use, or holds something and may not be replaced."""
    present = {User._meta.db_table, Event._meta.db_table} & set(connection.introspection.table_names())
    if not replace and any(_has_rows(table) for table in present):
        raise BackupRefused(
            "The database is not empty. Say --replace to lose everything that is in it. Nothing was changed."
        )
    if in_use := copy.is_in_use():
        raise BackupRefused(f"{in_use} Nothing was changed.")
    try:
        cache.clear()  # it tells of what will be no more
    except Exception as error:  # whichever cache it is
        raise BackupRefused(f"The cache cannot be emptied ({error}): start it first. Nothing was changed.") from error


def _has_rows(table):
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT 1 FROM "{table}" LIMIT 1')  # noqa: S608 - our own names
        return cursor.fetchone() is not None


def _extract(path):
    """Put the stored files in their places, over those of the same name. The daily sweep removes what has no row."""
    target = files.folder()
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    for archive, member in _members(path):
        place = target / member.name
        place.parent.mkdir(mode=0o700, exist_ok=True)
        partial = place.with_name(f"{place.name}.part")
        partial.unlink(missing_ok=True)
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            shutil.copyfileobj(archive.extractfile(member), out)
            out.flush()
            os.fsync(out.fileno())
        partial.rename(place)
    for folder in [target, *(path for path in target.iterdir() if path.is_dir())]:
        sync_folder(folder)


def _check_chain(head):
    """Raises RestoreFailed when the restored audit chain is not the one that was backed up."""
    found = list(faults(Event.objects.order_by("number").iterator(chunk_size=2000), ChainHead.objects.first()))
    now = ChainHead.objects.first()
    if found or head != (f"{now.number}:{now.hash}" if now else ""):
        raise RestoreFailed("\n".join(["The audit chain of the backup is not intact:", *found[:20]]))
