"""What both forms ask and the sender may change: how to reach them, and who of the handlers reads it. One line each,
and no story."""

import uuid
from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from restricted.codes import Language
from restricted.handlers import Offered

MOST = 80  # characters of a line: a number, a day, an hour
_QUIET = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false", "dir": "auto"}


class LineField(forms.CharField):
    """One short line; what was pasted over several becomes one."""

    def __init__(self, **kwargs):
        super().__init__(max_length=MOST, widget=forms.TextInput(_QUIET), **kwargs)

    def to_python(self, value):
        """The words of it, with one space between them."""
        return " ".join(super().to_python(value).split())


class ReadersForm(forms.Form):
    """Who reads it: each handler by name, at least one."""

    mark_optional = False
    readers = forms.MultipleChoiceField(
        label=_("Who reads it"),
        help_text=_(
            "Take away the tick of anybody who should not. The others never learn of it, nor does anybody else."
        ),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Leave at least one name ticked: otherwise nobody could answer."),
            "invalid_choice": _("Choose again: one of these people is no handler any more."),
        },
    )

    def __init__(self, *args, offered: Sequence[Offered], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["readers"].choices = [(str(one.pk), one.label) for one in offered]
        self.fields["readers"].initial = [str(one.pk) for one in offered if one.is_ticked]

    @property
    def chosen(self) -> list[int]:
        """The memberships of those who were chosen."""
        return [int(pk) for pk in self.cleaned_data["readers"]]


class ReachForm(forms.Form):
    """How to reach the sender. `contact` is what is sealed."""

    mark_optional = True
    reach = LineField(
        label=_("How to reach you"),
        help_text=_("A telephone number or an address that nobody else reads. Please do not write here what happened."),
        error_messages={"required": _("Write a number or an address: otherwise nobody can call you.")},
    )
    when = LineField(
        label=_("When it is safe"),
        required=False,
        help_text=_("For example: weekdays after 18:00. Please do not write here what happened."),
    )
    language = forms.ChoiceField(label=_("In which language"), choices=Language.choices, required=False)
    leave_word = forms.BooleanField(
        label=_("A message may be left"),
        required=False,
        help_text=_("Without this tick nobody leaves a word, and nobody speaks to anyone else who answers."),
    )

    @property
    def contact(self) -> dict[str, str]:
        """How to reach the sender, as it is sealed."""
        data = self.cleaned_data
        said = {name: data.get(name, "") for name in ("reach", "when", "language")}
        return said | {"leave_word": "yes" if data.get("leave_word") else ""}


class ContactForm(ReachForm, ReadersForm):
    """Both, once for each report."""

    mark_optional = True
    submission = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    field_order = ("reach", "when", "language", "leave_word", "readers", "submission")


class NewReachForm(ReachForm):
    """How to reach the sender, said anew; `is_agreed`: they agree to be contacted, so there must be a way."""

    field_order = ("reach", "when", "language", "leave_word")

    def __init__(self, *args, is_agreed: bool, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reach"].required = is_agreed


class NothingForm(forms.Form):
    """Nothing to say: the button is the answer."""
