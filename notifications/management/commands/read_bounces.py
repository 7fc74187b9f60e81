"""Takes in, now, the mails that came back. The same is done every five minutes by itself."""

from django.core.management.base import BaseCommand, CommandError

from notifications.bounce_actions import FOREIGN, FORGED, NOT_YET, NOTHING, read_bounces
from notifications.bounce_mailbox import MailboxUnavailable, open_mailbox
from notifications.models import Bounce

_WORDS = {
    Bounce.Kind.PERMANENT: "came back for good",
    Bounce.Kind.TEMPORARY: "held up, or came back for a reason that is not known",
    Bounce.Kind.AUTO_REPLY: "automatic answers",
    NOTHING: "about a mail of ours, nothing to note",
    NOT_YET: "left for later: the mail is still being sent",
    FORGED: "without proof that they are about a mail of ours: left, marked as read",
    FOREIGN: "not about a mail of ours: left, marked as read",
}


class Command(BaseCommand):
    help = "Reads the mailbox of bounces (SLT_BOUNCE_IMAP_HOST or SLT_BOUNCE_MAILDIR) and notes what did not arrive."

    def handle(self, *args, **options):
        mailbox = open_mailbox()
        if mailbox is None:
            self.stdout.write("Nothing to read: neither SLT_BOUNCE_IMAP_HOST nor SLT_BOUNCE_MAILDIR is set.")
            return
        try:
            counts = read_bounces(mailbox)
        except MailboxUnavailable as error:
            raise CommandError(f"The mailbox of bounces cannot be read: {error}.") from None
        self.stdout.write(f"{counts.total()} mails read.")
        for outcome, words in _WORDS.items():
            if counts[outcome]:
                self.stdout.write(f"{counts[outcome]:6} {words}")
