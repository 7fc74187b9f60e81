"""Questions about organisations and their people."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.rules import has_acknowledged
from areas.models import Area
from notifications.trouble import came_back

from .models import AddressException, Invitation, Membership, Organisation, Standing
from .policies import ANY, ENDS, KINDS_OF_ROLE, is_still_given, roles_held
from .roles import MAILBOX, MAILBOXES

# Who answers for an area, in the order in which one would call them.
AREA_ROLES = ("dss_field", "country_security_focal_point", "designated_official")
# The people whom a partner organisation names as its contacts (I6).
CONTACT_ROLES = ("partner_headquarters", "partner_field")
FEWEST_CONTACTS, MOST_CONTACTS = 2, 3
_PARTNER_KINDS = ("ingo", "io")


def organisations_looked_after(user, held=None) -> QuerySet[Organisation]:
    """The organisations whose people this user may see and invite; `held`: their (role, organisation), if known."""
    if held is None:
        held = roles_held(user).filter(role__in=ENDS).values_list("role", "organisation")
    own, kinds = set(), set()
    for role, organisation in held:
        if role not in ENDS:
            continue
        reach, roles = ENDS[role]
        if reach == ANY:
            kinds.update(*(KINDS_OF_ROLE[code] for code in roles))
        else:
            own.add(organisation)
    return Organisation.objects.filter(Q(pk__in=own) | Q(kind__in=kinds))


def people_of(organisation) -> QuerySet[Membership]:
    """The memberships of an organisation in force now or later, by name; each says `has_acknowledged` the rules."""
    rows = Membership.objects.filter(Q(ends_at=None) | Q(ends_at__gt=timezone.now()), organisation=organisation)
    rows = rows.annotate(has_acknowledged=has_acknowledged("user"))
    return rows.select_related("user", "area", "organisation").order_by("user__name", "user__email", "role", "pk")


def waiting_invitations(organisation) -> QuerySet[Invitation]:
    """Invitations that can still be accepted, oldest first."""
    open_links = Q(link__used_at=None, link__expires_at__gt=timezone.now())
    rows = Invitation.objects.filter(open_links, organisation=organisation)
    return rows.select_related("user", "area", "link", "organisation").order_by("invited_at", "pk")


def addresses_to_correct(held) -> QuerySet:
    """(reference, name) of each organisation with somebody whom mail does not reach, for who mends that there.

    `held` are the (role, organisation) of the reader. From outside a partner one is not asked about the people whom its
    own focal points look after.
    """
    reaches = [(*ENDS[role], organisation) for role, organisation in held if role in ENDS]
    own = [organisation for reach, _, organisation in reaches if reach != ANY]
    anywhere = {role for reach, roles, _ in reaches if reach == ANY for role in roles} - {"partner_field", MAILBOX}
    now = timezone.now()
    concerns = Q(organisation__in=own) | Q(role__in=anywhere)
    concerns &= Q(user__is_active=True)
    members = Membership.objects.filter(concerns, user__in=came_back().values("recipient"))
    not_over = Q(ends_at=None) | Q(ends_at__gt=now)
    invitation = came_back().filter(recipient=OuterRef("user"), message__subject=OuterRef("subject"))
    invited = Invitation.objects.filter(concerns, Exists(invitation), link__used_at=None, link__expires_at__gt=now)
    names = ("organisation__ref", "organisation__name")
    return members.filter(not_over).values_list(*names).union(invited.values_list(*names))


def contacts_of(area) -> QuerySet[Membership]:
    """Who answers for an area now: DSS of the area or the country security focal point, the Designated Official."""
    rows = Membership.objects.on().filter(area=area, role__in=AREA_ROLES, user__is_active=True)
    return rows.select_related("user", "organisation").order_by("role", "user__name", "pk")


def works_in(organisation) -> QuerySet[Area]:
    """The areas in which an organisation is active now."""
    standings = Standing.objects.on().filter(organisation=organisation, kind__in=["active", "partner"])
    return Area.objects.filter(pk__in=standings.filter(area__isnull=False).values("area"))


def focal_points_of(organisation) -> QuerySet[Membership]:
    """The focal points at headquarters of an organisation who may act for it now, nobody of one that is suspended."""
    suspended = Standing.objects.on().filter(kind=Standing.Kind.SUSPENDED, area=None, organisation=organisation)
    rows = Membership.objects.on().filter(organisation=organisation, role="partner_headquarters", user__is_active=True)
    return rows.filter(~Exists(suspended))


def dss_headquarters() -> QuerySet[Membership]:
    """Everybody of DSS headquarters now."""
    return Membership.objects.on().filter(role="dss_headquarters", user__is_active=True)


@dataclass(frozen=True)
class Contacts:
    """How many contacts an organisation has at headquarters (no area) or in an area, against two to three (I6)."""

    area: Area | None
    count: int

    @property
    def is_enough(self) -> bool:
        """Whether the number is as the list wants it."""
        return FEWEST_CONTACTS <= self.count <= MOST_CONTACTS

    @property
    def is_short(self) -> bool:
        """Whether somebody is missing."""
        return self.count < FEWEST_CONTACTS

    @property
    def in_words(self) -> str:
        """What the page says."""
        if self.is_short:
            return _("%(count)s of 2–3 contacts") % {"count": self.count}
        if self.count > MOST_CONTACTS:
            return _("more than three: the list calls for two to three")
        return ngettext("%(count)s contact", "%(count)s contacts", self.count) % {"count": self.count}


def contacts_in(organisation, people) -> list[Contacts]:
    """The contacts of a partner at headquarters and in each area where it works, from its `people_of` (I6)."""
    if organisation.kind not in _PARTNER_KINDS:
        return []
    now, found = timezone.now(), {}
    for row in people:
        if row.role in CONTACT_ROLES and row.starts_at <= now and row.user.is_active:
            found.setdefault(row.area_id, set()).add(row.user_id)
    areas = sorted(works_in(organisation), key=str)
    return [Contacts(area, len(found.get(area and area.pk, ()))) for area in [None, *areas]]


def contacts_left(membership) -> int:
    """How many people hold the role of a membership in the same place now."""
    terms = {"organisation": membership.organisation_id, "role": membership.role, "area": membership.area_id}
    rows = Membership.objects.on().filter(user__is_active=True, **terms)
    return rows.values("user").distinct().count()


def own_roles(user) -> QuerySet[Membership]:
    """The user's own memberships in force now or later."""
    rows = Membership.objects.filter(Q(ends_at=None) | Q(ends_at__gt=timezone.now()), user=user)
    return rows.select_related("user", "organisation", "area").order_by("organisation__name", "role", "pk")


