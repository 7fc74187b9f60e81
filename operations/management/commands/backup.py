"""`manage.py backup [FOLDER]`: database and files into a folder, the keys of the texts into another one."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from operations.backups import BackupFailed, make_backup


def _at_least_one(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise ValueError
    return int(text)


class Command(BaseCommand):
    """Runs beside a portal in use. Needs to read every table, and to write one audit event."""

    help = "Backs up database and files, and the data keys apart from them. Master keys and secrets are in no backup."

    def add_arguments(self, parser: CommandParser) -> None:
        """Both folders have a setting; --keep removes the oldest afterwards."""
        parser.add_argument("folder", nargs="?", default=settings.BACKUP_DIR, help="default: SLT_BACKUP_DIR")
        parser.add_argument("--keys", default=settings.BACKUP_KEYS_DIR, help="default: SLT_BACKUP_KEYS_DIR")
        parser.add_argument("--keep", type=_at_least_one, metavar="N", help="afterwards remove all but the newest N")

    def handle(self, *, folder: str, keys: str, keep: int | None, **options) -> None:
        """Back up; say where it is, or in one sentence why there is none."""
        if not folder or not keys:
            raise CommandError(
                "Set SLT_BACKUP_DIR to a folder on another disk than the data, and SLT_BACKUP_KEYS_DIR to one apart "
                "from both."
            )
        try:
            made = make_backup(Path(folder), Path(keys), keep=keep)
        except BackupFailed as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Backup: {made.path} ({made.size:,} bytes, {made.files:,} files)")
        self.stdout.write(f"Its keys: {made.keys}")
        for name in made.removed:
            self.stdout.write(f"Removed: {name}")
        if made.missing:
            self.stderr.write(
                f"{made.missing:,} stored files are missing on the disk: look for them in an older backup."
            )
