"""Which other report is about the same event."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents.fields import PlainText

_REFERENCE = re.compile(r"\s*(?:INC)?[-\s\u2010-\u2015]*([A-Z0-9]{4,12})\s*", re.IGNORECASE)


class SameEventForm(forms.Form):
    """The reference of another report, typed by hand."""

    mark_optional = False

    other = PlainText(
        label=_("Reference of another report on the same event"),
        max_length=40,
        help_text=_("For example INC-7KQ2MC. Both reports stay as they are, with their readers."),
        error_messages={"required": _("Write the reference of the other report.")},
    )

    def clean_other(self) -> str:
        """As the portal writes references, however it was typed."""
        typed = self.cleaned_data["other"]
        known = _REFERENCE.fullmatch(typed)
        return f"INC-{known[1].upper()}" if known else typed
