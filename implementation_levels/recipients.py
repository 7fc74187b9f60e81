"""Who gets each list of reinforced areas (L5, G6): asked when it is sent, from the same rule that opens everything."""

from collections import Counter, defaultdict
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone

from organisations.models import Membership, Organisation, Standing
from partners.registers import INTERNATIONAL
from sharing.holdings import holdings


class Recipient(NamedTuple):
    """One person, or functional mailbox, and the organisation for which they get the lists."""

    user_id: int
    organisation_id: int


def recipients(on: datetime | None = None) -> list[Recipient]:
    """Everybody who gets a list at the moment `on` (default now), each once, by user id; two or three queries.

    Who would get it for several organisations gets it for the one in which fewest others do: what counts is that
    somebody of each is reached.
    """
    by_user = defaultdict(set)
    for user, organisation in _pairs(on):
        by_user[user].add(organisation)
    others = Counter(organisation for organisations in by_user.values() for organisation in organisations)
    return [
        Recipient(user, min(organisations, key=lambda organisation: (others[organisation], organisation)))
        for user, organisations in sorted(by_user.items())
    ]


def is_recipient(user, on: datetime | None = None) -> bool:
    """Whether this one person gets lists: the same rule."""
    return any(_counts(holding) for holding in holdings(on, user=user))


def is_told(organisation_id: int, on: datetime | None = None) -> bool:
    """Whether somebody of this organisation gets lists: the same rule."""
    on = on or timezone.now()
    rows = Membership.objects.on(on).filter(organisation=organisation_id, user__is_active=True)
    return any(_counts(holding) for holding in holdings(on, memberships=rows.select_related("organisation")))


def organisations_told(on: datetime | None = None) -> set[int]:
    """The ids of the organisations of which somebody gets the lists."""
    return {organisation for _user, organisation in _pairs(on)}


def without_contact(on: datetime | None = None) -> list[str]:
    """The references of partner organisations in good standing of which nobody gets the lists."""
    on = on or timezone.now()
    standings = Standing.objects.on(on).filter(organisation=OuterRef("pk"))
    partners = Organisation.objects.filter(
        Exists(standings.filter(kind=Standing.Kind.PARTNER)),
        ~Exists(standings.filter(kind=Standing.Kind.SUSPENDED, area=None)),
        kind__in=INTERNATIONAL,
    )
    told = organisations_told(on)
    return [ref for pk, ref in partners.order_by("ref").values_list("pk", "ref") if pk not in told]


def _pairs(on):
    return {(holding.user_id, holding.organisation_id) for holding in holdings(on) if _counts(holding)}


def _counts(holding):
    return holding.principal.partition(":")[0] in settings.LEVEL_LIST_RECIPIENTS
