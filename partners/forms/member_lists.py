"""What a platform brings, and what is typed about a row of its list (§3; P8)."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from organisations.duplicates import likely
from organisations.models import Organisation
from partners.member_files import MAX_ROWS, read_members
from partners.models import ListedMember
from slt_portal.forms import SearchInput
from slt_portal.tables import TableError

from .bases import OneLine

MEGABYTE = 1024 * 1024
State = ListedMember.State


class MemberListForm(forms.Form):
    """The file, and of which platform in which area it is the list, where its bringer represents several."""

    mark_optional = False

    whose = forms.ChoiceField(label=gettext_lazy("List of"), widget=forms.RadioSelect)
    file = forms.FileField(label=gettext_lazy("File"), max_length=200, widget=forms.FileInput({"accept": ".csv,.xlsx"}))

    def __init__(self, *args, platforms, **kwargs):
        """`platforms`: (value, label, platform, area) of each that the person represents."""
        super().__init__(*args, **kwargs)
        self.platforms = {value: (platform, area) for value, _label, platform, area in platforms}
        self.fields["whose"].choices = [(value, label) for value, label, _platform, _area in platforms]
        if len(platforms) == 1:
            self.fields["whose"].widget = forms.HiddenInput()
            self.fields["whose"].initial = platforms[0][0]
        help_text = _("CSV or Excel (.xlsx), at most %(limit)s MB and %(rows)s rows.")
        self.fields["file"].help_text = help_text % {"limit": _limit() // MEGABYTE, "rows": f"{MAX_ROWS:,}"}

    def clean_file(self):
        """Read, so that what cannot be is said here."""
        file = self.cleaned_data["file"]
        if file.size > _limit():
            raise forms.ValidationError(
                _("This file is larger than %(limit)s MB: keep only the table of members.")
                % {"limit": _limit() // MEGABYTE}
            )
        self.data_of_file = file.read()
        try:
            self.listings = read_members(self.data_of_file)
        except TableError as error:
            raise forms.ValidationError(str(error)) from error
        return file


def _limit():
    return settings.UPLOAD_PATHS["partners:member_list_upload"]


class RowFilter(forms.Form):
    """Which rows of a list."""

    CHOICES = (
        ("", gettext_lazy("all")),
        ("open", gettext_lazy("waiting")),
        ("recorded", gettext_lazy("recorded")),
        ("new", gettext_lazy("new since the list before")),
        ("renamed", gettext_lazy("under another name than before")),
        ("gone", gettext_lazy("not on the list any more")),
        ("other", gettext_lazy("not recorded")),
    )

    show = forms.ChoiceField(label=gettext_lazy("Rows"), required=False, choices=CHOICES)
    q = forms.CharField(label=gettext_lazy("Name"), required=False, max_length=100, widget=SearchInput)


class ReasonForm(forms.Form):
    """Why a row is not recorded: its platform reads it."""

    mark_optional = False

    reason = forms.CharField(
        label=gettext_lazy("Why is it not recorded?"),
        max_length=500,
        help_text=gettext_lazy("The platform reads this."),
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
    )


class ReferForm(forms.Form):
    """What the Working Group should know."""

    mark_optional = False

    why = forms.CharField(
        label=gettext_lazy("What cannot be established here?"),
        max_length=2_000,
        help_text=gettext_lazy("The Working Group reads this; the platform does not."),
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
    )


class NewMemberForm(forms.Form):
    """An organisation that the portal does not know."""

    mark_optional = False

    name = OneLine(label=gettext_lazy("Name"), max_length=200)
    acronym = forms.CharField(
        label=gettext_lazy("Acronym"), max_length=20, required=False, widget=forms.TextInput({"autocomplete": "off"})
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=[(kind, Organisation.Kind(kind).label) for kind in ("ingo", "io", "nngo")],
        widget=forms.RadioSelect,
    )

    def clean_name(self):
        """No second record of the same name (P12)."""
        name = self.cleaned_data["name"]
        if any(match.is_exact for match in likely(name)):
            raise forms.ValidationError(_("An organisation of this name is known: choose it above."))
        return name
