"""The sections of an application's form, which can be saved half done (P1, P2); forms/application_page.py joins them.

Nothing is required to save a draft but what the database must have; what is missing is asked before it is sent
(partners.criteria). Rows are formsets: a button adds one, without a script; a row that is emptied goes.
"""

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from organisations.addresses import validate_organisational
from partners.criteria import Commitment, RiskItem
from partners.models import Agreement
from slt_portal.forms import DateInput, EmailInput, NarrativeInput, WholeNumberInput

from .countries import CountryField

_PLAIN = {"autocomplete": "off", "dir": "auto"}
_FIRST_YEAR = 1850


def _text(label, length=200, **kwargs):
    return forms.CharField(label=label, required=False, max_length=length, widget=forms.TextInput(_PLAIN), **kwargs)


def _email(label):
    return forms.EmailField(
        label=label,
        required=False,
        max_length=254,
        widget=EmailInput({"autocomplete": "off"}),
        validators=[validate_organisational],
    )


class _Section(forms.Form):
    mark_optional = False  # a draft may be half done: what is still needed is listed before it is sent

    @property
    def answers(self) -> dict:
        """What was typed, as it is kept."""
        return dict(self.cleaned_data)

    def as_typed(self) -> dict:
        """What was sent, unchecked, to be shown again as it was."""
        return {
            name: field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
            for name, field in self.fields.items()
        }


class IdentityForm(_Section):
    """Legal identity, other names, headquarters."""

    prefix = "identity"
    legal_name = _text(_("Legal name"))
    acronym = _text(_("Acronym"), 20)
    other_names = forms.CharField(
        label=_("Other or former names"),
        required=False,
        max_length=1000,
        help_text=_("One on each line. You are found by them, and nobody makes a second record of you."),
        widget=NarrativeInput({"rows": 3}),
    )
    legal_form = _text(_("Legal form and registration"), 300, help_text=_("What you are, registered where, number."))
    country = CountryField(label=_("Country of the headquarters"), required=False)
    website = forms.URLField(
        label=_("Website"),
        required=False,
        max_length=200,
        assume_scheme="https",
        widget=forms.TextInput({"inputmode": "url", "autocomplete": "url", "spellcheck": "false"}),
    )

    @property
    def answers(self):
        """With the country by its code."""
        country = self.cleaned_data["country"]
        return {**self.cleaned_data, "country": country.code if country else ""}


class ExceptionForm(_Section):
    """No agreement: the Committee is asked for an exception (footnote 2 of §2)."""

    prefix = "exception"
    is_exception = forms.BooleanField(
        required=False,
        label=_("We have no agreement with a UN entity: ask the Oversight Committee for an exception"),
        help_text=_("Only if you have none. Say under “Presence in the field” what you do with the UN."),
    )


