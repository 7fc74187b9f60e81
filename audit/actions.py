"""Writing to the audit chain."""

from django.db import transaction

from .chain import event_hash
from .models import ChainHead, Event


def hold() -> ChainHead:
    """Take the lock of the chain's head before there is anything to record, in the action's transaction: where another
    action comes to the same row with the head in its hands already, both must take them in this order."""
    head = ChainHead.objects.select_for_update().filter(pk=1).first()
    if head is None:
        ChainHead.objects.bulk_create([ChainHead(pk=1)], ignore_conflicts=True)
        head = ChainHead.objects.select_for_update().get(pk=1)
    return head


@transaction.atomic
def record(verb: str, *, by, object_type: str, object_ref: str, facts: dict | None = None) -> Event:
    """Append one event and return it. Call it last in the action's transaction: it holds the lock of the chain's head.

    `by` is a user, or None for the portal itself. `facts` holds codes, references and keyed digests, never content.
    """
    head = hold()
    event = Event(
        number=head.number + 1,
        actor=str(by.pk) if by else "",
        verb=verb,
        object_type=object_type,
        object_ref=object_ref,
        facts=facts or {},
        previous_hash=head.hash,
    )
    event.hash = event_hash(event)
    event.save(force_insert=True)
    ChainHead.objects.filter(pk=1).update(number=event.number, hash=event.hash)
    return event
