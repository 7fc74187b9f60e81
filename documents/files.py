"""Confidential files: encrypted before they touch a disk, outside of the web root, each with a key of its own (C7).

The bytes are on disk before the row is committed. What a rolled-back transaction or a killed process leaves behind
is a file that nobody's key opens any more; `remove_orphan_files` sweeps it up a day later.
"""

import contextlib
import hashlib
import os
import time
from pathlib import Path
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from slt_portal.crypto import SealBroken, keyed_digest

from .models import DataKey, StoredFile

log = structlog.get_logger(__name__)
ORPHAN_SECONDS = 24 * 60 * 60
MOST_NAME = 200


class FileBroken(Exception):
    """A stored file is missing or was changed outside the portal. Its text is for people."""


class FileNotStored(Exception):
    """The disk did not take a file. Its text is for people."""


def folder() -> Path:
    """Where the encrypted files lie."""
    return Path(settings.DATA_DIR) / "files"


def path_of(file: StoredFile) -> Path:
    """Where the bytes of `file` lie."""
    return folder() / file.pk.hex[:2] / str(file.pk)


@transaction.atomic
def store(content: bytes, *, name: str, media_type: str) -> StoredFile:
    """Keep `content` encrypted and return its row. `name` is kept sealed, at most 200 characters of it.

    Raises FileNotStored, with a sentence, when the disk does not take it.
    """
    file = StoredFile(data_key=DataKey.objects.make(), media_type=media_type, size=len(content))
    file.sealed_name = file.data_key.seal(name[:MOST_NAME].encode(), context=f"{file.context} name")
    file.digest = digest_of(content)
    try:
        _write(path_of(file), file.data_key.seal(content, context=file.context))
    except OSError as error:
        log.error("file_not_stored", error=error.strerror)
        raise FileNotStored(_("The portal could not keep this file. Nothing was saved; try again later.")) from error
    file.save(force_insert=True)
    return file


def digest_of(content: bytes) -> str:
    """The keyed digest by which equal contents are recognised."""
    return keyed_digest("file", hashlib.sha256(content).hexdigest())


def _write(path, sealed):
    """All or nothing: under another name, to the disk, then under its own name."""
    for place in (folder(), path.parent):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.part")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(sealed)
            out.flush()
            os.fsync(out.fileno())
        partial.rename(path)
    except OSError:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)  # the new name, too, survives a power cut
    finally:
        os.close(directory)


def read(file: StoredFile) -> bytes:
    """The plain bytes of `file`. Raises FileBroken, with a sentence, when they are missing or were changed."""
    try:
        content = file.data_key.unseal(path_of(file).read_bytes(), context=file.context)
    except (OSError, SealBroken) as error:
        log.error("file_cannot_be_opened", file=str(file.pk), error=type(error).__name__)
        raise FileBroken(
            _("This file cannot be opened: it is missing, or was changed outside the portal. Tell the administrator.")
        ) from error
    return content


@transaction.atomic
def remove(file: StoredFile) -> None:
    """Remove `file`: row and key with the transaction, the bytes right after it. Harmless if it is gone already.

    Whatever points to the row must let go of it (SET_NULL).
    """
    path, key = path_of(file), file.data_key_id
    StoredFile.objects.filter(pk=file.pk).delete()
    DataKey.objects.filter(pk=key).delete()
    transaction.on_commit(lambda: _unlink(path))


def _unlink(path):
    try:
        path.unlink(missing_ok=True)
    except OSError as error:  # unreadable without its key; the sweep tries again
        log.error("file_not_removed", error=error.strerror)


def remove_orphan_files(*, older_than: int = ORPHAN_SECONDS) -> int:
    """Remove files without a row that are older than so many seconds. Returns how many.

    A younger one may belong to a transaction that is still under way.
    """
    before = time.time() - older_than
    old = [path for path in folder().glob("??/*") if path.is_file() and path.stat().st_mtime < before]
    known = _known({_id_of(path) for path in old})
    orphans = [path for path in old if _id_of(path) not in known]
    for path in orphans:
        _unlink(path)
    return len(orphans)


def _id_of(path):
    """The id that a file's name says, or None for a partial file or what is none of ours."""
    try:
        return UUID(path.name)
    except ValueError:
        return None


def _known(ids):
    ids, known = sorted(ids - {None}), set()
    for start in range(0, len(ids), 500):
        known |= set(StoredFile.objects.filter(pk__in=ids[start : start + 500]).values_list("pk", flat=True))
    return known
