"""The filters of the incident list; they live in the URL, and only ever narrow what the reader may see."""

from datetime import date, datetime, time

import django_filters
import django_filters.fields
from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from areas.fields import AreaChoices
from areas.models import Area
from areas.names import all_areas, named
from sharing.markings import Marking
from sharing.search import MOST_WORDS_OF_QUERY, is_few, is_searchable, matching
from slt_portal.forms import DateInput, SearchInput

from .codes import Actor, Category, Credibility, Outcome, ReportKind, Severity

NOT_GRADED = "none"
COUNTED = {"killed", "wounded", "kidnapped", "detained"}  # outcomes that have a number of their own


def moments_of(day: date) -> tuple[datetime, datetime]:
    """The first and the last moment of `day`, or of the nearest day that has them in every zone."""
    day = min(max(day, date(1, 1, 2)), date(9999, 12, 30))
    return tuple(timezone.make_aware(datetime.combine(day, at)) for at in (time.min, time.max))


def _areas(request):
    return Area.objects.all()


class _AreaChoices(AreaChoices):
    """The same, from what the form has asked already."""

    def __iter__(self):
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        yield from named(self.field.known or all_areas())


class _AreaField(django_filters.fields.ModelChoiceField):
    iterator = _AreaChoices
    known: list[tuple] | None = None  # rows of all_areas


class _AreaFilter(django_filters.ModelChoiceFilter):
    field_class = _AreaField


class _WordsField(forms.CharField):
    """What to look for; says so when that is no word at all, or too many."""

    def clean(self, value):
        words = super().clean(value)
        if words and not is_searchable(words):
            sentence = _("Type at least one word or number, and not more than %(most)s words.")
            raise forms.ValidationError(sentence % {"most": MOST_WORDS_OF_QUERY})
        return words


class _WordsFilter(django_filters.CharFilter):
    field_class = _WordsField


class IncidentFilterForm(forms.Form):
    """The conditions in two groups: those everybody uses, and more of them, folded until one is set or wrong."""

    FIRST = ("q", "area", "category", "since", "until")
    TYPED = ("q", "since", "until")  # not kept: there are as many as people can think of

    @cached_property
    def looks(self) -> tuple | None:
        """What the HTML of the fields depends on: the areas there are, and what is chosen. None with anything typed."""
        if self.errors or any(self.data.get(name) for name in self.TYPED):
            return None
        chosen = tuple((name, value) for name in self.fields if (value := self.data.get(name)))
        areas = self.fields["area"].known = all_areas()
        return "incidents", chosen, tuple(areas)

    def clean(self):
        """The days in their order."""
        cleaned = super().clean()
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", _("This day is before the day in “From”."))
        return cleaned

    @property
    def first_fields(self) -> list[forms.BoundField]:
        """What is in the first row."""
        return [self[name] for name in self.FIRST]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        """The rest."""
        return [bound for bound in self.visible_fields() if bound.name not in self.FIRST]

    @property
    def more_is_open(self) -> bool:
        """Whether the rest must be seen: something of it narrows the list, or makes no sense."""
        return any(bound.errors or bound.value() for bound in self.more_fields)


