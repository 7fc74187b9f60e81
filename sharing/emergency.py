"""Emergency access (C8): two people of DSS of an area read for some hours what they were not chosen to read there.

Off unless SLT_EMERGENCY_ACCESS switches it on. It opens the items of the area that are shared with anybody at that
moment, in full, to the two who asked and agreed, and to nobody else, as long as they are DSS of the area: it makes no
principal, so that nothing is sent, exported, graded or passed on through it. Every originator concerned is told at
once, with the reason. The restricted track has no items.
"""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from areas.models import Area
from audit.actions import record
from documents.models import DataKey
from notifications.actions import announce
from notifications.models import Message, Subject
from organisations.models import Membership
from organisations.policies import roles_held
from slt_portal.crypto import SealBroken
from slt_portal.states import StaleState, move

from .access import ROLE_IN_EMERGENCY as ROLE
from .access import access_of
from .emergency_messages import EmergencyAsked, EmergencyOpened, own_principals
from .grants import grant_in_emergency, revoke_emergency
from .holdings import people_of
from .markings import Depth
from .models import EmergencyAccess, Item, Release
from .models.emergency import LAPSES_AFTER

log = structlog.get_logger(__name__)
HOURS = (1, 4, 12, 24)
DAYS_BACK = (1, 3, 7)
MOST_ITEMS = 200
_WHY = "emergency access"


class TooMany(Exception):
    """More items than one emergency may open: a shorter time has to be named."""


def is_on() -> bool:
    """Whether this installation allows emergency access at all."""
    return settings.EMERGENCY_ACCESS


def areas_of(user: User) -> QuerySet[Area]:
    """The areas in which `user` is DSS of the area, in force and not suspended."""
    held = roles_held(user).filter(role=ROLE, area__isnull=False)
    return Area.objects.filter(pk__in=held.values("area")).order_by("name_en")


def ask(*, by: User, area: Area, days: int, hours: int, reason: str, submission: UUID) -> EmergencyAccess:
    """Ask for emergency access to what happened or was reported in `area` in the last `days`; the others of DSS there
    are told. Returns the request; the same form sent twice is one.

    Opens nothing yet. Raises StaleState if `by` is not DSS of the area (any more).
    """
    known = EmergencyAccess.objects.filter(submission=submission, asked_by=by).first()
    if known is not None:
        return known
    if not areas_of(by).filter(pk=area.pk).exists():
        raise StaleState("not DSS of this area")
    try:
        with transaction.atomic():
            return _ask(by, area, days, hours, reason, submission)
    except IntegrityError:  # the other half of a double click was a moment faster
        return EmergencyAccess.objects.get(submission=submission, asked_by=by)


def _ask(by, area, days, hours, reason, submission):
    key, subject = DataKey.objects.make(), Subject.objects.create()
    emergency = EmergencyAccess.objects.create(
        area=area,
        since=timezone.now() - timedelta(days=days),
        hours=hours,
        asked_by=by,
        submission=submission,
        subject=subject,
        told_subject=Subject.objects.create(),
        data_key=key,
        sealed=key.seal_json(reason, context=_context(subject)),
    )
    others = people_of([f"dss:{area.pk}"]) - {by.pk}
    announce(
        EmergencyAsked,
        subject=subject,
        event_key=f"emergency {emergency.pk}",
        recipients=others & _of_dss(area),
        priority=Message.Priority.LIFE_SAFETY,
    )
    _record("asked", emergency, by=by, days=days, hours=hours)
    return emergency


def _of_dss(area):
    """The ids of the people of DSS of `area`, of whom not all that share its desk are."""
    return set(Membership.objects.on().filter(role=ROLE, area=area).values_list("user", flat=True))


def reason_of(emergency: EmergencyAccess) -> str:
    """Why it was asked for; empty if that cannot be opened any more."""
    try:
        return emergency.data_key.open_json(emergency.sealed, context=_context(emergency.subject))
    except SealBroken:
        return ""


@transaction.atomic
def agree(emergency: EmergencyAccess, *, by: User, sparing: QuerySet) -> int:
    """The second person of DSS of the area agrees: both read the items of the area for the hours that were asked, and
    every originator concerned is told. Returns how many items were opened.

    What was withheld or withdrawn on a ground of the guidelines stays so (C5); `sparing` are the ids of the items of
    which no more than a warning was given.

    Raises StaleState if `by` asked for it, is not DSS of the area, or it is not waiting any more; TooMany.
    """
    both = [emergency.asked_by, by]
    if by == emergency.asked_by or not all(areas_of(user).filter(pk=emergency.area_id).exists() for user in both):
        raise StaleState("it needs two people of DSS of the area")
    if not emergency.is_waiting:
        raise StaleState("it is not waiting any more")
    releases = _locked(emergency, both, sparing)
    now = timezone.now()
    until = now + timedelta(hours=emergency.hours)
    move(emergency, EmergencyAccess.State.OPEN, decided_by=by, decided_at=now, opened_until=until)
    for user in both:
        closed = _closed_to(user, releases)
        grant_in_emergency(closed, user, emergency=emergency, by=by)
    items = {release.item_id: release.item for release in releases}
    emergency.items.add(*items.values())
    _tell_originators(emergency, items.values())
    _record("opened", emergency, by=by, items=sorted(item.ref for item in items.values()), asked_by=both[0].pk)
    return len(items)


