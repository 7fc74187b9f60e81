"""Sending the lists: once to everybody who gets them, and to somebody else where a mail came back (L5, L8, G6)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from audit.actions import record
from documents.issue import documents_of
from implementation_levels.deliveries import (
    LOST,
    WAITING,
    is_superseded,
    may_get,
    newest_distribution,
    nobody_reached,
    other_contacts,
)
from implementation_levels.list_contents import LANGUAGES
from implementation_levels.list_mails import freeze_mails
from implementation_levels.messages.lists import ChangeToCome, ListSent, NobodyReached
from implementation_levels.models import Delivery, Distribution, LevelDecision, LevelList, Opening
from implementation_levels.recipients import organisations_told, recipients, without_contact
from implementation_levels.to_come import changes_to_come, taken_back
from notifications.actions import announce, requeue
from notifications.models import Message
from sharing.holdings import people_of
from slt_portal.states import StaleState

# Before DSS headquarters are told how many were not reached: most of what comes back has come by then.
TELLS_AFTER = timedelta(hours=4)


def event_key(level_list: LevelList) -> str:
    """What the messages with a list are known by in the outbox."""
    return f"levels:list:{level_list.number}"


def send_due(now: datetime | None = None) -> int:
    """Send the newest list if it was not sent, once its PDFs are made or were waited for. Returns to how many people.

    Older ones that were never sent are passed over: nobody must get an outdated list after a newer one. Run twice, or
    twice at once, it sends once: list, messages and what is kept of them are one transaction.
    """
    now = now or timezone.now()
    level_list = LevelList.objects.order_by("-number").first()
    if level_list is None or Distribution.objects.filter(list=level_list).exists() or not _is_ready(level_list, now):
        return 0
    try:
        return _send(level_list, now)
    except IntegrityError:  # another worker had the same tick, or it is a fault that somebody has to hear of
        if not Distribution.objects.filter(list=level_list).exists():
            raise
        return 0


def _is_ready(level_list, now):
    number = level_list.document_number
    if not settings.LEVEL_LIST_ATTACHED or len(documents_of([number])) >= len(LANGUAGES):
        return True
    limit = timedelta(minutes=settings.LEVEL_LIST_WAITS_MINUTES)
    return abs(now - level_list.at) >= limit  # also where the clock was set back since


@transaction.atomic
def _send(level_list, now) -> int:
    distribution = Distribution(list=level_list, at=now, without_contact=without_contact(now))
    distribution.save(force_insert=True)
    before = LevelList.objects.filter(distribution__isnull=False).exclude(pk=level_list.pk).order_by("-number").first()
    mails = freeze_mails(level_list, before=before)
    people = recipients(now)
    _deliver(level_list, people)
    if distribution.without_contact:
        _tell_headquarters(level_list)
    passed_over = LevelList.objects.filter(distribution=None, number__lt=level_list.number)
    passed_over = passed_over.filter(number__gt=before.number if before else 0)
    facts = {
        "digest": level_list.digest,
        "recipients": len(people),
        "organisations_without_contact": len(distribution.without_contact),
        "attached": [mail.language for mail in mails if mail.is_attached],
        "passed_over": list(passed_over.values_list("number", flat=True)),
    }
    _record("list_sent", level_list, facts)
    return len(people)


def _deliver(level_list, people, why=Delivery.Why.RECIPIENT):
    """The rows and the messages of (user id, organisation id)."""
    key = event_key(level_list)
    accounts = User.objects.only("email", "language").in_bulk([user for user, _organisation in people])
    rows = [
        Delivery(
            list=level_list,
            user=accounts[user],
            organisation_id=organisation,
            language=_language(accounts[user]),
            why=why,
            event_key=key,
        )
        for user, organisation in people
    ]
    Delivery.objects.bulk_create(rows, batch_size=500)
    announce(ListSent, subject=level_list.subject, event_key=key, recipients=accounts)


def _language(user):
    return user.language if user.language in LANGUAGES else LANGUAGES[0]


def _tell_headquarters(level_list):
    """One mail for each list, however often this is called."""
    key = f"levels:unreached:{level_list.number}"
    if not Message.objects.filter(event_key=key).exists():
        desk = people_of({"dss_world"})
        due = timezone.now() + TELLS_AFTER
        announce(NobodyReached, subject=level_list.subject, event_key=key, recipients=desk, not_before=due)


def _record(verb, level_list, facts, by=None):
    ref = str(level_list.number)
    record(f"implementation_levels.{verb}", by=by, object_type="level_list", object_ref=ref, facts=facts)


def try_other_contacts() -> int:
    """Where nobody of an organisation was reached with the newest list, send it to whoever else signs in for it; where
    there is nobody else, DSS headquarters hear how many these are. Returns to how many people it went."""
    distribution = newest_distribution()
    lost = nobody_reached(distribution.list) if distribution else set()
    if not lost:
        return 0
    lost &= organisations_told()
    people = other_contacts(distribution.list, lost)
    try:
        with transaction.atomic():
            if lost - {organisation for _user, organisation in people}:
                _tell_headquarters(distribution.list)
            if people:
                _deliver(distribution.list, people, Delivery.Why.INSTEAD)
                facts = {"recipients": len(people), "organisations": len(dict(map(reversed, people)))}
                _record("list_sent_instead", distribution.list, facts)
    except IntegrityError:  # another worker had the same tick
        return 0
    return len(people)


@transaction.atomic
def send_again(delivery: Delivery, *, by) -> None:
    """Send the list to this person again: what failed or came back from the first attempt, else one more mail.

    Raises StaleState while a mail to them waits (so a second press changes nothing), for a list after which a newer
    one was sent, and for who gets no lists any more.
    """
    level_list, user = delivery.list, delivery.user
    own = Delivery.objects.filter(list=level_list, user=user)
    # Two who press at once: the second waits here, and then sees what the first queued.
    list(Message.objects.select_for_update().filter(recipient=user, event_key=event_key(level_list)))
    keys = list(own.order_by("pk").values_list("event_key", flat=True))
    messages = {row.event_key: row for row in Message.objects.filter(recipient=user, event_key__in=keys)}
    newest = messages.get(keys[-1])
    if any(row.state in WAITING for row in messages.values()):
        raise StaleState("a mail to this person is on its way")
    if is_superseded(level_list.number) or not may_get(delivery, user):
        raise StaleState("this list is not for this person any more")
    if newest and newest.state in LOST:
        requeue(newest, by=by)
    else:
        _one_more(delivery, len(keys), by)
    _record("list_sent_again", level_list, {"user": user.pk}, by=by)


def _one_more(delivery, count, by):
    key = f"{event_key(delivery.list)}:again:{count}"
    user, row = delivery.user, Delivery(list=delivery.list, user=delivery.user, why=Delivery.Why.AGAIN, by=by)
    row.organisation_id, row.language, row.event_key = delivery.organisation_id, _language(user), key
    row.save(force_insert=True)
    announce(ListSent, subject=delivery.list.subject, event_key=key, recipients=[user.pk])


def note_opening(level_list: LevelList, *, user, by_link: bool) -> None:
    """Somebody opened the page of a list; only the first time is noted."""
    if not Opening.objects.filter(list=level_list, user=user).exists():
        Opening.objects.bulk_create([Opening(list=level_list, user=user, by_link=by_link)], ignore_conflicts=True)


@transaction.atomic
def announce_change(level_decisions: Iterable[LevelDecision], *, by) -> int:
    """Tell everybody who gets the lists which levels of one closing change on a day to come, and which change that was
    to come is taken back: one mail each, whatever the number of areas (L8). Takes everything that was recorded. Returns
    to how many people; 0 if there is nothing to tell: what changes at once, the next list says."""
    recorded = LevelDecision.objects.filter(pk__in=[row.pk for row in level_decisions])
    rows = [*changes_to_come(recorded), *taken_back(recorded)]
    if not rows:
        return 0
    first = recorded.select_related("decision", "subject").order_by("pk")[0]
    people = [user for user, _organisation in recipients()]
    key = f"levels:to_come:{first.decision.ref}"
    announce(ChangeToCome, subject=first.subject, event_key=key, recipients=people)
    facts = {"levels": [row.ref for row in rows], "recipients": len(people)}
    ref = first.decision.ref
    record("implementation_levels.change_announced", by=by, object_type="decision", object_ref=ref, facts=facts)
    return len(people)


@transaction.atomic
def note_distribution_taken(level_list: LevelList, *, rows: int, by) -> None:
    """Somebody took out the table of who was sent a list."""
    _record("distribution_exported", level_list, {"rows": rows}, by=by)
