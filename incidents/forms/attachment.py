"""The form for one more file of an incident."""

import uuid

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from slt_portal.templatetags.portal import file_size

OWN, EVERYBODY = "own", "everybody"


class AttachmentForm(forms.Form):
    """A file and who gets it. What the file is, its content decides (documents.uploads)."""

    mark_optional = False

    submission = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,  # the refusal has words of its own
        error_messages={"required": _("Choose a file."), "invalid": _("Choose a file.")},
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,application/pdf"}),
    )
    audience = forms.ChoiceField(
        label=_("Who gets it?"),
        choices=[
            (OWN, _("Only our organisation and the DSS desks that read the report in full")),
            (EVERYBODY, _("Everybody who can read the report")),
        ],
        initial=OWN,
        widget=forms.RadioSelect,
        help_text=_("A picture can show faces, number plates or a place that your text leaves out."),
        error_messages={"required": _("Say who gets it."), "invalid_choice": _("Say who gets it.")},
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        limit = settings.ATTACHMENT_BYTES
        words = _("JPEG or PNG picture, or PDF, up to %(limit)s.") % {"limit": file_size(limit)}
        self.fields["file"].help_text = words
        self.fields["file"].widget.attrs["data-limit"] = limit
