"""Reports that a desk says are about one event, and those that it says are not (I10)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from sharing.models import Item
from sharing.scoping import ScopedQuerySet
from slt_portal.references import new_reference


def event_reference() -> str:
    """A fresh reference of an event; only the audit log names it."""
    return new_reference("EVT")


class SameEvent(models.Model):
    """A group of incidents that are one event. It holds nothing but its parts, and nobody reads it: people read the
    parts that they may read anyway."""

    ref = models.CharField(max_length=16, unique=True, default=event_reference)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    office = models.CharField(max_length=200, help_text="Of the desk that said so first.")

    objects = ScopedQuerySet.as_manager()

    def __str__(self):
        return self.ref


class PartOf(models.Model):
    """One incident belongs to one event, from when a desk said so until a desk took it out. The incident itself, its
    texts, its audience and its grants know nothing of it."""

    wall = "by item: item_id"

    group = models.ForeignKey(SameEvent, models.PROTECT, related_name="+")
    item = models.ForeignKey(Item, models.PROTECT, related_name="+")
    joined_at = models.DateTimeField(default=timezone.now)
    joined_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    office = models.CharField(max_length=200, help_text="Of the desk that said so.")
    left_at = models.DateTimeField(null=True)
    left_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item"], condition=Q(left_at=None), name="part_of_one_event_at_a_time"),
            models.CheckConstraint(
                condition=Q(left_at=None, left_by=None) | Q(left_at__isnull=False, left_by__isnull=False),
                name="left_an_event_by_whom_and_when",
            ),
        ]

    def __str__(self):
        return f"{self.item_id} in {self.group_id}"


class NotTheSame(models.Model):
    """A desk said that two incidents are two events: they are suggested no more."""

    append_only = True
    wall = "by item: lower_id, higher_id"

    lower = models.ForeignKey(Item, models.PROTECT, related_name="+")
    higher = models.ForeignKey(Item, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    office = models.CharField(max_length=200)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lower", "higher"], name="two_events_said_once"),
            models.CheckConstraint(condition=Q(lower__lt=F("higher")), name="two_events_in_one_order"),
        ]

    def __str__(self):
        return f"{self.lower_id} is not {self.higher_id}"
