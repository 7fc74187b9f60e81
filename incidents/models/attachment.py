"""Pictures and documents that belong to an incident (I8, attachments)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from documents.models import StoredFile
from sharing.models import Item
from sharing.scoping import ScopedQuerySet

from .incident import Report

FIRST_NUMBER, LAST_NUMBER = 1000, 9999


class Attachment(models.Model):
    """A cleaned file of an incident, for everybody who reads the incident or only for those who read it in full.

    Once removed the row stays, without the file: who added and removed something, and when, is not forgotten.
    """

    item = models.ForeignKey(Item, models.PROTECT, related_name="+")
    report = models.ForeignKey(
        Report, models.PROTECT, null=True, related_name="+", help_text="The latest when it came."
    )
    file = models.OneToOneField(StoredFile, models.SET_NULL, null=True, related_name="+")
    is_shared = models.BooleanField(
        default=False, help_text="For everybody who can read the report; otherwise only where it is read in full."
    )
    number = models.PositiveSmallIntegerField(help_text="Random: gaps would tell readers what they do not see.")
    submission = models.UUIDField(help_text="Made by the form: the same form sent twice adds one file.")
    fingerprint = models.CharField(max_length=64, help_text="Keyed digest of the file as it was sent.")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    removed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    removed_at = models.DateTimeField(null=True)

    wall = "attachment"
    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="attachments_are_numbered"),
            models.UniqueConstraint(
                fields=["item", "submission", "fingerprint", "is_shared"],
                condition=Q(removed_at=None),
                name="each_attachment_once",
            ),
            models.CheckConstraint(
                condition=Q(removed_at=None, removed_by=None) | Q(removed_at__isnull=False, removed_by__isnull=False),
                name="attachment_removed_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(removed_at=None) | Q(file=None), name="a_removed_attachment_has_no_file"
            ),
        ]

    def __str__(self):
        return f"attachment {self.number} of {self.item_id}"
