"""Figures that dashboards read: counted by the worker, stored with their time (G1)."""

from django.db import models
from django.utils import timezone


class StoredFigure(models.Model):
    """What one figure (overview.figures) came to: `data` is what may be shown of it, never more.

    `event_number` is where the audit chain stood when it was counted: if something that the figure watches happened
    since (a withdrawal, a suspension), it is not shown until it is counted anew.
    """

    code = models.CharField(max_length=48, unique=True)
    data = models.JSONField()
    cut_off = models.DateTimeField(help_text="What had happened by then is in it.")
    event_number = models.PositiveBigIntegerField()
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return self.code
