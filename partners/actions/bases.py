"""What a standing rests on: recorded, renewed, ended. Nobody becomes or ceases to be a partner past this (§3; P8, P10).

`organisations.actions` does the facts; a basis says why they hold, until when and who said so.
"""

from datetime import date

from django.db import transaction
from django.utils import timezone

from audit.actions import record
from notifications.actions import announce
from notifications.models import Subject
from organisations.actions import add_standing, end_standing
from organisations.models import Organisation, Standing
from partners.messages.bases import BasisEnded
from partners.models import Basis, BasisEntry
from sharing.holdings import people_of
from slt_portal.states import StaleState, move

PARTNER, ACTIVE, LOCAL = Standing.Kind.PARTNER, Standing.Kind.ACTIVE, Standing.Kind.LOCAL_ARRANGEMENT
_INTERNATIONAL = frozenset({Organisation.Kind.INGO, Organisation.Kind.IO})
_What = BasisEntry.What


class NotEligible(ValueError):
    """An organisation of this kind cannot stand like this, or what it would rest on is not there (§2, §3; P3)."""


@transaction.atomic
def record_basis(
    *,
    organisation: Organisation,
    kind: str,
    area,
    route: str,
    by,
    memorandum=None,
    entity=None,
    platform=None,
    confirmed_by: str = "",
    relation: str = "",
    ends_on: date | None = None,
) -> Basis:
    """`organisation` stands as `kind` (partner, active, local arrangement) in `area` (None: everywhere) from now on.

    What is in force already is not doubled: its basis is returned as it is, or made if it has none, being older than
    the register. Raises NotEligible for a national NGO as partner, for anybody else as local arrangement, and for
    activity of who is no partner; ValueError for an end that has passed.
    """
    # Two at once: one standing.
    organisation = Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    check_kind(organisation, kind, area)
    if ends_on is not None and ends_on < timezone.now().date():
        raise ValueError("a basis does not end before it begins")
    in_force = Standing.objects.on().filter(organisation=organisation, kind=kind, area=area).order_by("pk")
    standing = in_force.select_related("basis").first()
    if standing is not None and hasattr(standing, "basis"):
        return standing.basis
    if standing is None:
        standing = add_standing(organisation=organisation, kind=kind, area=area, by=by)
    basis = Basis.objects.create(
        standing=standing,
        route=Basis.Route(route),
        memorandum=memorandum,
        entity=entity,
        platform=platform,
        confirmed_by=confirmed_by,
        relation=relation,
        ends_on=ends_on,
        subject=Subject.objects.create(),
        recorded_by=by,
    )
    _note(basis, _What.RECORDED, by=by)
    return basis


def check_kind(organisation: Organisation, kind: str, area) -> None:
    """Raises NotEligible where `record_basis` would: formal status is for INGO and IO (§2), activity for partners."""
    if kind == LOCAL:
        if organisation.kind != Organisation.Kind.NNGO:
            raise NotEligible("a local arrangement is for national NGOs")
        return
    if kind not in {PARTNER, ACTIVE}:
        raise NotEligible("a suspension has no basis")
    if organisation.kind not in _INTERNATIONAL:
        raise NotEligible("partnership is for INGO and IO")
    if kind == ACTIVE and not any(row.area_id in {None, area.pk} for row in _in_force(organisation, PARTNER)):
        raise NotEligible("only a partner is active in an area")


def is_eligible(organisation: Organisation, kind: str, area) -> bool:
    """Whether `record_basis` would not refuse (NotEligible)."""
    try:
        check_kind(organisation, kind, area)
    except NotEligible:
        return False
    return True


