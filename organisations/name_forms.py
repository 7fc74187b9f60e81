"""Typing a name of an organisation."""

from django import forms
from django.utils.translation import gettext_lazy as _

from .duplicates import Finder
from .models import OrganisationName


class NameForm(forms.Form):
    """Another name of an organisation: refused where it is the very name of a second one (P12)."""

    mark_optional = False

    name = forms.CharField(
        label=_("Name"), max_length=200, widget=forms.TextInput({"autocomplete": "off", "dir": "auto"})
    )
    kind = forms.ChoiceField(
        label=_("What it is"),
        choices=OrganisationName.Kind.choices,
        initial=OrganisationName.Kind.VARIANT,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args, organisation, **kwargs):
        super().__init__(*args, **kwargs)
        self.organisation = organisation

    def clean_name(self):
        """On one line, not its name anyhow."""
        name = " ".join(self.cleaned_data["name"].split())
        if name == self.organisation.name:
            raise forms.ValidationError(_("This is its name already."))
        return name

    def clean(self):
        """Acronyms are shared by many; a name that is spelt like that of another organisation is that one's."""
        data = super().clean()
        if self.errors or data.get("kind") == OrganisationName.Kind.ACRONYM:
            return data
        for match in Finder.of_all().likely(data["name"]):
            if match.is_exact and match.organisation != self.organisation:
                raise forms.ValidationError(
                    {"name": _("%(name)s is known by this name.") % {"name": match.organisation.name}}
                )
        return data


class RenameForm(NameForm):
    """The name that it has from now on."""

    field_order = ["name"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        del self.fields["kind"]
        self.fields["name"].label = _("New name")
