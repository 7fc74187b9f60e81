"""Starting a report, another cut-off, a text of it (G3, G7)."""

from datetime import UTC, date, datetime, time, timedelta

from django import forms
from django.core.validators import MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from overview.models import PeriodicReport
from slt_portal.forms import DateInput, NarrativeInput, TimeInput

YEARS = 6  # this one and those before
LONGEST = timedelta(days=366)
EARLIEST = date(2000, 1, 1)  # before there was any such work; what a report is compared with lies before it
MOST = 20_000  # characters of a section: about eight pages
ANNUAL, PERIODIC = "annual", "periodic"


class CutOffForm(forms.Form):
    """A moment in UTC; none: now."""

    cut_off_on = forms.DateField(
        label=_("Cut-off: day"),
        help_text=_("What was recorded by then counts. Leave it empty for now."),
        required=False,
        widget=DateInput,
    )
    cut_off_at = forms.TimeField(
        label=_("Cut-off: time (UTC)"),
        help_text=_("Without a time, the end of the day."),
        required=False,
        widget=TimeInput,
    )

    def clean(self):
        """Never to come, and not before the time of the report has begun."""
        data = super().clean()
        day, at = data.get("cut_off_on"), data.get("cut_off_at")
        data["cut_off"] = None
        if at and not day and "cut_off_on" not in self.errors:
            self.add_error("cut_off_on", _("Give the day, too."))
        now = timezone.now()
        today = now.astimezone(UTC).date()
        if day and day > today:
            self.add_error("cut_off_on", _("The cut-off cannot lie in the future."))
        elif day:
            end = datetime.combine(day, at or time(0), UTC) + (timedelta() if at else timedelta(days=1))
            data["cut_off"] = cut_off = None if at is None and day == today else end
            if cut_off and cut_off > now:
                self.add_error("cut_off_on", _("The cut-off cannot lie in the future."))
        return data

    def check_begun(self, first: date) -> None:
        """An error where nothing of the time lies before the cut-off."""
        until = self.cleaned_data.get("cut_off") or timezone.now()
        if until.astimezone(UTC) <= datetime.combine(first, time(0), UTC):
            self.add_error("cut_off_on", _("At the cut-off the period of the report had not begun."))


class RecompileForm(CutOffForm):
    """Compile anew: as of the same cut-off, or another."""

    mark_optional = False
    SAME, OTHER = "same", "other"
    which = forms.ChoiceField(
        label=_("As of which moment"),
        choices=[(SAME, _("The same cut-off: the figures come out the same")), (OTHER, _("Another cut-off"))],
        initial=SAME,
        widget=forms.RadioSelect,
    )
    field_order = ("which", "cut_off_on", "cut_off_at")

    def __init__(self, *args, report: PeriodicReport, **kwargs):
        super().__init__(*args, **kwargs)
        self.report = report

    def clean(self):
        """None: the same."""
        data = super().clean()
        if data.get("which") == self.OTHER and not self.errors:
            data["cut_off"] = data["cut_off"] or timezone.now()
            self.check_begun(self.report.starts_on)
        return data


class StartForm(CutOffForm):
    """Of which time, and as of when."""

    mark_optional = False
    kind = forms.ChoiceField(
        label=_("Kind of report"),
        choices=[(ANNUAL, _("Annual report: a year")), (PERIODIC, _("Periodic report: a shorter period"))],
        initial=ANNUAL,
        widget=forms.RadioSelect,
    )
    year = forms.TypedChoiceField(
        label=_("Year"), help_text=_("For an annual report."), coerce=int, required=False, empty_value=None
    )
    first = forms.DateField(
        label=_("First day"),
        help_text=_("For a periodic report."),
        required=False,
        widget=DateInput,
        validators=[MinValueValidator(EARLIEST)],
    )
    last = forms.DateField(label=_("Last day"), help_text=_("For a periodic report."), required=False, widget=DateInput)
    field_order = ("kind", "year", "first", "last", "cut_off_on", "cut_off_at")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        this = timezone.now().astimezone(UTC).year
        self.fields["year"].choices = [(year, str(year)) for year in range(this, this - YEARS, -1)]
        self.fields["year"].initial = this

    def clean(self):
        """The first and the last day, and no report on that time yet."""
        data = super().clean()
        if data.get("kind") == ANNUAL:
            data["first"], data["last"] = self._year(data.get("year"))
        elif data.get("kind") == PERIODIC:
            self._check_time(data.get("first"), data.get("last"))
        if not self.errors:
            self.check_begun(data["first"])
            self._check_new(data["first"], data["last"])
        return data

    def _year(self, year):
        if year is None:
            if "year" not in self.errors:
                self.add_error("year", _("Choose a year."))
            return None, None
        return date(year, 1, 1), date(year, 12, 31)

    def _check_time(self, first, last):
        for name, value in (("first", first), ("last", last)):
            if value is None and name not in self.errors:
                self.add_error(name, _("Give this day."))
        if first and last and last < first:
            self.add_error("last", _("The last day lies before the first."))
        elif first and last and last - first >= LONGEST:
            self.add_error("last", _("A report is on a year at most."))

    def _check_new(self, first, last):
        rows = PeriodicReport.objects.for_system("is there one").exclude(state=PeriodicReport.State.DISCARDED)
        known = rows.filter(starts_on=first, ends_on=last).values_list("ref", flat=True).first()
        if known:
            name = "year" if self.cleaned_data["kind"] == ANNUAL else "first"
            text = _("There is a report on this period already: %(ref)s.")
            self.add_error(name, forms.ValidationError(text, params={"ref": known}))


class SectionForm(forms.Form):
    """A text, and the version of it that its author has read."""

    mark_optional = False
    text = forms.CharField(
        label=_("Text"),
        help_text=_("Plain text. An empty line begins a paragraph, a line that begins with “- ” is an item of a list."),
        max_length=MOST,
        required=False,
        widget=NarrativeInput({"rows": 20}),
    )
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def clean_text(self):
        """Lines end as everywhere."""
        return self.cleaned_data["text"].replace("\r\n", "\n").strip()
