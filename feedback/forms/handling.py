"""What those who handle a case write: a proposal, why it closes, what the Committee is asked, a question to an office;
and what an office answers (F2, F3)."""

from uuid import uuid4

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from feedback.anonymity import tells_case, tells_sender
from slt_portal.forms import NarrativeInput

MOST = 10_000  # characters


def _text(label, help_text="", *, rows=8):
    return forms.CharField(label=label, help_text=help_text, max_length=MOST, widget=NarrativeInput({"rows": rows}))


class ConfirmForm(forms.Form):
    """Nothing to say: the button is the answer."""


class _OnceForm(forms.Form):
    """Sent twice it is one: `uid` is made with the page."""

    mark_optional = False
    uid = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)


class ProposeForm(_OnceForm):
    """The resolution that is proposed to the sender."""

    text = _text(
        gettext_lazy("Proposed resolution"),
        gettext_lazy("The sender reads it: what was found, what is done about it, by whom and by when."),
    )


class ConcludeForm(_OnceForm):
    """Why it closes without an answer of the sender."""

    reasons = _text(gettext_lazy("Reasons"), gettext_lazy("The sender reads them, and can open the case again."))


class EscalateForm(_OnceForm):
    """What is put to the Committee."""

    proposal = _text(
        gettext_lazy("Resolution that you propose"),
        gettext_lazy("If the Committee agrees, the sender reads it as the outcome, in these words. Name no person."),
    )
    why = _text(
        gettext_lazy("Why the Committee has to decide"),
        gettext_lazy("The Committee and those who handle the case read it, the sender does not."),
    )


class AskForm(_OnceForm):
    """A question to an office, through one of `levels` (feedback.offices.Level), in the handler's own words."""

    level = forms.ChoiceField(label=gettext_lazy("Who is asked"), widget=forms.RadioSelect)
    question = _text(
        gettext_lazy("Your question"),
        gettext_lazy("They read these words and nothing else of the case. Copy nothing that only the sender can know."),
    )
    names_sender = forms.BooleanField(
        label=gettext_lazy("Say who sent it"),
        help_text=gettext_lazy("The sender agreed to be named to the area."),
        required=False,
    )

    def __init__(self, *args, case, levels, **kwargs):
        super().__init__(*args, **kwargs)
        self.case, self.levels = case, {level.principal: level for level in levels}
        self.fields["level"].choices = [(level.principal, level.label) for level in levels]
        if len(levels) == 1:
            self.fields["level"].initial = levels[0].principal
        if not case.is_named_to_area:
            del self.fields["names_sender"]

    def clean_level(self):
        """The level itself."""
        return self.levels[self.cleaned_data["level"]]

    def clean(self):
        """Nothing that tells which case it is, or who sent it while that is not to be told."""
        data = super().clean()
        question = data.get("question", "")
        data.setdefault("names_sender", False)
        if tells_case(question, self.case):
            self.add_error("question", _("Take out the reference of the case: who is asked never learns which it is."))
        if question and not data["names_sender"] and (found := tells_sender(question, self.case)):
            text = _("Take out what tells who sent the case: %(words)s. The sender is not to be named here.")
            self.add_error("question", forms.ValidationError(text, params={"words": ", ".join(found)}))
        return data


class AnswerForm(forms.Form):
    """The view of an office."""

    mark_optional = False
    text = _text(
        gettext_lazy("Your answer"),
        gettext_lazy("Those who handle the feedback read it. What they pass on, they write in words of their own."),
    )
