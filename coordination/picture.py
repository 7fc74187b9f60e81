"""Who is there, area by area: recorded assignments joined with what memberships say already (§4, table; K1).

Nobody is typed twice: whoever holds the role of DSS field, say, is shown without an assignment, as not confirmed yet.
Nobody is shown who no longer counts: that is asked of sharing.holdings, with the memberships at hand. Who works in an
area works in its parts (§4b): what is recorded for the whole stands on the page of each part, and says so.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from areas.models import Area
from organisations.models import Membership, Standing
from partners.registers import day_of, end_of
from sharing.access import EVERYONE
from sharing.holdings import holdings

from .holders import Gap, Holder, Picture, Post, Side, Voice
from .models import Assignment, Mechanism

Function, Community = Assignment.Function, Mechanism.Community
# What a role says by itself, so that nobody needs to type it again.
FUNCTION_OF_ROLE = {
    "dss_field": Function.DSS_OFFICE,
    "country_security_focal_point": Function.COUNTRY_FOCAL_POINT,
    "ocha": Function.OCHA,
    "designated_official": Function.DESIGNATED_OFFICIAL,
    "platform_representative": Function.REPRESENTATIVE,
}
UN_SIDE = (
    Function.DSS_OFFICE,
    Function.COUNTRY_FOCAL_POINT,
    Function.SLT_FOCAL_POINT,
    Function.OCHA,
    Function.SIOC,
    Function.DESIGNATED_OFFICIAL,
)
NO_MECHANISM, NO_REPRESENTATIVE = "no_mechanism", "no_representative"
_NOBODY = {
    Function.DSS_OFFICE: _("Nobody named for the DSS office"),
    Function.COUNTRY_FOCAL_POINT: _("No country security focal point named"),
    Function.SLT_FOCAL_POINT: _("No SLT focal point named"),
    Function.OCHA: _("Nobody named for OCHA"),
    Function.DESIGNATED_OFFICIAL: _("No Designated Official named"),
}
_NO_MECHANISM = {
    Community.NGO: _("No mechanism of the NGO community"),
    Community.IO: _("No mechanism of the IO community"),
}


def picture_of(area: Area, on: date | None = None) -> Picture:
    """Who is there in one area on a day (default today, UTC)."""
    return pictures([area], on)[area.pk]


def pictures(areas: Iterable[Area], on: date | None = None) -> dict[int, Picture]:
    """The same of many, by the id of the area; five queries at most, however many there are.

    Of today it is as it is this minute, of a day that is gone as it stood at its end (UTC).
    """
    areas, day = list(areas), on or timezone.now().date()
    rows = _Rows(areas, day)
    found = {area.pk: _picture(area, rows) for area in areas}
    hats = rows.hats()
    for holder in {id(row): row for one in found.values() for row in one.holders}.values():
        own = (holder.function, holder.area.pk)
        holder.also = [hat for key, hat in hats[holder.person].items() if key != own]
    return found


def able(memberships: Iterable[Membership], area: Area) -> list[Membership]:
    """Of some memberships those whose people can act in `area` now; with user and organisation; two queries."""
    memberships = list(memberships)
    counting = _counting({row.pk: row for row in memberships}, timezone.now())
    return [row for row in memberships if row.pk in counting and area.pk not in counting[row.pk]]


class _Rows:
    """What there is to know about some areas on a day: their own rows, and those of what they are part of."""

    def __init__(self, areas, day):
        self.day, moment = day, end_of(day)
        places = {place for area in areas for place in area.places}
        self.mechanisms = _by_area(_mechanisms(places, day, moment))
        assigned = list(_assignments(day).filter(Q(area__in=places) | _same_people(places, day, moment)))
        roles = list(_role_holders(places, [row for row in assigned if row.area_id in places], moment))
        named = [row.membership for row in assigned if row.membership_id]
        self.counting = _counting({row.pk: row for row in (*named, *roles)}, moment)
        live = [self._holder(row) for row in assigned if self._is_live(row)]
        self.assigned = _by_area(live)
        self.roles = _by_area(self._holder_by_role(row) for row in roles if self.counts(row, row.area_id))

    def counts(self, membership, area_id) -> bool:
        """Whether this membership lets its person act in an area: in force, and nothing suspended there."""
        closed = self.counting.get(membership.pk)
        return closed is not None and area_id not in closed

    def is_old(self, row) -> bool:
        """Whether nobody confirmed a row for too long."""
        return row.confirmed_on < self.day - timedelta(days=settings.CONFIRMED_DAYS)

    def of(self, rows, area) -> list:
        """The rows of an area and of what it is part of, its own first."""
        return [row for place in area.places for row in rows[place]]

    def people(self, rows, area) -> list[Holder]:
        """The same of people, without whoever does not count in this area."""
        found = self.of(rows, area)
        return [row for row in found if row.membership is None or self.counts(row.membership, area.pk)]

    def by_role_alone(self, area) -> list[Holder]:
        """Whoever holds a role there and has no assignment for what it says."""
        assigned = self.people(self.assigned, area)
        known = {(row.function, row.area.pk, row.user_id) for row in assigned}
        return [row for row in self.people(self.roles, area) if (row.function, row.area.pk, row.user_id) not in known]

    def hats(self) -> dict[str, dict]:
        """By person: every function in every area."""
        found = defaultdict(dict)
        for area_id, rows in self.assigned.items():
            for row in rows:
                found[row.person][(row.function, area_id)] = (Function(row.function).label, row.area)
        desks = {(row.user_id, row.area.pk) for rows in self.assigned.values() for row in rows}
        for area_id, rows in self.roles.items():
            for row in rows:
                # One of the DSS office who has a function of their own there has no second one by the role.
                if row.function != Function.DSS_OFFICE or (row.user_id, area_id) not in desks:
                    found[row.person].setdefault((row.function, area_id), (Function(row.function).label, row.area))
        return found

    def _is_live(self, row) -> bool:
        of_suspended = row.mechanism_id is not None and row.mechanism_is_closed
        return not of_suspended and (row.membership is None or self.counts(row.membership, row.area_id))

    def _holder(self, row) -> Holder:
        return Holder(row.function, row.area, row, row.membership, row.since, self.is_old(row))

    def _holder_by_role(self, row) -> Holder:
        return Holder(FUNCTION_OF_ROLE[row.role], row.area, None, row, day_of(row.starts_at))


def _by_area(rows) -> dict[int, list]:
    found = defaultdict(list)
    for row in rows:
        found[row.area.pk].append(row)
    return found


def _mechanisms(places, day, moment):
    rows = Mechanism.objects.on(day).filter(area__in=places)
    return rows.select_related("area", "organisation", "confirmed_by")


def _assignments(day):
    """Those in force; of a representative, whose mechanism is, too. Nobody speaks for who is suspended there."""
    is_over = Q(mechanism__ended_on__lte=day) | Q(mechanism__since__gt=day)
    closed = Standing.objects.on(end_of(day)).filter(
        Q(area=None) | Q(area=OuterRef("area")) | Q(area=OuterRef("area__parent")),
        kind=Standing.Kind.SUSPENDED,
        organisation=OuterRef("mechanism__organisation"),
    )
    rows = Assignment.objects.on(day).exclude(is_over).annotate(mechanism_is_closed=Exists(closed))
    return rows.select_related("area", "membership__user", "membership__organisation", "confirmed_by")


def _role_holders(places, assigned, moment):
    """The memberships that say by themselves who is there, and those of the same people in other areas."""
    rows = _with_roles(moment)
    platforms = Q(organisation__kind="platform") | ~Q(role="platform_representative")
    users = [row.membership.user_id for row in assigned if row.membership_id]
    there = rows.filter(area__in=places).order_by().values("user")
    rows = rows.filter(Q(area__in=places) | Q(user__in=users) | Q(user__in=there))
    return rows.filter(platforms).select_related("user", "organisation", "area").order_by("starts_at", "pk")


def _with_roles(moment):
    return Membership.objects.on(moment).filter(role__in=FUNCTION_OF_ROLE, area__isnull=False)


def _same_people(places, day, moment) -> Q:
    """Assignments of people who are there, wherever."""
    here = _assignments(day).filter(area__in=places).order_by()
    users = here.filter(membership__isnull=False).values("membership__user")
    by_role = _with_roles(moment).filter(area__in=places).order_by().values("user")
    addresses = here.exclude(email="").values("email")
    return Q(membership__user__in=users) | Q(membership__user__in=by_role) | Q(email__in=addresses)


def _counting(memberships: dict[int, Membership], moment: datetime) -> dict[int, frozenset[int]]:
    """Of these memberships those that count now, by id, with the areas that are closed to them: one rule with all that
    is shared (sharing.holdings)."""
    live = [row for row in memberships.values() if _is_in_force(row, moment)]
    found = {}
    for row in holdings(moment, principals={EVERYONE}, memberships=live):
        found[(row.user_id, row.organisation_id, row.area_id, row.role)] = row.except_areas
    keys = {row.pk: (row.user_id, row.organisation_id, row.area_id, row.role) for row in live}
    return {pk: found[key] for pk, key in keys.items() if key in found}


def _is_in_force(row, moment):
    user = row.user
    if not user.is_active or user.is_mailbox or (user.expires_at and user.expires_at <= moment):
        return False
    return row.starts_at <= moment and (row.ends_at is None or row.ends_at > moment)


def _picture(area, rows) -> Picture:
    assigned, by_role = rows.people(rows.assigned, area), rows.by_role_alone(area)
    posts = [_post(area, function, assigned, by_role) for function in UN_SIDE]
    posts = [post for post in posts if post.holders or post.function != _not_there(area)]
    voices = _voices(area, rows, assigned, by_role)
    sides = [_side(community, [row for row in voices if row.community == community]) for community in Community]
    return Picture(area, rows.day, posts, sides)


def _not_there(area) -> str:
    """Whom an area does not need: DSS has an office, or the country security focal point in its stead (§4, note 5)."""
    return Function.COUNTRY_FOCAL_POINT if area.has_dss_office else Function.DSS_OFFICE


def _post(area, function, assigned, by_role) -> Post:
    holders = [row for row in assigned if row.function == function]
    others = [row for row in by_role if row.function == function]
    if function == Function.DSS_OFFICE and holders:
        # The office has a head: those of it who have a function of their own stand there.
        busy = {row.user_id for row in assigned}
        others = [row for row in others if row.user_id not in busy]
    holders += others
    return Post(function, holders, None if holders else _gap_of(area, function))


def _gap_of(area, function) -> Gap | None:
    if function == Function.SLT_FOCAL_POINT:
        # Where DSS has no office the country security focal point acts as such (§4, note 5).
        return Gap(function, _NOBODY[function], only_reinforced=True) if area.has_dss_office else None
    return Gap(function, _NOBODY[function]) if function in _NOBODY else None


def _voices(area, rows, assigned, by_role) -> list[Voice]:
    """The recorded mechanisms, and platforms that have a representative and were not recorded."""
    found, speakers = [], [row for row in by_role if row.function == Function.REPRESENTATIVE]
    for row in rows.of(rows.mechanisms, area):
        people = [one for one in assigned if one.assignment.mechanism_id == row.pk]
        people += [one for one in speakers if one.membership.organisation_id == row.organisation_id]
        place = (row.area, row.since, row.organisation)
        found.append(Voice(row, row.name, row.community, *place, people, rows.is_old(row)))
    recorded = {voice.organisation.pk for voice in found if voice.organisation}
    platforms = defaultdict(list)
    for one in speakers:
        if one.membership.organisation_id not in recorded:
            platforms[(one.membership.organisation_id, one.area.pk)].append(one)
    return found + [_platform(people) for people in platforms.values()]


def _platform(people) -> Voice:
    organisation, area = people[0].membership.organisation, people[0].area
    since = min(row.since for row in people)
    return Voice(None, organisation.name, Community.NGO, area, since, organisation, people)


def _side(community, voices) -> Side:
    if not voices:
        return Side(community, [], [Gap(NO_MECHANISM, _NO_MECHANISM[community], community)])
    silent = [voice for voice in voices if not voice.representatives]
    sentence = _("Nobody represents “{name}”")
    gaps = [Gap(NO_REPRESENTATIVE, format_lazy(sentence, name=row.name), community) for row in silent]
    return Side(community, voices, gaps)
