"""The data keys of backups: a small file for each, in a folder apart from the data (SLT_BACKUP_KEYS_DIR).

A key file has one JSON line for each key, so that single keys can be emptied in it: that erases one item's text in
all the backups. Which ones also stands in the ledger beside the files. A restore obeys it too when it is given an
older copy of a key file. The keys are wrapped by the master keys, which are in no backup.
"""

import base64
import contextlib
import fcntl
import hmac
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from slt_portal.crypto import keyed_digest

SUFFIX = ".keys"
LEDGER = "destroyed"
_LOCK, _BACKUP = ".lock", ".backup"
_BASE64 = "base64:"


class KeyFileBroken(Exception):
    """A key file is missing, cut, or was changed. Its text is for the operator."""


def key_files(folder: Path) -> list[Path]:
    """The key files in `folder`, oldest first; none if there is no such folder."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def key_name(number: int, created_at: datetime | str) -> str:
    """What a data key is called in the ledger: the same after rotation, and never that of a later key.

    Numbers alone are given twice when a portal goes on from an older backup.
    """
    moment = datetime.fromisoformat(created_at) if isinstance(created_at, str) else created_at
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return keyed_digest("data key", f"{number} {moment.isoformat(timespec='microseconds')}")


def apart_from_backups(folder: Path) -> AbstractContextManager[None]:
    """A backup, or what makes backups forget, one after the other: keys that were read before their rows went must not
    become a key file after the others have forgotten them."""
    return locked(folder, _BACKUP)


@contextmanager
def locked(folder: Path, name: str = _LOCK) -> Iterator[None]:
    """Nobody else writes key files or the ledger meanwhile. Makes the folder if need be."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def remove_leftovers(folder: Path) -> None:
    """Remove what killed processes left half written, keys that nobody would ever empty; only `apart_from_backups`."""
    with locked(folder):
        for path in [*folder.glob(".*.part"), *folder.glob(f".*{SUFFIX}.new")]:
            path.unlink()


def destroyed(folder: Path) -> dict[int, set[str]]:
    """The names of the keys that the ledger says are destroyed, by number. Raises KeyFileBroken."""
    found: dict[int, set[str]] = {}
    with contextlib.suppress(FileNotFoundError):
        for line in (folder / LEDGER).read_text(encoding="ascii").splitlines():
            entry = _checked(line, folder / LEDGER)
            found.setdefault(entry["id"], set()).add(entry["name"])
    return found


def destroy_keys(folder: Path, keys: Iterable) -> int:
    """Drop these data keys (rows with `pk` and `created_at`) from every key file in `folder`, for ever.

    Call it as the last thing in the transaction that deletes the rows: what fails here undoes that, and can be
    repeated. Returns how many copies were dropped. Raises OSError and KeyFileBroken. The ledger comes first: a backup
    that is under way, and a restore from a copy of a key file, leave them out too.
    """
    names = {(key.pk, key_name(key.pk, key.created_at)) for key in keys}
    dropped = 0
    with locked(folder):
        gone = destroyed(folder)
        new = [pair for pair in sorted(names) if pair[1] not in gone.get(pair[0], ())]
        old = folder / LEDGER
        before = old.read_text(encoding="ascii").splitlines() if old.exists() else []
        if new or not old.exists():
            _replace(old, [*before, *(_line({"id": number, "name": name}) for number, name in new)])

        def without(row: dict) -> dict:
            nonlocal dropped
            if row["wrapped"] and (row["id"], key_name(row["id"], row["created_at"])) in names:
                dropped += 1
                return _emptied(row)
            return row

        for path in key_files(folder):
            _rewrite(path, without)
    return dropped


def rewrite_keys(folder: Path, change: Callable[[dict], dict]) -> None:
    """Give each key of every file in `folder` to `change` and keep what it returns.

    A key is a dict of the columns of its row; `wrapped` is empty when it was dropped. Each file is replaced as a whole
    or not at all.
    """
    with locked(folder):
        for path in key_files(folder):
            _rewrite(path, change)


