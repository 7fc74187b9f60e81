"""What a focal point's dashboard says of their own organisation: exact, because they may open each row (G2, C4).

Every question begins with what the reader may see.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django.db.models import Case, Count, Exists, F, OuterRef, Q, When
from django.urls import reverse
from django.utils import timezone

from feedback.models import Case as FeedbackCase
from incidents.filters import moments_of
from incidents.models import DeskEntry, IncidentRelease
from sharing.access import Access
from sharing.markings import Depth
from sharing.models import Audience, Grant, Item

SHOWN = 5
NEW_FOR_DAYS, BALANCE_DAYS = 14, 365
MOST = 1000  # counted of what others shared
_DSS = ("dss:", "originator")  # principals of desks, and of the reporter's own organisation
_WHY = "how far an own report went"


def _own(access):
    """What the reader's organisation reported: gathered by index, because one that reports little is found nowhere near
    the top of everybody's."""
    return IncidentRelease.objects.all_visible_to(access.as_originator())


def own_reports(access: Access) -> list[IncidentRelease]:
    """The newest reports of the reader's organisation: with `is_received` by a desk, `has_proposal` to compare,
    `has_questions` that a desk has to answer; one query."""
    received = DeskEntry.objects.for_system(_WHY).filter(
        incident=OuterRef("report__incident"), kind=DeskEntry.Kind.ACKNOWLEDGED
    )
    rows = _own(access).with_release().with_waiting_work()
    rows = rows.filter(report__isnull=False).annotate(is_received=Exists(received))
    return list(rows.by_date(oldest_first=False)[:SHOWN])


def shared_lately(access: Access) -> list[IncidentRelease]:
    """What others shared in the last days, the newest first; one query."""
    fresh = timezone.now() - timedelta(days=NEW_FOR_DAYS)
    rows = IncidentRelease.objects.visible_to(access).with_release().new_since(fresh)
    return list(rows.shared(access).newest_reported().top(SHOWN))


@dataclass(frozen=True)
class Balance:
    """What an organisation gave and received: incidents of the last 12 months, by the day on which they happened."""

    since: date
    given: int
    beyond_dss: int
    received: int

    @property
    def is_capped(self) -> bool:
        """Whether more was received than is counted."""
        return self.received > MOST

    @property
    def received_shown(self) -> int:
        """What was received, at most what is counted."""
        return min(self.received, MOST)

    @property
    def given_href(self) -> str:
        """The list of what was given."""
        return _list("own", self.since)

    @property
    def received_href(self) -> str:
        """The list of what was received."""
        return _list("shared", self.since)


def _list(whose, since) -> str:
    return f"{reverse('incidents:list')}?{urlencode({'whose': whose, 'since': since.isoformat()})}"


def balance_of(access: Access) -> Balance:
    """The balance of the reader's organisation; two queries. A balance, not a score: who reports less may be safer."""
    since = timezone.now().date() - timedelta(days=BALANCE_DAYS)
    happened = Q(release__sort_at__gte=moments_of(since)[0])
    audience = Audience.objects.for_system(_WHY).filter(
        release__item=OuterRef("release__item"), release__depth__gt=Depth.CONSENT
    )
    beyond = Exists(audience.exclude(Q(principal="dss_world") | _begins_with(_DSS)))
    granted = Grant.objects.for_system(_WHY).live_on(access.on).filter(emergency=None)  # whom it chose, no others (C8)
    beyond = Q(beyond) | Q(Exists(granted.filter(content_object__item=OuterRef("release__item"))))
    is_shared = Q(release__item__state=Item.State.SHARED)
    own = _own(access).filter(happened, report__isnull=False)
    given = own.annotate(goes_further=Case(When(beyond & is_shared, then="pk"))).aggregate(
        given=Count("pk"), beyond_dss=Count("goes_further")
    )
    received = IncidentRelease.objects.all_visible_to(access).filter(happened, report__isnull=False).shared(access)
    return Balance(since, **given, received=received.order_by()[: MOST + 1].count())


def _begins_with(beginnings) -> Q:
    found = Q()
    for beginning in beginnings:
        found |= Q(principal__startswith=beginning)
    return found


def own_cases(access: Access) -> list[FeedbackCase]:
    """What the reader's side sent as feedback: open ones first, by what is due next; one query."""
    rows = FeedbackCase.objects.sent_by(access).select_related("area")
    is_open = Case(When(state=FeedbackCase.State.CLOSED, then=1), default=0)
    return list(rows.order_by(is_open, F("due_at").asc(nulls_last=True), "-filed_at")[:SHOWN])
