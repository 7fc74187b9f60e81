"""The arithmetic of the audit chain: each event's hash covers its content and the hash before it."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC

from slt_portal.crypto import keyed_digest

from .models import ChainHead, Event


def event_hash(event: Event) -> str:
    """Keyed hash over every field of `event` and the hash of the one before; only this installation can compute it."""
    content = [
        event.number,
        event.at.astimezone(UTC).isoformat(),
        event.actor,
        event.verb,
        event.object_type,
        event.object_ref,
        event.facts,
        event.previous_hash,
    ]
    return keyed_digest("audit chain", json.dumps(content, sort_keys=True, ensure_ascii=True))


def head_fits() -> bool:
    """Whether the chain's head names its last event. One statement, so that nobody writes between two questions."""
    last = Event.objects.order_by("-number")
    head = ChainHead.objects.values_list("number", "hash", last.values("number")[:1], last.values("hash")[:1]).first()
    return not Event.objects.exists() if head is None or head[0] == 0 else head[:2] == head[2:]


def faults(events: Iterable[Event], head: ChainHead | None, *, after: tuple[int, str] = (0, "")) -> Iterator[str]:
    """What is wrong with the chain, one sentence each: changed, removed or inserted events, or a cut end.

    `events` are those that follow `after`, number and hash of an event that is known to be right.
    """
    expected_number, previous = after[0] + 1, after[1]
    for event in events:
        if event.number != expected_number:
            yield f"Events {expected_number} to {event.number - 1} are missing."
        elif event.previous_hash != previous:
            yield f"Event {event.number} does not follow event {event.number - 1}: one was inserted or replaced."
        if event.hash != event_hash(event):
            yield f"Event {event.number} was changed."
        expected_number, previous = event.number + 1, event.hash
    if (head.number if head else 0, head.hash if head else "") != (expected_number - 1, previous):
        yield f"The chain ends at event {expected_number - 1}, but its head says {head.number if head else 0}."
