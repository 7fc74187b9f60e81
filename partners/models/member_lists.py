"""Lists of members that the security platform of an area brings: nothing silently added or dropped (§3; P8)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from areas.models import Area
from notifications.models import Subject
from organisations.models import Organisation
from slt_portal.references import new_reference
from slt_portal.states import Step, next_of


def list_reference() -> str:
    """A fresh public reference of a member list."""
    return new_reference("LST")


class MemberList(models.Model):
    """One list as it came, of one platform for one area. The newest is compared with the one before."""

    ref = models.CharField(max_length=16, unique=True, default=list_reference)
    platform = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, help_text="Keyed, of the file: the same file twice is one list.")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["platform", "area", "digest"], name="each_list_once")]
        ordering = ["pk"]

    def __str__(self):
        return self.ref


class ListedMember(models.Model):
    """One row of a list: what stands there, and which organisation that is."""

    class State(models.TextChoices):
        MATCHED = "matched", _("known organisation, waits for DSS")
        LIKELY = "likely", _("choose among likely ones")
        UNCLEAR = "unclear", _("unclear: DSS of the area looks")
        NATIONAL = "national", _("national: local arrangement, waits for DSS")
        RECORDED = "recorded", _("recorded")
        REFERRED = "referred", _("with the Working Group")
        REJECTED = "rejected", _("not recorded")

    STEPS = (
        Step("choose", (State.LIKELY,), State.MATCHED, ("mechanism", "dss_field")),
        Step("none_of_them", (State.LIKELY,), State.UNCLEAR, ("mechanism", "dss_field")),
        Step("identify", (State.UNCLEAR,), State.MATCHED, ("dss_field",)),
        Step("call_national", (State.LIKELY, State.UNCLEAR), State.NATIONAL, ("dss_field",)),
        Step("record", (State.MATCHED, State.NATIONAL), State.RECORDED, ("dss_field",)),
        Step("refer", (State.MATCHED, State.UNCLEAR), State.REFERRED, ("dss_field",)),
        Step("reject", (State.MATCHED, State.LIKELY, State.UNCLEAR, State.NATIONAL), State.REJECTED, ("dss_field",)),
    )
    NEXT = next_of(STEPS, State)

    list = models.ForeignKey(MemberList, models.PROTECT, related_name="members")
    number = models.PositiveIntegerField(help_text="As a spreadsheet numbers it.")
    name = models.CharField(max_length=200)
    acronym = models.CharField(max_length=40, blank=True)
    said_kind = models.CharField(max_length=100, blank=True, help_text="What the list says of its type.")
    state = models.CharField(max_length=10, choices=State)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["list", "number"], name="each_row_once"),
            models.CheckConstraint(
                condition=~Q(state__in=["matched", "recorded"]) | Q(organisation__isnull=False),
                name="matched_members_are_known",
            ),
        ]

    def __str__(self):
        return self.name
