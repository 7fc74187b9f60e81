"""What readers ask of the lists: which was in force on a day, and whose file a fingerprint is (L4)."""

import re

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from slt_portal.forms import DateInput

_SHA256 = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_PAIRS = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{2}[ :]){31}[0-9a-f]{2}(?![0-9a-f])")  # older Windows


class ListOnFilter(forms.Form):
    """A day that is not to come."""

    on = forms.DateField(
        label=_("Which list was in force on (UTC)"),
        required=False,
        widget=DateInput,
        error_messages={"invalid": _("Write a day as year, month and day, such as 2026-03-01.")},
    )

    def clean_on(self):
        """Which list will be in force nobody knows."""
        on = self.cleaned_data["on"]
        if on and on > timezone.now().date():
            raise forms.ValidationError(_("This day is still to come: nobody knows yet how things will stand."))
        return on


class FingerprintForm(forms.Form):
    """A SHA-256 as programs print it: alone, with the name of the file, in capitals, in pairs."""

    digest = forms.CharField(
        label=_("Fingerprint (SHA-256)"),
        max_length=1000,
        help_text=_("Paste what the program says: 64 digits and letters from a to f."),
        widget=forms.TextInput({"spellcheck": "false", "autocomplete": "off", "dir": "ltr", "class": "code"}),
    )

    def clean_digest(self):
        """The 64 characters."""
        text = self.cleaned_data["digest"].lower()
        if found := _PAIRS.search(text):
            return found[0].replace(" ", "").replace(":", "")
        if found := _SHA256.search(text):
            return found[0]
        raise forms.ValidationError(
            _("This is no SHA-256: it has 64 digits and letters from a to f, without a space between them.")
        )
