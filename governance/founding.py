"""The two standing bodies as the guidelines count them: eleven seats and six (§11)."""

from typing import NamedTuple

from django.db import transaction
from django.db.models import Q

from organisations.models import Organisation, OrganisationName

from .models import Seat
from .seats import committee, working_group

_UN, _NGO = Organisation.Kind.UNSMS_ENTITY, Organisation.Kind.CONSORTIUM
# Code -> kind, name, acronym. Who is known under the acronym already is taken as they are.
MEMBERS = {
    "DSS": (_UN, "United Nations Department of Safety and Security", "DSS"),
    "OCHA": (_UN, "Office for the Coordination of Humanitarian Affairs", "OCHA"),
    "WFP": (_UN, "World Food Programme", "WFP"),
    "UNHCR": (_UN, "Office of the United Nations High Commissioner for Refugees", "UNHCR"),
    "UNICEF": (_UN, "United Nations Children's Fund", "UNICEF"),
    "UNDP": (_UN, "United Nations Development Programme", "UNDP"),
    "ICVA": (_NGO, "International Council of Voluntary Agencies", "ICVA"),
    "InterAction": (_NGO, "InterAction", ""),
    "SCHR": (_NGO, "Steering Committee for Humanitarian Response", "SCHR"),
    "GISF": (_NGO, "Global Interagency Security Forum", "GISF"),
    "InterAction SAG": (_NGO, "InterAction Security Advisory Group", ""),
}
COMMITTEE = tuple(MEMBERS)
GROUP = ("GISF", "ICVA", "InterAction", "InterAction SAG", "OCHA", "DSS")
CO_CHAIRS = ("DSS", "GISF")


class Founded(NamedTuple):
    """How much was made: nothing of it the second time."""

    organisations: int
    seats: int


@transaction.atomic
def found_bodies() -> Founded:
    """Make Oversight Committee and Working Group with their seats, and the organisations that are missing.

    Safe to repeat: what is there stays as it is, a co-chair that was moved and a seat that was closed too.
    """
    members, new = {}, 0
    for code, (kind, name, acronym) in MEMBERS.items():
        members[code], is_new = _organisation(kind, name, acronym)
        new += is_new
    seats = 0
    for body, codes, chairs in ((committee(), COMMITTEE, CO_CHAIRS), (working_group(), GROUP, ())):
        is_founding = not body.seats.exists()
        for order, code in enumerate(codes):
            defaults = {"is_co_chair": is_founding and code in chairs, "order": order}
            seats += Seat.objects.get_or_create(body=body, organisation=members[code], defaults=defaults)[1]
    return Founded(new, seats)


def _organisation(kind, name, acronym):
    former = Q(names__name=name, names__kind=OrganisationName.Kind.FORMER)  # it was renamed since: no second one
    known = Organisation.objects.filter(Q(name=name) | former).order_by("pk").first()
    if known is None and acronym:
        known = Organisation.objects.filter(kind=kind, acronym=acronym).order_by("pk").first()
    return (known, False) if known else (Organisation.objects.create(kind=kind, name=name, acronym=acronym), True)
