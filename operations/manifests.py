"""The manifest of a backup: sealed with this installation's digest key, it names the parts and their hashes.

Nothing in it is confidential: names of tables with the number of their rows, digests, the head of the audit chain.
"""

import hashlib
import hmac
import json
import os
import tomllib
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.db.migrations.loader import MigrationLoader

from slt_portal.crypto import keyed_digest, parse_master_keys

NAME = "manifest.json"
FORMAT = 1
# Apps that are installed no more: a database that has been upgraded still says that it once had them.
FORMER_APPS = {"sessions", "usersessions"}


class BackupRefused(Exception):
    """This is no backup that can be restored here. Its text is for the operator."""


def release() -> str:
    """The version of this code."""
    return tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def digest_key_check() -> str:
    """What tells two digest keys apart and gives neither away."""
    return keyed_digest("backup", "digest key")


def master_key_checks(names: Iterable[str]) -> dict[str, str]:
    """The same for the master keys of these names that are configured."""
    known = parse_master_keys(settings.MASTER_KEYS)
    return {name: keyed_digest("backup", f"master key {known[name].hex()}") for name in sorted(names) if name in known}


def write_manifest(folder: Path, content: dict) -> None:
    """Seal `content` and write it into the folder of a backup; the disk holds it when this returns."""
    path = folder / NAME
    text = json.dumps({**content, "seal": _seal(content)}, indent=1, sort_keys=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
        out.write(text + "\n")
        out.flush()
        os.fsync(out.fileno())


def read_manifest(folder: Path) -> dict:
    """The manifest of a backup that was made with the configured keys and was not changed since.

    Raises BackupRefused, with a sentence, otherwise. Looks at the manifest only: `check_parts` looks at the rest.
    """
    try:
        content = json.loads((folder / NAME).read_text(encoding="ascii"))
        seal = content.pop("seal")
        made_with, names = content["digest_key"], content["master_keys"]
    except FileNotFoundError as error:
        raise BackupRefused(f"{folder} is no backup: it has no {NAME}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupRefused(f"The {NAME} in {folder} cannot be read. Take another backup.") from error
    if made_with != digest_key_check():
        raise BackupRefused("SLT_DIGEST_KEY is not the one that this backup was made with. Nothing was changed.")
    if not hmac.compare_digest(str(seal), _seal(content)):
        raise BackupRefused(f"The {NAME} in {folder} was changed after the backup was made. Take another backup.")
    known = master_key_checks(names)
    if missing := sorted(name for name in names if known.get(name) != names[name]):
        raise BackupRefused(
            f"SLT_MASTER_KEYS lacks a key that this backup needs, or has another one of that name: "
            f"{', '.join(missing)}. Nothing was changed."
        )
    if content["format"] != FORMAT:
        raise BackupRefused("A newer release made this backup: install that release first.")
    return content


def check_parts(folder: Path, manifest: dict) -> None:
    """Raises BackupRefused, with a sentence, when a part is missing or was changed."""
    for name, part in manifest["parts"].items():
        path = folder / name
        if not path.is_file():
            raise BackupRefused(f"{name} is missing in {folder}. Take another backup. Nothing was changed.")
        if path.stat().st_size != part["bytes"] or sha256_of(path) != part["sha256"]:
            raise BackupRefused(f"{name} in {folder} was changed or damaged. Take another backup. Nothing was changed.")


def check_release(manifest: dict, vendor: str, major: int) -> None:
    """Raises BackupRefused when this code or this database server is older than the backup, or another database."""
    if manifest["database"]["vendor"] != vendor:
        raise BackupRefused(f"This is a backup of {manifest['database']['vendor']}; the portal is set to {vendor}.")
    if manifest["database"]["major"] > major:
        raise BackupRefused(
            f"The backup is of PostgreSQL {manifest['database']['major']}, the server is older ({major})."
        )
    unknown = sorted(set(manifest["migrations"]) - _migrations_of_this_code())
    if unknown := [name for name in unknown if name.partition(".")[0] not in FORMER_APPS]:
        raise BackupRefused(
            f"A newer release ({manifest['release']}) made this backup: install that release first. "
            f"This one ({release()}) does not know {unknown[0]}."
        )


def _migrations_of_this_code():
    disk = MigrationLoader(None).disk_migrations
    replaced = {pair for migration in disk.values() for pair in migration.replaces}
    return {f"{app}.{name}" for app, name in {*disk, *replaced}}


def _seal(content):
    return keyed_digest("backup manifest", json.dumps(content, sort_keys=True))
