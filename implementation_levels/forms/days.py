"""Which day, and which areas: the filters of the pages about levels. They stay in the address."""

from django import forms
from django.utils.translation import gettext_lazy as _

from areas.models import Area
from slt_portal.forms import DateInput, SearchInput


class DayFilter(forms.Form):
    """A day, gone or to come; none: today."""

    on = forms.DateField(
        label=_("On the day (UTC)"),
        required=False,
        widget=DateInput,
        error_messages={"invalid": _("Write a day as year, month and day, such as 2026-03-01.")},
    )

    @property
    def is_narrowing(self) -> bool:
        """Whether anything is set."""
        return self.is_valid() and any(self.cleaned_data.values())


class WorldFilter(DayFilter):
    """Words of a name, a level, a kind of area, a day."""

    LEVELS = (
        ("", _("all")),
        ("reinforced", _("reinforced")),
        ("normal", _("normal")),
        ("default", _("normal by default: nobody has decided")),
    )

    q = forms.CharField(label=_("Name"), max_length=100, required=False, widget=SearchInput)
    level = forms.ChoiceField(label=_("Level"), required=False, choices=LEVELS)
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("all")), *Area.Kind.choices])
    field_order = ("q", "level", "kind", "on")
