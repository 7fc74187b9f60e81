"""Inviting a colleague or a mailbox, the first password, and which addresses an organisation may use."""

from datetime import datetime, time, timedelta

from django import forms
from django.conf import settings
from django.contrib.auth.forms import SetPasswordForm
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from areas.fields import AreaField
from slt_portal.forms import DateInput, EmailInput, SearchInput

from .addresses import check_address, clean_domain, is_at, is_own
from .models import Membership
from .policies import areas_to_give, mailbox_role, roles_to_give
from .roles import CIRCULATION, MAILBOXES, ROLES

# Errors of an address that an exception would lift.
EXCEPTION_HELPS = frozenset({"personal_address", "other_domain"})


class _OneLineName(forms.Form):
    """A name on one line: it stands in mails to others, where a line break could start a text of one's own."""

    name = forms.CharField(
        label=_("Name"), max_length=150, widget=forms.TextInput({"autocomplete": "off", "dir": "auto"})
    )

    def clean_name(self):
        """On one line."""
        return " ".join(self.cleaned_data["name"].split())


class InvitationForm(_OneLineName):
    """Who, in which role, where. Offers only what `by` may give in this organisation."""

    field_order = ["email", "name", "role", "area", "language"]

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=EmailInput({"autocomplete": "off"}),
        help_text=_("The address that the organisation gave this person."),
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
        given = roles_to_give(by, organisation) - MAILBOXES
        self.fields["role"].choices = [(role.code, role.label) for role in ROLES.values() if role.code in given]
        self.fields["area"].queryset = areas_to_give(by, organisation)
        self.fields["language"].initial = by.language

    def clean_email(self):
        email = self.cleaned_data["email"].lower()
        if email == self.by.email:
            raise forms.ValidationError(_("This is your own address. Somebody else has to give you a role."))
        check_address(email, self.organisation)
        if User.objects.filter(email=email, is_mailbox=True).exists():
            raise forms.ValidationError(_("This is a functional mailbox: nobody signs in with it. Invite a person."))
        return email

    @property
    def wants_exception(self) -> bool:
        """Whether the address was refused for something that an exception would lift (I7)."""
        return any(error.code in EXCEPTION_HELPS for error in self.errors.as_data().get("email", []))

    def clean(self):
        data = super().clean()
        scope = ROLES[data["role"]].scope if data.get("role") else "either"
        if scope == "area" and not data.get("area") and "area" not in self.errors:
            self.add_error("area", _("This role is held in an area. Choose the area."))
        if scope == "world" and data.get("area"):
            self.add_error("area", _("This role is world-wide. Leave the area empty."))
        if not self.errors and self._holds_it(data):
            self.add_error("email", _("This person holds this role here already: there is nothing to send."))
        return data

    def _holds_it(self, data):
        """Without an end: a role that ends is renewed by inviting again. The list of people says no less."""
        terms = {"organisation": self.organisation, "role": data["role"], "area": data["area"]}
        return Membership.objects.on().filter(user__email=data["email"], ends_at=None, **terms).exists()


class MailboxForm(_OneLineName):
    """A functional mailbox at a domain of the organisation: of a duty, at headquarters or in an area (item 10), or of a
    department or situation centre, which gets the lists of levels (G6)."""

    field_order = ["email", "name", "area", "language"]

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=EmailInput({"autocomplete": "off"}),
        help_text=_("An address that several people read, such as duty@organisation.example."),
    )
    area = AreaField(
        label=_("Area"),
        queryset=None,
        required=False,
        empty_label=_("No area: headquarters"),
        help_text=_("It gets the mails of this area only. Leave it empty for a mailbox at headquarters."),
    )
    language = forms.ChoiceField(label=_("Language of the mails"), choices=settings.LANGUAGES, widget=forms.RadioSelect)

    def __init__(self, *args, by, organisation, **kwargs):
        super().__init__(*args, **kwargs)
        self.organisation = organisation
        self.fields["name"].help_text = _("Such as: Duty officer, Nairobi.")
        if mailbox_role(organisation) == CIRCULATION:
            self.fields["name"].help_text = _("Such as: Situation centre.")
            del self.fields["area"]  # a list goes to the whole world
        else:
            self.fields["area"].queryset = areas_to_give(by, organisation)
        self.fields["language"].initial = by.language

    def clean_email(self):
        """At a domain of the organisation, and nobody's account."""
        email = self.cleaned_data["email"].lower()
        domains = [row.domain for row in self.organisation.domains.all()]
        if not domains and mailbox_role(self.organisation) == CIRCULATION:
            raise forms.ValidationError(_("No e-mail domain of this organisation is noted yet. Add it first."))
        if not domains:
            raise forms.ValidationError(
                _("DSS headquarters has noted no e-mail domain of your organisation yet. Ask them first.")
            )
        if not is_at(email, domains):
            raise forms.ValidationError(
                _("A functional mailbox is at %(domains)s."), params={"domains": ", ".join(domains)}
            )
        if User.objects.filter(email=email, is_mailbox=False).exists():
            raise forms.ValidationError(_("A person signs in with this address. Use one of the office."))
        return email


