"""Public data sets of incidents: where a reference incident comes from and what could not be taken over (I9)."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from areas.models import Area
from sharing.models import Release


class ReferenceRecord(models.Model):
    """One row of a public data set, with the figures as published. Its narrative is in the release, if it has one.

    Rows on sexual violence have no release: they are counted and not listed (C10).
    """

    source = models.CharField(max_length=20)
    source_id = models.CharField(max_length=40)
    digest = models.CharField(max_length=64, help_text="Of the row as imported: a second run finds nothing to do.")
    release = models.OneToOneField(Release, models.PROTECT, null=True, related_name="+")
    area = models.ForeignKey(Area, models.PROTECT, null=True, related_name="+")
    country_code = models.CharField(max_length=2, blank=True)
    country_text = models.CharField(max_length=100, blank=True, help_text="As the source writes it.")
    year = models.PositiveSmallIntegerField(null=True)
    month = models.PositiveSmallIntegerField(null=True)
    day = models.PositiveSmallIntegerField(null=True)
    killed = models.PositiveIntegerField(null=True)
    wounded = models.PositiveIntegerField(null=True)
    kidnapped = models.PositiveIntegerField(null=True)
    detained = models.PositiveIntegerField(null=True)
    affected = models.PositiveIntegerField(null=True)
    figures = models.JSONField(default=dict, help_text="The other published figures and codes by column.")
    imported_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "source_id"], name="each_reference_row_once"),
            models.CheckConstraint(condition=Q(day=None) | Q(month__isnull=False), name="a_day_needs_a_month"),
            models.CheckConstraint(condition=Q(month=None) | Q(year__isnull=False), name="a_month_needs_a_year"),
        ]

    def __str__(self):
        return f"{self.source} {self.source_id}"


class QuarantinedValue(models.Model):
    """A value of a public data set that cannot be true. The other facts of its row are kept.

    Figures that contradict each other are only flagged (`is_kept`): which of them is wrong is not ours to guess.
    """

    class Reason(models.TextChoices):
        NOT_A_NUMBER = "not_a_number", _("not a number")
        NEGATIVE = "negative", _("below zero")
        TOO_LARGE = "too_large", _("larger than can be true")
        OUT_OF_RANGE = "out_of_range", _("outside of the possible range")
        FUTURE = "future", _("later than the day of the export")
        NO_SUCH_DAY = "no_such_day", _("a day that this month does not have")
        INCOMPLETE_DATE = "incomplete_date", _("a day without a month, or a month without a year")
        UNKNOWN_CODE = "unknown_code", _("not in the code list")
        HALF_A_PAIR = "half_a_pair", _("half a position")
        ZERO_POSITION = "zero_position", _("zero degrees north and east, the mark of a missing position")
        TOO_LONG = "too_long", _("longer than a value of this column can be")
        NO_ID = "no_id", _("a row without an id of its own")
        DUPLICATE_ID = "duplicate_id", _("an id that an earlier row has")
        TOO_MANY_CELLS = "too_many_cells", _("a row with more cells than there are columns")
        CONTRADICTION = "contradiction", _("does not add up with the other figures of the row")

    WHOLE_ROW = "*"

    source = models.CharField(max_length=20)
    source_id = models.CharField(max_length=40, blank=True)
    digest = models.CharField(max_length=64, help_text="Of the row it stood in.")
    row = models.PositiveIntegerField(help_text="As a spreadsheet numbers the rows of the file.")
    column = models.CharField(max_length=60, help_text="The column or columns; * for a row that was left out.")
    value = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=20, choices=Reason)
    is_kept = models.BooleanField(default=False, help_text="Only flagged: kept as published.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "digest", "column"], name="each_value_quarantined_once")
        ]

    def __str__(self):
        return f"{self.source} {self.source_id} {self.column}: {self.get_reason_display()}"
