"""Django's migrate, then the append-only triggers (a migration on SQLite silently drops them), what else is to be
made anew, and the grants."""

from django.apps import apps
from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import migrate

from audit.roles import grant
from audit.triggers import install


class Command(migrate.Command):
    help = migrate.Command.help

    def handle(self, *args, **options):
        super().handle(*args, **options)
        if options.get("plan") or options.get("check_unapplied"):
            return
        install(options["database"])
        for config in apps.get_app_configs():
            if hasattr(config, "after_migrate"):
                config.after_migrate(options["database"])
        if settings.DATABASE_APP_ROLE:
            try:
                grant(settings.DATABASE_APP_ROLE, options["database"])
            except ValueError as error:
                raise CommandError(str(error)) from error
