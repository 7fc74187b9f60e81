"""Public data sets of incidents: where a reference incident comes from, what it said before, what could not be taken
over, and the runs that did it (I9)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from areas.models import Area
from documents.models import StoredFile
from sharing.models import Release
from slt_portal.references import new_reference


def import_reference() -> str:
    """A fresh public reference of an import run."""
    return new_reference("IMP")


class ImportRun(models.Model):
    """One file of a public data set on its way in: checked, decided on by a person, written whole or not at all.

    It keeps the numbers of what was done. `claimed_until` says until when a worker may be at it; a run whose claim ran
    out is taken up again. The file itself is kept, encrypted, only until the run has ended.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("being checked")
        CHECKED = "checked", _("checked, waits for a decision")
        CONFIRMED = "confirmed", _("being written")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        DISCARDED = "discarded", _("discarded")

    NEXT = {
        State.WAITING: frozenset({State.CHECKED, State.DONE, State.FAILED, State.DISCARDED}),
        State.CHECKED: frozenset({State.CONFIRMED, State.DISCARDED}),
        State.CONFIRMED: frozenset({State.DONE, State.FAILED}),
        State.DONE: frozenset(),
        State.FAILED: frozenset(),
        State.DISCARDED: frozenset(),
    }
    ACTIVE = (State.WAITING, State.CHECKED, State.CONFIRMED)

    ref = models.CharField(max_length=16, unique=True, default=import_reference)
    source = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", help_text="None: at the terminal."
    )
    as_of = models.DateField(help_text="Day of the export.")
    file = models.OneToOneField(StoredFile, models.SET_NULL, null=True, related_name="+")
    file_digest = models.CharField(max_length=64)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    counts = models.JSONField(default=dict, help_text="What was done, or would be, in numbers.")
    quarantined = models.JSONField(default=list, help_text="Row, id, column, value, reason, kept: for the download.")
    changes = models.JSONField(default=list, help_text="What became of which row: what, row, id: for the download.")
    error = models.CharField(max_length=400, blank=True, help_text="One sentence for the person who brought the file.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source"],
                condition=Q(state__in=["waiting", "checked", "confirmed"]),
                name="one_import_of_a_source_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "checked", "confirmed"], finished_at=None)
                | Q(state__in=["done", "failed", "discarded"], finished_at__isnull=False),
                name="import_finished_exactly_when_ended",
            ),
        ]

    def __str__(self):
        return self.ref

    @property
    def is_active(self) -> bool:
        """Whether it has not ended."""
        return self.state in self.ACTIVE


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
    missing_since = models.DateField(
        null=True, help_text="Day of the first newer file without it. The row is kept: why it is gone is not known."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "source_id"], name="each_reference_row_once"),
            models.CheckConstraint(condition=Q(day=None) | Q(month__isnull=False), name="a_day_needs_a_month"),
            models.CheckConstraint(condition=Q(month=None) | Q(year__isnull=False), name="a_month_needs_a_year"),
        ]

    def __str__(self):
        return f"{self.source} {self.source_id}"


class ReferenceVersion(models.Model):
    """What a row said before a newer file said something else. Never changed; words are under the item's key.

    When a row turns out to be about sexual violence its item's key is destroyed, and with it what older versions said.
    """

    append_only = True

    record = models.ForeignKey(ReferenceRecord, models.PROTECT, related_name="+")
    run = models.ForeignKey(ImportRun, models.PROTECT, related_name="+", help_text="That replaced it.")
    digest = models.CharField(max_length=64)
    published = models.JSONField(default=dict, help_text="Of a row that was counted only; else in `sealed`.")
    sealed = models.BinaryField(null=True, help_text="Figures, codes and texts of a listed row, encrypted.")
    replaced_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return f"{self.record_id} until {self.replaced_at:%Y-%m-%d}"


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
        NOT_A_DATE = "not_a_date", _("not a date")
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
