"""Django's migrate, then the append-only triggers (a migration on SQLite silently drops them)."""

from django.core.management.commands import migrate

from audit.triggers import install


class Command(migrate.Command):
    help = migrate.Command.help

    def handle(self, *args, **options):
        super().handle(*args, **options)
        if not (options.get("plan") or options.get("check_unapplied")):
            install(options["database"])