@transaction.atomic
def renew_basis(basis: Basis, *, ends_on: date | None, confirmed_by: str, by) -> None:
    """It holds until `ends_on` (None: no end is known), as `confirmed_by` said; its reminders begin anew (P10).

    Raises StaleState if it was renewed or ended since `basis` was read, ValueError for an end that has passed.
    """
    now = timezone.now()
    if ends_on is not None and ends_on < now.date():
        raise ValueError("a basis is renewed until a day to come")
    _lock(basis)
    move(basis, Basis.State.CURRENT, ends_on=ends_on, confirmed_by=confirmed_by, reviewed_at=now)
    _note(basis, _What.RENEWED, by=by)


@transaction.atomic
def lapse_basis(basis: Basis) -> None:
    """Its end has passed: shown as lapsed, and DSS decides; the standing stays meanwhile (P10). Raises StaleState."""
    _lock(basis)
    move(basis, Basis.State.LAPSED)
    _note(basis, _What.LAPSED, by=None)


@transaction.atomic
def end_basis(basis: Basis, *, by, reason: str = "") -> None:
    """The standing ends now, and what rests on it; suspensions stay; the organisation is told. `by`: None, the portal.

    Raises StaleState if it has ended, or was renewed since `basis` was read.
    """
    _lock(basis)
    end_resting(basis.standing, by=by, reason=reason)
    basis.refresh_from_db()
    people = people_of_standing(basis.standing)
    announce(BasisEnded, subject=basis.subject, event_key=f"basis:{basis.ref}:ended", recipients=people)


def people_of_standing(standing: Standing) -> set[int]:
    """Who answers for a standing: the organisation's headquarters, its people in the area where it has none."""
    own = people_of({f"applicant:{standing.organisation_id}"})
    if not own and standing.area_id:
        own = people_of({f"originator_in_area:{standing.organisation_id}:{standing.area_id}"})
    return own


@transaction.atomic
def end_resting(standing: Standing, *, by, reason: str = "") -> None:
    """End a standing, with or without basis, and all that rests on it (`resting_on`). Raises StaleState if it has.

    For partnership that is older than the register, and for whoever ends it without looking for its basis.
    """
    Organisation.objects.select_for_update(no_key=True).get(pk=standing.organisation_id)
    for row in [*resting_on(standing), standing]:
        end_standing(row, by=by)
        basis = Basis.objects.filter(standing=row).select_related("standing__area").first()
        if basis is not None:
            move(basis, Basis.State.ENDED)
            _note(basis, _What.ENDED, by=by, reason=reason)


def resting_on(standing: Standing) -> list[Standing]:
    """The standings in force that end with this one: activity of a partner, everywhere or in the one area. No
    suspension, and no confirmation of an area by its own."""
    if standing.kind != PARTNER:
        return []
    active = _in_force(standing.organisation, ACTIVE)
    if standing.area_id is None:
        return active
    if any(row.area_id is None for row in _in_force(standing.organisation, PARTNER)):
        return []  # it stays a partner there through its global status
    return [row for row in active if row.area_id == standing.area_id]


def _in_force(organisation, kind):
    rows = Standing.objects.on().filter(organisation=organisation, kind=kind).select_related("area")
    return list(rows.order_by("area__code", "pk"))


def _lock(basis):
    """Two at once: the second finds that what it was about has changed."""
    seen = (basis.state, basis.reviewed_at)
    now = Basis.objects.select_for_update().filter(pk=basis.pk).values_list("state", "reviewed_at").get()
    if now != seen or basis.state == Basis.State.ENDED:
        raise StaleState("somebody else renewed or ended this first")


def _note(basis, what, *, by, reason=""):
    BasisEntry.objects.create(
        basis=basis, what=what, by=by, ends_on=basis.ends_on, confirmed_by=basis.confirmed_by, reason=reason
    )
    standing = basis.standing
    facts = {
        "organisation": standing.organisation.ref,
        "standing": str(standing.kind),
        "area": standing.area.code if standing.area else None,
        "route": str(basis.route),
        "until": basis.ends_on.isoformat() if basis.ends_on else None,
    }
    record(f"partners.basis_{what}", by=by, object_type="basis", object_ref=basis.ref, facts=facts)