def _rewrite(path, change):
    """Line by line: millions of them take no room. A file in which nothing changes is left alone."""
    is_other = False

    def lines():
        nonlocal is_other
        for line in _lines(path):
            old = _unpacked(_checked(line, path))
            new = change(old)
            is_other = is_other or new != old
            yield line if new == old else _line(_packed(new))

    _replace(path, lines(), lambda: is_other)


def write_keys(path: Path, rows: Iterable[dict]) -> int:
    """Write a key file of these rows, which the disk holds when this returns; returns how many they are."""
    count = 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
        for row in rows:
            out.write(_line(_packed(row)) + "\n")
            count += 1
        out.flush()
        os.fsync(out.fileno())
    return count


def publish_keys(partial: Path, path: Path) -> None:
    """Give a key file its name, without what was destroyed since its rows were read."""
    with locked(path.parent):
        gone = destroyed(path.parent)
        if gone:
            _rewrite(partial, lambda row: _emptied(row) if _is_in(gone, row) else row)
        partial.rename(path)
        sync_folder(path.parent)


def read_keys(path: Path, gone: dict[int, set[str]]) -> tuple[list[dict], list[dict]]:
    """The keys in a file, and those that are destroyed, which are empty. `gone` is what the ledger says.

    Raises KeyFileBroken, with a sentence, when a line was changed.
    """
    kept, dropped = [], []
    for row in iterate_keys(path, gone):
        (kept if row["wrapped"] else dropped).append(row)
    return kept, dropped


def iterate_keys(path: Path, gone: dict[int, set[str]]) -> Iterator[dict]:
    """The same one after the other: millions of them take no room."""
    for line in _lines(path):
        row = _unpacked(_checked(line, path))
        yield _emptied(row) if _is_in(gone, row) else row


def _emptied(row):
    return {**row, "wrapped": b""}


def sync_folder(folder: Path) -> None:
    """The names in `folder`, too, survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_in(gone, row):
    names = gone.get(row["id"])
    return bool(names) and key_name(row["id"], row["created_at"]) in names


def _lines(path):
    try:
        with path.open(encoding="ascii") as lines:
            yield from (line.rstrip("\n") for line in lines)
    except FileNotFoundError as error:
        raise KeyFileBroken(f"The key file {path} is missing: without it no confidential text can be read.") from error
    except UnicodeDecodeError as error:
        raise KeyFileBroken(f"{path} was changed or damaged. Take another copy of it.") from error


def _line(entry):
    content = json.dumps(entry, sort_keys=True)
    return json.dumps({**entry, "check": keyed_digest("key file", content)}, sort_keys=True)


def _checked(line, path):
    """The entry of a line that is as it was written."""
    try:
        entry = json.loads(line)
        check = entry.pop("check")
    except (ValueError, AttributeError, KeyError) as error:
        raise KeyFileBroken(f"{path} was changed or damaged. Take another copy of it.") from error
    if not hmac.compare_digest(check, keyed_digest("key file", json.dumps(entry, sort_keys=True))):
        raise KeyFileBroken(f"{path} was changed or damaged. Take another copy of it.")
    return entry


def _packed(row):
    return {name: _as_json(value) for name, value in row.items()}


def _as_json(value):
    if isinstance(value, bytes | memoryview):
        return _BASE64 + base64.b64encode(bytes(value)).decode()
    return value.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(value, datetime) else value


def _unpacked(row):
    return {name: _from_json(value) for name, value in row.items()}


def _from_json(value):
    is_bytes = isinstance(value, str) and value.startswith(_BASE64)
    return base64.b64decode(value.removeprefix(_BASE64)) if is_bytes else value


def _replace(path, lines, is_wanted=lambda: True):
    """All or nothing, on the disk when this returns; nothing unless it `is_wanted` after the last line."""
    partial = path.with_name(f".{path.name}.part")
    partial.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
            out.writelines(f"{line}\n" for line in lines)
            out.flush()
            os.fsync(out.fileno())
        if is_wanted():
            partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    sync_folder(path.parent)
