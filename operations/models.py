"""What the operator's pages and alarms remember: when each job last ran, and of which troubles somebody was told."""

from datetime import datetime

from django.db import models


class Tick(models.Model):
    """When a job last began, succeeded and failed. Written by every job (slt_portal/celery.py) and by `watch`."""

    name = models.CharField(max_length=120, primary_key=True)
    began_at = models.DateTimeField(null=True, blank=True)
    succeeded_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=80, blank=True, help_text="The type of the last error, never its text.")

    def __str__(self):
        return self.name

    @classmethod
    def note(cls, name: str, **moments: datetime | str) -> None:
        """Write `moments` (fields of this model) of the job `name`: one statement, whether or not it has a row."""
        row = cls(name=name, **moments)
        cls.objects.bulk_create([row], update_conflicts=True, unique_fields=["name"], update_fields=list(moments))


class Watch(models.Model):
    """What the processes that watch know together: one row, changed only by whoever read it last (`version`)."""

    version = models.PositiveBigIntegerField(default=0)
    # By name of the check: {"since", "last", "told"} as ISO moments (operations/alarms.py); names only, no content.
    troubles = models.JSONField(default=dict)
    mailing_until = models.DateTimeField(null=True, blank=True, help_text="Somebody is sending a mail just now.")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="operations_one_watch")]

    def __str__(self):
        return f"watch {self.version}"
