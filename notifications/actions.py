"""What others may ask of the outbox: announce, send again, follow an area."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from audit.actions import record
from slt_portal.states import move

from .kinds import AnyKind, kind_of
from .models import Message, Subject, Subscription
from .tasks import nudge


@transaction.atomic
def announce(
    kind: type[AnyKind], *, subject: Subject, event_key: str, recipients: Iterable[int], priority: int | None = None
) -> None:
    """Queue one message of `kind` to each user id in `recipients`, and wake the worker after the commit.

    Call it in the transaction of what is announced: both happen or neither. The same `event_key` announced again
    queues nothing more for the same people. `priority` is the kind's unless given.
    """
    known = kind_of(kind.code)
    level = known.priority if priority is None else priority
    messages = [
        Message(kind=known.code, subject=subject, event_key=event_key, recipient_id=user, priority=level)
        for user in sorted(set(recipients))
    ]
    if messages:
        Message.objects.bulk_create(messages, ignore_conflicts=True)
        transaction.on_commit(nudge)


@transaction.atomic
def requeue(message: Message, *, by) -> None:
    """Send a failed message again, from the first attempt. Raises StaleState if it is not failed any more."""
    move(message, Message.State.QUEUED, attempts=0, next_attempt_at=timezone.now(), last_error="")
    transaction.on_commit(nudge)
    record(
        "notifications.message_requeued",
        by=by,
        object_type="message",
        object_ref=str(message.pk),
        facts={"kind": message.kind},
    )


def follow(area, *, by, choice: str = Subscription.Choice.FOLLOW) -> Subscription:
    """`by` follows an area, or changes what they want to hear of it. Raises ValueError for an unknown choice."""
    subscription, _ = Subscription.objects.update_or_create(
        user=by, area=area, defaults={"choice": Subscription.Choice(choice)}
    )
    return subscription


def unfollow(area, *, by) -> None:
    """`by` no longer follows an area. Who works there still hears of it."""
    Subscription.objects.filter(user=by, area=area).delete()
