"""What somebody who answers for an area says about a line of its check list, and how a task was done (L7)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from implementation_levels.actions.tasks import longest
from implementation_levels.levels import today
from implementation_levels.models import Statement
from slt_portal.forms import DateInput, NarrativeInput

Says = Statement.Says
_WORDS = {
    "label": _("In words: what there is, or what is missing"),
    "help_text": _("Everybody who reads the levels reads this, with your name. Nothing confidential, and no names."),
    "max_length": 500,
}


class StatementForm(forms.Form):
    """How a line stands, in words, and until when that holds."""

    says = forms.ChoiceField(label=_("How does it stand?"), choices=Says, widget=forms.RadioSelect)
    text = forms.CharField(**_WORDS, widget=NarrativeInput(attrs={"rows": 4}))
    holds_until = forms.DateField(
        label=_("Until when does this hold?"),
        help_text=_("Empty: as long as it may. After that day the line is unknown again."),
        required=False,
        widget=DateInput,
        error_messages={"invalid": _("Write a day as year, month and day, such as 2026-03-01.")},
    )

    def clean_holds_until(self):
        """From today on, and no longer than anything said may hold."""
        until, day = self.cleaned_data["holds_until"], today()
        if until and until < day:
            raise forms.ValidationError(_("This day is over."))
        if until and until > longest(day):
            raise forms.ValidationError(_("So long nobody can tell. Say it again then."))
        return until


class DoneForm(forms.Form):
    """That a task is done, and how."""

    says = forms.ChoiceField(
        label=_("How does it stand now?"),
        choices=[(Says.MET, Says.MET.label), (Says.NOT_NEEDED, Says.NOT_NEEDED.label)],
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        **{**_WORDS, "label": _("In words: what was done")}, widget=NarrativeInput(attrs={"rows": 4})
    )
