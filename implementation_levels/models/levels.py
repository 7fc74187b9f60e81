"""What level an area has from which day on, as the Oversight Committee decided (§5; L2, L8). Nothing is ever changed.

The decisions about an area are numbered. Whoever writes number n + 1 has read number n: two at once, and the unique
number lets one of them win. The level on a day is that of the decision with the highest number that was in effect by
then; so a later decision also takes back an earlier one that has not come into effect.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from areas.models import Area
from governance.models import Decision
from implementation_levels.querysets import LevelDecisionQuerySet
from notifications.models import Subject
from slt_portal.references import new_reference


def level_reference() -> str:
    """A fresh public reference of a decision on a level."""
    return new_reference("LEV", 8)


class Level(models.TextChoices):
    """The two levels of §5a; the English edition of the framework calls them Regular and Enhanced."""

    NORMAL = "normal", _("normal")
    REINFORCED = "reinforced", _("reinforced")


class LevelDecision(models.Model):
    """From `effective_from` on, this area has this level. Days are days in UTC.

    `since` is the first of the days at whose end the area had this level without a break; `reasons` are for every
    reader of the levels. A decision that changes nothing says that the level was reviewed and stays.
    """

    append_only = True

    ref = models.CharField(max_length=16, unique=True, default=level_reference)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    number = models.PositiveIntegerField(help_text="Of this area: 1, 2, …")
    level = models.CharField(max_length=10, choices=Level)
    is_change = models.BooleanField(help_text="Whether the area had the other level before.")
    is_urgent = models.BooleanField(default=False)
    effective_from = models.DateField()
    since = models.DateField()
    decided_on = models.DateField()
    review_due = models.DateField(help_text="Six months after it was decided.")
    reasons = models.TextField(blank=True)
    decision = models.ForeignKey(Decision, models.PROTECT, related_name="+")
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+", help_text="The notice of it.")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)

    objects = LevelDecisionQuerySet.as_manager()

    class Meta:
        ordering = ["area", "number"]
        constraints = [
            models.UniqueConstraint(fields=["area", "number"], name="one_decision_of_a_number"),
            models.CheckConstraint(
                condition=Q(effective_from__gte=F("decided_on"), since__lte=F("effective_from")),
                name="no_level_before_its_decision",
            ),
        ]
        indexes = [models.Index(fields=["area", "-number", "effective_from"], name="level_on_a_day")]

    def __str__(self):
        return self.ref
