"""The kinds of message that notifications itself knows: mails about an account, rendered and sealed when asked for."""

import json
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from slt_portal.crypto import unseal

from .kinds import AnyKind, register
from .models import AccountMail, Message
from .rendering import Mail


def account_mail_context(subject_id) -> str:
    """What the sealed text of an account mail is bound to."""
    return f"account mail {subject_id}"


@register
class AccountNotice(AnyKind):
    """A mail about the recipient's own account: password, second factor, address."""

    code = "notifications.account"
    priority = Message.Priority.ACCOUNT  # somebody is waiting in front of the screen for it

    def still_due(self, message):
        """Until its link has run out, as long as its text is there."""
        fresh = message.created_at > timezone.now() - timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
        return fresh and AccountMail.objects.filter(pk=message.subject_id).exists()

    def mail(self, message):
        """The text as it was sealed."""
        sealed = AccountMail.objects.get(pk=message.subject_id).sealed
        return Mail(**json.loads(unseal(sealed, context=account_mail_context(message.subject_id))))

    def settled(self, message):
        """Forgets the text."""
        AccountMail.objects.filter(pk=message.subject_id).delete()
