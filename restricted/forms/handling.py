"""What handlers choose: what they did, whom they bring in. Codes and names, no words."""

import uuid

from django import forms
from django.utils.translation import gettext_lazy as _

from restricted.actions.handling import NEEDS, NOTES


class NoteForm(forms.Form):
    """What was done."""

    mark_optional = False
    uid = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    what = forms.ChoiceField(
        label=_("What you did"),
        choices=[(kind.value, kind.label) for kind in NOTES],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what you did."), "invalid_choice": _("Choose what you did.")},
    )

    def __init__(self, *args, agreed=None, **kwargs):
        super().__init__(*args, **kwargs)
        if agreed is not None:  # what the sender has not agreed to is not offered
            open_now = [kind for kind in NOTES if kind not in NEEDS or NEEDS[kind] in agreed]
            self.fields["what"].choices = [(kind.value, kind.label) for kind in open_now]


class BringInForm(forms.Form):
    """Another handler."""

    mark_optional = False
    handler = forms.ChoiceField(
        label=_("Another handler"), error_messages={"invalid_choice": _("This person is no handler any more.")}
    )

    def __init__(self, *args, others, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["handler"].choices = [(str(one.pk), one.label) for one in others]
