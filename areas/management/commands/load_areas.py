"""Brings the countries and areas of the reference list into the database; safe to run again."""

from django.core.management.base import BaseCommand

from areas.reference import load_reference


class Command(BaseCommand):
    help = "Loads countries, areas and territories. What the installation maintains itself is kept."

    def handle(self, *args, **options):
        loaded = load_reference()
        self.stdout.write(f"Areas: {loaded.added} rows added, {loaded.changed} changed.")
