"""Measures under way: measure, owner, state, note, date (G5)."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from slt_portal.references import new_reference


def measure_reference() -> str:
    """A fresh public reference of a measure."""
    return new_reference("MEA")


class Measure(models.Model):
    """One measure. What is said of it stands in its entries; the newest counts: `number`, by compare-and-set."""

    ref = models.CharField(max_length=16, unique=True, default=measure_reference)
    number = models.PositiveIntegerField(default=1, help_text="Of its newest entry.")
    submission = models.UUIDField(unique=True, default=uuid.uuid4, help_text="Made by the form: sent twice, one row.")
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return self.ref


class MeasureEntry(models.Model):
    """What was said of a measure from one moment on; never changed, so that a report of any day can be made again."""

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        ONGOING = "ongoing", _("ongoing")
        DONE = "done", pgettext_lazy("state of a measure", "done")
        DROPPED = "dropped", _("given up")

    append_only = True

    measure = models.ForeignKey(Measure, models.PROTECT, related_name="entries")
    number = models.PositiveIntegerField()
    title_en = models.CharField(max_length=200)
    title_fr = models.CharField(max_length=200)
    owner = models.CharField(max_length=120, help_text="An office or an organisation, never a person.")
    state = models.CharField(max_length=8, choices=State)
    note_en = models.CharField(max_length=500, blank=True)
    note_fr = models.CharField(max_length=500, blank=True)
    on = models.DateField(null=True, blank=True, help_text="By when, or when it was done.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["measure", "number"], name="entries_of_a_measure_are_numbered")]

    def __str__(self):
        return f"{self.measure} {self.number}"

    @property
    def title(self) -> str:
        """The measure in the reader's language."""
        return self.title_fr if _is_french() else self.title_en

    @property
    def note(self) -> str:
        """What there is to say of it, in the reader's language."""
        return self.note_fr if _is_french() else self.note_en


def _is_french() -> bool:
    return (get_language() or "en").startswith("fr")
