"""What is typed about reviews: an early one, a request for one, what a partner organisation thinks (§5c, §5d)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from areas.fields import AreaField
from areas.models import Area
from implementation_levels.models import Answer, Level
from slt_portal.forms import NarrativeInput

MOST = 3000  # characters
View = Answer.View


def _text(label, help_text="", *, rows=6, **kwargs):
    widget = NarrativeInput({"rows": rows})
    return forms.CharField(label=label, help_text=help_text, max_length=MOST, widget=widget, **kwargs)


class EarlyReview(forms.Form):
    """Which areas, why, and whether it is urgent."""

    area = AreaField(label=_("Area"), queryset=None, to_field_name="code", empty_label=_("Choose an area"))
    second = AreaField(label=_("Second area"), queryset=None, to_field_name="code", required=False)
    third = AreaField(label=_("Third area"), queryset=None, to_field_name="code", required=False)
    why = _text(_("Why now"), _("Both bodies, DSS headquarters and OCHA read this, nobody else."))
    is_urgent = forms.BooleanField(label=_("It is urgent"), required=False)

    def __init__(self, *args, urgent_days: int, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("area", "second", "third"):
            self.fields[name].queryset = Area.objects.current()
        self.fields["second"].empty_label = self.fields["third"].empty_label = _("none")
        self.fields["is_urgent"].help_text = _(
            "Then partner organisations have %(days)d days to answer, and the Working Group may stop waiting for them."
        ) % {"days": urgent_days}

    @property
    def areas(self) -> list[Area]:
        """Each area once, of a valid form."""
        chosen = (self.cleaned_data[name] for name in ("area", "second", "third"))
        return list(dict.fromkeys(area for area in chosen if area))


class RequestForm(forms.Form):
    """Somebody asks for a review of one area."""

    mark_optional = False

    level = forms.ChoiceField(label=_("The level that you ask for"), widget=forms.RadioSelect, choices=Level.choices)
    why = _text(
        _("Why the level should be reviewed now"), _("Both bodies, DSS headquarters and OCHA read this, nobody else.")
    )


class DeclineForm(forms.Form):
    """Why a request is not taken up."""

    mark_optional = False

    answer = _text(_("Reasons"), _("Whoever asked reads them."))


class CloseForm(forms.Form):
    """Why the Working Group does not wait for more answers."""

    mark_optional = False

    reason = _text(_("Why you cannot wait"), _("Both bodies, DSS headquarters and OCHA read this."), rows=3)


class AnswerForm(forms.Form):
    """One question: what an organisation thinks of the level of one area."""

    view = forms.ChoiceField(label=_("What do you think of the level?"), widget=forms.RadioSelect)
    text = _text(
        _("Why"),
        _("What you see in the area that speaks for it. Name no person, and no single incident."),
        required=False,
    )
    voice = forms.ChoiceField(label=_("You answer for"), widget=forms.RadioSelect)

    def __init__(self, *args, level: str, voices: list, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["view"].choices = [choice for choice in View.choices if choice[0] != level]
        names = {key: _side(voice) for key, voice in voices}
        if len(names) == 1:
            self.fields["voice"].widget = forms.HiddenInput()
            self.fields["voice"].initial = next(iter(names))
        self.fields["voice"].choices = list(names.items())

    def clean(self):
        """A change needs a reason."""
        data = super().clean()
        is_change = data.get("view") in {View.NORMAL, View.REINFORCED}
        if is_change and "text" not in self.errors and not data.get("text"):
            self.add_error("text", _("Say why the level should change."))
        return data


def _side(voice):
    words = _("%(name)s, headquarters") if voice.is_headquarters else _("%(name)s, in the area")
    return words % {"name": voice.name}
