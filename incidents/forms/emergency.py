"""Asking for emergency access (C8)."""

from functools import partial

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from areas.fields import AreaField
from areas.models import Area
from incidents.fields import Narrative
from sharing.emergency import DAYS_BACK, HOURS

from .desk import OnceForm

_DAYS = ngettext_lazy("the last day", "the last %(n)s days", "n")
_HOURS = ngettext_lazy("%(n)s hour", "%(n)s hours", "n")


def _choices(words, numbers):
    """Asked anew for every form: `%` puts a text into the language of the moment."""
    return [(number, words % {"n": number}) for number in numbers]


class EmergencyForm(OnceForm):
    """Where, how far back, how long, and why."""

    area = AreaField(Area.objects.none(), label=_("Which area"), to_field_name="code", empty_label=None)
    days = forms.TypedChoiceField(
        label=_("What happened or was reported in"), coerce=int, choices=partial(_choices, _DAYS, DAYS_BACK), initial=1
    )
    hours = forms.TypedChoiceField(label=_("Open for"), coerce=int, choices=partial(_choices, _HOURS, HOURS), initial=4)
    reason = Narrative(
        label=_("Why it cannot wait"),
        min_length=20,
        max_length=1000,
        help_text=_("The originators concerned read this, and your colleagues of DSS of the area."),
        error_messages={"required": _("Write why it cannot wait for the originator’s answer.")},
    )

    def __init__(self, *args, areas, **options):
        super().__init__(*args, **options)
        self.fields["area"].queryset = areas
