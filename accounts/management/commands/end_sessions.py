"""`manage.py end_sessions ADDRESS` or `--all`: whoever was signed in has to sign in again."""

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Session, User


class Command(BaseCommand):
    help = "End the open sessions of a person, or of everybody: after a theft, say, or when somebody has left."

    def add_arguments(self, parser):
        parser.add_argument("address", nargs="?", help="e-mail address of the person")
        parser.add_argument("--all", action="store_true", help="everybody's")

    def handle(self, *args, address=None, all=False, **options):
        """End them. Raises CommandError for an address without an account, and without either argument."""
        if bool(address) == all:
            raise CommandError("Name an address, or say --all.")
        rows = Session.objects.all()
        if address:
            user = User.objects.filter(email=address.lower()).first()
            if user is None:
                raise CommandError(f"{address} has no account.")
            rows = rows.filter(user=user)
        count, _ = rows.delete()
        self.stdout.write(f"{count} session{'' if count == 1 else 's'} ended.")
