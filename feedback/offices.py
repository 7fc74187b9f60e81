"""The offices that feedback can be about: who holds them, and through whom they are asked for their view (F3).

An office is asked through its head or the next level up. Never is a person asked about themselves: `askable` leaves
out a level that only people who are complained about hold.
"""

from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from areas.models import Area
from organisations.models import Membership, Organisation
from sharing.holdings import people_of

from .codes import Office
from .models import Case, Concerned, Inquiry

_UN_PARTNERS = frozenset({Organisation.Kind.INGO, Organisation.Kind.IO})
_KINDS = {
    Office.DSS_FIELD: ("dss:{area}",),
    Office.DESIGNATED_OFFICIAL: ("designated_official:{area}",),
    Office.OCHA_FIELD: ("ocha:{area}",),
    Office.DSS_HEADQUARTERS: ("dss_world",),
    Office.OCHA_HEADQUARTERS: ("ocha",),
}
IN_AREA = frozenset({Office.DSS_FIELD, Office.DESIGNATED_OFFICIAL, Office.OCHA_FIELD, Office.MECHANISM})


@dataclass(frozen=True)
class Level:
    """One way to ask: whoever holds `principal`, called `label`, as head of the office or the level above it."""

    principal: str
    label: str


def principals_of(office: str, area: Area | None) -> set[str]:
    """The principals of who holds an office: in its area, in the whole and the parts of it. Of a mechanism those of
    every platform there. Without an area nothing is held in one."""
    if office not in IN_AREA:
        return set(_KINDS.get(office, ()))
    if area is None:
        return set()
    places = Area.objects.filter(Q(pk__in=area.places) | Q(parent=area)).values_list("pk", flat=True)
    if office == Office.MECHANISM:
        rows = Membership.objects.on().filter(role="platform_representative", area__in=places)
        return {f"mechanism:{org}:{place}" for org, place in rows.values_list("organisation", "area")}
    return {term.format(area=place) for term in _KINDS[office] for place in places}


def dss() -> Organisation | None:
    """The organisation whose people are DSS headquarters and hold the seats of DSS."""
    headquarters = Q(memberships__role="dss_headquarters")
    return Organisation.objects.filter(headquarters).order_by("pk").first()


def levels_of(case: Case) -> list[Level]:
    """Through whom the office, or the organisation, that `case` is about can be asked, nearest first."""
    area = case.area
    at_dss = Level("dss_world", _("DSS headquarters"))
    official = Level(f"designated_official:{area.pk}", _("Designated Official of the area")) if area else None
    found: list[Level | None] = []
    if case.about_organisation_id:
        found.append(_headquarters_of(case.about_organisation))
    if case.office in {Office.DSS_HEADQUARTERS, Office.OCHA_HEADQUARTERS}:
        found += _chairs_of(case.office)
    elif case.office == Office.OCHA_FIELD:
        found += [Level("ocha", _("OCHA headquarters"))]
    elif case.office == Office.MECHANISM:
        found += [_desk(case)]
    elif case.office == Office.DESIGNATED_OFFICIAL:
        found += [at_dss]
    elif area:
        found += [official, at_dss]
    elif not case.about_organisation_id:
        found += [at_dss]
    known = [level for level in found if level is not None]
    return [level for level in known if not (case.is_dss_concerned and level.principal == "dss_world")]


def askable(case: Case) -> list[Level]:
    """Those of `levels_of` that are not complained about, and at which somebody is who is not."""
    users, offices = _never_asked(case.pk)
    levels = [level for level in levels_of(case) if level.principal not in offices]
    return [level for level in levels if people_of({level.principal}) - users]


def people_asked(inquiry: Inquiry) -> set[int]:
    """The ids of the people to whom a question is put now: never whoever is complained about themselves (F3)."""
    users, offices = _never_asked(inquiry.case_id)
    return set() if inquiry.principal in offices else people_of({inquiry.principal}) - users


def _never_asked(case_id):
    """The people and the offices that are complained about. Whoever is only of the organisation that is, or held the
    office, may be at its head: it is asked through them (InquiryQuerySet.asked_of)."""
    rows = Concerned.objects.for_system("who is never asked").filter(case=case_id, through=None)
    pairs = list(rows.values_list("user", "principal"))
    return {user for user, _ in pairs}, {principal for _, principal in pairs}


def _headquarters_of(organisation):
    name = _("%(organisation)s, headquarters") % {"organisation": organisation}
    kind = "applicant" if organisation.kind in _UN_PARTNERS else "organisation"
    return Level(f"{kind}:{organisation.pk}", name)


def _chairs_of(office):
    """The seat of DSS, or of OCHA, in the Oversight Committee: the head of its headquarters."""
    role = "dss_headquarters" if office == Office.DSS_HEADQUARTERS else "ocha"
    rows = Organisation.objects.filter(memberships__role=role, memberships__area=None).distinct().order_by("pk")[:1]
    return [
        Level(f"oversight_committee:{row.pk}", _("Seat of %(name)s in the Oversight Committee") % {"name": row})
        for row in rows
    ]


def _desk(case):
    if case.desk is None:
        return None
    return Level(f"consortium_desk:{case.desk_id}", _("%(name)s, consortium desk") % {"name": case.desk})
