"""Passing on with the originator's consent (C3): asked, answered, ended; every step a line of a ledger both sides read.

What is passed on is a release of its own, for its own readers: nothing else of the item, and nobody else, is touched by
it. What that release says is the business of the kind of item; who may ask and answer, of the caller's policy. The
caller holds the item's lock.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from audit.actions import record
from notifications.actions import announce
from notifications.models import Subject
from notifications.querysets import mailed, under_way
from organisations.models import Organisation, Standing
from slt_portal.crypto import SealBroken
from slt_portal.states import StaleState, move

from .audiences import Reader, all_readers_of, readers_of, readers_through
from .consent_messages import ConsentAnswered, ConsentAsked, ConsentEnded, ConsentReminded, PassedOn
from .consent_terms import AlreadyAsked, AskedLately, NotAccepted, Said, Terms, Wish
from .markings import PASSED_ON_TO, Depth, Marking, Recipients, named_principals
from .messages import Recalled
from .models import Audience, ConsentEntry, ConsentRequest, Item, Reading, Recall, Release, SearchToken
from .wall import as_system

LONGEST_DAYS = 365
_State, _What, _Side = ConsentRequest.State, ConsentEntry.What, ConsentEntry.Side
_WHY = "passing on"


def local_arrangement_of(area) -> QuerySet[Organisation]:
    """The national NGOs that take part in `area` now under a local arrangement, by name."""
    taking_part = Standing.objects.on().filter(kind=Standing.Kind.LOCAL_ARRANGEMENT, area__in=area.places)
    suspended = Standing.objects.on().filter(Q(area=None) | Q(area__in=area.places), kind=Standing.Kind.SUSPENDED)
    rows = Organisation.objects.filter(pk__in=taking_part.values("organisation"))
    return rows.exclude(pk__in=suspended.values("organisation")).order_by("name")


def closes_at(until: date) -> datetime:
    """The end of a day."""
    return datetime.combine(until + timedelta(days=1), time(), tzinfo=UTC)


def said_in(request: ConsentRequest) -> Said | None:
    """The words of a request and of its answer; none after the item's key was destroyed; None if they cannot be opened.
    The item's key must be loaded."""
    item = request.item
    if item.is_erased:
        return Said()
    try:
        words = item.data_key.open_json(request.sealed, context=_context(request.subject_id))
        if request.sealed_answer is not None:
            words |= item.data_key.open_json(request.sealed_answer, context=_answer_context(request.answer_subject_id))
    except SealBroken:
        return None
    return Said(**words)


def _context(subject):
    return f"consent {subject}"


def _answer_context(subject):
    return f"consent answer {subject}"


def ledger_of(request: ConsentRequest) -> QuerySet[ConsentEntry]:
    """What happened with a request, in that order. Sides, no persons: the originator may be hidden."""
    return ConsentEntry.objects.for_system("the ledger of both sides").filter(request=request).order_by("pk")


def named_in(request: ConsentRequest) -> list[Organisation]:
    """The organisations to which it is to be passed on, by name. Whose side somebody is on, the caller has asked."""
    with as_system("of a request, for one of its sides"):
        return list(request.named.order_by("name"))


def _name(request, organisations):
    with as_system(_WHY):
        request.named.set(organisations)


def principals_of(request: ConsentRequest) -> list[str]:
    """The principals that read, or would read, what is passed on. What goes to a donor, who asked takes there."""
    if request.recipients == Recipients.DONOR:
        return named_principals([request.organisation_id], request.item.area)
    return named_principals([organisation.pk for organisation in named_in(request)], request.item.area)


def readers_named(organisations: Iterable[Organisation], item: Item, chosen: Mapping[str, Depth]) -> list[Reader]:
    """Who would read it, if it were passed on to these organisations, and who reads it through the principals that its
    originator has `chosen`."""
    names = named_principals([organisation.pk for organisation in organisations], item.area)
    wanted = {**dict.fromkeys(names, Depth.CONSENT), **chosen}
    return list(readers_through(wanted, persons=(), area_id=item.area_id).values())


