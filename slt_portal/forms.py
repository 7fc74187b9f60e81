"""How forms look: the renderer that all forms use, and widgets that ask a phone for the right keyboard."""

from pathlib import Path

from django import forms
from django.conf import settings
from django.forms.renderers import BaseRenderer
from django.template.backends.django import DjangoTemplates
from django.utils.functional import cached_property


class PortalRenderer(BaseRenderer):
    """Label above, help, error, input: our templates first, Django's for the widgets we leave as they are."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"
    formset_template_name = "components/formset.html"

    @cached_property
    def engine(self) -> DjangoTemplates:
        """An engine of its own: forms need neither request nor context processors."""
        return DjangoTemplates(
            {
                "APP_DIRS": False,
                "DIRS": [settings.BASE_DIR / "templates", Path(forms.__file__).parent / "templates"],
                "NAME": "forms",
                "OPTIONS": {"builtins": ["slt_portal.templatetags.portal"]},
            }
        )

    def get_template(self, template_name):
        """The template of a widget, field or form."""
        return self.engine.get_template(template_name)


class DateInput(forms.DateInput):
    """A day; phones show their calendar. The value stays ISO whatever the language of the page."""

    input_type = "date"

    def __init__(self, attrs=None):
        super().__init__(attrs={"class": "input-short", **(attrs or {})}, format="%Y-%m-%d")


class TimeInput(forms.TimeInput):
    """A time of day, hours and minutes."""

    input_type = "time"

    def __init__(self, attrs=None):
        super().__init__(attrs={"class": "input-short", **(attrs or {})}, format="%H:%M")


class WholeNumberInput(forms.TextInput):
    """A count. Not type=number: a scroll wheel must not change it, and what was typed must come back."""

    def __init__(self, attrs=None):
        super().__init__(attrs={"inputmode": "numeric", "class": "input-number", **(attrs or {})})


class CoordinateInput(forms.TextInput):
    """A latitude or longitude in degrees; the keyboard offers digits, point and minus."""

    def __init__(self, attrs=None):
        super().__init__(attrs={"inputmode": "text", "class": "input-number", "spellcheck": "false", **(attrs or {})})


class CodeInput(forms.TextInput):
    """A one-time code."""

    def __init__(self, attrs=None):
        ours = {"inputmode": "numeric", "autocomplete": "one-time-code", "class": "input-code", "spellcheck": "false"}
        super().__init__(attrs={**ours, **(attrs or {})})


class EmailInput(forms.EmailInput):
    """An e-mail address."""

    def __init__(self, attrs=None):
        super().__init__(attrs={"autocomplete": "email", "spellcheck": "false", **(attrs or {})})


class SearchInput(forms.TextInput):
    """Words to look for."""

    input_type = "search"

    def __init__(self, attrs=None):
        super().__init__(attrs={"autocomplete": "off", "enterkeyhint": "search", **(attrs or {})})


class NarrativeInput(forms.Textarea):
    """Free text in any language: its direction follows what is typed."""

    def __init__(self, attrs=None):
        super().__init__(attrs={"rows": 6, "dir": "auto", "autocomplete": "off", **(attrs or {})})
