"""What others may ask of the outbox: announce, send again; and what people choose: follow an area, stop mails."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from audit.actions import record
from slt_portal.states import StaleState, move

from .kinds import AnyKind, can_be_sent_again, kind_of
from .models import DigestEntry, DigestStop, Message, Subject, Subscription
from .stopping import Stop
from .tasks import nudge


@transaction.atomic
def announce(
    kind: type[AnyKind],
    *,
    subject: Subject,
    event_key: str,
    recipients: Iterable[int],
    digest: Iterable[int] = (),
    priority: int | None = None,
    not_before: datetime | None = None,
) -> None:
    """Queue one message of `kind` to each user id in `recipients`, and wake the worker after the commit (G8).

    Call it in the transaction of what is announced: both happen or neither. The same `event_key` announced again
    queues no further mail for the same people, and no further line as long as theirs waits. `priority` is the kind's
    unless given. People in `digest` hear of it in their next daily summary instead, as do those of `recipients` who had
    many mails of normal priority in the last hour; of a kind that has no line in summaries, everybody gets a mail. No
    mail is sent before `not_before`.
    """
    known = kind_of(kind.code)
    level = known.priority if priority is None else priority
    at_once, later, overflow = set(recipients), set(digest), set()
    if known.digest_line is None or level != Message.Priority.NORMAL:
        at_once, later = at_once | later, set()
    else:
        overflow = _over_the_ceiling(at_once, event_key)
    later -= at_once
    at_once -= overflow
    due = not_before or timezone.now()
    messages = [
        Message(
            kind=known.code,
            subject=subject,
            event_key=event_key,
            recipient_id=user,
            priority=level,
            next_attempt_at=due,
        )
        for user in sorted(at_once)
    ]
    if messages:
        Message.objects.bulk_create(messages, ignore_conflicts=True)
        transaction.on_commit(nudge)
    if later or overflow:
        _keep_for_summary(known, subject, later, overflow)


def _over_the_ceiling(user_ids, event_key):
    """Those who had as many mails of normal priority in the last hour as anybody is to get; one query.

    Who was told of this very event before is not told again, in whatever form. Who stopped the summary gets mails.
    """
    this_hour = Q(priority=Message.Priority.NORMAL, created_at__gt=timezone.now() - timedelta(hours=1))
    rows = Message.objects.filter(this_hour | Q(event_key=event_key), recipient__in=user_ids)
    rows = rows.exclude(recipient__in=DigestStop.objects.values("user"))
    counts = rows.values("recipient").annotate(
        lately=Count("pk", filter=this_hour), before=Count("pk", filter=Q(event_key=event_key))
    )
    full = counts.filter(lately__gte=settings.NOTIFICATIONS_PER_HOUR, before=0)
    return set(full.values_list("recipient", flat=True))


def _keep_for_summary(kind, subject, later, overflow):
    stopped = set(DigestStop.objects.filter(user__in=later).values_list("user", flat=True))
    entries = [
        DigestEntry(user_id=user, subject=subject, kind=kind.code, is_overflow=user in overflow)
        for user in sorted((later - stopped) | overflow)
    ]
    DigestEntry.objects.bulk_create(entries, ignore_conflicts=True)


@transaction.atomic
def requeue(message: Message, *, by) -> None:
    """Send a message again that failed or came back, from the first attempt.

    Raises StaleState if it is not failed any more, or if there is nothing left to send (`can_be_sent_again`).
    """
    if not can_be_sent_again(message):
        raise StaleState("the text of this message is gone")
    sent_at = message.sent_at and message.sent_at.isoformat()  # the row forgets it: figures as of a day ask the chain
    move(message, Message.State.QUEUED, attempts=0, next_attempt_at=timezone.now(), last_error="", sent_at=None)
    transaction.on_commit(nudge)
    record(
        "notifications.message_requeued",
        by=by,
        object_type="message",
        object_ref=str(message.pk),
        facts={"kind": message.kind, "sent_at": sent_at},
    )


def follow(area, *, by, choice: str = Subscription.Choice.FOLLOW) -> Subscription:
    """`by` follows an area, or changes what they want to hear of it. Raises ValueError for an unknown choice."""
    subscription, _ = Subscription.objects.update_or_create(
        user=by, area=area, defaults={"choice": Subscription.Choice(choice)}
    )
    return subscription


@transaction.atomic
def choose(
    area, *, by, choice: str, categories: Iterable[str] = (), min_severity: int = 0, delivery: str = "at_once"
) -> Subscription:
    """`by` chooses what they are told of an area, and when (G8). Returns the choice; ValueError for an unknown one.

    No `categories` means all of them. Choosing the daily summary takes back that they stopped it.
    """
    values = {
        "choice": Subscription.Choice(choice),
        "categories": sorted(set(categories)),
        "min_severity": min_severity,
        "delivery": Subscription.Delivery(delivery),
    }
    subscription, _ = Subscription.objects.update_or_create(user=by, area=area, defaults=values)
    if subscription.choice == Subscription.Choice.FOLLOW and subscription.delivery == Subscription.Delivery.DIGEST:
        DigestStop.objects.filter(user=by).delete()
    return subscription


@transaction.atomic
def stop_mails(stop: Stop) -> None:
    """Carry out the link of a mail (G8): of its area only what is told when life is at risk, or no daily summary.

    Doing it twice changes nothing more. Without the summary, areas that stood in it are heard of only when life is at
    risk, and what waited for it is not sent; what a person chose to get at once stays, and what of that was too much
    for one hour comes as mails after all.
    """
    only_life_safety = {"choice": Subscription.Choice.LIFE_SAFETY}
    if stop.area_id is not None:
        Subscription.objects.update_or_create(user_id=stop.user_id, area_id=stop.area_id, defaults=only_life_safety)
        return
    in_summary = Subscription.objects.filter(user=stop.user_id, delivery=Subscription.Delivery.DIGEST)
    in_summary.filter(choice=Subscription.Choice.FOLLOW).update(**only_life_safety)
    waiting = list(DigestEntry.objects.select_for_update().filter(user=stop.user_id, digest=None))
    mails = [
        Message(kind=entry.kind, subject_id=entry.subject_id, event_key=f"entry {entry.pk}", recipient_id=entry.user_id)
        for entry in waiting
        if entry.is_overflow
    ]
    Message.objects.bulk_create(mails)
    DigestEntry.objects.filter(pk__in=[entry.pk for entry in waiting]).delete()
    DigestStop.objects.get_or_create(user_id=stop.user_id)
    transaction.on_commit(nudge)


def unfollow(area, *, by) -> None:
    """`by` no longer follows an area. Who works there still hears of it."""
    Subscription.objects.filter(user=by, area=area).delete()
