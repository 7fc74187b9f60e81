"""What a desk writes about an incident, and what focal points ask it."""

import uuid

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents import codes
from incidents.account import SHARED_TEXTS
from incidents.fields import Narrative, PlainText

_NOT_GRADED = [("", _("leave as it is"))]


class OnceForm(forms.Form):
    """A form with an id of its own: sent twice it is one act."""

    submission = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["submission"].initial = uuid.uuid4()


class GradeForm(OnceForm):
    """Source and content on the Admiralty scale, with the reasons."""

    mark_optional = False

    reliability = forms.ChoiceField(
        label=_("How reliable is the source"), choices=_NOT_GRADED + codes.Reliability.choices, required=False
    )
    credibility = forms.ChoiceField(
        label=_("How credible is what it says"),
        choices=_NOT_GRADED + codes.Credibility.choices,
        required=False,
        help_text=_("Every reader sees this."),
    )
    reasons = Narrative(
        label=_("Reasons, if you want to give them"),
        max_length=2000,
        required=False,
        help_text=_("The originator and the desks read this, nobody else."),
    )

    def without_source(self) -> "GradeForm":
        """The same for a warning: the desk does not know whose it is, and cannot grade that (C5)."""
        del self.fields["reliability"]
        return self

    def clean(self):
        """One of the two at least."""
        cleaned = super().clean()
        if not self.errors and not cleaned.get("reliability") and not cleaned["credibility"]:
            self.add_error("credibility", _("Choose at least one grade."))
        return cleaned


class NoteForm(OnceForm):
    """What was done."""

    text = Narrative(
        label=_("What was done"),
        max_length=3000,
        help_text=_("The originator and the desks read this, nobody else. The reporter is told that you wrote it."),
        error_messages={"required": _("Write what was done.")},
    )


class QuestionForm(OnceForm):
    """What DSS is to verify and to follow up."""

    text = Narrative(
        label=_("What should DSS verify or follow up"),
        max_length=3000,
        help_text=_("DSS of the area and DSS headquarters read it, with the name of your organisation."),
        error_messages={"required": _("Write what you ask.")},
    )


class AnswerForm(forms.Form):
    """The desk's answer to a question."""

    text = Narrative(
        label=_("Your answer"),
        max_length=3000,
        help_text=_("Whoever asked and the desks read this, nobody else."),
        error_messages={"required": _("Write your answer.")},
    )


class ProposalForm(forms.Form):
    """Other texts for the readers of the shared release."""

    mark_optional = False

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    what = Narrative(
        label=_("What happened"),
        max_length=5000,
        rows=6,
        error_messages={"required": _("Readers need at least this. Six words are enough.")},
    )
    news = Narrative(label=_("What is new"), max_length=3000, required=False)
    place = PlainText(label=_("Town, district or road"), max_length=200, required=False)
    actor_name = PlainText(label=_("Name of the group, if known"), max_length=200, required=False)
    consequences = Narrative(
        label=_("Consequences for people, assets, access, programmes"), max_length=3000, required=False
    )
    actions_taken = Narrative(label=_("What has been done so far"), max_length=3000, required=False)

    def texts(self) -> dict[str, str]:
        """The proposed texts of a valid form, by name."""
        return {name: self.cleaned_data[name] for name in SHARED_TEXTS if self.cleaned_data[name]}


class RefusalForm(forms.Form):
    """Why the originator does not agree to a proposed text."""

    reason = Narrative(
        label=_("Why not, if you want to say"),
        max_length=2000,
        rows=3,
        required=False,
        help_text=_("The desk reads this, nobody else."),
    )
