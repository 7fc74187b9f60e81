"""The forms of the Working Group about an application, and the filter of the list."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from partners.actions.review import trouble_of
from partners.models import Application, Check, Criterion, Recommendation
from partners.un_link import un_link_of
from slt_portal.forms import NarrativeInput

MOST_TEXT = 10_000
State = Application.State
OPEN_STATES = (State.SUBMITTED, State.QUESTIONED, State.RECOMMENDED, State.APPROVED, State.CONCLUDING)


class ApplicationFilter(forms.Form):
    """One state; without one everything that is under way."""

    state = forms.ChoiceField(label=_("State"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        known = [(state.value, state.label) for state in State if state != State.DRAFT]
        self.fields["state"].choices = [("", _("everything under way")), *known]


class CheckForm(forms.Form):
    """Whether one criterion is met, and why."""

    mark_optional = False

    verdict = forms.ChoiceField(label=_("Is the criterion met?"), choices=Check.Verdict, widget=forms.RadioSelect)
    comment = forms.CharField(
        label=_("Comment"),
        required=False,
        max_length=MOST_TEXT,
        widget=NarrativeInput,
        help_text=_("What you looked at, and what is lacking. You may leave it empty if the criterion is met."),
    )

    def __init__(self, *args, application, criterion, **kwargs):
        super().__init__(*args, **kwargs)
        self.application, self.criterion = application, criterion

    def clean_verdict(self):
        """The link to the UN is not met as long as no entity confirmed it (P3)."""
        verdict = self.cleaned_data["verdict"]
        is_link_met = self.criterion == Criterion.UN_LINK and verdict == Check.Verdict.MET
        if is_link_met and (trouble := un_link_of(self.application).trouble):
            raise ValidationError(trouble)
        return verdict

    def clean(self):
        data = super().clean()
        if data.get("verdict") in {Check.Verdict.NOT_MET, Check.Verdict.UNCLEAR} and not data.get("comment"):
            self.add_error("comment", _("Say why. The Committee reads it."))
        return data


class NoteForm(forms.Form):
    """A remark to the others of the Working Group."""

    text = forms.CharField(
        label=_("Your remark"),
        max_length=MOST_TEXT,
        widget=NarrativeInput,
        help_text=_("Working Group, DSS headquarters, OCHA and later the Committee read it. The applicant never does."),
    )


class QuestionForm(forms.Form):
    """A question to the applicant."""

    text = forms.CharField(
        label=_("Your question"),
        max_length=MOST_TEXT,
        widget=NarrativeInput,
        help_text=_("The applicant reads these words, and that the Working Group asks. It does not see who of you."),
    )


class NothingForm(forms.Form):
    """A button that asks for nothing else."""


class RecommendationForm(forms.Form):
    """To admit or to refuse, and why."""

    verdict = forms.ChoiceField(
        label=_("The Working Group recommends to"), choices=Recommendation.Verdict, widget=forms.RadioSelect
    )
    reasons = forms.CharField(
        label=_("Reasons"),
        max_length=MOST_TEXT,
        widget=NarrativeInput,
        help_text=_("The Oversight Committee reads them and decides. The applicant does not see them."),
    )

    def __init__(self, *args, application, **kwargs):
        super().__init__(*args, **kwargs)
        self.application = application

    def clean_verdict(self):
        """What can be recommended as things stand."""
        verdict = self.cleaned_data["verdict"]
        if trouble := trouble_of(self.application, verdict):
            raise ValidationError(trouble)
        return verdict
