"""Who did what to which object, kept so that a later question can be answered and a change would be noticed."""

from django.db import models
from django.utils import timezone


class Event(models.Model):
    """One act of weight. Append-only, hash-chained, without foreign keys so that it outlives what it records."""

    append_only = True

    number = models.PositiveBigIntegerField(unique=True)
    at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=64, blank=True, help_text="User id; empty for the portal itself.")
    verb = models.CharField(max_length=64)
    object_type = models.CharField(max_length=64)
    object_ref = models.CharField(max_length=64)
    facts = models.JSONField(default=dict, help_text="Codes and references only; confidential values as keyed digests.")
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["number"]
        indexes = [models.Index(fields=["object_type", "object_ref"])]

    def __str__(self):
        return f"{self.number} {self.verb} {self.object_ref}"


class ChainHead(models.Model):
    """The single row that says where the chain ends. Locked last in a transaction, so writers wait briefly."""

    number = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="audit_one_chain_head")]

    def __str__(self):
        return f"head {self.number}"