class DomainForm(forms.Form):
    """One e-mail domain of an organisation."""

    mark_optional = False

    domain = forms.CharField(
        label=_("E-mail domain"),
        max_length=253,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false", "inputmode": "url"}),
        help_text=_("Such as organisation.example. Addresses at its sub-domains count as well."),
    )

    def clean_domain(self):
        """As it is stored."""
        return clean_domain(self.cleaned_data["domain"])


class ExceptionRequestForm(forms.Form):
    """Why a personal address; with it travels, unseen, what was typed on the invitation, to go back to."""

    CARRIED = ("name", "role", "area", "language")

    email = forms.EmailField(
        label=_("Personal e-mail address"), max_length=254, widget=EmailInput({"autocomplete": "off"})
    )
    reason = forms.CharField(
        label=_("Why this address?"),
        max_length=500,
        widget=forms.Textarea({"rows": 4, "dir": "auto"}),
        help_text=_("Say why there is no address of the organisation, and for how long."),
    )

    def __init__(self, *args, organisation, **kwargs):
        super().__init__(*args, **kwargs)
        self.organisation = organisation

    def clean_email(self):
        """An address that needs one."""
        email = self.cleaned_data["email"].lower()
        if is_own(email, self.organisation):
            raise forms.ValidationError(_("This address needs no exception. Go back and invite."))
        return email


class UntilForm(forms.Form):
    """Until when an exception lasts: a day after today, twelve months from now at most (I7)."""

    until = forms.DateField(
        label=_("Until"), widget=DateInput, help_text=_("The last day. At most twelve months from today.")
    )

    def __init__(self, *args, after=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.after = after

    def clean_until(self):
        """The end of that day, UTC."""
        day, today = self.cleaned_data["until"], timezone.now().date()
        if day <= today:
            raise forms.ValidationError(_("Choose a day after today."))
        if day > today + timedelta(days=365):
            raise forms.ValidationError(_("An exception lasts twelve months at most. You can renew it later."))
        until = datetime.combine(day, time.max, tzinfo=timezone.get_default_timezone()).replace(microsecond=0)
        if self.after and until <= self.after:
            raise forms.ValidationError(_("It lasts that long already. Choose a later day."))
        return until


class DecisionForm(UntilForm):
    """Approve until a day, or refuse."""

    mark_optional = False  # the day is wanted by one of the answers
    field_order = ["decision", "until"]

    decision = forms.ChoiceField(
        label=_("Your decision"),
        choices=[("approve", _("Approve until the day below")), ("refuse", _("Refuse"))],
        widget=forms.RadioSelect,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["until"].required = False

    def clean_until(self):
        """Only who approves names a day."""
        if self.cleaned_data.get("decision") != "approve":
            return None
        if not self.cleaned_data.get("until"):
            raise forms.ValidationError(_("Say until when."))
        return super().clean_until()


class FirstPasswordForm(SetPasswordForm):
    """The password of a new account, typed twice."""

    mark_optional = False


class OrganisationFilter(forms.Form):
    """Words of an organisation's name."""

    q = forms.CharField(label=_("Name"), required=False, max_length=100, widget=SearchInput)
