"""Who is a partner, where, on what, and since when: now, or as it stood on a day that is gone (§3; P8, P10).

Everything is read from dated facts: standings, and what was recorded of their bases. Nothing is kept beside them.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from areas.models import Area
from organisations.models import Organisation, Standing
from sharing.access import Access

from .models import Basis, BasisEntry

PARTNER, ACTIVE, LOCAL = Standing.Kind.PARTNER, Standing.Kind.ACTIVE, Standing.Kind.LOCAL_ARRANGEMENT
INTERNATIONAL = (Organisation.Kind.INGO, Organisation.Kind.IO)
FIRST_DAY = date(2000, 1, 1)  # older than the framework: nothing was ever recorded for an earlier day
STATES = {"active": _("active"), "lapsed": _("lapsed"), "suspended": _("suspended")}
# Principals that end with an area; all others are world-wide, or of a body.
_OF_AN_AREA = frozenset({"dss", "ocha", "designated_official", "mechanism", "un", "area_partners"}) | {
    "organisation_in_area",
    "originator_in_area",
}


def reads_global(access: Access) -> bool:
    """Whether this person reads the global register: who does is a setting (P8)."""
    return any(name.split(":")[0] in settings.GLOBAL_REGISTER_READERS for name in access.principals)


def reads_area(access: Access, area: Area) -> bool:
    """Whether this person reads the register of `area`: those of that area, and world-wide readers of any (P8)."""
    wanted = (name.split(":") for name in access.principals)
    return any(kind in settings.AREA_REGISTER_READERS and _reaches(kind, rest, area) for kind, *rest in wanted)


def _reaches(kind, rest, area):
    return not rest or kind not in _OF_AN_AREA or rest[-1] == str(area.pk)


def areas_read(access: Access) -> QuerySet[Area]:
    """The areas whose registers this person reads."""
    found = [(kind, rest) for kind, *rest in (name.split(":") for name in access.principals)]
    found = [(kind, rest) for kind, rest in found if kind in settings.AREA_REGISTER_READERS]
    if any(not rest or kind not in _OF_AN_AREA for kind, rest in found):
        return Area.objects.all()
    return Area.objects.filter(pk__in={int(rest[-1]) for _kind, rest in found})


def register_link(access: Access, area: Area | None) -> str:
    """The address of a register, for pages about an area; empty for who does not read it."""
    if area is None:
        return reverse("partners:register") if reads_global(access) else ""
    return reverse("partners:register_area", args=[area.code]) if reads_area(access, area) else ""


def is_dss_of(access: Access, area: Area | None) -> bool:
    """Whether this person records standings there: DSS headquarters, or DSS of the area (§3)."""
    return "dss_world" in access.principals or (area is not None and f"dss:{area.pk}" in access.principals)


def end_of(day: date) -> datetime:
    """The last moment of `day`, UTC; of today: now."""
    return min(datetime.combine(day + timedelta(days=1), time.min, UTC) - timedelta(microseconds=1), timezone.now())


def day_of(moment: datetime) -> date:
    """The day of a moment in UTC: a register says the same to everybody, whatever their clock."""
    return moment.astimezone(UTC).date()


@dataclass(frozen=True)
class Row:
    """One organisation in a register: how it stands, since when, and on what. `basis` is None where none is recorded.

    `until` and `confirmed_by` are those of the day that was asked for; `confirm_by` is when a basis without an end has
    to be confirmed anew.
    """

    organisation: Organisation
    standing: Standing
    basis: Basis | None
    state: str
    until: date | None = None
    confirmed_by: str = ""

    @property
    def since(self) -> date:
        """The day (UTC, as everything in a register) since which it stands like this."""
        return day_of(self.standing.starts_at)

    @property
    def state_label(self):
        """The state in words."""
        return STATES[self.state]

    @property
    def route(self) -> str:
        """The code of what it rests on; empty: older than the register."""
        return self.basis.route if self.basis else ""

    @property
    def route_label(self):
        """What it rests on, in words; of a global partner in an area: its global status."""
        return route_label(self.route, is_global=self.is_global)

    @property
    def is_global(self) -> bool:
        """Whether it is active in an area through its status at the global level."""
        return self.standing.kind == ACTIVE

    @property
    def own_basis(self) -> Basis | None:
        """The basis of this very standing: in an area that of the activity there."""
        return getattr(self.standing, "basis", None)

    @property
    def confirmed(self) -> str:
        """Who said so, with the entity or platform they speak for."""
        return confirmed_text(self.basis, self.confirmed_by)

    @property
    def confirm_by(self) -> date | None:
        """By when a basis without an end is to be confirmed again."""
        return ends_of(self.basis) if self.basis and not self.until else None

    def frozen(self) -> dict:
        """The row as a list keeps it for good."""
        organisation = self.organisation
        return {
            "ref": organisation.ref,
            "name": organisation.name,
            "acronym": organisation.acronym,
            "kind": str(organisation.kind),
            "headquarters": organisation.headquarters_id or "",
            "state": self.state,
            "route": str(self.route),
            "is_global": self.is_global,
            "confirmed": self.confirmed,
            "since": self.since.isoformat(),
            "until": self.until.isoformat() if self.until else "",
        }


def route_label(route: str, *, is_global: bool = False):
    """What a standing rests on, in words."""
    if is_global:
        return _("global status")
    return Basis.Route(route).label if route else _("recorded before the register")


def confirmed_text(basis: Basis | None, confirmed_by: str) -> str:
    """Who confirmed it and whom they speak for, as one would name them."""
    body = basis and (basis.entity or basis.platform)
    named = [confirmed_by, (body.acronym or body.name) if body else ""]
    return ", ".join(part for part in named if part)


def ends_of(basis: Basis) -> date:
    """The last day on which a basis holds without anybody confirming it again (P10)."""
    if basis.ends_on:
        return basis.ends_on
    return ((basis.reviewed_at or basis.recorded_at) + timedelta(days=settings.BASIS_CONFIRM_DAYS)).date()


def members(area: Area | None, moment: datetime) -> QuerySet[Organisation]:
    """The organisations of a register at `moment`: global (no area), or confirmed **and** active in `area`; by name."""
    standings = Standing.objects.on(moment).filter(organisation=OuterRef("pk"))
    world = Exists(standings.filter(kind=PARTNER, area=None))
    if area is None:
        found = world
    else:
        found = Exists(standings.filter(kind=PARTNER, area=area)) | (
            world & Exists(standings.filter(kind=ACTIVE, area=area))
        )
    rows = Organisation.objects.filter(found, kind__in=INTERNATIONAL)
    return rows.select_related("headquarters").order_by("name", "pk")


def local_arrangements(area: Area, moment: datetime) -> QuerySet[Organisation]:
    """The national NGOs with a local arrangement in `area` at `moment`: no partners, listed apart (P3)."""
    standings = Standing.objects.on(moment).filter(organisation=OuterRef("pk"), kind=LOCAL, area=area)
    return Organisation.objects.filter(Exists(standings)).select_related("headquarters").order_by("name", "pk")


def narrowed(rows: QuerySet[Organisation], *, name: str = "", kind: str = "") -> QuerySet[Organisation]:
    """Those of a kind, and whose name, acronym or another name holds `name`."""
    if kind:
        rows = rows.filter(kind=kind)
    if name:
        rows = rows.filter(Q(name__icontains=name) | Q(acronym__icontains=name) | Q(names__name__icontains=name))
    return rows.distinct()


def rows_of(organisations: Iterable[Organisation], area: Area | None, moment: datetime) -> list[Row]:
    """How these organisations stood at `moment`; two queries however many there are."""
    organisations = list(organisations)
    standings = Standing.objects.on(moment).filter(organisation__in=organisations).order_by("pk")
    places = {None} if area is None else {None, area.pk, area.parent_id}
    by_organisation, bases = defaultdict(list), []
    for row in standings.select_related("basis__entity", "basis__platform"):
        if row.area_id in places:
            by_organisation[row.organisation_id].append(row)
            bases += [row.basis] if hasattr(row, "basis") else []
    entries = _entries_of(bases, moment)
    place = area.pk if area else None
    return [row for one in organisations if (row := _row(one, by_organisation[one.pk], place, entries, moment))]


def _entries_of(bases, moment) -> dict[int, BasisEntry]:
    """The newest entry of each basis at `moment`."""
    entries = BasisEntry.objects.filter(basis__in=bases, at__lte=moment).exclude(what="ended").order_by("pk")
    return {entry.basis_id: entry for entry in entries}


def _row(organisation, standings, area_id, entries, moment) -> Row | None:
    found = {}
    for row in standings:
        if row.kind != Standing.Kind.SUSPENDED:
            found.setdefault((row.kind, row.area_id), row)
    standing = (
        found.get((PARTNER, area_id))
        or (area_id and found.get((ACTIVE, area_id)))
        or (area_id and found.get((LOCAL, area_id)))
    )
    if not standing:
        return None
    # A global partner in an area is eligible through its global status: that is its basis there.
    rests_on = found.get((PARTNER, None)) if standing.kind == ACTIVE else standing
    basis, until, confirmed_by, is_lapsed = _as_it_was(rests_on, entries, moment)
    _own, _until, _by, own_lapsed = _as_it_was(standing, entries, moment)
    is_suspended = any(row.kind == Standing.Kind.SUSPENDED for row in standings)
    state = "suspended" if is_suspended else "lapsed" if is_lapsed or own_lapsed else "active"
    return Row(organisation, standing, basis, state, until, confirmed_by)


def _as_it_was(standing, entries, moment):
    """(basis, until, confirmed by, whether lapsed) of a standing at `moment`."""
    basis = getattr(standing, "basis", None)
    if basis is None or basis.recorded_at > moment:
        return None, None, "", False
    entry = entries.get(basis.pk)
    if entry is None:  # made without the register's actions
        return basis, basis.ends_on, basis.confirmed_by, basis.state == Basis.State.LAPSED
    return basis, entry.ends_on, entry.confirmed_by, entry.what == BasisEntry.What.LAPSED


def digest_of(content) -> str:
    """The SHA-256 of anything that JSON can say: the same content, the same digest."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def visible_bases(access: Access) -> QuerySet[Basis]:
    """The bases that a reader of the registers may open."""
    rows = Basis.objects.select_related(
        "standing__organisation", "standing__area", "entity", "platform", "memorandum", "recorded_by"
    )
    seen = Q(standing__area__in=areas_read(access).values("pk"))
    if reads_global(access):
        seen |= Q(standing__area=None)
    return rows.filter(seen)


