"""Whom one can name for a function without typing: people of the portal who work there (K1)."""

from django.db.models import Q, QuerySet

from areas.models import Area
from organisations.models import Membership, Organisation
from sharing.access import Access

from .models import Assignment, Mechanism
from .picture import able
from .policies import keeps

Function, Community, Kind = Assignment.Function, Mechanism.Community, Organisation.Kind
# Who speaks for which community (§4, table). No local arrangements: their people do not read the picture.
_OF_COMMUNITY = {Community.NGO: (Kind.INGO, Kind.PLATFORM), Community.IO: (Kind.IO,)}


def people_to_name(access: Access, area: Area, *, mechanism: Mechanism | None, function: str) -> list[Membership]:
    """The memberships that this person may choose from, by name.

    Who keeps the area sees everybody of the UN side there, or of the community; a mechanism's representative only the
    people of its organisation and of their own: a mechanism is no directory of its members' staff.
    """
    rows = Membership.objects.on().select_related("user", "organisation", "area")
    there = Q(area__in=area.places)
    if mechanism is None:
        wanted = there & Q(organisation__kind=Kind.UNSMS_ENTITY)
        if function == Function.OCHA:
            wanted |= Q(role="ocha", area=None)
    else:
        wanted = Q(organisation=mechanism.organisation_id) & (there | Q(area=None))
        if keeps(access, area):
            wanted |= there & Q(organisation__kind__in=_OF_COMMUNITY[mechanism.community])
        else:
            wanted |= there & Q(organisation__in=_own(access))
    return able(rows.filter(wanted).order_by("user__name", "user__email", "pk"), area)


def _own(access) -> QuerySet:
    return Membership.objects.on(access.on).filter(user=access.user_id).order_by().values("organisation")


def organisations_to_name(area: Area) -> QuerySet[Organisation]:
    """The organisations that can be behind a mechanism of `area`: platforms with people there, and who is active."""
    active = Q(standings__kind__in=["partner", "active"], standings__area=area, standings__ends_at=None)
    platforms = Q(kind=Kind.PLATFORM, memberships__area=area, memberships__ends_at=None)
    wanted = (Q(kind__in=(Kind.INGO, Kind.IO)) & active) | platforms
    return Organisation.objects.filter(wanted).distinct().order_by("name")
