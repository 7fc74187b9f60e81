"""The incident, its immutable reports, and what each release of it holds."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from incidents import codes
from incidents.querysets import IncidentReleaseQuerySet
from notifications.models import Subject
from sharing.models import Item, Release
from sharing.scoping import ScopedQuerySet


class Incident(models.Model):
    """Something that happened. Reports hang on it; readers see releases of its item."""

    item = models.OneToOneField(Item, models.PROTECT, related_name="+")

    wall = "by item: item_id"
    objects = ScopedQuerySet.as_manager()

    def __str__(self):
        return f"incident {self.item_id}"


class Report(models.Model):
    """One report on an incident, as its author filed it: immediate, update or final. Never changed afterwards (I1)."""

    append_only = True

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=codes.ReportKind)
    number = models.PositiveSmallIntegerField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    filed_at = models.DateTimeField(default=timezone.now)
    submission = models.UUIDField(help_text="Made by the form: the same form sent twice is one report.")
    fingerprint = models.CharField(
        max_length=64, help_text="Keyed digest of all that was sent: texts, facts, audience."
    )
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")
    sealed = models.BinaryField(help_text="Everything the author wrote, encrypted with the item's key.")

    wall = "report"
    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "number"], name="reports_are_numbered"),
            models.UniqueConstraint(fields=["author", "submission"], name="each_submission_once"),
        ]
        indexes = [models.Index(fields=["filed_at"], name="reports_by_date")]

    def __str__(self):
        return f"{self.kind} {self.number}"


class IncidentRelease(models.Model):
    """What one release says of an incident: codes in the clear, texts encrypted with the item's key."""

    release = models.OneToOneField(Release, models.CASCADE, primary_key=True, related_name="+")
    report = models.ForeignKey(Report, models.PROTECT, null=True, related_name="+")
    category = models.CharField(max_length=16, choices=codes.Category, default=codes.Category.UNKNOWN)
    means = models.CharField(max_length=20, choices=codes.Means, default=codes.Means.UNKNOWN)
    context = models.CharField(max_length=20, choices=codes.Context, default=codes.Context.UNKNOWN)
    actor = models.CharField(max_length=24, choices=codes.Actor, default=codes.Actor.UNKNOWN)
    place_type = models.CharField(max_length=16, choices=codes.PlaceType, default=codes.PlaceType.UNKNOWN)
    is_near_miss = models.BooleanField(default=False)
    stage = models.CharField(
        max_length=10, choices=codes.ReportKind, default=codes.ReportKind.IMMEDIATE, help_text="Of the latest report."
    )
    severity = models.PositiveSmallIntegerField(choices=codes.Severity, default=codes.Severity.MODERATE)
    consequence = models.CharField(
        max_length=12, choices=codes.Outcome, default=codes.Outcome.UNKNOWN, help_text="The worst that befell anybody."
    )
    reliability = models.CharField(
        max_length=1, choices=codes.Reliability, blank=True, help_text="Of the source; only where its name is open."
    )
    credibility = models.CharField(max_length=1, choices=codes.Credibility, blank=True)
    occurred_from = models.DateTimeField(null=True, help_text="Start of the time that the precision leaves open.")
    time_precision = models.CharField(max_length=10, choices=codes.TimePrecision)
    time_zone = models.CharField(max_length=64, default="UTC", help_text="The zone in which the reporter gave it.")
    place_precision = models.CharField(
        max_length=16, choices=codes.PlacePrecision, default=codes.PlacePrecision.UNKNOWN
    )
    killed = models.PositiveIntegerField(null=True)
    wounded = models.PositiveIntegerField(null=True)
    kidnapped = models.PositiveIntegerField(null=True)
    detained = models.PositiveIntegerField(null=True)
    place_limit = models.CharField(
        max_length=16,
        choices=codes.PlaceLimit,
        default=codes.PlaceLimit.WITHIN_25_KM,
        help_text="Of a shared release: the place is told no more exactly than this, as its originator chose.",
    )
    time_limit = models.CharField(
        max_length=12, choices=codes.TimeLimit, default=codes.TimeLimit.AS_REPORTED, help_text="The same of the time."
    )
    reported_by = models.CharField(
        max_length=16, blank=True, help_text="Kind of organisation that reported it; empty where it would tell which."
    )
    is_minimal = models.BooleanField(
        default=False, help_text="Only a warning, without source, of an incident that is withheld (C5)."
    )
    credit = models.CharField(max_length=200, blank=True, help_text="The line that a public source asks for.")
    sealed = models.BinaryField()

    wall = "by release: release_id"
    objects = IncidentReleaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(occurred_from__isnull=False) | Q(time_precision=codes.TimePrecision.NOT_SURE),
                name="time_is_given_or_not_sure",
            )
        ]
        indexes = [  # each for its rare values: of frequent ones the newest that are open soon give a page
            models.Index(fields=["category"], name="facts_by_category"),
            models.Index(fields=["actor"], name="facts_by_actor"),
            models.Index(fields=["consequence"], name="facts_by_consequence"),
            models.Index(fields=["severity"], name="facts_by_severity"),
            models.Index(fields=["credibility"], name="facts_by_credibility"),
        ]

    def __str__(self):
        return f"{self.category} {self.release_id}"

    @property
    def texts(self) -> dict:
        """The release's texts by name; none after their key was destroyed.

        Raises crypto.SealBroken if the row was tampered with.
        """
        if self.release.item.is_erased:
            return {}
        return self.release.item.data_key.open_json(self.sealed, context=release_context(self.release_id))


class AffectedGroup(models.Model):
    """So many people of one kind with one outcome, as far as known; `count` null means some."""

    facts = models.ForeignKey(IncidentRelease, models.CASCADE, related_name="+")
    outcome = models.CharField(max_length=12, choices=codes.Outcome, default=codes.Outcome.UNKNOWN)
    staff_of = models.CharField(max_length=10, choices=codes.StaffOf, default=codes.StaffOf.UNKNOWN)
    nationality = models.CharField(max_length=14, choices=codes.Nationality, default=codes.Nationality.UNKNOWN)
    sex = models.CharField(max_length=8, choices=codes.Sex, default=codes.Sex.UNKNOWN)
    count = models.PositiveIntegerField(null=True)

    wall = "by release: facts_id"
    objects = ScopedQuerySet.as_manager()

    def __str__(self):
        return f"{self.count} {self.outcome}"


def release_context(release_id: int) -> str:
    """What the texts of a release are sealed for."""
    return f"incident release {release_id}"


def report_context(submission) -> str:
    """What the text of a report is sealed for."""
    return f"incident report {submission}"