def own_standings(access: Access) -> list[Row]:
    """How the reader's own organisation stands, everywhere they answer for it: for “How we stand”. No names of who
    confirmed: what a UN entity answered is not the organisation's to read (P11)."""
    organisations = access.offices_for("applicant")
    pairs = set()
    for name in access.principals:
        kind, *rest = name.split(":")
        if kind == "originator":
            organisations.add(int(rest[0]))
        elif kind == "originator_in_area":
            pairs.add((int(rest[0]), int(rest[1])))
    concerned = organisations | {organisation for organisation, _area in pairs}
    standings = Standing.objects.on(access.on).filter(organisation__in=concerned).order_by("organisation__name", "pk")
    found = list(standings.select_related("organisation", "area", "basis__standing"))
    suspended = {(row.organisation_id, row.area_id) for row in found if row.kind == Standing.Kind.SUSPENDED}
    rows = []
    for row in found:
        is_theirs = row.organisation_id in organisations or (row.organisation_id, row.area_id) in pairs
        if row.kind == Standing.Kind.SUSPENDED or not (is_theirs or row.area_id is None):
            continue
        basis = getattr(row, "basis", None)
        places = (None, *(row.area.places if row.area else ()))  # suspended in an area is suspended in its parts
        is_suspended = {(row.organisation_id, place) for place in places} & suspended
        is_lapsed = basis is not None and basis.state == Basis.State.LAPSED
        state = "suspended" if is_suspended else "lapsed" if is_lapsed else "active"
        rows.append(Row(row.organisation, row, basis, state, basis and basis.ends_on))
    return rows
