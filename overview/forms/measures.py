"""A measure under way: what it is, whose, how far, until when (G5)."""

import uuid

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from overview.models import MeasureEntry
from slt_portal.forms import DateInput, NarrativeInput

State = MeasureEntry.State


def _line(label, most, help_text=""):
    widget = forms.TextInput({"dir": "auto", "autocomplete": "off"})
    return forms.CharField(label=label, max_length=most, help_text=help_text, widget=widget)


def _note(label, help_text=""):
    widget = NarrativeInput({"rows": 3})
    return forms.CharField(label=label, max_length=500, required=False, help_text=help_text, widget=widget)


class MeasureForm(forms.Form):
    """What is said of a measure. `number` is the entry over which it is said, of a new one there is none."""

    submission = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    number = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1, initial=0)
    title_en = _line(
        _("Measure, in English"),
        200,
        _("In both languages: the table and the report to the Inter-Agency Standing Committee are read in both."),
    )
    title_fr = _line(_("Measure, in French"), 200)
    owner = _line(
        _("Owner"), 120, _("An office or an organisation, such as “DSS headquarters”. Never a person's name.")
    )
    state = forms.ChoiceField(label=_("State"), choices=State.choices, widget=forms.RadioSelect)
    on = forms.DateField(
        label=_("Date"),
        required=False,
        widget=DateInput,
        help_text=_("By when it is to be done; of what is done or given up, since when."),
    )
    note_en = _note(_("Note, in English"), _("One or two sentences. If you write one, write it in both languages."))
    note_fr = _note(_("Note, in French"))

    def clean_owner(self):
        """On one line."""
        return " ".join(self.cleaned_data["owner"].split())

    def clean(self):
        """A note in both languages or in none; what is over is over since a day that has come."""
        data = super().clean()
        for one, other in (("note_en", "note_fr"), ("note_fr", "note_en")):
            if data.get(one) and not data.get(other) and other not in self.errors:
                self.add_error(other, _("Write the note in this language as well, or in neither."))
        is_over = data.get("state") in {State.DONE, State.DROPPED}
        if is_over and data.get("on") and data["on"] > timezone.now().date():
            self.add_error("on", _("This day is still to come. Choose “ongoing” or “planned”, or an earlier day."))
        return data


class MeasureFilter(forms.Form):
    """Which measures to show."""

    mark_optional = False
    state = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("All")), *State.choices])
