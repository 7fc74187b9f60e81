"""Who among some people wants to hear of something in an area, and when: pure functions of what they chose (G8)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from .models import Subscription


@dataclass(frozen=True)
class Interested:
    """The ids of people to be told at once, and of those told in their next daily summary. Nobody is in both."""

    at_once: set[int] = field(default_factory=set)
    digest: set[int] = field(default_factory=set)


def interested(
    user_ids: Collection[int],
    *,
    area_ids: Iterable[int],
    working_there: Collection[int],
    life_safety: bool,
    category: str = "",
    severity: int | None = None,
) -> Interested:
    """Those of `user_ids` to be told of something in an area (G8).

    `area_ids` are the area and, after it, what it is part of: what a person chose for the part goes before the whole.
    People who work there are told at once unless they chose otherwise; others are told if they follow the area. Both
    can choose categories, a least severity, and the daily summary. Something without a category ("") or a severity
    (None) is held back by neither. When life is at risk, nobody who works there or follows it can be left out or has
    to wait.
    """
    chosen = in_force(area_ids, user_ids)
    concerned = {user for user in user_ids if user in working_there or user in chosen}
    if life_safety:
        return Interested(at_once=concerned)
    wanted = {
        user
        for user in concerned
        if user not in chosen or chosen[user].lets_through(category=category, severity=severity)
    }
    later = {user for user in wanted if user in chosen and chosen[user].delivery == Subscription.Delivery.DIGEST}
    return Interested(at_once=wanted - later, digest=later)


def in_force(area_ids: Iterable[int], user_ids: Collection[int]) -> dict[int, Subscription]:
    """What each of some people chose for an area, by user id; `area_ids` from the part to the whole; one query."""
    order = {area: place for place, area in enumerate(area_ids)}
    rows = Subscription.objects.filter(area__in=order, user__in=user_ids)
    chosen: dict[int, Subscription] = {}
    for row in sorted(rows, key=lambda row: order[row.area_id]):
        chosen.setdefault(row.user_id, row)
    return chosen
