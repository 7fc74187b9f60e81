"""Sending what is due: claim with a lease, ask whether it is still due, render, send, commit, message by message.

The promise: nothing queued is lost. A worker that dies leaves its rows in `sending`; once their lease has run out
another worker takes them over, with the same Message-ID. Only what was between the server's acceptance and our commit
is then sent twice.
"""

import time
import uuid
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from functools import reduce
from operator import or_

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Least
from django.utils import timezone

from slt_portal.states import StaleState, move

from .bounce_actions import note_bounce
from .delivery import Deferred, MailServer, Refused, Unreachable
from .kinds import UnknownKind, kind_of
from .models import Bounce, Message
from .rendering import as_read_by

log = structlog.get_logger(__name__)

# After the n-th failed attempt; about a day in all.
BACK_OFF = [timedelta(minutes=m) for m in (1, 5, 15, 60, 360, 360, 360, 360)]
MOST_ATTEMPTS = len(BACK_OFF) + 1
# Longer than the minute between two ticks, so that a long queue drains without a gap; two drains at once are harmless.
DRAIN_SECONDS = 120


def drain(*, seconds: float = DRAIN_SECONDS, call_for_help: Callable[[], None] | None = None) -> int:
    """Send everything that is due, most urgent first, for at most about `seconds`. Returns how many were sent.

    If the first claim is full there may be many more: `call_for_help` is then called once, to start another drain.
    """
    end = time.monotonic() + seconds
    server = MailServer()
    sent = 0
    try:
        while time.monotonic() < end and (batch := claim()):
            if call_for_help and len(batch) == settings.OUTBOX_BATCH:
                call_for_help()
                call_for_help = None
            sent += _work_off(batch, server)
    except Unreachable as error:
        log.warning("mail_server_unreachable", reason=error.reason)
    finally:
        server.close()
    return sent


def claim(now=None) -> list[Message]:
    """Lease the most urgent messages that are due, or whose worker died; nobody else gets them until the lease ends."""
    now = now or timezone.now()
    lease, until = uuid.uuid4(), now + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)
    with transaction.atomic():
        # Two queries because each has its own small index. SQLite ignores the row locks: its transactions are
        # IMMEDIATE, so there is only ever one claim at a time.
        rows = Message.objects.select_for_update(skip_locked=True).order_by("priority", "next_attempt_at")
        rows = rows.values_list("priority", "next_attempt_at", "pk")
        # Written or leased in a future further away than clocks of machines differ: the clock was set back meanwhile,
        # and nobody waits until that hour comes again.
        never = now + timedelta(seconds=2 * settings.OUTBOX_LEASE_SECONDS)
        due = Q(next_attempt_at__lte=now) | Q(attempts=0, created_at__gt=never) | _put_off_beyond(never)
        over = Q(leased_until__lt=now) | Q(leased_until__gt=never)
        waiting = rows.filter(due, state=Message.State.QUEUED)[: settings.OUTBOX_BATCH]
        abandoned = rows.filter(over, state=Message.State.SENDING)[: settings.OUTBOX_BATCH]
        chosen = [pk for _, _, pk in sorted([*waiting, *abandoned])[: settings.OUTBOX_BATCH]]
        Message.objects.filter(pk__in=chosen).update(
            state=Message.State.SENDING,
            lease=lease,
            leased_until=until,
            attempts=F("attempts") + 1,
            next_attempt_at=Least("next_attempt_at", Value(now)),  # given back, it is due and not in an hour
        )
    if not chosen:
        return []
    leased = Message.objects.filter(pk__in=chosen, lease=lease).select_related("recipient")
    return list(leased.order_by("priority", "next_attempt_at"))


def _put_off_beyond(never):
    """Put off for longer than anything is after so many attempts: by a clock that was set back since."""
    unreachable = Q(attempts=0, next_attempt_at__gt=never + BACK_OFF[0]) & ~Q(last_error="")
    tried = (Q(attempts=number, next_attempt_at__gt=never + wait) for number, wait in enumerate(BACK_OFF, 1))
    return reduce(or_, tried, unreachable)


