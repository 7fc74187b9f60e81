"""The annual report to the Inter-Agency Standing Committee, and periodic reports (G3, G7)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from documents.models import DataKey
from documents.sealed import SealedRow
from governance.models import Decision
from notifications.models import Subject
from overview.querysets import ReportQuerySet
from slt_portal.references import new_reference
from slt_portal.states import Step, next_of


def report_reference() -> str:
    """A fresh public reference of a report."""
    return new_reference("RPT")


class PeriodicReport(SealedRow):
    """One report on a time: a year, or any shorter one. `figures` are compiled as of the cut-off; `digest` is theirs.

    `figures` holds `data`, of which `digest` is the SHA-256 (reports.compile), and `words`: what each figure was called
    in both languages when it was compiled. Its texts: what the chairs wrote when it came back. Its sections hold the
    narrative. `number` is that of its PDFs.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        REVIEW = "review", _("with the Working Group")
        COMMITTEE = "committee", _("before the Oversight Committee")
        APPROVED = "approved", _("approved")
        DISCARDED = "discarded", _("discarded")

    STEPS = (
        Step("write", (State.DRAFT,), State.DRAFT, ("dss_headquarters", "ocha")),
        Step("submit", (State.DRAFT,), State.REVIEW, ("dss_headquarters",)),
        Step("compile", (State.DRAFT,), State.DRAFT, ("dss_headquarters",)),
        Step("discard", (State.DRAFT,), State.DISCARDED, ("dss_headquarters",)),
        Step("forward", (State.REVIEW,), State.COMMITTEE, ("portal",)),
        Step("approve", (State.COMMITTEE,), State.APPROVED, ("portal",)),
        Step("return", (State.REVIEW, State.COMMITTEE), State.DRAFT, ("portal",)),
    )
    NEXT = next_of(STEPS, State)

    ref = models.CharField(max_length=16, unique=True, default=report_reference)
    is_annual = models.BooleanField(default=False)
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="The last day.")
    cut_off = models.DateTimeField(help_text="What was recorded by then counts.")
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    state_since = models.DateTimeField(default=timezone.now)
    figures = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, blank=True)
    compiled_at = models.DateTimeField(null=True, blank=True)
    review = models.OneToOneField(Decision, models.PROTECT, null=True, blank=True, related_name="+")
    approval = models.OneToOneField(Decision, models.PROTECT, null=True, blank=True, related_name="+")
    number = models.CharField(max_length=24, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    data_key = models.OneToOneField(DataKey, models.PROTECT, related_name="+")
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")

    objects = ReportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="a_report_ends_after_it_begins"),
            models.UniqueConstraint(
                fields=["starts_on", "ends_on"], condition=~Q(state="discarded"), name="one_report_of_a_time"
            ),
        ]

    def __str__(self):
        return self.ref

    @property
    def key(self):
        """Its own."""
        return self.data_key


class ReportStep(models.Model):
    """A report came into a state: when, by whom (nobody: the portal), and with which decision before a body.

    Also which report a decision of long ago was about, after it came back and was put again.
    """

    append_only = True

    report = models.ForeignKey(PeriodicReport, models.PROTECT, related_name="steps")
    state = models.CharField(max_length=10, choices=PeriodicReport.State)
    decision = models.OneToOneField(Decision, models.PROTECT, null=True, blank=True, related_name="+")
    digest = models.CharField(max_length=64, blank=True, help_text="Of its figures at that moment.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]

    def __str__(self):
        return f"{self.report}: {self.state}"


class Section(SealedRow):
    """One text of a report in one language, saved as often as its author likes. Its texts: text.

    `version` counts the saves: who saves over what somebody else saved meanwhile is shown both.
    """

    class Code(models.TextChoices):
        FOREWORD = "foreword", _("Foreword")
        DEVELOPMENTS = "developments", _("Developments and initiatives")
        PRACTICES = "practices", _("Good practices")
        CHALLENGES = "challenges", _("Challenges")
        OUTLOOK = "outlook", _("Outlook")

    report = models.ForeignKey(PeriodicReport, models.PROTECT, related_name="sections")
    code = models.CharField(max_length=12, choices=Code)
    language = models.CharField(max_length=2)
    version = models.PositiveIntegerField(default=0)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    saved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["report", "code", "language"], name="each_section_once_in_a_language")
        ]

    def __str__(self):
        return f"{self.report}: {self.code} {self.language}"

    @property
    def key(self):
        """The report's."""
        return self.report.data_key
