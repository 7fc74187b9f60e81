"""Batches of changes of an incident: its readers are told once per batch, not per change."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from notifications.models import Subject
from sharing.scoping import ScopedQuerySet

from .incident import Incident


class Change(models.Model):
    """What changed from `opened_at` until `due_at`, when its readers are told. The next change opens a new batch."""

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    is_urgent = models.BooleanField(default=False, help_text="It became graver: told at once.")

    wall = "in full by incident: incident_id"
    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "number"], name="changes_are_numbered"),
            models.CheckConstraint(condition=Q(due_at__gte=F("opened_at")), name="a_change_is_told_after_it_begins"),
        ]

    def __str__(self):
        return f"change {self.number} of {self.incident_id}"