def _work_off(batch, server):
    """Send the messages of one claim; returns how many went out. Those it did not come to are given back."""
    half_time = time.monotonic() + settings.OUTBOX_LEASE_SECONDS / 2
    sent = 0
    for position, message in enumerate(batch):
        if position and time.monotonic() > half_time:
            # A slow server: claim afresh rather than send under a lease that may have run out.
            _give_back(batch[position:])
            break
        try:
            sent += _attempt(message, server)
        except Unreachable as error:
            _give_back(batch[position:], last_error=error.reason, next_attempt_at=timezone.now() + BACK_OFF[0])
            raise
    return sent


def _attempt(message, server):
    """Bring one claimed message as far as it gets; returns whether it was sent. Raises Unreachable only."""
    try:
        state, changes = _outcome(message, server)
        settle(message, state, **changes)
    except StaleState:
        # We were slower than our lease and another worker has it: at worst a repeat with the same Message-ID.
        log.warning("outbox_lease_lost", message=str(message.pk), kind=message.kind)
        return False
    return state == Message.State.SENT


def _outcome(message, server):
    """Try to send; returns the state to write and what else to write with it."""
    try:
        if message.attempts > MOST_ATTEMPTS:
            raise Refused("given up: the worker died at every attempt")
        with as_read_by(message.recipient):
            mail = render(message)
        if mail is None:
            return Message.State.DROPPED, {}
        server.deliver(mail, row_id=message.pk)
        return Message.State.SENT, {"sent_at": timezone.now(), "last_error": ""}
    except Refused as error:
        bounce = {"address": mail.address.lower(), "status": error.status} if error.is_address else None
        return Message.State.FAILED, {"bounce": bounce, "last_error": error.reason}
    except Deferred as error:
        if message.attempts == MOST_ATTEMPTS:
            return Message.State.FAILED, {"last_error": error.reason}
        due = timezone.now() + BACK_OFF[message.attempts - 1]
        return Message.State.QUEUED, {"last_error": error.reason, "next_attempt_at": due}


def render(message: Message):
    """The finished mail, or None if it is no longer due. Raises Deferred if the text cannot be made now."""
    if not _can_receive(message.recipient):
        return None
    try:
        kind = kind_of(message.kind)
        return kind.mail(message) if kind.still_due(message) else None
    except Exception as error:
        # A fault in one kind must not stop the others. Its text may quote the content: only its name is kept.
        log.error("message_not_rendered", kind=message.kind, message=str(message.pk), error=type(error).__name__)
        raise Deferred(f"the text could not be made: {type(error).__name__}") from error


def settle(message: Message, state: str, *, bounce: dict | None = None, **changes) -> None:
    """End this attempt if the lease is still ours. Raises StaleState otherwise.

    `bounce` (address, status) notes that the server knows no such address.
    """
    finish = _settled_of(message.kind) if state in {Message.State.SENT, Message.State.DROPPED} else None
    # Without anything else to write, the single UPDATE of `move` is its own transaction.
    with transaction.atomic() if finish or bounce else nullcontext():
        move(message, state, where={"lease": message.lease}, lease=None, leased_until=None, **changes)
        if finish:
            finish(message)
        if bounce:
            note_bounce(message, kind=Bounce.Kind.PERMANENT, **bounce)


def _settled_of(code):
    try:
        return kind_of(code).settled
    except UnknownKind:  # dropped because its recipient has gone, and its app too
        return None


def _can_receive(user):
    return user.is_active and (user.expires_at is None or user.expires_at > timezone.now())


def _give_back(messages, **changes):
    """Return claimed messages that were not tried: that counts as no attempt."""
    rows = Message.objects.filter(pk__in=[message.pk for message in messages], state=Message.State.SENDING)
    rows.filter(lease=messages[0].lease).update(
        state=Message.State.QUEUED, lease=None, leased_until=None, attempts=F("attempts") - 1, **changes
    )
