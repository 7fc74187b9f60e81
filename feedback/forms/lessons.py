"""Writing a lesson, in both languages and without names; looking for lessons (F4)."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from feedback.actions.lessons import TEXTS, check_names
from feedback.codes import Category
from feedback.models import Case
from slt_portal.forms import NarrativeInput, SearchInput

MOST = 4000  # characters


def _title(label, language):
    return forms.CharField(label=label, max_length=120, widget=forms.TextInput({"lang": language, "dir": "auto"}))


def _text(label, language, help_text=""):
    widget = NarrativeInput({"lang": language, "rows": 10})
    return forms.CharField(label=label, max_length=MOST, widget=widget, help_text=help_text)


class LessonForm(forms.Form):
    """What others can learn from `case`. What would tell who it was is refused at its field."""

    mark_optional = False
    category = forms.ChoiceField(label=_("What it is about"), choices=Category)
    title_en = _title(_("Title, in English"), "en")
    text_en = _text(
        _("Lesson, in English"),
        "en",
        _("What happened in general, what helped, what others can do. No names, no area where that tells who it was."),
    )
    title_fr = _title(_("Title, in French"), "fr")
    text_fr = _text(_("Lesson, in French"), "fr", _("The same in French."))
    version = forms.IntegerField(widget=forms.HiddenInput, initial=1, min_value=1, max_value=10**6)

    def __init__(self, *args, case: Case, **kwargs):
        super().__init__(*args, **kwargs)
        self.case = case

    def texts(self) -> dict[str, str]:
        """The four texts that are valid so far."""
        return {name: self.cleaned_data[name] for name in TEXTS if name in self.cleaned_data}

    def clean(self):
        """Without names."""
        data = super().clean()
        try:
            check_names(self.case, self.texts())
        except ValidationError as named:
            for field, errors in named.error_dict.items():
                self.add_error(field, errors)
        return data


class VersionForm(forms.Form):
    """Which version was read before it is published."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=10**6)


class ConfirmForm(forms.Form):
    """Nothing to say: the button is the answer."""


class LessonFilter(forms.Form):
    """About what, with which words."""

    mark_optional = False
    q = forms.CharField(label=_("Words"), required=False, max_length=100, widget=SearchInput)
    category = forms.ChoiceField(
        label=_("What it is about"), required=False, choices=[("", _("Anything")), *Category.choices]
    )
