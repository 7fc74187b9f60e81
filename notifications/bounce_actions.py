"""Taking in what came back: which of our mails did not arrive, and that an address was found to be right."""

import time
from collections import Counter
from contextlib import closing

import structlog
from django.db import transaction
from django.utils import timezone

from audit.actions import record
from slt_portal.states import StaleState, move

from .bounce_mailbox import Mailbox
from .bounces import Verdict, read_mail
from .models import Bounce, Message
from .trouble import is_over
from .verp import is_proven

log = structlog.get_logger(__name__)
READ_SECONDS = 240  # the next tick goes on; two readers at once are harmless
NOT_YET, FORGED, NOTHING, FOREIGN = "not_yet", "forged", "nothing", "foreign"


def read_bounces(mailbox: Mailbox, *, seconds: float = READ_SECONDS) -> Counter:
    """Take in every mail of the mailbox, for at most about `seconds`; returns how many there were of which kind.

    A mail is removed after the commit of what it said; of one that is read twice the second time changes nothing. What
    is not about a mail of ours, or has no proof that it is, is left marked as read: "foreign", "forged". Raises
    MailboxUnavailable.
    """
    end, counts = time.monotonic() + seconds, Counter()
    with mailbox, closing(mailbox.unread()) as mails:
        for key, data in mails:
            verdict = read_mail(data)
            outcome = take_in(verdict) if verdict else FOREIGN
            counts[outcome] += 1
            if outcome in {FOREIGN, FORGED}:
                mailbox.leave(key)
            elif outcome != NOT_YET:
                mailbox.remove(key)
            if time.monotonic() > end:
                break
    if counts:
        log.info("bounces_read", **counts)
    return counts


@transaction.atomic
def take_in(verdict: Verdict) -> str:
    """Write down what a mail says about one of ours; returns the kind of bounce, or why there is none.

    `NOT_YET` while our mail is still being sent: its outcome is not known, the mail waits for the next reader.
    """
    rows = Message.objects.select_for_update(of=("self",)).select_related("recipient")
    for row_id, proof in verdict.senders:
        message = rows.filter(pk=row_id).first()
        if message and is_proven(row_id, message.recipient.email, proof):
            break
    else:
        return FORGED
    if verdict.kind is None:
        return NOTHING
    if message.state == Message.State.SENDING:
        return NOT_YET
    note_bounce(message, kind=verdict.kind, status=verdict.status, address=message.recipient.email)
    if verdict.kind == Bounce.Kind.PERMANENT and message.state == Message.State.SENT:
        move(message, Message.State.BOUNCED, last_error=verdict.status)
    return verdict.kind.value


def note_bounce(message: Message, *, kind: str, status: str, address: str) -> None:
    """One row for a message and a kind of bounce. If the message was sent again since, the row is about that."""
    facts = {"status": status, "address": address, "at": timezone.now(), "settled_at": None}
    bounce, is_new = Bounce.objects.get_or_create(
        message=message, kind=kind, defaults={"recipient_id": message.recipient_id, **facts}
    )
    # Refused at once it was never sent: then every refusal is a new one.
    if not is_new and (message.sent_at is None or message.sent_at > bounce.at):
        Bounce.objects.filter(pk=bounce.pk).update(**facts)


def settle_what_is_over() -> int:
    """Settle what says nothing about an address any more; returns how many. Call it only after the mailbox was read:
    what nobody read there for a week would look as if it had arrived."""
    over = list(is_over().values_list("pk", flat=True))
    return Bounce.objects.filter(pk__in=over, settled_at=None).update(settled_at=timezone.now())


@transaction.atomic
def confirm_address(user, *, by) -> None:
    """`by` says that the user's address is right, whatever came back from it so far. Raises StaleState if there was
    nothing to say it about: somebody else was faster, or mail arrives again."""
    if not Bounce.objects.filter(recipient=user, settled_at=None).update(settled_at=timezone.now()):
        raise StaleState("nothing came back from this address")
    record("notifications.address_confirmed", by=by, object_type="user", object_ref=str(user.pk))
