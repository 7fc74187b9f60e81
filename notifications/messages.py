"""The kinds of message that notifications itself knows: mails about an account, and the daily summary."""

import json
from datetime import timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from slt_portal.crypto import unseal
from slt_portal.templatetags.portal import day_text

from .kinds import AnyKind, Kind, register, settings_link, site_link
from .models import AccountMail, Message
from .rendering import Mail
from .stopping import DIGEST
from .summaries import is_late, settle_summary, summary_of


@register
class AccountNotice(AnyKind):
    """A mail about the recipient's own account: password, second factor, address."""

    code = "notifications.account"
    priority = Message.Priority.ACCOUNT  # somebody is waiting in front of the screen for it
    is_sent_once = True

    def still_due(self, message):
        """Until its link has run out, as long as its text is there."""
        fresh = message.created_at > timezone.now() - timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
        return fresh and AccountMail.objects.filter(pk=message.subject_id).exists()

    def mail(self, message):
        """The text as it was sealed."""
        text = AccountMail.objects.get(pk=message.subject_id)
        return Mail(**json.loads(unseal(text.sealed, context=text.context)))

    def settled(self, message):
        """Forgets the text."""
        AccountMail.objects.filter(pk=message.subject_id).delete()


@register
class DailySummary(Kind):
    """What a person chose to hear of once a day, and what was too much for one hour: a list of references (G8)."""

    code = "notifications.digest"

    def still_due(self, message):
        """As long as something in it may still be seen and is still wanted."""
        return bool(summary_of(message).lines)

    def context(self, message):
        """The lines, of which day it is, whether it comes late, whether there is more than fits."""
        summary = summary_of(message)
        return {
            "lines": summary.lines,
            "day": day_text(summary.on),
            "has_more": summary.has_more,
            "is_late": is_late(summary, timezone.get_current_timezone()),
            "stops": DIGEST,
            "settings_url": settings_link(),
            "link": site_link(reverse("home")),
        }

    def settled(self, message):
        """Remembers what stood in it."""
        settle_summary(message)
