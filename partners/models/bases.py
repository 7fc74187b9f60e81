"""Why an organisation stands as it does, until when, and who said so; the list that is sent (§3; P8, P10)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from areas.models import Area
from documents.models import DataKey
from documents.sealed import SealedRow
from notifications.models import Subject
from organisations.models import Organisation, Standing
from partners.querysets import EligibilityCaseQuerySet
from slt_portal.references import new_reference
from slt_portal.states import Step, next_of

from .memoranda import Memorandum


def basis_reference() -> str:
    """A fresh public reference of a basis."""
    return new_reference("BAS")


def case_reference() -> str:
    """A fresh public reference of a question of eligibility."""
    return new_reference("ELG")


class Basis(models.Model):
    """On what a standing (partner, active, local arrangement) rests. No text of it is secret to who reads registers."""

    class Route(models.TextChoices):
        MEMORANDUM = "memorandum", _("memorandum at the global level")
        COUNTRY = "country", _("confirmed by a UN country office")
        PLATFORM = "platform", _("member of the area's security platform")
        WORKING_GROUP = "working_group", _("established by the Working Group")
        DSS = "dss", _("recorded by DSS")  # activity of a global partner, local arrangements, what was there before

    class State(models.TextChoices):
        CURRENT = "current", _("current")
        LAPSED = "lapsed", _("lapsed: a decision is needed")
        ENDED = "ended", _("ended")

    STEPS = (
        Step("renew", (State.CURRENT, State.LAPSED), State.CURRENT, ("dss",)),
        Step("lapse", (State.CURRENT,), State.LAPSED, ("portal",)),
        Step("end", (State.CURRENT, State.LAPSED), State.ENDED, ("dss", "portal")),
    )
    NEXT = next_of(STEPS, State)

    ref = models.CharField(max_length=16, unique=True, default=basis_reference)
    standing = models.OneToOneField(Standing, models.PROTECT, related_name="basis")
    route = models.CharField(max_length=16, choices=Route)
    memorandum = models.ForeignKey(Memorandum, models.PROTECT, null=True, blank=True, related_name="+")
    entity = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    platform = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_by = models.CharField(max_length=200, blank=True, help_text="Who confirmed it, as one would name them.")
    relation = models.CharField(max_length=12, blank=True)
    ends_on = models.DateField(null=True, blank=True, help_text="The last day of what it rests on.")
    state = models.CharField(max_length=8, choices=State, default=State.CURRENT)
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)
    reviewed_at = models.DateTimeField(null=True, blank=True, help_text="When it was last renewed.")

    class Meta:
        verbose_name_plural = "bases"
        indexes = [models.Index(fields=["ends_on"], condition=Q(state="current"), name="bases_ending")]

    def __str__(self):
        return self.ref


class BasisEntry(models.Model):
    """What was recorded of a basis, when and by whom: from it a register answers for a day that is gone."""

    append_only = True

    class What(models.TextChoices):
        RECORDED = "recorded", _("recorded")
        RENEWED = "renewed", _("renewed")
        LAPSED = "lapsed", _("lapsed")
        ENDED = "ended", _("ended")

    basis = models.ForeignKey(Basis, models.PROTECT, related_name="entries")
    what = models.CharField(max_length=8, choices=What)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ends_on = models.DateField(null=True, blank=True)
    confirmed_by = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=500, blank=True, help_text="Why it ended; for the readers of the register.")

    class Meta:
        ordering = ["pk"]

    def __str__(self):
        return f"{self.basis}: {self.what}"


class BasisReminder(models.Model):
    """That people were told so many days before the end: once for each end and step (P10)."""

    basis = models.ForeignKey(Basis, models.PROTECT, related_name="reminders")
    ends_on = models.DateField()
    days = models.PositiveSmallIntegerField(help_text="0: it has lapsed.")
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["basis", "ends_on", "days"], name="each_reminder_once")]

    def __str__(self):
        return f"{self.basis}: {self.days}"


class EligibilityCase(SealedRow):
    """Eligibility in an area that could not be established there: the Working Group says (§3; P8).

    Its texts: why (who asks), reasons (of the answer).
    """

    class State(models.TextChoices):
        OPEN = "open", _("with the Working Group")
        ESTABLISHED = "established", _("eligible")
        NOT_ESTABLISHED = "not_established", _("not eligible")

    STEPS = (
        Step("establish", (State.OPEN,), State.ESTABLISHED, ("working_group",)),
        Step("reject", (State.OPEN,), State.NOT_ESTABLISHED, ("working_group",)),
    )
    NEXT = next_of(STEPS, State)

    ref = models.CharField(max_length=16, unique=True, default=case_reference)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    data_key = models.OneToOneField(DataKey, models.PROTECT, related_name="+")
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")
    state = models.CharField(max_length=16, choices=State, default=State.OPEN)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = EligibilityCaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "area"], condition=Q(state="open"), name="one_open_case_per_area"
            )
        ]

    def __str__(self):
        return self.ref

    @property
    def key(self):
        """Its own."""
        return self.data_key


class RegisterIssue(models.Model):
    """A global list as it was sent: number, day, why, and a digest of its rows. Sent once a day at most (P8)."""

    append_only = True

    class Reason(models.TextChoices):
        CHANGE = "change", _("the list changed")
        PERIOD = "period", _("six months have passed")

    number = models.PositiveIntegerField(unique=True)
    on = models.DateField(unique=True)
    reason = models.CharField(max_length=8, choices=Reason)
    digest = models.CharField(max_length=64)
    rows = models.JSONField(help_text="The list as it was: frozen.")
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["number"]

    def __str__(self):
        return f"list {self.number}"
