"""What kind of organisation reported something: told to readers only where it does not tell which (C4)."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from areas.models import Area
from organisations.models import Membership, Organisation, Standing

FEWEST = 3  # organisations of that kind in the area, the originator included
_KIND = Organisation.Kind


def kind_told(originator: Organisation | None, area: Area | None) -> str:
    """The kind of `originator` (Organisation.Kind) if at least three organisations of it, with itself, take part and
    work in `area` now; else nothing. Of a part of an area those count who work in that part. One question."""
    if originator is None or area is None:
        return ""
    enough = others_of_kind(originator, area)[: FEWEST - 1]
    return originator.kind if len(enough) == FEWEST - 1 else ""


def others_of_kind(originator: Organisation, area: Area) -> QuerySet:
    """The ids of the other organisations of the kind of `originator` that take part and work in `area` now."""
    others = Organisation.objects.filter(kind=originator.kind).exclude(pk=originator.pk)
    return others.filter(_works_there(originator.kind, area), ~_suspended(area)).order_by().values_list("pk")


def _works_there(kind, area):
    """The same as sharing.holdings: a standing makes a partner; a local arrangement is one for its area; whoever takes
    part without a standing works where its people do."""
    standings = Standing.objects.on().filter(organisation=OuterRef("pk"))
    if kind == _KIND.NNGO:
        return Exists(standings.filter(kind=Standing.Kind.LOCAL_ARRANGEMENT, area=area))
    active = Exists(standings.filter(kind__in=[Standing.Kind.ACTIVE, Standing.Kind.PARTNER], area=area))
    if kind in {_KIND.INGO, _KIND.IO}:
        return active & Exists(standings.filter(Q(area=None) | Q(area=area), kind=Standing.Kind.PARTNER))
    people = Membership.objects.on().filter(organisation=OuterRef("pk"), area=area, user__is_active=True)
    return active | Exists(people)


def _suspended(area):
    suspended = Standing.objects.on().filter(organisation=OuterRef("pk"), kind=Standing.Kind.SUSPENDED)
    return Exists(suspended.filter(Q(area=None) | Q(area__in=area.places)))
