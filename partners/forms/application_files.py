"""A document of an application, and an answer to a question of the Working Group with one."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from partners.criteria import FileItem
from slt_portal.forms import NarrativeInput
from slt_portal.templatetags.portal import file_size


class _File(forms.FileField):
    """JPEG, PNG or PDF; what it is, its content decides (documents.uploads)."""

    def __init__(self, **kwargs):
        super().__init__(
            allow_empty_file=True,  # the refusal has words of its own
            error_messages={"required": _("Choose a file."), "invalid": _("Choose a file.")},
            widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,application/pdf"}),
            **kwargs,
        )


def _say_limit(field):
    words = _("PDF, or a JPEG or PNG picture, up to %(limit)s.") % {"limit": file_size(settings.ATTACHMENT_BYTES)}
    field.help_text = words
    field.widget.attrs["data-limit"] = settings.ATTACHMENT_BYTES


class FileForm(forms.Form):
    """A document and what it is about."""

    mark_optional = False

    item = forms.ChoiceField(label=_("What is it about?"), choices=[("", _("Choose")), *FileItem.choices])
    file = _File(label=_("File"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _say_limit(self.fields["file"])


class AnswerForm(forms.Form):
    """An answer in words; a document may come with it."""

    text = forms.CharField(label=_("Your answer"), max_length=4000, widget=NarrativeInput({"rows": 8}))
    file = _File(label=_("A document"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _say_limit(self.fields["file"])
