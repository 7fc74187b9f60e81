"""`manage.py remove_orphan_files`: what the daily tick does, now."""

from django.core.management.base import BaseCommand

from documents import files


class Command(BaseCommand):
    help = "Removes encrypted files that no row knows and that are older than a day."

    def handle(self, *args, **options):
        """Remove them and say how many there were."""
        self.stdout.write(f"{files.remove_orphan_files()} files removed")
