"""A kind of message for tests of the outbox; also loaded by the workers that tests start as processes."""

from django.utils import timezone
from django.utils.translation import gettext as _

from notifications.kinds import AnyKind, Line
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


class Item(Notice):
    """A kind that may wait for the summary; `gone` and `unreadable` hold subject ids, `about` what a line is about."""

    code = "notifications.item"

    def __init__(self):
        super().__init__()
        self.gone, self.unreadable, self.about = set(), set(), {}

    def digest_line(self, subject_id, recipient):
        if subject_id in self.unreadable:
            raise ValueError("SECRET-CANARY in an exception")
        if subject_id in self.gone:
            return None
        number = str(subject_id)[:8]
        about = self.about.get(subject_id, {})
        return Line(f"INC-{number}", "Kenya", "TLP:GREEN", f"http://testserver/incidents/INC-{number}/", **about)
