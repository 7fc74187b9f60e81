"""An expression of interest from a stranger, the same from DSS headquarters, and what DSS does with it (§3.1)."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from areas.fields import AreaField
from areas.models import Area
from organisations.addresses import validate_organisational
from organisations.models import Organisation
from slt_portal.forms import EmailInput, NarrativeInput

from .countries import CountryField

_Kind = Organisation.Kind
NEW = "new"
_PLAIN = {"autocomplete": "off", "dir": "auto"}


class _OrganisationForm(forms.Form):
    """An organisation as somebody describes it, and its contact."""

    name = forms.CharField(label=_("Name of the organisation"), max_length=200, widget=forms.TextInput(_PLAIN))
    other_names = forms.CharField(
        label=_("Other or former names"),
        required=False,
        max_length=600,
        help_text=_("One on each line: in other languages, former ones, in full."),
        widget=NarrativeInput({"rows": 3}),
    )
    acronym = forms.CharField(label=_("Acronym"), required=False, max_length=20, widget=forms.TextInput(_PLAIN))
    country = CountryField(label=_("Country of the headquarters"))
    website = forms.URLField(
        label=_("Website"),
        required=False,
        max_length=200,
        assume_scheme="https",
        widget=forms.TextInput({"inputmode": "url", "autocomplete": "url", "spellcheck": "false"}),
    )
    contact_name = forms.CharField(label=_("Name of the contact"), max_length=150, widget=forms.TextInput(_PLAIN))
    email = forms.EmailField(
        label=_("E-mail address of the contact"),
        max_length=254,
        help_text=_("The address that the organisation gave this person."),
        widget=EmailInput,
        validators=[validate_organisational],
    )
    phone = forms.CharField(
        label=_("Telephone"), required=False, max_length=40, widget=forms.TextInput({"inputmode": "tel"})
    )
    language = forms.ChoiceField(label=_("Language of our mails"), choices=settings.LANGUAGES, widget=forms.RadioSelect)

    def clean_name(self):
        """On one line."""
        return " ".join(self.cleaned_data["name"].split())

    def clean_acronym(self):
        """On one line."""
        return " ".join(self.cleaned_data["acronym"].split())

    def clean_contact_name(self):
        """On one line: it stands in mails."""
        return " ".join(self.cleaned_data["contact_name"].split())

    def clean_other_names(self):
        """Each as long as a name may be."""
        lines = [" ".join(line.split()) for line in self.cleaned_data["other_names"].splitlines()]
        if any(len(line) > 200 for line in lines):
            raise forms.ValidationError(_("A name has at most 200 characters. Write each on a line of its own."))
        return "\n".join(filter(None, lines))

    @property
    def answers(self) -> dict:
        """What was typed, as it is kept."""
        return {**self.cleaned_data, "country": self.cleaned_data["country"].code}


class InterestForm(_OrganisationForm):
    """The public form: three gate questions, then who asks. Only the shape is checked, so no answer tells anything."""

    field_order = ["kind", "has_agreement", "has_presence"]

    kind = forms.ChoiceField(
        label=_("What is your organisation?"),
        choices=[
            (_Kind.INGO, _("An international NGO")),
            (_Kind.IO, _("An international organisation")),
            (_Kind.NNGO, _("A national NGO")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Say what your organisation is.")},
        help_text=_("A national NGO was founded and works in one country."),
    )
    has_agreement = forms.ChoiceField(
        label=_("Have you an agreement with a UN agency, fund, programme, department or office?"),
        choices=[("yes", _("Yes")), ("no", _("No")), ("unsure", _("I am not sure"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Say whether you have an agreement with a UN entity.")},
        help_text=_("Without one you can still apply: the Oversight Committee may make an exception."),
    )
    has_presence = forms.ChoiceField(
        label=_("Do you work in the field, with security risk management of your own?"),
        choices=[("yes", _("Yes")), ("no", _("No")), ("unsure", _("I am not sure"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Say whether you work in the field and manage your own security risks.")},
        help_text=_("Established work in at least one country, and your own procedures, plans and arrangements."),
    )
    words = forms.CharField(
        label=_("Anything else?"), required=False, max_length=1000, widget=NarrativeInput({"rows": 4})
    )
    told = forms.BooleanField(required=False, widget=forms.HiddenInput)

    @property
    def must_be_told(self) -> bool:
        """Whether a national NGO has not yet read why formal status is not open to it (P3)."""
        return self.cleaned_data["kind"] == _Kind.NNGO and not self.cleaned_data["told"]

    @property
    def answers(self):
        """Without what only this form needs to know."""
        return {name: value for name, value in super().answers.items() if name != "told"}


class _ChosenForm(forms.Form):
    """Which organisation is meant: one of those that look like it, one that somebody knows, or another one (P12)."""

    mark_optional = False
    organisation = forms.ChoiceField(label=_("Is it one of these?"), required=False, widget=forms.RadioSelect)
    reference = forms.CharField(
        label=_("Is it known under quite another name?"),
        required=False,
        max_length=16,
        help_text=_("Then write its reference, such as ORG-7KQ4MC: the address of its page under “People” shows it."),
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false", "class": "input-short"}),
    )

    def __init__(self, *args, matches, **kwargs):
        super().__init__(*args, **kwargs)
        self.known = {match.organisation.ref: match.organisation for match in matches}
        choices = [(ref, _same(organisation)) for ref, organisation in self.known.items()]
        field = self.fields["organisation"]
        field.choices = [*choices, (NEW, _("It is another one: make a new record"))]
        if not choices:
            field.widget, field.initial = forms.HiddenInput(), NEW

    def clean_reference(self):
        """The organisation of that reference, or None."""
        ref = self.cleaned_data["reference"].strip().upper()
        found = Organisation.objects.filter(ref=ref).first() if ref else None
        if ref and found is None:
            raise forms.ValidationError(_("No organisation has this reference. Check it, or leave it empty."))
        return found

    def clean(self):
        data = super().clean()
        is_wrong = {"reference", "organisation"} & set(self.errors)
        if not is_wrong and not data.get("reference") and not data.get("organisation"):
            words = _("Say whether it is one of those that we know, or another one.")
            self.add_error("organisation", words)
        return data

    @property
    def chosen(self) -> Organisation | None:
        """The one chosen; None for a new one."""
        return self.cleaned_data["reference"] or self.known.get(self.cleaned_data["organisation"])


def _same(organisation):
    return _("%(name)s: this is the same organisation") % {"name": organisation.name}


def _domain():
    return forms.BooleanField(
        required=False,
        label=_("The domain of the contact's address is the organisation's"),
        help_text=_("From then on people of this organisation are invited at its domains only."),
    )


class OpenForm(_ChosenForm):
    """Open an application for whoever expressed interest."""

    prefix = "open"
    notes_domain = _domain()


class LocalForm(_ChosenForm):
    """Record a national NGO as local arrangement of an area (P3)."""

    prefix = "local"
    area = AreaField(
        label=_("Area"),
        queryset=None,
        empty_label=_("Choose an area"),
        error_messages={"required": _("Choose the area.")},
    )
    invites = forms.BooleanField(
        required=False, initial=True, label=_("Ask the contact in as focal point of the local arrangement, by mail")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["area"].queryset = Area.objects.current()


class DeclineForm(forms.Form):
    """Say no, in words for the contact."""

    prefix = "decline"
    words = forms.CharField(
        label=_("Your answer"),
        max_length=2000,
        widget=NarrativeInput({"rows": 5}),
        help_text=_("These words go to the contact by mail. Say why, and what they can do."),
    )


class InviteForm(_OrganisationForm):
    """The Committee invites an organisation: DSS headquarters says which, and whom to ask (§3.1)."""

    field_order = ["kind", "name"]

    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[(_Kind.INGO, _Kind.INGO.label), (_Kind.IO, _Kind.IO.label)],
        widget=forms.RadioSelect,
    )
    notes_domain = _domain()

    @property
    def answers(self):
        """Without what is no answer."""
        return {name: value for name, value in super().answers.items() if name != "notes_domain"}


class WhichForm(_ChosenForm):
    """Beside InviteForm: once there is an organisation that looks like it, or somebody knows one."""
