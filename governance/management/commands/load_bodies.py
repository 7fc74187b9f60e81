"""Makes the Oversight Committee and the Working Group with their seats; safe to run again."""

from django.core.management.base import BaseCommand

from governance.founding import found_bodies


class Command(BaseCommand):
    help = "Makes the two standing bodies with their seats. What is there is kept; roles say who holds a seat."

    def handle(self, *args, **options):
        made = found_bodies()
        self.stdout.write(f"Bodies: {made.organisations} organisations and {made.seats} seats added.")