def _locked(emergency, people, sparing):
    """The full releases to open, their items locked until the transaction ends, in the order of their ids: who keeps
    one back at this moment either waits, and then closes it to them too, or was faster, and it is not among them."""
    found = [release.item_id for release in _closed_to_somebody(emergency, people, sparing)]
    rows = Item.objects.for_system(_WHY).select_for_update(no_key=True).filter(pk__in=found)
    locked = set(rows.order_by("pk").values_list("pk", flat=True))
    return [release for release in _closed_to_somebody(emergency, people, sparing) if release.item_id in locked]


def _closed_to_somebody(emergency, people, sparing):
    """The full releases of the items of the area since then that one of `people` may not read."""
    within = Q(area=emergency.area) | Q(area__parent=emergency.area)
    recent = Q(sort_at__gte=emergency.since) | Q(item__created_at__gte=emergency.since)
    rows = Release.objects.for_system(_WHY).filter(within, recent, depth=Depth.FULL, item__originator__isnull=False)
    rows = rows.filter(item__state=Item.State.SHARED).exclude(item__in=sparing)
    rows = rows.select_related("item__area").order_by("pk")
    closed = {release.pk: release for user in people for release in _closed_to(user, rows)}
    if len(closed) > MOST_ITEMS:
        raise TooMany
    return list(closed.values())


def _closed_to(user, releases):
    ids = [release.pk for release in releases]
    opened = set(Release.objects.visible_to(access_of(user)).filter(pk__in=ids).values_list("pk", flat=True))
    return [release for release in releases if release.pk not in opened]


def _tell_originators(emergency, items):
    announce(
        EmergencyOpened,
        subject=emergency.told_subject,
        event_key=f"emergency {emergency.pk} opened",
        recipients=people_of(set().union(*map(own_principals, items))),
        priority=Message.Priority.LIFE_SAFETY,
    )


@transaction.atomic
def refuse(emergency: EmergencyAccess, *, by: User) -> None:
    """Say no, or take back what one asked for. Raises StaleState if it is not waiting any more, or `by` is not DSS of
    the area."""
    if not areas_of(by).filter(pk=emergency.area_id).exists():
        raise StaleState("not DSS of this area")
    move(emergency, EmergencyAccess.State.REFUSED, decided_by=by, decided_at=timezone.now())
    _record("refused", emergency, by=by)


@transaction.atomic
def close(emergency: EmergencyAccess, *, by: User | None = None, now: datetime | None = None) -> None:
    """End it: by one of the two, or by the portal when its hours are over. Raises StaleState if it is not open, or `by`
    is neither of the two."""
    if by is not None and by.pk not in {emergency.asked_by_id, emergency.decided_by_id}:
        raise StaleState("neither of the two")
    move(emergency, EmergencyAccess.State.CLOSED, closed_at=now or timezone.now())
    revoke_emergency(emergency)
    _record("closed", emergency, by=by)


def end_due(now: datetime | None = None) -> int:
    """Close what is over and let lapse what nobody agreed to; returns how many. Access itself ended on its minute:
    the grants carry it."""
    now = now or timezone.now()
    ended = 0
    states = EmergencyAccess.State
    over = EmergencyAccess.objects.filter(state=states.OPEN, opened_until__lte=now)
    for emergency in over.order_by("pk"):
        ended += _ended(emergency, partial(close, now=now))
    waiting = EmergencyAccess.objects.filter(state=states.ASKED, asked_at__lte=now - LAPSES_AFTER)
    for emergency in waiting.order_by("pk"):
        ended += _ended(emergency, _lapse)
    return ended


@transaction.atomic
def _lapse(emergency):
    move(emergency, EmergencyAccess.State.LAPSED)
    _record("lapsed", emergency, by=None)


def _ended(emergency, end) -> bool:
    try:
        end(emergency)
    except StaleState:  # another worker, or one of the two, was faster
        return False
    except Exception as error:  # whatever it is, the others end
        log.error("emergency_not_ended", emergency=emergency.ref, error=type(error).__name__)
        return False
    return True


def _context(subject):
    return f"emergency {subject.pk}"


def _record(what, emergency, *, by, **facts):
    facts |= {"area": emergency.area.code}
    record(f"sharing.emergency_{what}", by=by, object_type="emergency", object_ref=emergency.ref, facts=facts)
