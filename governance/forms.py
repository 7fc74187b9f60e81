"""What a seat says: a position, a comment, how to close. Seats are offered as far as the reader speaks for them."""

from django import forms
from django.utils.translation import gettext_lazy as _

from slt_portal.forms import NarrativeInput

from .models import Position

LONGEST = 5000


class _SeatForm(forms.Form):
    """Says something for one of `lines` (governance.boards.Line), the seats of the reader; with one it is not asked."""

    seat = forms.ChoiceField(label=_("For which seat"), widget=forms.RadioSelect)

    def __init__(self, *args, lines, **kwargs):
        super().__init__(*args, **kwargs)
        self.lines = {str(line.seat.pk): line for line in lines}
        self.fields["seat"].choices = [(pk, str(line.seat)) for pk, line in self.lines.items()]
        if len(self.lines) == 1:
            self.fields["seat"].widget = forms.HiddenInput()
            self.fields["seat"].initial = next(iter(self.lines))

    def clean_seat(self):
        """The seat itself."""
        return self.lines[self.cleaned_data["seat"]].seat


class PositionForm(_SeatForm):
    """Where a seat stands (P6)."""

    choice = forms.ChoiceField(
        label=_("Position of your seat"),
        choices=[
            (Position.Choice.AGREE, _("Agree with the proposal")),
            (Position.Choice.OBJECT, _("Object")),
            (Position.Choice.ABSTAIN, _("Abstain")),
            (Position.Choice.RECUSE, _("Recuse the seat: it has no part in this decision, and that is final")),
        ],
        widget=forms.RadioSelect,
    )
    reasons = forms.CharField(
        label=_("Reasons"),
        required=False,
        max_length=LONGEST,
        widget=NarrativeInput({"rows": 4}),
        help_text=_("An objection needs them. The other seats and the secretariat read them, nobody else."),
    )

    def clean(self):
        """An objection says why."""
        cleaned = super().clean()
        if cleaned.get("choice") == Position.Choice.OBJECT and "reasons" in cleaned and not cleaned["reasons"]:
            self.add_error("reasons", _("Write why your seat objects."))
        return cleaned


class CommentForm(_SeatForm):
    """A contribution to the discussion."""

    text = forms.CharField(label=_("Your comment"), max_length=LONGEST, widget=NarrativeInput({"rows": 3}))


class ClosingForm(_SeatForm):
    """A chair proposes the outcome and its reasons (P6)."""

    outcome = forms.ChoiceField(label=_("Outcome"), widget=forms.RadioSelect)
    reasons = forms.CharField(
        label=_("Reasons of the outcome"),
        required=False,
        max_length=LONGEST,
        widget=NarrativeInput({"rows": 4}),
    )

    def __init__(self, *args, question, decision, **kwargs):
        super().__init__(*args, **kwargs)
        self.question, self.decision = question, decision
        self.fields["reasons"].help_text = question.reasons_read_by
        self.fields["outcome"].choices = list(question.outcomes.items())

    def clean(self):
        """Some outcomes need reasons."""
        cleaned = super().clean()
        outcome = cleaned.get("outcome")
        is_silent = "reasons" in cleaned and not cleaned["reasons"]
        if outcome and is_silent and self.question.needs_reasons(self.decision, outcome):
            self.add_error("reasons", _("This outcome needs written reasons."))
        return cleaned


class ConfirmForm(_SeatForm):
    """The second signature, under the proposal that was read."""

    closing = forms.UUIDField(widget=forms.HiddenInput)