def is_read_by(item: Item, organisation: Organisation) -> bool:
    """Whether anybody of an organisation reads `item` as its originator chose. As its originator alone does not count:
    a colleague who asks is answered as anybody else's is, and learns nothing of who reported it."""
    found = (row for row in readers_of(item).values() if organisation.name in row.organisations)
    return any(not name.startswith("originator") for row in found for name in row.through)


def asks_again_on(item: Item, organisation: Organisation) -> date | None:
    """The day from which an organisation can ask about `item` again, after a no or silence; None if it can now."""
    last = ConsentRequest.objects.for_system(_WHY).filter(item=item, organisation=organisation)
    last = last.filter(state__in=[_State.REFUSED, _State.LAPSED]).values_list("decided_at", "due_at")
    days = [(decided or due) + timedelta(days=settings.CONSENT_DAYS) for decided, due in last]
    day = max(days).date() if days else None
    return day if day and timezone.now().date() < day else None


@transaction.atomic
def ask(
    item: Item, *, by: User, organisation: Organisation, wish: Wish, submission: UUID, originators: set[int]
) -> ConsentRequest:
    """Put a request to the originator; `originators` are the ids of their people to be told (C3). Returns it.

    The same form sent twice is one request. Raises AlreadyAsked; AskedLately, after a no or silence; StaleState where
    `organisation` does not read it, or for what the marking does not allow.
    """
    rows = ConsentRequest.objects.for_system(_WHY)
    if known := rows.filter(asked_by=by, submission=submission).first():
        return known
    if wish.recipients not in PASSED_ON_TO[Marking(item.marking)] or not is_read_by(item, organisation):
        raise StaleState(f"{item.marking} does not go to {wish.recipients}")
    if waiting := rows.waiting().filter(item=item, organisation=organisation).first():
        raise AlreadyAsked(waiting)
    if day := asks_again_on(item, organisation):
        raise AskedLately(day)
    now = timezone.now()
    subjects = [Subject.objects.create() for _ in range(3)]
    words = {"purpose": wish.purpose, "donor": wish.donor}
    request = ConsentRequest.objects.create(
        item=item,
        asked_by=by,
        organisation=organisation,
        asked_at=now,
        due_at=min(now + timedelta(days=settings.CONSENT_DAYS), closes_at(wish.until)),
        recipients=wish.recipients,
        fields=wish.fields,
        until=wish.until,
        submission=submission,
        subject=subjects[0],
        answer_subject=subjects[1],
        end_subject=subjects[2],
        sealed=item.data_key.seal_json(words, context=_context(subjects[0].pk)),
    )
    _name(request, wish.organisations)
    note(request, _What.ASKED, _Side.ASKER)
    announce(ConsentAsked, subject=subjects[0], event_key=f"consent {request.pk}", recipients=originators)
    facts = {"organisation": organisation.ref, "recipients": wish.recipients, "fields": wish.fields}
    _record("sharing.consent_asked", request, by=by, **facts)
    return request


@transaction.atomic
def give(request: ConsentRequest, *, by: User, terms: Terms, sort_at) -> Release:
    """The originator consents: returns the release, for the kind of item to say something in it. Who asked is told;
    whoever it is passed on to, by `tell_recipients` once it says something.

    Raises StaleState if the request was answered or ended meanwhile, or the marking does not allow it any more;
    NotAccepted if it comes from somebody else, of whom `terms` do not say that they accepted it.
    """
    item = request.item
    is_allowed = item.state == Item.State.SHARED and request.recipients in PASSED_ON_TO[Marking(item.marking)]
    if not is_allowed or closes_at(terms.until) <= timezone.now():
        raise StaleState("it is not shared as it was, or the day is over")
    if item.source != Item.Source.OWN and not (terms.accepted_on and terms.accepted_by):
        raise NotAccepted(item.source)
    release = Release.objects.create(
        item=item,
        depth=Depth.CONSENT,
        area=item.area,
        sort_at=sort_at,
        shows_originator=terms.shows_originator,
        closes_at=closes_at(terms.until),
        passed_on_at=timezone.now(),
    )
    _answer(request, _State.GIVEN, by, _words_of(request, terms), release=release, **_given(terms))
    if request.recipients != Recipients.DONOR:
        _name(request, terms.organisations)
    Audience.objects.bulk_create(
        Audience(principal=name, kind=item.kind, sort_at=sort_at, release=release) for name in principals_of(request)
    )
    if terms.accepted_on:
        note(request, _What.SOURCE_ACCEPTED, _Side.ORIGINATOR)
    note(request, _What.EDITED if terms.is_edited else _What.GIVEN, _Side.ORIGINATOR)
    _tell_asker(request)
    looked_at = {} if terms.pointed_out is None else {"pointed_out": terms.pointed_out, "confirmed": True}
    _record("sharing.consent_given", request, by=by, fields=terms.fields, until=terms.until.isoformat(), **looked_at)
    return release


