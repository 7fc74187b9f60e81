"""What somebody types about who is there, and what the reader of the table of areas looks for (K1)."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from organisations.addresses import validate_organisational
from partners.forms.bases import OneLine
from partners.registers import FIRST_DAY
from slt_portal.forms import DateInput, EmailInput, SearchInput

from .holders import Picture
from .models import Assignment, Mechanism
from .people import organisations_to_name
from .picture import NO_MECHANISM, NO_REPRESENTATIVE

Function = Assignment.Function
_WRONG_DAY = {"invalid": _("Write a day as year, month and day, such as 2026-03-01.")}
_OPERATIONAL = [("", _("Nobody has said")), ("yes", _("Yes")), ("no", _("No"))]
ANY, STALE, UNCONFIRMED = "any", "stale", "unconfirmed"


def is_operational_of(text: str) -> bool | None:
    """What was chosen among yes, no, and nobody has said."""
    return {"yes": True, "no": False}.get(text)


class PastDay(forms.DateField):
    """A day that is not still to come."""

    def __init__(self, **kwargs):
        super().__init__(widget=DateInput, error_messages=_WRONG_DAY, **kwargs)

    def clean(self, value):
        """Neither to come nor before anything can have been recorded."""
        day = super().clean(value)
        if day and day > timezone.now().date():
            raise forms.ValidationError(_("This day is still to come. Come back when it is so."))
        if day and day < FIRST_DAY:
            raise forms.ValidationError(_("This day is too long ago. Check the year."))
        return day


class DayForm(forms.Form):
    """Of which day the page is."""

    on = PastDay(label=_("As it was on"), required=False)


class MechanismForm(forms.Form):
    """How a community organises its liaison with the UN (§4, table)."""

    community = forms.ChoiceField(
        label=_("Whose is it?"),
        widget=forms.RadioSelect,
        choices=Mechanism.Community.choices,
        error_messages={"required": _("Choose whose mechanism it is.")},
    )
    kind = forms.ChoiceField(
        label=_("What is it?"),
        widget=forms.RadioSelect,
        choices=Mechanism.Kind.choices,
        error_messages={"required": _("Choose which of the three it is.")},
    )
    name = OneLine(label=_("Name"), max_length=150, help_text=_("As people there call it."))
    place = OneLine(
        label=_("Place"),
        max_length=100,
        required=False,
        help_text=_("Only if it is for a place below the area, such as a town or a province."),
    )
    organisation = forms.ModelChoiceField(
        label=_("Organisation behind it"), queryset=None, required=False, to_field_name="ref", empty_label=_("none")
    )
    is_operational = forms.ChoiceField(
        label=_("Is it fully operational?"),
        choices=_OPERATIONAL,
        required=False,
        help_text=_("Of a platform: the reinforced level asks for it."),
    )
    since = PastDay(label=_("Since"))

    def __init__(self, *args, area, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = organisations_to_name(area)

    def clean_is_operational(self):
        """True, False, or None where nobody has said."""
        return is_operational_of(self.cleaned_data["is_operational"])


class AssignmentForm(forms.Form):
    """Who has a function: somebody of the portal, or a name and an address of theirs at an organisation."""

    person = forms.ChoiceField(
        label=_("Somebody with an account here"),
        required=False,
        help_text=_("Their name and address are kept up to date, and they disappear from here when their role ends."),
    )
    name = OneLine(label=_("Or a name"), max_length=150, required=False, help_text=_("Of a person or a centre."))
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        required=False,
        widget=EmailInput(attrs={"autocomplete": "off"}),
        validators=[validate_organisational],
        help_text=_("At an organisation, not a personal one. Empty for somebody with an account: theirs is shown."),
    )
    phone = OneLine(label=_("Telephone"), max_length=40, required=False, help_text=_("With the country code."))
    since = PastDay(label=_("Since"), required=False)

    def __init__(self, *args, people, instead=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.people, self.instead = {row.ref: row for row in people}, instead
        self.fields["since"].required = instead is None
        options = [(row.ref, f"{row.user}, {row.get_role_display()}, {row.organisation}") for row in people]
        self.fields["person"].choices = [("", _("nobody of these")), *options]

    def clean(self):
        """One person, found by the account or by the address, or a name with an address."""
        data = super().clean()
        chosen, name, email = self.people.get(data.get("person", "")), data.get("name"), data.get("email", "").lower()
        if chosen and name:
            self.add_error("name", _("You chose somebody above. Leave the name empty, or choose nobody."))
        elif not (chosen or name or {"person", "name"} & set(self.errors)):
            self.add_error("person", _("Choose somebody, or type a name below."))
        elif name and not email and "email" not in self.errors:
            self.add_error("email", _("Type the address at which their organisation reaches them."))
        if name and email:  # who has an account is not typed twice
            chosen = next((row for row in self.people.values() if row.user.email == email), None)
            name, email = ("", "") if chosen else (name, email)
        data |= {"membership": chosen, "name": name or "", "email": email}
        return data | self._since(data) if self.instead and "since" not in self.errors else data

    def _since(self, data):
        """Of somebody who takes the place of another; the same person goes on since when they began."""
        since, old = data["since"], self.instead
        if since and since < old.since:
            self.add_error("since", _("That is before the one they follow began."))
        elif not since and (data["membership"], data["name"]) != (old.membership, old.name):
            self.add_error("since", _("Somebody else begins: say since when."))
        return {"since": since or old.since}


class EndForm(forms.Form):
    """From which day on it is no longer so."""

    on = PastDay(label=_("No longer since"))

    def __init__(self, *args, since, **kwargs):
        super().__init__(*args, **kwargs)
        self.since = since

    def clean_on(self):
        """Not before it began."""
        if self.cleaned_data["on"] < self.since:
            raise forms.ValidationError(_("That is before it began."))
        return self.cleaned_data["on"]


class GapFilter(forms.Form):
    """Which areas the table shows."""

    q = forms.CharField(label=_("Name"), required=False, max_length=100, widget=SearchInput)
    community = forms.ChoiceField(
        label=_("Community"), required=False, choices=[("", _("all")), *Mechanism.Community.choices]
    )
    gap = forms.ChoiceField(
        label=_("Missing"),
        required=False,
        choices=[
            ("", _("all areas")),
            (ANY, _("anything")),
            (NO_MECHANISM, _("a mechanism")),
            (NO_REPRESENTATIVE, _("who represents it")),
            (Function.DSS_OFFICE, _("DSS office")),
            (Function.COUNTRY_FOCAL_POINT, _("country security focal point")),
            (Function.SLT_FOCAL_POINT, _("SLT focal point (reinforced level)")),
            (Function.OCHA, _("OCHA")),
            (Function.DESIGNATED_OFFICIAL, _("Designated Official")),
            (UNCONFIRMED, _("anybody's confirmation")),
            (STALE, _("a fresh confirmation")),
        ],
    )

    @property
    def is_narrowing(self) -> bool:
        """Whether one has to look into the areas."""
        return bool(self.cleaned_data["community"] or self.cleaned_data["gap"])

    def takes(self, picture: Picture) -> bool:
        """Whether an area has what is looked for; a community alone stands for anything missing of it."""
        community, wanted = self.cleaned_data["community"], self.cleaned_data["gap"]
        if wanted in (STALE, UNCONFIRMED):
            return bool(getattr(picture, wanted))
        gaps = picture.gaps_at(is_reinforced=wanted == Function.SLT_FOCAL_POINT)
        gaps = [gap for gap in gaps if community in ("", gap.community)]
        return any(wanted in ("", ANY, gap.code) for gap in gaps) or not (community or wanted)
