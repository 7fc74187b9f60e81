"""Questions about suspensions: who can be suspended where, whom it concerns, and what the organisation is shown."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from areas.models import Area
from governance.seats import area_body
from organisations.models import Membership, Organisation, Standing
from sharing.holdings import people_of

from .models import Suspension

State = Suspension.State
_KINDS = frozenset({Organisation.Kind.INGO, Organisation.Kind.IO})
# What the organisation concerned is shown: never with whom it lies, nor that somebody did not agree (P11).
PUBLIC = {
    State.HEARING: _("you are heard"),
    State.AGREEING: _("being decided"),
    State.ESCALATED: _("being decided"),
    State.COMMITTEE: _("being decided"),
    State.SUSPENDED: _("suspended"),
    State.LIFTING: _("suspended"),
    State.LIFTED: _("lifted"),
    State.REVOKED: _("partnership revoked"),
    State.DISMISSED: _("not suspended"),
}
DECIDING = frozenset({State.AGREEING, State.ESCALATED, State.COMMITTEE})


def partners_in(area):
    """The organisations that are partners in `area`, through global status or there; for None: partners at all."""
    standings = Standing.objects.on().filter(kind=Standing.Kind.PARTNER)
    if area is not None:
        everywhere, here = standings.filter(area=None), standings.filter(area__in=[area.pk, area.parent_id or area.pk])
        standings = everywhere | here
    return Organisation.objects.filter(kind__in=_KINDS, pk__in=standings.values("organisation"))


def is_partner_in(organisation: Organisation, area) -> bool:
    """Whether it is a partner there (for None: at all), and so can be suspended there."""
    return partners_in(area).filter(pk=organisation.pk).exists()


def revoked_in(area, organisations) -> set[int]:
    """Which of some organisations, by id, were partners there until that was revoked, and are none since."""
    places = Q(area=None) | Q(area__in=area.places)
    rows = Suspension.objects.for_system("whose partnership was revoked").filter(places, state=State.REVOKED)
    found = set(rows.filter(organisation__in=organisations).values_list("organisation", flat=True))
    return found - set(partners_in(area).filter(pk__in=found).values_list("pk", flat=True)) if found else found


def reaches_further(row: Suspension) -> bool:
    """Whether the partnership is wider than the area of the procedure: global status makes eligible in every area, that
    of an area in its parts (§3). What is wider cannot be revoked there, only suspended."""
    if row.area_id is None:
        return False
    wider = Q(area=None) | Q(area=row.area.parent_id) if row.area.parent_id else Q(area=None)
    partner = Standing.objects.on().filter(organisation=row.organisation_id, kind=Standing.Kind.PARTNER)
    return partner.filter(wider).exists()


def people_of_organisation(row: Suspension) -> set[int]:
    """Those who are heard and told: its people at headquarters, in the area concerned and in its parts; at the global
    level those in the field only where nobody is at headquarters."""
    headquarters, areas = people_of({f"applicant:{row.organisation_id}"}), Area.objects.all()
    if row.area_id:
        areas = areas.filter(Q(pk=row.area_id) | Q(parent=row.area_id))
    elif headquarters:
        return headquarters
    keys = areas.values_list("pk", flat=True)
    return headquarters | people_of({f"originator_in_area:{row.organisation_id}:{key}" for key in keys})


def people_of_opener(row: Suspension) -> set[int]:
    """Whose next step it is after the hearing: the Designated Official of the area, or DSS headquarters."""
    office = f"designated_official:{row.area_id}" if row.area_id else "dss_world"
    return people_of({office}) - _staff_of(row)


def people_who_must_know(row: Suspension) -> set[int]:
    """Who stops and resumes working with it: DSS, OCHA, Designated Official and NGO representatives of the area, DSS
    headquarters and OCHA. Nobody of the organisation itself, which gets its own notice."""
    wanted = {"dss_world", "ocha"}
    if row.area_id:
        wanted.add(f"designated_official:{row.area_id}")
        wanted = wanted.union(*(seat.principals for seat in area_body(row.area).seats.select_related("body")))
    return people_of(wanted) - _staff_of(row)


def _staff_of(row):
    return set(Membership.objects.on().filter(organisation=row.organisation_id).values_list("user_id", flat=True))


@dataclass(frozen=True)
class Turn:
    """Whose turn it is (nobody's: empty), and until when if that is known."""

    who: str
    until: datetime | None = None


def turn_of(row: Suspension, now: datetime) -> Turn:
    """Whose turn it is, for those who handle it."""
    opener = _("Designated Official") if row.area_id else _("DSS headquarters")
    if row.state == State.HEARING:
        return Turn(opener) if row.is_heard(now) else Turn(_("the organisation"), row.hearing_until)
    if row.state == State.AGREEING:
        return Turn(_("DSS, OCHA and NGO representative"), row.agreement and row.agreement.deadline)
    if row.state == State.ESCALATED:
        return Turn(_("Working Group"))
    if row.state in {State.COMMITTEE, State.LIFTING}:
        decision = row.lifting if row.state == State.LIFTING else row.decision
        return Turn(_("Oversight Committee"), decision and decision.deadline)
    return Turn("")


def turn_in_public(row: Suspension) -> Turn:
    """Whose turn it is, for the organisation: its own until it has answered, then that of those who decide."""
    if row.state == State.HEARING and row.heard_at is None:
        return Turn(_("you"), row.hearing_until)
    return Turn(_("those who decide")) if row.state in {State.HEARING, *DECIDING} else Turn("")


def since_in_public(row: Suspension):
    """Since when the organisation's state is what it is shown. What moves behind it does not show."""
    if row.state in DECIDING:
        asked = row.agreement or row.decision
        return asked.opened_at if asked else row.opened_at
    if row.state in Suspension.IN_FORCE:
        return row.standing.starts_at
    return row.ended_at or row.opened_at