def _given(terms):
    return {
        "fields": terms.fields,
        "until": terms.until,
        "is_edited": terms.is_edited,
        "accepted_on": terms.accepted_on,
    }


def _words_of(request, terms):
    words = {"accepted_by": terms.accepted_by} if terms.accepted_by else {}
    if terms.is_edited:
        names = [organisation.name for organisation in named_in(request)]
        words["asked"] = {"fields": request.fields, "until": request.until.isoformat(), "named": names}
    return words


@transaction.atomic
def refuse(request: ConsentRequest, *, by: User, reason: str = "") -> None:
    """The originator says no, and may say why: who asked reads it. Raises StaleState if it was answered or ended."""
    _answer(request, _State.REFUSED, by, {"reason": reason} if reason else {})
    note(request, _What.REFUSED, _Side.ORIGINATOR)
    _tell_asker(request)
    _record("sharing.consent_refused", request, by=by)


def _answer(request, state, by, words, **changes):
    sealed = None
    if words:
        sealed = request.item.data_key.seal_json(words, context=_answer_context(request.answer_subject_id))
    move(request, state, decided_by=by, decided_at=timezone.now(), sealed_answer=sealed, **changes)


def _tell_asker(request):
    key = f"consent {request.pk} answered"
    announce(ConsentAnswered, subject=request.answer_subject, event_key=key, recipients={request.asked_by_id})


def tell_recipients(request: ConsentRequest) -> None:
    """Tell those to whom it was passed on, and who did not read it before; nobody of a donor's, who has no account."""
    if request.recipients == Recipients.DONOR:
        return
    wanted = dict.fromkeys(principals_of(request), Depth.CONSENT)
    readers = readers_through(wanted, persons=(), area_id=request.item.area_id)
    told = set(readers) - set(readers_of(request.item))
    key = f"consent {request.pk} passed on"
    announce(PassedOn, subject=request.answer_subject, event_key=key, recipients=told)


@transaction.atomic
def take_back(request: ConsentRequest, *, by: User) -> None:
    """Who asked does not ask any more. Raises StaleState if it was answered or ended."""
    move(request, _State.TAKEN_BACK)
    note(request, _What.TAKEN_BACK, _Side.ASKER)
    _record("sharing.consent_taken_back", request, by=by)


@transaction.atomic
def withdraw(request: ConsentRequest, *, by: User) -> None:
    """The originator withdraws a consent: nobody reads what was passed on any more, from now on; who asked is told, and
    whoever had got to know of it. Raises StaleState if it had ended."""
    _end(request, _State.WITHDRAWN, _What.WITHDRAWN, _Side.ORIGINATOR, by=by)


@transaction.atomic
def lapse(request: ConsentRequest) -> None:
    """Nobody answered in time, which is a no. Raises StaleState if somebody did."""
    move(request, _State.LAPSED)
    note(request, _What.LAPSED, _Side.PORTAL)
    _tell_asker(request)
    _record("sharing.consent_lapsed", request, by=None)


@transaction.atomic
def end(request: ConsentRequest) -> None:
    """The day until which it was given is over. Raises StaleState if it had ended before."""
    _end(request, _State.ENDED, _What.ENDED, _Side.PORTAL, by=None)


