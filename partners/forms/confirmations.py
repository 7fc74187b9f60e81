"""Asking a UN entity, and the answers of the person who is asked (P4)."""

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from organisations.addresses import check_address
from organisations.models import Organisation
from partners.actions.confirmations import check_colleague
from partners.models import Agreement, Confirmation
from slt_portal.forms import DateInput, EmailInput, NarrativeInput

MOST_TEXT = 2_000
_NAME = {"autocomplete": "off", "dir": "auto"}


class _OneLineName(forms.Form):
    """A name on one line: it stands in mails, where a line break could start a text of one's own."""

    name = forms.CharField(label=_("Name"), max_length=150, widget=forms.TextInput(_NAME))

    def clean_name(self):
        """On one line."""
        return " ".join(self.cleaned_data["name"].split())


class AskForm(_OneLineName):
    """Whom to ask, at which entity, about which agreement."""

    mark_optional = False  # one of the first two is wanted
    field_order = ["agreement", "entity", "name", "email", "language", "question"]

    agreement = forms.ModelChoiceField(
        label=_("Agreement"),
        queryset=Agreement.objects.none(),
        required=False,
        empty_label=_("none of them: ask about another entity"),
    )
    entity = forms.ModelChoiceField(
        label=_("UN entity"),
        queryset=Organisation.objects.filter(kind=Organisation.Kind.UNSMS_ENTITY),
        required=False,
        empty_label=_("that of the agreement"),
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=EmailInput({"autocomplete": "off"}),
        help_text=_("Of a person at the entity who knows the agreement. An account is not needed."),
    )
    language = forms.ChoiceField(label=_("Language of the mail"), choices=settings.LANGUAGES, widget=forms.RadioSelect)
    question = forms.CharField(
        label=_("What you want to add, if anything"),
        required=False,
        max_length=MOST_TEXT,
        widget=NarrativeInput({"rows": 3}),
        help_text=_("The person sees these words, your name and what the applicant declared for this entity only."),
    )

    def __init__(self, *args, application, by, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of the person")
        self.fields["language"].initial = by.language
        declared = application.agreements.select_related("entity")
        self.fields["agreement"].queryset = declared
        if len(found := declared[:2]) == 1:
            self.fields["agreement"].initial = found[0].pk
        self.fields["agreement"].label_from_instance = lambda row: f"{row.entity.name} · {row.kind}"

    def clean(self):
        data = super().clean()
        agreement, entity = data.get("agreement"), data.get("entity")
        if agreement and entity and agreement.entity_id != entity.pk:
            self.add_error("entity", _("This agreement is with another entity. Leave one of the two empty."))
        elif "entity" not in self.errors and not (agreement or entity):
            self.add_error("entity", _("Choose an agreement, or the entity."))
        elif data.get("email") and "entity" not in self.errors:
            data["entity"] = entity or agreement.entity
            self._check_email(data["email"], data["entity"])
        return data

    def _check_email(self, email, entity):
        try:
            check_address(email, entity)
        except ValidationError as refused:
            self.add_error("email", refused)


class ConfirmForm(forms.Form):
    """Yes: as what, under which agreement, until when. Filled in with what the organisation declared."""

    prefix = "confirm"

    relation = forms.ChoiceField(
        label=_("The organisation is our"), choices=Agreement.Relation, widget=forms.RadioSelect
    )
    reference = forms.CharField(
        label=_("Reference of the agreement"),
        required=False,
        max_length=200,
        widget=forms.TextInput({"dir": "auto", "autocomplete": "off"}),
    )
    ends_on = forms.DateField(
        label=_("Last day of the agreement"),
        required=False,
        widget=DateInput,
        help_text=_("Leave it empty if the agreement has no end."),
    )

    def clean_ends_on(self):
        """An agreement that has ended confirms nothing."""
        day = self.cleaned_data["ends_on"]
        if day and day < timezone.now().date():
            raise ValidationError(
                _("This day is over: the agreement has ended. If there is no later one, say that it is no.")
            )
        return day


class DenyForm(forms.Form):
    """No, and a word why."""

    prefix = "deny"

    note = forms.CharField(
        label=_("A word why"), required=False, max_length=MOST_TEXT, widget=NarrativeInput({"rows": 3})
    )


class NotKnowForm(forms.Form):
    """One does not know: nothing to fill in."""

    prefix = "not_know"


class PassForm(_OneLineName):
    """A colleague who knows."""

    prefix = "pass_on"

    email = forms.EmailField(
        label=_("E-mail address of your colleague"), max_length=254, widget=EmailInput({"autocomplete": "off"})
    )

    def __init__(self, *args, confirmation: Confirmation, **kwargs):
        super().__init__(*args, **kwargs)
        self.confirmation = confirmation
        self.fields["name"].label = _("Name of your colleague")

    def clean_email(self):
        """At the same entity."""
        check_colleague(self.confirmation, self.cleaned_data["email"])
        return self.cleaned_data["email"]
