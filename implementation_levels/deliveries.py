"""What became of the mails with a list: asked of the outbox, which knows it; nothing is kept beside it (L5)."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import NamedTuple

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from notifications.models import Message
from organisations.models import Membership
from organisations.policies import roles_held
from organisations.roles import MAILBOXES, ROLES
from sharing.holdings import holdings
from slt_portal.prepared import prepared

from .models import Delivery, Distribution, LevelList, Opening
from .recipients import is_recipient, is_told

_State = Message.State
WAITING = (_State.QUEUED, _State.SENDING)
LOST = (_State.FAILED, _State.BOUNCED)
_OVER = (_State.DROPPED,)  # of who was a recipient no longer: reached nobody
LARGE = ("list__content", "list__csv_en", "list__csv_fr")
# Other contacts of an organisation, when the mail to its recipients came back: whoever reads the levels for it (P8).
OTHER_ROLES = frozenset(ROLES) - MAILBOXES


def with_states(rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """Deliveries with `state`, `sent_at` and `last_error` of their message, and when its reader `opened` the list."""
    messages = Message.objects.filter(event_key=OuterRef("event_key"), recipient=OuterRef("user"))
    openings = Opening.objects.filter(list=OuterRef("list"), user=OuterRef("user"))
    return rows.annotate(
        state=Subquery(messages.values("state")[:1]),
        sent_at=Subquery(messages.values("sent_at")[:1]),
        last_error=Subquery(messages.values("last_error")[:1]),
        opened=Subquery(openings.values("at")[:1]),
        by_link=Subquery(openings.values("by_link")[:1]),
    )


def newest_distribution() -> Distribution | None:
    """Of the newest list that was sent."""
    return Distribution.objects.select_related("list__subject").defer(*LARGE).order_by("-list__number").first()


def is_superseded(number: int) -> bool:
    """Whether a newer list was sent: nobody gets this one any more (L5)."""
    return Distribution.objects.filter(list__number__gt=number).exists()


def nobody_reached(level_list: LevelList) -> set[int]:
    """The ids of the organisations of which every mail failed or came back; while one still waits it is none."""
    return summary_of(level_list).nobody_reached


@dataclass(frozen=True)
class Summary:
    """How many mails with a list are in which state, how many readers opened it, and by the link of the mail; and the
    organisations that nobody of was reached."""

    states: Counter
    opened: int
    by_link: int
    nobody_reached: set[int]

    @property
    def total(self) -> int:
        """All mails."""
        return self.states.total()

    @property
    def sent(self) -> int:
        """Sent, and did not come back."""
        return self.states[_State.SENT]

    @property
    def waiting(self) -> int:
        """In the outbox."""
        return sum(self.states[state] for state in WAITING)

    @property
    def lost(self) -> int:
        """Failed, or came back."""
        return sum(self.states[state] for state in LOST)


def summary_of(level_list: LevelList) -> Summary:
    """What became of all mails with a list; one query, however many there are."""
    by_organisation, states, openings = defaultdict(set), Counter(), {}
    rows = with_states(level_list.deliveries.all()).values_list("organisation_id", "user_id", "state", "by_link")
    for organisation, user, state, by_link in rows:
        by_organisation[organisation].add(state)
        states[state] += 1
        if by_link is not None:
            openings[user] = by_link
    lost = {one for one, found in by_organisation.items() if found & {*LOST} and not found - {*LOST, *_OVER}}
    return Summary(states, len(openings), sum(openings.values()), lost)


def other_contacts(level_list: LevelList, organisation_ids) -> list[tuple[int, int]]:
    """(user id, organisation id) of who reads levels for these organisations and was not sent this list; each once."""
    now = timezone.now()
    rows = Membership.objects.on(now).filter(
        Q(user__expires_at=None) | Q(user__expires_at__gt=now),
        organisation__in=organisation_ids,
        role__in=OTHER_ROLES,
        user__is_active=True,
    )
    rows = rows.exclude(user__in=level_list.deliveries.values("user")).select_related("organisation")
    return list(dict(sorted(_readers(rows), key=lambda pair: pair[::-1])).items())


def _readers(memberships) -> set[tuple[int, int]]:
    """(user id, organisation id) of those memberships that let their people read the lists (P8): what the portal does
    not show to somebody, it does not send them either."""
    found = holdings(memberships=memberships)
    return {
        (row.user_id, row.organisation_id) for row in found if row.principal.partition(":")[0] in settings.LEVEL_READERS
    }


class Queued(NamedTuple):
    """What a worker asks of a delivery before it sends the mail."""

    list_id: int
    organisation_id: int
    language: str
    is_superseded: bool


def delivery_of(event_key: str, user_id: int) -> Queued | None:
    """The delivery of a message, and whether a newer list was sent; one question, for each of thousands of mails. None
    for who is sent nothing."""
    rows = _delivery_of(event_key, user_id)
    return Queued(*rows[0]) if rows else None


@prepared
def _delivery_of(event_key, user_id):
    newer = Distribution.objects.filter(list__number__gt=OuterRef("list__number"))
    rows = Delivery.objects.filter(event_key=event_key, user=user_id)
    return rows.values_list("list_id", "organisation_id", "language", Exists(newer))


def may_get(delivery: Delivery | Queued, user) -> bool:
    """Whether this person is still to get the list: by the rule of recipients; or instead of a colleague, while they
    read levels for an organisation of which somebody is a recipient."""
    if is_recipient(user):
        return True
    stands_in = Delivery.objects.filter(list=delivery.list_id, user=user, why=Delivery.Why.INSTEAD)
    held = roles_held(user).filter(organisation=delivery.organisation_id, role__in=OTHER_ROLES)
    reads = stands_in.exists() and _readers(held.select_related("organisation"))
    return bool(reads) and is_told(delivery.organisation_id)
