"""Organisations, who works for them in which role where, their addresses, and their standing as dated facts."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import ActionLink
from areas.models import Area, Country
from notifications.models import Subject
from slt_portal.references import new_reference

from .roles import ROLES


def organisation_reference() -> str:
    """A fresh public reference of an organisation."""
    return new_reference("ORG")


def membership_reference() -> str:
    """A fresh public reference of a membership."""
    return new_reference("MEM", 8)


def exception_reference() -> str:
    """A fresh public reference of an exception."""
    return new_reference("EXC", 8)


class Organisation(models.Model):
    """An organisation of any kind, partner or not; what it may do follows from its standings."""

    class Kind(models.TextChoices):
        UNSMS_ENTITY = "unsms_entity", _("UN agency, fund, programme, department or office")
        INGO = "ingo", _("international NGO")
        IO = "io", _("international organisation")
        NNGO = "nngo", _("national NGO")
        PLATFORM = "platform", _("NGO security platform")
        CONSORTIUM = "consortium", _("NGO consortium")

    ref = models.CharField(max_length=16, unique=True, default=organisation_reference)
    kind = models.CharField(max_length=12, choices=Kind)
    name = models.CharField(max_length=200, unique=True)
    acronym = models.CharField(max_length=20, blank=True)
    headquarters = models.ForeignKey(Country, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class OrganisationName(models.Model):
    """Another name by which an organisation is known: in another language, a former one, another acronym (P12)."""

    class Kind(models.TextChoices):
        VARIANT = "variant", _("other name")
        FORMER = "former", _("former name")
        ACRONYM = "acronym", _("acronym")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="names")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.VARIANT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="each_other_name_once")]

    def __str__(self):
        return self.name


class DatedQuerySet(models.QuerySet):
    """Questions about rows that are true from `starts_at` until before `ends_at`."""

    def on(self, moment=None) -> "DatedQuerySet":
        """Rows in force at `moment` (default now)."""
        moment = moment or timezone.now()
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=moment), starts_at__lte=moment)


def _ends_after_start(name):
    return models.CheckConstraint(condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")), name=name)


class Membership(models.Model):
    """One person in one role for one organisation, world-wide (no area) or in one area, from a moment until another."""

    ref = models.CharField(max_length=16, unique=True, default=membership_reference)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="memberships")
    area = models.ForeignKey(Area, models.PROTECT, null=True, blank=True, related_name="memberships")
    role = models.CharField(max_length=32, choices=[(role.code, role.label) for role in ROLES.values()])
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)
    exception = models.ForeignKey(
        "AddressException",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="memberships",
        help_text="The person's address is a personal one: the membership ends with the exception.",
    )
    successor_subject = models.OneToOneField(
        Subject, models.PROTECT, null=True, blank=True, related_name="+", help_text="The mail that asks who follows."
    )

    objects = DatedQuerySet.as_manager()

    class Meta:
        constraints = [
            _ends_after_start("membership_ends_after_start"),
            models.UniqueConstraint(
                fields=["user", "organisation", "area", "role"],
                condition=Q(ends_at=None),
                name="one_open_membership_per_area",
            ),
            models.UniqueConstraint(  # in SQL no area is not equal to no area
                fields=["user", "organisation", "role"],
                condition=Q(ends_at=None, area=None),
                name="one_open_world_membership",
            ),
            models.CheckConstraint(
                condition=~Q(role__in=[r.code for r in ROLES.values() if r.scope == "area"]) | Q(area__isnull=False),
                name="area_roles_name_an_area",
            ),
            models.CheckConstraint(
                condition=~Q(role__in=[r.code for r in ROLES.values() if r.scope == "world"]) | Q(area__isnull=True),
                name="world_roles_name_no_area",
            ),
        ]

    def __str__(self):
        return f"{self.user}: {self.get_role_display()}, {self.organisation}"


class Standing(models.Model):
    """A dated fact about an organisation: partner, active in an area, local arrangement, suspended (§3)."""

    class Kind(models.TextChoices):
        PARTNER = "partner", _("partner organisation")
        ACTIVE = "active", _("active in the area")
        LOCAL_ARRANGEMENT = "local_arrangement", _("local arrangement")
        SUSPENDED = "suspended", _("suspended")

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="standings")
    area = models.ForeignKey(
        Area, models.PROTECT, null=True, blank=True, related_name="standings", help_text="None: everywhere."
    )
    kind = models.CharField(max_length=20, choices=Kind)
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        constraints = [
            _ends_after_start("standing_ends_after_start"),
            models.CheckConstraint(
                condition=~Q(kind__in=["active", "local_arrangement"]) | Q(area__isnull=False),
                name="activity_and_local_arrangement_name_an_area",
            ),
        ]

    def __str__(self):
        return f"{self.organisation}: {self.get_kind_display()}"


class Invitation(models.Model):
    """A colleague is asked in by mail; the membership begins when they accept, not before."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="invitations")
    area = models.ForeignKey(Area, models.PROTECT, null=True, blank=True, related_name="+")
    role = models.CharField(max_length=32, choices=[(role.code, role.label) for role in ROLES.values()])
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    invited_at = models.DateTimeField(default=timezone.now)
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")
    link = models.OneToOneField(ActionLink, models.PROTECT, related_name="+")
    exception = models.ForeignKey("AddressException", models.PROTECT, null=True, blank=True, related_name="+")

    def __str__(self):
        return f"{self.user} to {self.organisation}"


class OrganisationDomain(models.Model):
    """An e-mail domain of an organisation: its people are invited at addresses there, or at a sub-domain (I7)."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="domains")
    domain = models.CharField(max_length=253)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["domain"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "domain"], name="each_domain_once"),
            models.CheckConstraint(condition=Q(domain=models.functions.Lower("domain")), name="domain_lower_case"),
        ]

    def __str__(self):
        return self.domain


class ExceptionReminder(models.Model):
    """The summary of one day of exceptions that end soon. One row a day: the tick may run as often as it likes."""

    on = models.DateField(unique=True)
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")

    def __str__(self):
        return f"{self.on}"


class AddressException(models.Model):
    """Somebody may use a personal address for an organisation, until a day (I7). Asked for, then decided by DSS."""

    class State(models.TextChoices):
        REQUESTED = "requested", _("waits for DSS headquarters")
        APPROVED = "approved", _("approved")
        REFUSED = "refused", _("refused")

    NEXT = {
        State.REQUESTED: frozenset({State.APPROVED, State.REFUSED}),
        State.APPROVED: frozenset(),
        State.REFUSED: frozenset(),
    }

    ref = models.CharField(max_length=16, unique=True, default=exception_reference)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="address_exceptions")
    email = models.EmailField(max_length=254)
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=10, choices=State, default=State.REQUESTED)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")
    reminder = models.ForeignKey(ExceptionReminder, models.PROTECT, null=True, blank=True, related_name="exceptions")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "email"], condition=Q(state="requested"), name="one_open_request_per_address"
            ),
            models.CheckConstraint(
                condition=Q(state="requested", decided_by=None, decided_at=None)
                | (~Q(state="requested") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="exception_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("requested_by")),
                name="nobody_decides_their_own_exception",
            ),
            models.CheckConstraint(
                condition=Q(state="approved", expires_at__gt=F("decided_at"))
                | (~Q(state="approved") & Q(expires_at=None)),
                name="approved_exceptions_expire",
            ),
            models.CheckConstraint(condition=Q(email=models.functions.Lower("email")), name="exception_lower_case"),
        ]

    def __str__(self):
        return f"{self.email} for {self.organisation}"