@transaction.atomic
def remind(request: ConsentRequest, *, originators: set[int]) -> None:
    """Remind the originator's people, once. Raises StaleState if it was answered, or somebody has just done it."""
    rows = ConsentRequest.objects.for_system(_WHY).waiting().filter(pk=request.pk, reminded_at=None)
    if rows.update(reminded_at=timezone.now()) != 1:
        raise StaleState("answered or reminded")
    note(request, _What.REMINDED, _Side.PORTAL)
    key = f"consent {request.pk} reminded"
    announce(ConsentReminded, subject=request.subject, event_key=key, recipients=originators)


def close_requests(item: Item, *, by: User | None, marking: str | None = None) -> None:
    """Close what is open and end what was given about `item`: all of it, or with `marking` what that marking does not
    allow. Who asked is told; of those to whom it was passed on, whoever got to know of it and reads nothing else."""
    allowed = PASSED_ON_TO[Marking(marking)] if marking else frozenset()
    rows = _live(item)
    for request in rows:
        if request.recipients not in allowed:
            _end(request, _State.CLOSED, _What.CLOSED, _Side.PORTAL, by=by)


def close_orphans(item: Item, *, by: User | None) -> None:
    """Close the requests of organisations that do not read `item` any more."""
    for request in _live(item).waiting():
        if not is_read_by(item, request.organisation):
            _end(request, _State.CLOSED, _What.CLOSED, _Side.PORTAL, by=by)


def close_unaccepted(item: Item, *, by: User | None, was: str) -> None:
    """End what was given of `item`, which is said to come from somebody else now (`was`: from where before) of whom
    nobody said that they accepted it (C3)."""
    for request in _live(item).standing():
        if request.accepted_on is None or was != Item.Source.OWN:
            _end(request, _State.CLOSED, _What.CLOSED, _Side.PORTAL, by=by)


def _live(item):
    rows = ConsentRequest.objects.for_system(_WHY).with_item().filter(item=item)
    return rows.filter(state__in=[_State.OPEN, _State.GIVEN]).order_by("pk")


def _end(request, state, what, side, *, by):
    lost = _close_release(request) if request.release_id else set()
    move(request, state, ended_at=timezone.now())
    note(request, what, side)
    asker = {request.asked_by_id}
    key = f"consent {request.pk} ended"
    announce(ConsentEnded, subject=request.end_subject, event_key=key, recipients=asker - {by and by.pk})
    if lost - asker:
        recall = Recall.objects.create(item=request.item, depth=Depth.CONSENT, subject=Subject.objects.create())
        announce(Recalled, subject=recall.subject, event_key=f"recall {recall.pk}", recipients=lost - asker)
    _record("sharing.consent_ended", request, by=by, how=what)


def _close_release(request) -> set[int]:
    """Nobody reads it any more, and no word finds it. Returns those who knew of it and read nothing of the item now."""
    item, release = request.item, request.release_id
    rows = Audience.objects.for_system(_WHY).filter(release=release)
    names = dict.fromkeys(rows.values_list("principal", flat=True), Depth.CONSENT)
    readers = set(readers_through(names, persons=(), area_id=item.area_id))
    rows.delete()
    SearchToken.objects.for_system(_WHY).filter(release=release).delete()
    lost = readers - set(all_readers_of(item))
    with as_system("who knew of it"):
        opened = set(Reading.objects.filter(release=release, reader__in=lost).values_list("reader", flat=True))
    subject = Subject.objects.filter(pk=request.answer_subject_id).values("pk")
    return lost & (opened | {row.recipient_id for row in mailed(subject)} | under_way(subject))


def note(request: ConsentRequest, what: str, side: str) -> None:
    """Write a line of the ledger."""
    ConsentEntry.objects.create(request=request, what=what, side=side)


def _record(verb, request, *, by, **facts):
    facts = {"request": request.ref, **facts}
    record(verb, by=by, object_type="item", object_ref=request.item.ref, facts=facts)
