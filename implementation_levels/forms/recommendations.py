"""What the Working Group recommends for one area, and why a seat takes an area out of the list (§5c; L3)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.forms import CommentForm
from implementation_levels.levels import AreaLevel, today
from implementation_levels.models import Level, ReviewedArea
from slt_portal.forms import DateInput, NarrativeInput

MOST_REASONS, MOST_INTERNAL = 2000, 5000
Verdict = ReviewedArea.Verdict


class RecommendForm(forms.Form):
    """Which level, from when, why, and what only the bodies read. `known`: when the recommendation that stood there was
    made."""

    verdict = forms.ChoiceField(label=_("The Working Group recommends to"), widget=forms.RadioSelect)
    effective_from = forms.DateField(
        label=_("In effect from (UTC)"),
        required=False,
        widget=DateInput,
        help_text=_("If it changes. Left empty, it changes on the day on which the Committee decides."),
        error_messages={"invalid": _("Write a day as year, month and day, such as 2026-03-01.")},
    )
    reasons = forms.CharField(
        label=_("Reasons, for everybody who reads the levels"),
        required=False,
        max_length=MOST_REASONS,
        widget=NarrativeInput({"rows": 5}),
        help_text=_(
            "All partner organisations read them once it is decided, and they go out with the list. A change needs "
            "them. Name no person, no organisation and no single incident."
        ),
    )
    internal = forms.CharField(
        label=_("Comment for the bodies"),
        required=False,
        max_length=MOST_INTERNAL,
        widget=NarrativeInput({"rows": 5}),
        help_text=_("Both bodies, DSS headquarters and OCHA read it, nobody else."),
    )
    known = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args, level: AreaLevel, **kwargs):
        super().__init__(*args, **kwargs)
        named = {Verdict.KEEP: _("keep the level: %(level)s") % {"level": Level(level.level).label}}
        levels = {level.level, level.to_come.level if level.to_come else level.level}
        possible = {Verdict.KEEP}
        possible |= {Verdict.ADD} if Level.NORMAL in levels else set()
        possible |= {Verdict.REMOVE} if Level.REINFORCED in levels else set()
        self.fields["verdict"].choices = [(v.value, named.get(v, v.label)) for v in Verdict if v in possible]

    def clean_effective_from(self):
        """From today on."""
        day = self.cleaned_data["effective_from"]
        if day is not None and day < today():
            raise forms.ValidationError(_("This day is over. Levels change from today on."))
        return day

    def clean(self):
        """A change needs reasons; what stays has no day."""
        data = super().clean()
        if data.get("verdict") == Verdict.KEEP:
            data["effective_from"] = None
        elif data.get("verdict") and "reasons" not in self.errors and not data.get("reasons"):
            self.add_error("reasons", _("Write the reasons. Everybody who reads the levels reads them."))
        return data


class NothingForm(forms.Form):
    """A button that asks for nothing else."""


class TakeOutForm(CommentForm):
    """Why an area is to be decided by itself."""

    mark_optional = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["text"].label = _("Why it should be decided by itself")
        self.fields["text"].help_text = _("It opens the discussion of the new decision. The other seats read it.")
