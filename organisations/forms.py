"""Inviting a colleague, and the first password."""

from django import forms
from django.conf import settings
from django.contrib.auth.forms import SetPasswordForm
from django.utils.translation import gettext_lazy as _

from areas.fields import AreaField
from slt_portal.forms import EmailInput, SearchInput

from .addresses import validate_organisational
from .policies import areas_to_give, roles_to_give
from .roles import ROLES


class InvitationForm(forms.Form):
    """Who, in which role, where. Offers only what `by` may give in this organisation."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=EmailInput({"autocomplete": "off"}),
        validators=[validate_organisational],
        help_text=_("The address that the organisation gave this person."),
    )
    name = forms.CharField(
        label=_("Name"), max_length=150, widget=forms.TextInput({"autocomplete": "off", "dir": "auto"})
    )
    role = forms.ChoiceField(label=_("Role"), widget=forms.RadioSelect)
    area = AreaField(
        label=_("Area"),
        queryset=None,
        required=False,
        empty_label=_("No area: world-wide"),
        help_text=_("For roles in an area. Leave it empty for roles that are world-wide."),
    )
    language = forms.ChoiceField(label=_("Language of the mail"), choices=settings.LANGUAGES, widget=forms.RadioSelect)

    def __init__(self, *args, by, organisation, **kwargs):
        super().__init__(*args, **kwargs)
        self.by, self.organisation = by, organisation
        given = roles_to_give(by, organisation)
        self.fields["role"].choices = [(role.code, role.label) for role in ROLES.values() if role.code in given]
        self.fields["area"].queryset = areas_to_give(by, organisation)
        self.fields["language"].initial = by.language

    def clean_email(self):
        email = self.cleaned_data["email"].lower()
        if email == self.by.email:
            raise forms.ValidationError(_("This is your own address. Somebody else has to give you a role."))
        return email

    def clean_name(self):
        """On one line: it stands in the mail."""
        return " ".join(self.cleaned_data["name"].split())

    def clean(self):
        data = super().clean()
        scope = ROLES[data["role"]].scope if data.get("role") else "either"
        if scope == "area" and not data.get("area") and "area" not in self.errors:
            self.add_error("area", _("This role is held in an area. Choose the area."))
        if scope == "world" and data.get("area"):
            self.add_error("area", _("This role is world-wide. Leave the area empty."))
        return data


class FirstPasswordForm(SetPasswordForm):
    """The password of a new account, typed twice."""

    mark_optional = False


class OrganisationFilter(forms.Form):
    """Words of an organisation's name."""

    q = forms.CharField(label=_("Name"), required=False, max_length=100, widget=SearchInput)