class IncidentFilter(django_filters.FilterSet):
    """Words, area, category and so on (C2): all of them ask releases only. `order` is read by the page."""

    q = _WordsFilter(
        method="filter_words",
        label=_("Words or reference"),
        help_text=_("Words of the report; for area and category use their filters."),
        max_length=200,
        widget=SearchInput(attrs={"dir": "auto"}),
    )
    area = _AreaFilter(
        queryset=_areas, method="filter_area", to_field_name="code", label=_("Area"), empty_label=_("All areas")
    )
    category = django_filters.ChoiceFilter(
        choices=Category.choices, label=_("Category"), empty_label=_("All categories")
    )
    since = django_filters.DateFilter(method="filter_since", label=_("From"), widget=DateInput)
    until = django_filters.DateFilter(method="filter_until", label=_("Until"), widget=DateInput)
    marking = django_filters.ChoiceFilter(
        field_name="release__item__marking", choices=Marking.choices, label=_("Marking"), empty_label=_("All markings")
    )
    whose = django_filters.ChoiceFilter(
        choices=[("own", _("Ours")), ("shared", _("Shared with us")), ("public", _("Public sources"))],
        method="filter_whose",
        label=_("Whose"),
        empty_label=_("Ours and others’"),
    )
    consequence = django_filters.ChoiceFilter(
        choices=Outcome.choices,
        method="filter_consequence",
        label=_("Consequence"),
        empty_label=_("All"),
    )
    severity = django_filters.ChoiceFilter(
        choices=Severity.choices[1:],
        lookup_expr="gte",
        label=_("Severity at least"),
        empty_label=_("All"),
    )
    near_miss = django_filters.ChoiceFilter(
        choices=[("yes", _("Near misses only")), ("no", _("Without near misses"))],
        method="filter_near_miss",
        label=_("Near misses"),
        empty_label=_("All"),
    )
    actor = django_filters.ChoiceFilter(choices=Actor.choices, label=_("Who did it"), empty_label=_("All"))
    verification = django_filters.ChoiceFilter(
        choices=[*Credibility.choices, (NOT_GRADED, _("not graded"))],
        method="filter_verification",
        label=_("Verification"),
        empty_label=_("All"),
    )
    stage = django_filters.ChoiceFilter(choices=ReportKind.choices, label=_("Latest report"), empty_label=_("All"))
    order = django_filters.ChoiceFilter(
        choices=[("oldest", _("Oldest first"))], method="keep", label=_("Order"), empty_label=_("Newest first")
    )

    class Meta:
        form = IncidentFilterForm

    _form_class: type[forms.Form] | None = None

    def __init__(self, *args, access, **options):
        super().__init__(*args, **options)
        self.access = access
        self._words: Q | None = None

    def get_form_class(self) -> type[forms.Form]:
        """The form, made once per process: its fields depend on nobody, and each form copies them."""
        if IncidentFilter._form_class is None:
            IncidentFilter._form_class = super().get_form_class()
        return IncidentFilter._form_class

    def filter_words(self, queryset, name, value):
        """Those whose visible texts hold all the words; or the one with that reference."""
        if self._words is None:
            self._words = matching(value)  # asks the database; the same filters are put on several questions
        return queryset.filter(self._words)

    @property
    def has_few_words(self) -> bool:
        """Whether words were asked for that few releases hold, open or not."""
        value = self.form.cleaned_data["q"]
        if value and self._words is None:
            self._words = matching(value)
        return bool(value) and is_few(self._words)

    def filter_since(self, queryset, name, value):
        """Those of that day and of later ones; as moments, for which there is an index."""
        return queryset.filter(release__sort_at__gte=moments_of(value)[0])

    def filter_until(self, queryset, name, value):
        """Those of that day and of earlier ones."""
        return queryset.filter(release__sort_at__lte=moments_of(value)[1])

    def filter_consequence(self, queryset, name, value):
        """Those where this was the worst that befell anybody, or befell somebody besides."""
        fits = Q(consequence=value)
        return queryset.filter(fits | Q(**{f"{value}__gt": 0}) if value in COUNTED else fits)

    def filter_near_miss(self, queryset, name, value):
        """Near misses only, or everything else."""
        return queryset.filter(is_near_miss=value == "yes")

    def filter_verification(self, queryset, name, value):
        """Those graded so, or not at all."""
        return queryset.filter(credibility="" if value == NOT_GRADED else value)

    def filter_area(self, queryset, name, value):
        """The area with its parts."""
        return queryset.in_areas([value])

    def filter_whose(self, queryset, name, value):
        """Own reports, those of others, or reference incidents from public data sets."""
        if value == "public":
            return queryset.filter(release__item__originator=None)
        return queryset.own(self.access) if value == "own" else queryset.shared(self.access)

    def keep(self, queryset, name, value):
        """The order is not a condition."""
        return queryset

    @property
    def is_narrowing(self) -> bool:
        """Whether any condition was given, so that the list is not simply the newest page."""
        return any(value not in {None, ""} for name, value in self.form.cleaned_data.items() if name != "order")

    @property
    def oldest_first(self) -> bool:
        """Whether the list begins with the oldest."""
        return self.form.cleaned_data.get("order") == "oldest"
