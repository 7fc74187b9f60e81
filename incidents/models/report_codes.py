"""What each report said in codes, for figures as of any moment: nothing in it says who, where exactly or in words."""

from django.db import models

from areas.models import Area
from incidents import codes
from sharing.models import Item
from sharing.scoping import ScopedQuerySet

from .incident import Report


class ReportCodes(models.Model):
    """The codes of one report, as others were told of it. Never changed, and kept when the text of its incident is
    destroyed (G3).

    What is withheld leaves none; a warning leaves what it says, and the report its own once it is shared in full (C5).
    A release says what the newest report says; these rows say what was known at any earlier moment. Incidents of public
    sources have no reports and no such rows.
    """

    append_only = True

    report = models.ForeignKey(Report, models.PROTECT, related_name="+")
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveSmallIntegerField(help_text="What was told of an item: the highest is the newest.")
    filed_at = models.DateTimeField(help_text="When it was told: of the report, as a rule.")
    area = models.ForeignKey(Area, models.PROTECT, null=True, related_name="+", db_index=False)
    is_of_un = models.BooleanField(help_text="Reported by an organisation of the United Nations; else by a partner.")
    quarter = models.DateField(
        null=True, help_text="First day of the calendar quarter (UTC) in which it happened, if known to the month."
    )
    category = models.CharField(max_length=16, choices=codes.Category)
    consequence = models.CharField(max_length=12, choices=codes.Outcome)
    is_near_miss = models.BooleanField(default=False)

    wall = "in full by item: item_id"
    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "number"], name="codes_of_each_report_once")]
        indexes = [models.Index(fields=["quarter"], name="codes_by_quarter")]

    def __str__(self):
        return f"codes of report {self.report_id}"
