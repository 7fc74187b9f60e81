"""What DSS types to record, renew and end a basis, and what the readers of registers look for (§3; P8, P10)."""

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from areas.fields import AreaField
from organisations.duplicates import likely
from organisations.models import Organisation
from partners.models import Agreement, Basis
from partners.registers import FIRST_DAY, INTERNATIONAL
from slt_portal.forms import DateInput, EmailInput, NarrativeInput, SearchInput

from .countries import CountryField

KINDS_TO_ADD = (*INTERNATIONAL, Organisation.Kind.NNGO)
_LINE = {"autocomplete": "off", "dir": "auto"}


class OneLine(forms.CharField):
    """A name on one line."""

    def __init__(self, **kwargs):
        super().__init__(widget=forms.TextInput(_LINE), **kwargs)

    def clean(self, value):
        """Without line breaks: it stands in mails and tables."""
        return " ".join(super().clean(value).split())


class RegisterFilter(forms.Form):
    """Which register, which day, which name, which kind; `which` is the part of an area's register."""

    area = AreaField(label=_("Register"), queryset=None, required=False, to_field_name="code", empty_label=_("global"))
    q = forms.CharField(label=_("Name"), max_length=100, required=False, widget=SearchInput)
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("all")), *((kind, kind.label) for kind in INTERNATIONAL)]
    )
    on = forms.DateField(
        label=_("As it stood on"),
        required=False,
        widget=DateInput,
        error_messages={"invalid": _("Write a day as year, month and day, such as 2026-03-01.")},
    )
    which = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput)

    def __init__(self, *args, areas, has_global, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["area"].queryset = areas
        if not has_global:
            self.fields["area"].empty_label = None

    def clean_q(self):
        """Without what no database takes."""
        return self.cleaned_data["q"].replace("\x00", "").strip()

    def clean_on(self):
        """No day to come, and none before anything was recorded."""
        on = self.cleaned_data["on"]
        if on and on > timezone.now().date():
            raise forms.ValidationError(_("This day is still to come: nobody knows yet how things will stand."))
        if on and on < FIRST_DAY:
            raise forms.ValidationError(_("The register does not reach back that far."))
        return on

    @property
    def is_narrowing(self) -> bool:
        """Whether a filter is set."""
        return self.is_valid() and any(self.cleaned_data[name] for name in ("q", "kind", "on"))


def _until(value):
    """An end that is not over."""
    if value and value < timezone.now().date():
        raise forms.ValidationError(_("This day is over. If it has ended and was not renewed, there is no basis."))
    return value


class _UntilForm(forms.Form):
    def clean_ends_on(self):
        """Not over."""
        return _until(self.cleaned_data["ends_on"])


def _end(label, **kwargs):
    help_text = _("Leave it empty if no end is known: then it is to be confirmed again every year.")
    return forms.DateField(label=label, required=False, widget=DateInput, help_text=help_text, **kwargs)


class OrganisationSearch(forms.Form):
    """The name as somebody gave it."""

    name = OneLine(
        label=_("Name of the organisation"),
        max_length=200,
        help_text=_("As it was given to you. Other names, former names and acronyms are looked at as well."),
    )


class NewOrganisation(forms.Form):
    """An organisation that is not known yet. A likely duplicate is shown before it is added (P12)."""

    name = OneLine(label=_("Full name"), max_length=200)
    acronym = OneLine(label=_("Acronym"), max_length=20, required=False)
    kind = forms.ChoiceField(
        label=_("Kind"), widget=forms.RadioSelect, choices=[(kind, kind.label) for kind in KINDS_TO_ADD]
    )
    headquarters = CountryField(label=_("Country of its headquarters"))
    is_new = forms.BooleanField(label=_("It is none of these"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.likely = []

    def clean(self):
        """Unless somebody looked, nothing that resembles what is known."""
        data = super().clean()
        name = data.get("name")
        if not name:
            return data
        self.likely = likely(name, acronym=data.get("acronym", ""))
        if Organisation.objects.filter(name__iexact=name).exists():
            self.add_error("name", _("An organisation of this name is known already. Choose it from the list."))
        elif self.likely and not data.get("is_new"):
            self.add_error("is_new", _("Look at the organisations above. If it is one of them, choose it there."))
        return data


class CountryConfirmation(_UntilForm):
    """What a UN country office told DSS: who says so, as what, until when (§3)."""

    entity = forms.ModelChoiceField(
        label=_("UN entity that confirms"), queryset=Organisation.objects.none(), empty_label=_("Choose an entity")
    )
    confirmed_by = OneLine(
        label=_("Who confirmed it"),
        max_length=200,
        help_text=_("The person at its country office, and their function."),
    )
    relation = forms.ChoiceField(
        label=_("The organisation is its"), widget=forms.RadioSelect, choices=Agreement.Relation.choices
    )
    ends_on = _end(_("Until when its agreement lasts"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        rows = Organisation.objects.filter(kind=Organisation.Kind.UNSMS_ENTITY)
        self.fields["entity"].queryset = rows.order_by("name")


class LocalArrangement(_UntilForm):
    """A national NGO in an area: no status, no global access (P3)."""

    confirmed_by = OneLine(label=_("Who asked for it, or vouches for it"), max_length=200, required=False)
    ends_on = _end(_("Until when"))


class GivenBasis(_UntilForm):
    """The basis of a standing that is older than the register."""

    route = forms.ChoiceField(label=_("It rests on"), widget=forms.RadioSelect)
    confirmed_by = OneLine(label=_("Who confirmed it"), max_length=200)
    ends_on = _end(_("Until when it holds"))

    ROUTES = {
        "partner": (Basis.Route.MEMORANDUM, Basis.Route.DSS),
        "partner_there": (Basis.Route.COUNTRY, Basis.Route.PLATFORM, Basis.Route.WORKING_GROUP, Basis.Route.DSS),
        "other": (Basis.Route.DSS, Basis.Route.PLATFORM),
    }

    def __init__(self, *args, standing, **kwargs):
        super().__init__(*args, **kwargs)
        key = "other" if standing.kind != "partner" else "partner_there" if standing.area_id else "partner"
        self.fields["route"].choices = [(route, route.label) for route in self.ROUTES[key]]


class RenewForm(_UntilForm):
    """Until when it holds now, and who says so. `seen` is what the page showed when it was opened."""

    mark_optional = False

    confirmed_by = OneLine(label=_("Who confirmed that it goes on"), max_length=200)
    ends_on = forms.DateField(label=_("Until when it holds now"), required=False, widget=DateInput)
    no_end = forms.BooleanField(label=_("No end is known: it is confirmed again in a year"), required=False)
    seen = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)

    def clean(self):
        """Either a day or that there is none: nothing is renewed by leaving a field empty."""
        data = super().clean()
        if "ends_on" not in self.errors and bool(data.get("ends_on")) == data["no_end"]:
            self.add_error("ends_on", _("Give the last day, or tick that no end is known."))
        return data


class ReasonForm(forms.Form):
    """Why something ends."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=NarrativeInput({"rows": 3}),
        help_text=_("Readers of the register see it. Name no person."),
    )


class CaseForm(forms.Form):
    """Why eligibility cannot be established in the area."""

    why = forms.CharField(
        label=_("What is unclear, and what you have tried"),
        max_length=3000,
        widget=NarrativeInput,
        help_text=_("DSS of the area, DSS headquarters and the Working Group read this, nobody else."),
    )


class CaseAnswer(forms.Form):
    """What the Working Group says."""

    verdict = forms.ChoiceField(
        label=_("The organisation is"),
        widget=forms.RadioSelect,
        choices=[("establish", _("eligible in this area")), ("reject", _("not eligible in this area"))],
    )
    reasons = forms.CharField(label=_("Reasons"), max_length=3000, widget=NarrativeInput)


class AskAgain(forms.Form):
    """Whom at the UN entity to ask whether it still holds."""

    entity = forms.ModelChoiceField(
        label=_("UN entity"), queryset=Organisation.objects.none(), empty_label=_("Choose an entity")
    )
    addressee_name = OneLine(label=_("Name of the person"), max_length=150)
    addressee_email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=EmailInput({"autocomplete": "off"}),
        help_text=_("At the entity. The person gets a link and needs no account."),
    )
    language = forms.ChoiceField(label=_("Language of the mail"), widget=forms.RadioSelect)
    question = forms.CharField(
        label=_("What you want to know"), max_length=1000, required=False, widget=NarrativeInput({"rows": 3})
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        rows = Organisation.objects.filter(kind=Organisation.Kind.UNSMS_ENTITY)
        self.fields["entity"].queryset = rows.order_by("name")
        self.fields["language"].choices = settings.LANGUAGES
