"""Forms about memoranda: issuing, signing, uploading a signed copy, the text of the instrument (P7)."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.forms import ReauthenticateForm
from partners.instrument import MOST_TEXT, check_text
from slt_portal.forms import CodeInput, NarrativeInput
from slt_portal.templatetags.portal import file_size

MOST_NAME, MOST_TITLE = 120, 120


class OneLineField(forms.CharField):
    """A name or a title as it stands under a signature: on one line, in any writing."""

    widget = forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"})

    def to_python(self, value):
        """Without line breaks and doubled spaces."""
        return " ".join(super().to_python(value).split())


def name_field(label) -> OneLineField:
    """The name of a signatory."""
    return OneLineField(label=label, max_length=MOST_NAME)


def title_field(label) -> OneLineField:
    """What a signatory is in their organisation."""
    return OneLineField(label=label, max_length=MOST_TITLE)


class ConcludeForm(forms.Form):
    """Where the organisation is active, and who signs for either side."""

    mark_optional = False

    areas = forms.MultipleChoiceField(
        label=_("Areas in which it is active"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("As the organisation declared its presence. It appears on the lists of the areas that you keep."),
        error_messages={"required": _("Keep at least one area.")},
    )
    partner_name = name_field(_("Who signs for the organisation"))
    partner_title = title_field(_("Title of that person"))
    dss_name = name_field(_("Who signs for DSS"))
    dss_title = title_field(_("Title of that person"))

    def __init__(self, *args, areas, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["areas"].choices = [(area.code, str(area)) for area in areas]
        self.fields["areas"].required = bool(areas)

    def signatory(self, side: str) -> dict:
        """Name and title of who signs for `partner` or `dss`."""
        return {name: self.cleaned_data[f"{side}_{name}"] for name in ("name", "title")}


class SignForm(ReauthenticateForm):
    """A typed signature: name, title, the words, and a code of the second factor, which is asked for here and now."""

    mark_optional = False
    field_order = ("name", "title", "agreed", "code")

    name = name_field(_("Your name"))
    title = title_field(_("Your title"))
    agreed = forms.BooleanField(error_messages={"required": _("Tick this if you sign.")})
    code = forms.CharField(
        label=_("Code of your authenticator app"),
        max_length=64,
        widget=CodeInput,
        help_text=_("A fresh one: a code works once."),
    )

    def __init__(self, *args, organisation: str, **kwargs):
        super().__init__(*args, **kwargs)
        words = _("I sign this memorandum for %(organisation)s, and may do so")
        # Between marks that keep its direction apart from that of the sentence.
        self.fields["agreed"].label = words % {"organisation": f"\u2068{organisation}\u2069"}

    def clean_code(self) -> str:
        """The code is right; one that comes with other mistakes is not used up, because it works only once."""
        return "" if self.errors else super().clean_code()


class UploadForm(forms.Form):
    """The copy that was signed on paper. What the file is, its content decides (documents.uploads)."""

    mark_optional = False

    name = name_field(_("Who signed"))
    title = title_field(_("Title of that person"))
    file = forms.FileField(
        label=_("Signed copy"),
        allow_empty_file=True,  # the refusal has words of its own
        error_messages={"required": _("Choose a file."), "invalid": _("Choose a file.")},
        widget=forms.FileInput(attrs={"accept": "application/pdf,image/jpeg,image/png"}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        limit = settings.ATTACHMENT_BYTES
        words = _("All pages as one PDF, or a picture of the page with the signature (JPEG, PNG), up to %(limit)s.")
        self.fields["file"].help_text = words % {"limit": file_size(limit)}


class TemplateForm(forms.Form):
    """The text of the instrument in both languages; `version` is the one that was edited."""

    mark_optional = False

    text_en = forms.CharField(label=_("Text in English"), max_length=MOST_TEXT, validators=[check_text])
    text_fr = forms.CharField(label=_("Text in French"), max_length=MOST_TEXT, validators=[check_text])
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("text_en", "text_fr"):
            self.fields[name].widget = NarrativeInput({"rows": 24, "lang": name[-2:]})

    def _clean_text(self, name):
        return "\n".join(self.cleaned_data[name].splitlines())  # browsers send CR LF

    def clean_text_en(self) -> str:
        """With the line ends of the portal."""
        return self._clean_text("text_en")

    def clean_text_fr(self) -> str:
        """With the line ends of the portal."""
        return self._clean_text("text_fr")
