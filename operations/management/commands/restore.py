"""`manage.py restore BACKUP`: the portal as it was when the backup was made, migrated to this release."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from operations.backup_keys import SUFFIX
from operations.erasure import restored
from operations.manifests import BackupRefused
from operations.restoring import RestoreFailed, restore_backup


class Command(BaseCommand):
    """Needs the owner of the tables, a database of its own, and the same master and digest keys."""

    help = "Restores a backup after checking all of it. Nobody else may use the database meanwhile."
    requires_system_checks = []  # the database may be empty

    def add_arguments(self, parser: CommandParser) -> None:
        """--replace where something is already; --keys for a key file that lies elsewhere."""
        parser.add_argument("backup", type=Path, help="the folder of one backup, or its name in SLT_BACKUP_DIR")
        parser.add_argument("--keys", type=Path, help="its key file; default: the one in SLT_BACKUP_KEYS_DIR")
        parser.add_argument("--replace", action="store_true", help="lose everything that is in the database")

    def handle(self, *, backup: Path, keys: Path | None, replace: bool, **options) -> None:
        """Restore; say each step, or in one sentence why not."""
        if not backup.is_dir() and settings.BACKUP_DIR:
            backup = Path(settings.BACKUP_DIR) / backup
        keys = keys or Path(settings.BACKUP_KEYS_DIR or ".") / f"{backup.resolve().name}{SUFFIX}"
        try:
            destroyed = restore_backup(backup, keys, replace=replace, say=self.stdout.write)
        except (BackupRefused, RestoreFailed) as error:
            raise CommandError(str(error)) from error
        if destroyed:
            self.stdout.write(f"{destroyed:,} keys were destroyed since: what they sealed stays unreadable.")
        if again := restored():
            self.stdout.write(
                f"{len(again):,} incidents among them were erased. Before you start the portal: "
                "manage.py erase --restored --by ADDRESS --yes"
            )
        self.stdout.write("Restored. Everybody signs in again; what waited in the outbox will be sent.")
