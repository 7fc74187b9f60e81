"""What of the statistics is asked for, as it stands in the address. Periods are whole months and years (C4):

two pages that differ by one day would tell by their difference what happened on that day.
"""

from datetime import date

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from areas.fields import AreaField
from areas.models import Area
from incidents.codes import Actor, Category, Outcome

from .statistics import Question

FIRST_YEAR = 1997  # of the oldest public data set; the same for everybody, so that no choice tells what exists
DEFAULT_PERIOD = "24-months"
SPANS = {"12-months": 12, "24-months": 24}


def _periods() -> list[tuple[str, str]]:
    this_year = timezone.now().year
    spans = [
        ("24-months", _("the last 24 months")),
        ("12-months", _("the last 12 months")),
        ("10-years", _("the last 10 years")),
        ("all", _("all years")),
    ]
    return spans + [(str(year), str(year)) for year in range(this_year, FIRST_YEAR - 1, -1)]


def _all_areas():
    return Area.objects.all()


class StatisticsForm(forms.Form):
    """Period, area with its parts, source, category, actor, consequence, near misses. All optional."""

    period = forms.ChoiceField(label=gettext_lazy("Period"), required=False, choices=_periods)
    area = AreaField(
        label=gettext_lazy("Area"),
        required=False,
        queryset=_all_areas(),
        to_field_name="code",
        empty_label=gettext_lazy("All areas"),
    )
    source = forms.ChoiceField(
        label=gettext_lazy("Source"),
        required=False,
        choices=[
            ("", gettext_lazy("Both")),
            ("shared", gettext_lazy("Shared on this portal")),
            ("public", gettext_lazy("Public sources")),
        ],
    )
    category = forms.ChoiceField(
        label=gettext_lazy("Category"),
        required=False,
        choices=[("", gettext_lazy("All categories")), *Category.choices],
    )
    actor = forms.ChoiceField(
        label=gettext_lazy("Who did it"), required=False, choices=[("", gettext_lazy("Whoever")), *Actor.choices]
    )
    consequence = forms.ChoiceField(
        label=gettext_lazy("Worst consequence"),
        required=False,
        choices=[("", gettext_lazy("All consequences")), *Outcome.choices],
    )
    near_miss = forms.ChoiceField(
        label=gettext_lazy("Near misses"),
        required=False,
        choices=[
            ("", gettext_lazy("With near misses")),
            ("yes", gettext_lazy("Near misses only")),
            ("no", gettext_lazy("Without near misses")),
        ],
    )

    @property
    def is_narrowing(self) -> bool:
        """Whether something other than the usual period is asked for."""
        return any(value for name, value in self.cleaned_data.items() if (name, value) != ("period", DEFAULT_PERIOD))

    def question(self) -> Question:
        """What to count. The form is valid."""
        asked = dict(self.cleaned_data)
        since, until, by_year = span(asked.pop("period") or DEFAULT_PERIOD, timezone.now().date())
        return Question(since=since, until=until, by_year=by_year, **asked)

    def for_the_list(self) -> dict[str, str]:
        """The same as filters of the list of incidents."""
        asked, question = self.cleaned_data, self.question()
        query = {name: asked[name] for name in ("category", "actor", "consequence", "near_miss") if asked[name]}
        if question.area:
            query["area"] = question.area.code
        if asked["source"] == "public":
            query["whose"] = "public"
        if question.since:
            query["since"] = question.since.isoformat()
        if question.until:
            query["until"] = date.fromordinal(question.until.toordinal() - 1).isoformat()
        return query


def span(period: str, today: date) -> tuple[date | None, date | None, bool]:
    """First day, the day after the last (None: open), and whether it is shown by years instead of months."""
    if period == "all":
        return None, None, True
    if period in SPANS:
        return months_before(today, SPANS[period] - 1), None, False
    if period == "10-years":
        return date(today.year - 9, 1, 1), None, True
    return date(int(period), 1, 1), date(int(period) + 1, 1, 1), False


def months_before(day: date, count: int) -> date:
    """The first day of the month that lies `count` months before that of `day`."""
    months = day.year * 12 + day.month - 1 - count
    return date(months // 12, months % 12 + 1, 1)