class _Row(_Section):
    BESIDE = frozenset()  # fields with a value of their own: alone they make no row
    needed: tuple[str, ...] = ()

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed in this row."""
        typed = self.as_typed() if self.is_bound else {}
        return not any(value for name, value in typed.items() if name not in self.BESIDE)

    def clean(self):
        data = super().clean()
        if not self.is_blank:
            for name in self.needed:
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, self.fields[name].error_messages["required"])
        return data


class AgreementForm(_Row):
    """One agreement with a UN entity."""

    needed = ("entity", "relation", "kind", "starts_on")
    entity = forms.ChoiceField(
        label=_("UN entity"), required=False, error_messages={"required": _("Choose the UN entity.")}
    )
    relation = forms.ChoiceField(
        label=_("You are its"),
        required=False,
        choices=[("", _("Choose")), *Agreement.Relation.choices],
        error_messages={"required": _("Say whether you are its operational or implementing partner.")},
    )
    kind = _text(
        _("Type of agreement"),
        100,
        help_text=_("Contract, treaty, project agreement."),
        error_messages={"required": _("Say what type of agreement it is.")},
    )
    reference = _text(_("Its reference"), 100)
    starts_on = forms.DateField(
        label=_("From"), required=False, widget=DateInput, error_messages={"required": _("Say since when it runs.")}
    )
    ends_on = forms.DateField(label=_("Until"), required=False, widget=DateInput, help_text=_("Empty: no end."))

    def __init__(self, *args, entities, **kwargs):
        super().__init__(*args, **kwargs)
        self.entities = entities
        self.fields["entity"].choices = [("", _("Choose")), *((ref, str(row)) for ref, row in entities.items())]

    def clean(self):
        data = super().clean()
        start, end = data.get("starts_on"), data.get("ends_on")
        if start and end and end < start:
            self.add_error("ends_on", _("It ends before it begins. Check both days."))
        return data

    @property
    def answers(self):
        """As fields of Agreement."""
        return {**self.cleaned_data, "entity": self.entities[self.cleaned_data["entity"]]}


class PresenceForm(_Row):
    """One area in which the organisation works."""

    needed = ("area",)
    area = forms.ChoiceField(label=_("Area"), required=False, error_messages={"required": _("Choose the area.")})
    since = forms.IntegerField(label=_("Since which year"), required=False, widget=WholeNumberInput)
    staff = forms.IntegerField(
        label=_("Staff there"), required=False, min_value=0, max_value=1_000_000, widget=WholeNumberInput
    )
    activity = forms.CharField(
        label=_("What you do there"), required=False, max_length=500, widget=NarrativeInput({"rows": 2})
    )

    def __init__(self, *args, areas, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["area"].choices = [("", _("Choose")), *areas]

    def clean_since(self):
        """A year that has come."""
        year, now = self.cleaned_data["since"], timezone.now().year
        if year is not None and not _FIRST_YEAR <= year <= now:
            raise forms.ValidationError(_("Write a year, such as 2014. It cannot be in the future."))
        return year


class RiskForm(_Section):
    """Each item of §2c: whether it is there, and the document, or its title and date where it is withheld."""

    prefix = "risk"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for item in RiskItem:
            self.fields[f"{item}_declared"] = forms.TypedChoiceField(
                label=_("Do you have this?"),
                required=False,
                choices=[("yes", _("Yes")), ("no", _("No"))],
                coerce={"yes": True, "no": False}.get,
                empty_value=None,
                widget=forms.RadioSelect,
            )
            self.fields[f"{item}_document"] = _text(_("Title of the document"))
            self.fields[f"{item}_dated"] = forms.DateField(label=_("Its date"), required=False, widget=DateInput)

    @property
    def items(self) -> list[dict]:
        """Each item with its three fields."""
        return [
            {"code": item.value, "label": item.label, "fields": [self[f"{item}_{name}"] for name in _OF_ITEM]}
            for item in RiskItem
        ]

    @property
    def answers(self):
        """By item."""
        data = self.cleaned_data
        return {
            item.value: {
                "declared": data[f"{item}_declared"],
                "document": data[f"{item}_document"],
                "dated": day.isoformat() if (day := data[f"{item}_dated"]) else "",
            }
            for item in RiskItem
        }

    @staticmethod
    def initial_of(answers: dict) -> dict:
        """The initial values of the fields from what is kept."""
        words = {True: "yes", False: "no"}
        found = {}
        for item in RiskItem:
            answer = answers.get(item, {})
            found[f"{item}_declared"] = words.get(answer.get("declared"))
            found |= {f"{item}_{name}": answer.get(name, "") for name in ("document", "dated")}
        return found


_OF_ITEM = ("declared", "document", "dated")


class ContactForm(_Row):
    """A security contact of the organisation (§6)."""

    BESIDE = frozenset({"language"})
    name = _text(_("Name"), 150)
    role = _text(_("Function"), 150)
    email = _email(_("E-mail address"))
    phone = forms.CharField(
        label=_("Telephone"), required=False, max_length=40, widget=forms.TextInput({"inputmode": "tel"})
    )
    language = forms.ChoiceField(label=_("Language"), required=False, choices=settings.LANGUAGES, initial=get_language)


class SignatoryForm(_Section):
    """Who signs the memorandum for the organisation."""

    prefix = "signatory"
    name = _text(_("Name"), 150)
    title = _text(_("Title"), 150)
    email = _email(_("E-mail address"))


class CommitmentsForm(_Section):
    """The six commitments, one by one (§1d)."""

    prefix = "commitments"
    commitments = forms.MultipleChoiceField(
        label=_("Tick each one that your organisation accepts"),
        required=False,
        choices=Commitment.choices,
        widget=forms.CheckboxSelectMultiple,
    )
