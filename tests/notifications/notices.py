"""A kind of message for tests of the outbox; also loaded by the workers that tests start as processes."""

from django.utils import timezone
from django.utils.translation import gettext as _

from notifications.kinds import AnyKind
from notifications.models import Message
from notifications.rendering import Mail


class Notice(AnyKind):
    """Says which message it is; `due` and `broken` hold event keys that are no longer due or cannot be rendered."""

    code = "notifications.notice"
    priority = Message.Priority.NORMAL

    def __init__(self):
        self.due, self.broken = set(), set()

    def still_due(self, message):
        return message.event_key not in self.due

    def mail(self, message):
        if message.event_key in self.broken:
            raise ValueError("SECRET-CANARY in an exception")
        now = timezone.localtime().strftime("%H:%M %Z")
        return Mail(message.recipient.email, f"Notice {message.event_key}", f"{_('Yes')} {now}\n", "<p>HTML</p>")
