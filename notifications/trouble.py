"""Which addresses mail does not reach, as far as bounces tell.

A mail that came back is trouble until somebody says that the address is right, until the address changes, or until a
later mail to it has not come back for a week. When it was is told to a week (C1).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from slt_portal.weeks import week_of

from .models import Bounce, Message

ARRIVED_AFTER = timedelta(days=7)  # mail systems try for up to five days
SHOWN_FOR = timedelta(days=14)  # what passes by itself: late mails, automatic answers
_KIND = Bounce.Kind


@dataclass(frozen=True)
class Trouble:
    """What is wrong with an address: the gravest kind of bounce, and the Monday of its week."""

    kind: str
    week: date

    @property
    def came_back(self) -> bool:
        """Whether mail does not reach it."""
        return self.kind == _KIND.PERMANENT

    @property
    def is_late(self) -> bool:
        """Whether mail to it was held up."""
        return self.kind == _KIND.TEMPORARY


def came_back() -> QuerySet[Bounce]:
    """Mails that came back for good, from addresses that are still the same."""
    return _open().filter(kind=_KIND.PERMANENT)


def trouble_of(user_ids: Collection[int], *, subjects: Collection[UUID] | None = None) -> dict[int, Trouble]:
    """What is wrong with the addresses of some people, by user id; one query.

    With `subjects` as far as mails about these tell: who only wrote to somebody learns nothing of the mails of others.
    """
    rows = _open().filter(recipient__in=user_ids)
    rows = rows if subjects is None else rows.filter(message__subject__in=subjects)
    gravest_last = sorted(rows, key=lambda row: (-_GRAVITY.index(row.kind), row.at))
    return {row.recipient_id: Trouble(row.kind, week_of(row.at)) for row in gravest_last}


def _open():
    return Bounce.objects.filter(settled_at=None, address=F("recipient__email"))


def is_over() -> QuerySet[Bounce]:
    """What says nothing any more and is not settled yet: a later mail has not come back for a week, the address has
    changed, or it was of the kind that passes by itself."""
    now = timezone.now()
    later = Message.objects.filter(recipient=OuterRef("recipient"), state=Message.State.SENT)
    later = later.filter(sent_at__gt=OuterRef("at"), sent_at__lte=now - ARRIVED_AFTER)
    held_up = Bounce.objects.filter(message=OuterRef("pk"), kind=_KIND.TEMPORARY)
    arrived = Q(Exists(later.filter(~Exists(held_up))), kind=_KIND.PERMANENT)
    passed = Q(kind__in=[_KIND.TEMPORARY, _KIND.AUTO_REPLY], at__lte=now - SHOWN_FOR)
    return Bounce.objects.filter(arrived | passed | ~Q(address=F("recipient__email")), settled_at=None)


_GRAVITY = (_KIND.PERMANENT, _KIND.TEMPORARY, _KIND.AUTO_REPLY)


@dataclass(frozen=True)
class BounceCounts:
    """What came back in the last seven days, by kind, and how many addresses mail does not reach now."""

    permanent: int
    temporary: int
    auto_replies: int
    addresses: int


def bounce_counts() -> BounceCounts:
    """For the page that watches the portal: numbers only; two queries."""
    lately = Bounce.objects.filter(at__gt=timezone.now() - timedelta(days=7))
    counts = lately.aggregate(**{kind.value: Count("pk", filter=Q(kind=kind)) for kind in _KIND})
    return BounceCounts(
        permanent=counts["permanent"],
        temporary=counts["temporary"],
        auto_replies=counts["auto_reply"],
        addresses=came_back().aggregate(number=Count("recipient", distinct=True))["number"],
    )
