"""`manage.py prepare`: everything between putting new code in place and starting it. Safe to repeat."""

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """What the one-shot service `migrate` of docker-compose.yml runs, as the owner of the tables."""

    help = "Checks the settings, migrates, loads areas and bodies, makes search words. Run it after each upgrade."
    requires_system_checks = []  # the first step runs them, and more

    def handle(self, *, verbosity: int, **options) -> None:
        """Each step says what it did; the first that fails ends it with its own sentence."""
        call_command("check", deploy=True, fail_level="WARNING", stdout=self.stdout)
        call_command("migrate", interactive=False, verbosity=verbosity, stdout=self.stdout)
        call_command("load_areas", stdout=self.stdout)
        call_command("load_bodies", stdout=self.stdout)
        call_command("rebuild_search", missing=True, stdout=self.stdout)
