"""Lists of members that the security platform of an area brings: nothing silently added or dropped (§3; P8)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from areas.models import Area
from notifications.models import Subject
from organisations.models import Organisation
from partners.querysets import areas_of, as_access, platforms_of
from slt_portal.references import new_reference
from slt_portal.states import Step, next_of


def list_reference() -> str:
    """A fresh public reference of a member list."""
    return new_reference("LST")


class MemberListQuerySet(models.QuerySet):
    """Who sees a list: the platform's representatives in that area, DSS of the area, DSS headquarters; nobody else."""

    def visible_to(self, viewer) -> "MemberListQuerySet":
        """The lists that this person may see, by their principals."""
        access = as_access(viewer)
        if "dss_world" in access.principals:
            return self
        seen = Q(area__in=areas_of(access, "dss"))
        for platform, area in platforms_of(access):
            seen |= Q(platform=platform, area=area)
        return self.filter(seen)

    def newest(self) -> "MemberListQuerySet":
        """Those that no later list replaced."""
        return self.filter(replaced_at=None)


class MemberList(models.Model):
    """One list as it came, of one platform for one area. The newest is compared with the one before."""

    ref = models.CharField(max_length=16, unique=True, default=list_reference)
    platform = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, help_text="Keyed, of the file: the same file twice is one list.")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)
    replaced_at = models.DateTimeField(null=True, blank=True, help_text="When the next list came.")
    reminded_at = models.DateTimeField(null=True, blank=True, help_text="When people were told that it is old.")

    objects = MemberListQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["platform", "area"], condition=Q(replaced_at=None), name="one_newest_list_per_platform"
            )
        ]
        ordering = ["pk"]

    def __str__(self):
        return self.ref

    @property
    def is_newest(self) -> bool:
        """Whether it is the list that counts."""
        return self.replaced_at is None


class ListedMember(models.Model):
    """One row of a list: what stands there, and which organisation that is.

    Who stood on the list before and does not any more has a row too, without a number: nobody is dropped silently.
    """

    class State(models.TextChoices):
        MATCHED = "matched", _("known organisation, waits for DSS")
        LIKELY = "likely", _("choose among likely ones")
        UNCLEAR = "unclear", _("unclear: DSS of the area looks")
        NATIONAL = "national", _("national: local arrangement, waits for DSS")
        GONE = "gone", _("not on this list any more: DSS ends or keeps it")
        RECORDED = "recorded", _("recorded")
        REFERRED = "referred", _("with the Working Group")
        REJECTED = "rejected", _("not recorded")
        DOUBLED = "doubled", _("the same as an earlier row")
        LEFT = "left", _("not on this list any more; nothing rested on it")
        KEPT = "kept", _("not on this list any more; kept by DSS")
        ENDED = "ended", _("not on this list any more; ended by DSS")
        REPLACED = "replaced", _("open when the next list came: see there")

    OPEN = (State.MATCHED, State.LIKELY, State.UNCLEAR, State.NATIONAL, State.GONE)
    STEPS = (
        Step("choose", (State.LIKELY,), State.MATCHED, ("mechanism", "dss_field")),
        Step("choose_national", (State.LIKELY,), State.NATIONAL, ("mechanism", "dss_field")),
        Step("none_of_them", (State.LIKELY,), State.UNCLEAR, ("mechanism", "dss_field")),
        Step("identify", (State.UNCLEAR,), State.MATCHED, ("dss_field",)),
        Step("call_national", (State.LIKELY, State.UNCLEAR), State.NATIONAL, ("dss_field",)),
        Step("doubt", (State.MATCHED, State.NATIONAL), State.UNCLEAR, ("dss_field",)),
        Step("record", (State.MATCHED, State.NATIONAL), State.RECORDED, ("dss_field",)),
        Step("refer", (State.MATCHED,), State.REFERRED, ("dss_field",)),
        Step("reject", (State.MATCHED, State.LIKELY, State.UNCLEAR, State.NATIONAL), State.REJECTED, ("dss_field",)),
        Step("reopen", (State.REJECTED,), State.UNCLEAR, ("dss_field",)),
        Step("establish", (State.REFERRED,), State.RECORDED, ("portal",)),
        Step("not_establish", (State.REFERRED,), State.REJECTED, ("portal",)),
        Step("keep", (State.GONE,), State.KEPT, ("dss_field",)),
        Step("end", (State.GONE,), State.ENDED, ("dss_field",)),
        Step("replace", OPEN, State.REPLACED, ("portal",)),
    )
    NEXT = next_of(STEPS, State)

    list = models.ForeignKey(MemberList, models.PROTECT, related_name="members")
    number = models.PositiveIntegerField(
        null=True, blank=True, help_text="As a spreadsheet numbers it; none: stood on the list before."
    )
    name = models.CharField(max_length=200)
    acronym = models.CharField(max_length=40, blank=True)
    said_kind = models.CharField(max_length=100, blank=True, help_text="What the list says of its type.")
    said_more = models.CharField(max_length=200, blank=True, help_text="Its website and headquarters, as listed.")
    state = models.CharField(max_length=10, choices=State)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    before = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", help_text="The same member on the list before."
    )
    reason = models.CharField(max_length=500, blank=True, help_text="Why it is not recorded; the platform reads it.")
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["list", "number"], name="each_row_once"),
            models.CheckConstraint(
                condition=~Q(state__in=["matched", "recorded", "referred", "gone"]) | Q(organisation__isnull=False),
                name="matched_members_are_known",
            ),
            models.CheckConstraint(
                condition=Q(number__isnull=False) | Q(state__in=["gone", "left", "kept", "ended", "replaced"]),
                name="who_is_not_listed_has_no_number",
            ),
        ]

    def __str__(self):
        return self.name