def live_exception(organisation, email: str, on=None) -> AddressException | None:
    """The approved exception under which this address may be used for this organisation now, or None (I7)."""
    rows = AddressException.objects.filter(organisation=organisation, email=email.strip().lower())
    return rows.filter(state="approved", expires_at__gt=on or timezone.now()).order_by("-expires_at", "-pk").first()


def is_still_meant(invitation) -> bool:
    """Whether the right of who sent an invitation still holds; its address is `addresses.can_be_accepted`'s question.

    A mailbox has roles that nobody else has, whatever became of the account since the invitation was sent.
    """
    return invitation.user.is_mailbox == (invitation.role in MAILBOXES) and is_still_given(invitation)


def not_renewed(rows: QuerySet[AddressException]) -> QuerySet[AddressException]:
    """Those of some exceptions that none for the same address outlasts."""
    later = AddressException.objects.filter(
        organisation=OuterRef("organisation"), email=OuterRef("email"), expires_at__gt=OuterRef("expires_at")
    )
    return rows.filter(~Exists(later))


def exceptions_ending(*, within: timedelta, on=None) -> QuerySet[AddressException]:
    """Approved exceptions that end within some time from now and were not renewed."""
    on = on or timezone.now()
    rows = AddressException.objects.filter(state="approved", expires_at__gt=on, expires_at__lte=on + within)
    return not_renewed(rows).select_related("organisation").order_by("expires_at", "pk")


def exceptions_of(organisation) -> QuerySet[AddressException]:
    """The exceptions of an organisation that wait or were decided in the last year, newest first."""
    fresh = (
        Q(state="requested")
        | Q(requested_at__gt=timezone.now() - timedelta(days=365))
        | Q(expires_at__gt=timezone.now())
    )
    rows = AddressException.objects.filter(fresh, organisation=organisation)
    return rows.select_related("requested_by", "decided_by").order_by("-requested_at", "-pk")


def exceptions_to_decide(user) -> QuerySet[AddressException]:
    """Requests that wait for somebody of DSS headquarters and were not made by this person; oldest first (I7).

    Who may decide at all is the caller's question (`runs_addresses`).
    """
    rows = AddressException.objects.filter(state="requested").exclude(requested_by=user)
    return rows.select_related("organisation").order_by("requested_at", "pk")


@dataclass(frozen=True)
class RulesOfMember:
    """How many people of a partner active in an area have acknowledged the confidentiality rules. No names."""

    organisation: Organisation
    acknowledged: int
    people: int

    @property
    def is_complete(self) -> bool:
        """Whether everybody has."""
        return self.acknowledged == self.people


def rules_of_members(area) -> list[RulesOfMember]:
    """The partner organisations active in an area with how many of their people there have acknowledged (C9)."""
    standings = Standing.objects.on().filter(organisation=OuterRef("pk"))
    members = Organisation.objects.filter(
        Exists(standings.filter(Q(kind="active") | Q(kind="partner"), area=area)),
        Exists(standings.filter(Q(area=None) | Q(area=area), kind="partner")),
        ~Exists(standings.filter(Q(area=None) | Q(area=area), kind="suspended")),
        kind__in=_PARTNER_KINDS,
    )
    people = Membership.objects.on().filter(
        Q(area=None) | Q(area=area),
        organisation__in=members.values("pk"),
        role__in=CONTACT_ROLES,
        user__is_active=True,
    )
    agreed = people.annotate(agreed=has_acknowledged("user")).filter(agreed=True)
    counted = members.annotate(
        people=Count("memberships__user", filter=Q(memberships__in=people.values("pk")), distinct=True),
        acknowledged=Count("memberships__user", filter=Q(memberships__in=agreed.values("pk")), distinct=True),
    )
    return [RulesOfMember(row, row.acknowledged, row.people) for row in counted.order_by("name", "pk")]


def areas_represented(user) -> list[Area]:
    """The areas whose NGO mechanism the user represents now, by name."""
    rows = roles_held(user).filter(role="platform_representative")
    return sorted(Area.objects.filter(pk__in=rows.values("area")), key=str)
