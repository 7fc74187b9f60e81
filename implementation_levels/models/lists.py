"""The list of reinforced areas: number N, frozen, and to whom it went (§5e; L4, L5, L8). Nothing is ever changed."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.models import Subject
from organisations.models import Organisation


class LevelList(models.Model):
    """List N: which areas were at the reinforced level on the day `on` (UTC), and what changed since list N - 1.

    `content` is the list as text (JSON), which is also a file to download: `digest` is its SHA-256, and it names the
    digest of list N - 1. The tables are frozen beside it, each with its SHA-256; the PDFs are numbered documents
    (documents.issue).
    """

    append_only = True

    class Reason(models.TextChoices):
        FIRST = "first", _("the first list")
        CHANGE = "change", _("a level changed")
        PERIOD = "period", _("six months have passed")

    number = models.PositiveIntegerField(unique=True)
    on = models.DateField()
    at = models.DateTimeField(default=timezone.now)
    due_on = models.DateField(help_text="When it should have been made: later than that, it is marked late.")
    reason = models.CharField(max_length=8, choices=Reason)
    content = models.TextField()
    digest = models.CharField(max_length=64, unique=True)
    area_count = models.PositiveSmallIntegerField(help_text="How many areas are on it.")
    csv_en = models.TextField()
    csv_fr = models.TextField()
    csv_en_digest = models.CharField(max_length=64)
    csv_fr_digest = models.CharField(max_length=64)
    is_invented = models.BooleanField(default=False, help_text="Made by a demonstration.")
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["number"]

    def __str__(self):
        return f"list {self.number}"

    @property
    def is_late(self) -> bool:
        """Whether it was made after the day on which it was due."""
        return self.on > self.due_on

    @property
    def document_number(self) -> str:
        """The number of its PDFs."""
        return f"SLT-LIST-{self.number:04}"


class ListMail(models.Model):
    """The mail with a list as it is sent to everybody who reads this language: rendered once, then frozen."""

    append_only = True

    list = models.ForeignKey(LevelList, models.PROTECT, related_name="mails")
    language = models.CharField(max_length=2)
    subject_line = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField()
    is_attached = models.BooleanField(help_text="Whether the PDF goes with it, or only the link.")
    attachment_digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the PDF.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["list", "language"], name="one_mail_per_language"),
            models.CheckConstraint(
                condition=Q(is_attached=True) & ~Q(attachment_digest="") | Q(is_attached=False, attachment_digest=""),
                name="an_attachment_has_a_digest",
            ),
        ]

    def __str__(self):
        return f"{self.list} {self.language}"

    @property
    def attachment_name(self) -> str:
        """The name of its PDF; empty without one."""
        return f"{self.list.document_number}.{self.language}.pdf" if self.is_attached else ""


class Distribution(models.Model):
    """That list N was sent: one row, in the transaction that queued the messages.

    `without_contact` are the references of partner organisations of which nobody could be told.
    """

    append_only = True

    list = models.OneToOneField(LevelList, models.PROTECT, related_name="distribution")
    at = models.DateTimeField(default=timezone.now)
    without_contact = models.JSONField()

    def __str__(self):
        return f"distribution of {self.list}"


class Delivery(models.Model):
    """One person is sent list N. The message itself is in the outbox, under `event_key`."""

    append_only = True

    class Why(models.TextChoices):
        RECIPIENT = "recipient", _("recipient")
        INSTEAD = "instead", _("because the mail to a colleague came back")
        AGAIN = "again", _("sent again by hand")

    list = models.ForeignKey(LevelList, models.PROTECT, related_name="deliveries")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", help_text="For which they get it.")
    language = models.CharField(max_length=2)
    why = models.CharField(max_length=10, choices=Why, default=Why.RECIPIENT)
    event_key = models.CharField(max_length=120)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event_key", "user"], name="each_delivery_once"),
            models.UniqueConstraint(fields=["list", "user"], condition=~Q(why="again"), name="each_recipient_once"),
        ]
        indexes = [models.Index(fields=["list", "organisation"], name="delivery_of_organisation")]

    def __str__(self):
        return f"{self.list} to {self.user_id}"


class Opening(models.Model):
    """Somebody opened the page of list N for the first time, by the link of the mail or otherwise."""

    append_only = True

    list = models.ForeignKey(LevelList, models.PROTECT, related_name="openings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    by_link = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["list", "user"], name="each_opening_once")]

    def __str__(self):
        return f"{self.list} opened by {self.user_id}"
