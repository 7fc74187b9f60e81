"""The filters of the incident list; they live in the URL, and only ever narrow what the reader may see."""

import django_filters
import django_filters.fields
from django.utils.translation import gettext_lazy as _

from areas.fields import AreaChoices
from areas.models import Area
from sharing.markings import Marking
from slt_portal.forms import DateInput

from .codes import Category


def _areas(request):
    return Area.objects.all()


class _AreaField(django_filters.fields.ModelChoiceField):
    iterator = AreaChoices


class _AreaFilter(django_filters.ModelChoiceFilter):
    field_class = _AreaField


class IncidentFilter(django_filters.FilterSet):
    """Area, category, period, marking, whose; `order` is read by the page."""

    area = _AreaFilter(
        queryset=_areas, method="filter_area", to_field_name="code", label=_("Area"), empty_label=_("All areas")
    )
    category = django_filters.ChoiceFilter(
        choices=Category.choices, label=_("Category"), empty_label=_("All categories")
    )
    since = django_filters.DateFilter(
        field_name="release__sort_at", lookup_expr="date__gte", label=_("From"), widget=DateInput
    )
    until = django_filters.DateFilter(
        field_name="release__sort_at", lookup_expr="date__lte", label=_("Until"), widget=DateInput
    )
    marking = django_filters.ChoiceFilter(
        field_name="release__item__marking", choices=Marking.choices, label=_("Marking"), empty_label=_("All markings")
    )
    whose = django_filters.ChoiceFilter(
        choices=[("own", _("Ours")), ("shared", _("Shared with us")), ("public", _("Public sources"))],
        method="filter_whose",
        label=_("Whose"),
        empty_label=_("Ours and others’"),
    )
    order = django_filters.ChoiceFilter(
        choices=[("oldest", _("Oldest first"))], method="keep", label=_("Order"), empty_label=_("Newest first")
    )

    def __init__(self, *args, access, **options):
        super().__init__(*args, **options)
        self.access = access

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
        return any(value for name, value in self.form.cleaned_data.items() if name != "order")

    @property
    def oldest_first(self) -> bool:
        """Whether the list begins with the oldest."""
        return self.form.cleaned_data.get("order") == "oldest"
