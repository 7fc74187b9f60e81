"""`manage.py reset_second_factor ADDRESS`: for somebody who lost the app and the recovery codes, once identified."""

from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.models import User
from accounts.sessions import end_sessions
from audit.actions import record


class Command(BaseCommand):
    help = "Remove the second factor of a person who lost it. Prove first who asks, as carefully as when inviting them."

    def add_arguments(self, parser):
        parser.add_argument("address", help="e-mail address of the person")

    def handle(self, *args, address, **options):
        """Remove it, end the person's sessions, tell them by mail. Raises CommandError if there is none."""
        user = User.objects.filter(email=address.lower()).first()
        factors = Authenticator.objects.filter(user=user)
        if user is None or not factors.exists():
            raise CommandError(f"{address} has no account with a second factor.")
        with transaction.atomic():
            factors.delete()
            end_sessions(user)
            get_adapter().send_notification_mail("mfa/email/totp_deactivated", user)
            record("accounts.second_factor_reset", by=None, object_type="user", object_ref=str(user.pk))
        self.stdout.write("Removed. At the next sign-in the person sets up a new one.")
