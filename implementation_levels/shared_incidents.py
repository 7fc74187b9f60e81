"""Whether incidents are shared systematically in an area: yes or not known; never how many, never by whom (L7, C4).

Who reads the check list may know of their own reports: an exact count would give those of others away. Counted are the
six whole months before this one, so that the answer changes on the first of a month and not with a single report.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from areas.models import Area
from sharing.models import Audience, Grant, Item, Kind
from slt_portal.months import months_later

MONTHS, ENOUGH, ORGANISATIONS = 6, 5, 3


def first_month(on: date) -> date:
    """The first day of the months that are counted."""
    return months_later(on.replace(day=1), -MONTHS)


def shared_items() -> QuerySet[Item]:
    """The incidents that an organisation reported and somebody else may read: for figures, which show none of them.

    What was taken back, or withheld from everybody (C5), is not shared.
    """
    why = "figures about what is shared"
    here = {"release__item": OuterRef("pk")}
    audience = Audience.objects.for_system(why).filter(**here).exclude(principal__startswith="originator")
    granted = Grant.objects.for_system(why).filter(content_object__item=OuterRef("pk"), emergency=None)
    rows = Item.objects.for_system(why).filter(Exists(audience) | Exists(granted), state=Item.State.SHARED)
    return rows.filter(kind=Kind.INCIDENT, originator__isnull=False)


def shared_systematically(areas: Iterable[Area], on: date) -> set[int]:
    """The ids of those of `areas` in which, their parts included, at least three organisations shared five incidents
    between them in the six months before that of `on`. One query; nothing about sexual violence is in it (C10)."""
    ids = {area.pk for area in areas}
    until = on.replace(day=1)
    rows = shared_items().filter(
        Q(area__in=ids) | Q(area__parent__in=ids),
        created_at__gte=_midnight(first_month(on)),
        created_at__lt=_midnight(until),
    )
    counted = rows.order_by().values_list("area", "area__parent", "originator").annotate(number=Count("pk"))
    numbers, organisations = defaultdict(int), defaultdict(set)
    for area, parent, organisation, number in counted:
        for place in ids & {area, parent}:
            numbers[place] += number
            organisations[place].add(organisation)
    return {area for area in ids if numbers[area] >= ENOUGH and len(organisations[area]) >= ORGANISATIONS}


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
