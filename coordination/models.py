"""Who speaks for whom in an area: the mechanisms of NGO and IO communities, and the UN side (§4; K1).

Rows are dated and never rewritten: what changes ends, and a new row begins, so that a page answers for a day that is
gone. Who confirmed a row last, and when, stands beside it.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from areas.models import Area
from organisations.models import Membership, Organisation
from slt_portal.references import new_reference


def mechanism_reference() -> str:
    """A fresh public reference of a mechanism."""
    return new_reference("MEC")


def assignment_reference() -> str:
    """A fresh public reference of an assignment."""
    return new_reference("ASG")


class _Dated(models.Model):
    """True from a day on, until the day on which it ended; confirmed by somebody on a day."""

    since = models.DateField()
    ended_on = models.DateField(null=True, blank=True)
    confirmed_on = models.DateField()
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True


class DatedQuerySet(models.QuerySet):
    def on(self, day=None) -> "DatedQuerySet":
        """Rows that were so on `day` (default today, UTC): begun, and not ended by then."""
        day = day or timezone.now().date()
        return self.filter(Q(ended_on=None) | Q(ended_on__gt=day), since__lte=day)


class Mechanism(_Dated):
    """How the NGO or IO community of an area, or of a place in it, organises its liaison with the UN (§4, table)."""

    class Community(models.TextChoices):
        NGO = "ngo", _("NGO community")
        IO = "io", _("IO community")

    class Kind(models.TextChoices):
        FOCAL_POINT = "focal_point", _("SLT focal point of the community")
        FORUM = "forum", _("coordination forum with security on its agenda")
        PLATFORM = "platform", _("security platform")

    ref = models.CharField(max_length=16, unique=True, default=mechanism_reference)
    area = models.ForeignKey(Area, models.PROTECT, related_name="mechanisms")
    place = models.CharField(max_length=100, blank=True, help_text="Below the level of the area; empty: all of it.")
    community = models.CharField(max_length=4, choices=Community)
    kind = models.CharField(max_length=12, choices=Kind)
    name = models.CharField(max_length=150)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    is_operational = models.BooleanField(
        null=True, blank=True, help_text="Fully operational, as the reinforced level asks; empty: nobody has said."
    )

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["community", "place", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["area", "place", "community", "name"], condition=Q(ended_on=None), name="each_mechanism_once"
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("since")), name="mechanism_ends_after_it_begins"
            ),
        ]

    def __str__(self):
        return self.name


class Assignment(_Dated):
    """Somebody has a function in an area: on the UN side, or as representative of a mechanism (§4; K1).

    A person of the portal by their membership (then the row is over when the membership is), anybody else by name.
    """

    class Function(models.TextChoices):
        DSS_OFFICE = "dss_office", _("Head of the DSS office")
        COUNTRY_FOCAL_POINT = "country_focal_point", _("Country security focal point")
        SLT_FOCAL_POINT = "slt_focal_point", _("SLT focal point named by DSS")
        OCHA = "ocha", _("OCHA")
        SIOC = "sioc", _("Security Information and Operations Centre")
        DESIGNATED_OFFICIAL = "designated_official", _("Designated Official")
        REPRESENTATIVE = "representative", _("Representative of the mechanism")

    ref = models.CharField(max_length=16, unique=True, default=assignment_reference)
    area = models.ForeignKey(Area, models.PROTECT, related_name="assignments")
    function = models.CharField(max_length=20, choices=Function)
    mechanism = models.ForeignKey(Mechanism, models.PROTECT, null=True, blank=True, related_name="representatives")
    membership = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=150, blank=True, help_text="Of who has no account, or of a centre.")
    email = models.EmailField(max_length=254, blank=True)
    phone = models.CharField(max_length=40, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["function", "since", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(function="representative", mechanism__isnull=False)
                | (~Q(function="representative") & Q(mechanism=None)),
                name="representatives_name_a_mechanism",
            ),
            models.CheckConstraint(
                condition=Q(membership__isnull=False) | ~Q(name=""), name="assignments_name_somebody"
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("since")), name="assignment_ends_after_it_begins"
            ),
        ]

    def __str__(self):
        return self.ref
