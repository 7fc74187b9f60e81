"""One service that helps."""

from django import forms
from django.utils.translation import gettext_lazy as _

from areas.fields import AreaField
from areas.models import Area
from restricted.codes import ServiceKind


def _line(label, *, most=120, **kwargs):
    widget = forms.TextInput({"dir": "auto", "autocomplete": "off"})
    return forms.CharField(label=label, max_length=most, widget=widget, **kwargs)


class ServiceForm(forms.Form):
    """What others read of it: anybody, where it works everywhere."""

    kind = forms.ChoiceField(label=_("What it does"), choices=ServiceKind.choices)
    area = AreaField(label=_("Area"), queryset=None, to_field_name="code", required=False, empty_label=_("Everywhere"))
    name = _line(_("Name"))
    telephone = _line(_("Telephone"), most=80, help_text=_("With the prefix of the country. Call it before you save."))
    what = _line(_("What a person should know"), most=200, required=False, help_text=_("For example: free of charge."))
    languages = _line(_("Languages"), required=False)
    hours = _line(_("Hours"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["area"].queryset = Area.objects.current()
