"""Telling readers that an incident changed: once per batch of changes, at once when it became graver (pains 1, 8)."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from notifications.actions import announce
from notifications.models import Message, Subject
from sharing.markings import Depth
from sharing.models import Item, Release

from .account import account_of
from .messages import Changed, recipients_of
from .models import AffectedGroup, Change, Incident, IncidentRelease, Proposal


class Erased(Exception):
    """The text of this incident was destroyed: nothing about it changes any more."""


def lock(item: Item) -> Incident:
    """The incident of `item`, locked until the transaction ends: whatever changes what its releases say, or who sees
    them, takes this lock first, so that two of them neither cross nor wait for each other. Raises Erased."""
    rows = Incident.objects.for_system("one change at a time").select_for_update().select_related("item")
    incident = rows.get(item=item)
    if incident.item.state == Item.State.ERASED:
        raise Erased
    return incident


def raise_version(item: Item, rows: QuerySet) -> None:
    """These releases of `item` say something else from now on, though their texts are the same: what was exported of
    them before is no longer handed out, the reader log tells the two apart, and a proposed text starts from this one.

    `rows` of IncidentRelease; the caller holds the lock of the incident.
    """
    releases = Release.objects.for_system("what it says changed").filter(pk__in=rows.values("release"))
    releases.update(version=F("version") + 1)
    if releases.filter(depth=Depth.SHARED).exists():
        waiting = Proposal.objects.for_system("the text it starts from is the same").filter(incident__item=item)
        waiting.filter(state=Proposal.State.OPEN).update(version=F("version") + 1)


def is_life_safety(full: IncidentRelease) -> bool:
    """Whether somebody's life or liberty is at stake (G8), by what the full release of an incident says now."""
    groups = AffectedGroup.objects.for_system("is life at stake").filter(facts=full)
    return account_of(full, {}, groups).is_life_safety


@transaction.atomic
def note_change(
    incident: Incident, *, by, is_urgent: bool = False, life_safety: bool = False, own_only: bool = False
) -> Change:
    """Take note that `by` changed what readers get of `incident`; returns the batch in which they are told.

    A change within CHANGES_TOLD_AFTER_MINUTES of the first of a batch joins it. An urgent one is told at once, and
    what was waiting with it; if it puts lives at risk, also to those who chose to hear of nothing else. `by` is not
    told of their own change; with `own_only` nobody is but the originator's people: what others get is the same (C5).
    """
    lock(incident.item)
    now = timezone.now()
    last = Change.objects.for_system("batch changes").filter(incident=incident).order_by("number").last()
    if last is None or is_urgent or last.due_at <= now:
        wait = timedelta() if is_urgent else timedelta(minutes=settings.CHANGES_TOLD_AFTER_MINUTES)
        last = Change.objects.create(
            incident=incident,
            number=last.number + 1 if last else 1,
            subject=Subject.objects.create(),
            opened_at=now,
            due_at=now + wait,
            is_urgent=is_urgent,
        )
    _announce(last, incident, by, life_safety, own_only)
    return last


def _announce(change, incident, by, life_safety, own_only):
    told = recipients_of(incident.item, author=by, life_safety=life_safety, own_only=own_only)
    announce(
        Changed,
        subject=change.subject,
        event_key=f"change {change.pk}",
        recipients=told.at_once,
        digest=told.digest,
        priority=Message.Priority.LIFE_SAFETY if life_safety else Message.Priority.NORMAL,
        not_before=change.due_at,
    )
