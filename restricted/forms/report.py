"""The two forms of the restricted track, and what its sender changes later (C10). No field takes a story."""

from datetime import date

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from areas.fields import AreaField
from areas.models import Area
from restricted.codes import UNSAID, Affected, Consent, Form, Harm, Medical, Sex, Staff, Wish
from slt_portal.months import months_later

from .contact import ContactForm

EARLIER = "earlier"
MONTHS = 24  # so far back a month is asked for
_OF_THE_PERSON = {Consent.PASS_ON, Consent.EMPLOYER}  # nobody else can agree to these


def _codes(label, choices, **kwargs):
    return forms.ChoiceField(label=label, choices=choices, required=False, initial=UNSAID, **kwargs)


def month_choices(today: date) -> list[tuple[str, str]]:
    """The last months, the newest first, "earlier", and neither."""
    first = today.replace(day=1)
    months = [months_later(first, -back) for back in range(MONTHS)]
    named = [(f"{month:%Y-%m}", date_format(month, "F Y")) for month in months]
    return [(UNSAID, _("I prefer not to say")), *named, (EARLIER, _("earlier"))]


def month_words(code: str) -> str:
    """A month as it was chosen, in words."""
    if code == EARLIER:
        return _("earlier")
    if not code or code == UNSAID:
        return _("I prefer not to say")
    year, month = code.split("-")
    return date_format(date(int(year), int(month), 1), "F Y")


class CallForm(ContactForm):
    """“Call me”: nothing but how, when and in which language."""

    @property
    def said(self) -> dict[str, str]:
        """What is sealed."""
        return {"form": str(Form.CALL), **self.contact}

    @property
    def agreed(self) -> list[str]:
        """Who asks for a call may be called; nothing else is agreed."""
        return [Consent.CONTACT]


class ConsentsForm(forms.Form):
    """What the sender agrees to; each tick by itself."""

    mark_optional = False
    consents = forms.MultipleChoiceField(
        label=gettext_lazy("What you agree to"),
        required=False,
        choices=Consent.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("What you do not tick is not done. You can change it at any time."),
    )

    def __init__(self, *args, affected: str = "", reach: str = "", **kwargs):
        super().__init__(*args, **kwargs)
        self.affected, self.reach = affected, reach

    def clean_consents(self):
        """Nobody agrees for somebody who does not know; who is to be contacted can be reached."""
        chosen = self.cleaned_data["consents"]
        _check(chosen, affected=self.affected)
        if Consent.CONTACT in chosen and not self.reach:
            raise forms.ValidationError(_("You wrote no way to reach you. First write one, at “How to reach you”."))
        return chosen


def _check(chosen, *, affected):
    if affected == Affected.UNAWARE and _OF_THE_PERSON & set(chosen):
        text = _("Only the person it happened to can agree that it is passed on, or that an organisation is told.")
        raise forms.ValidationError(text)


class ReportForm(ContactForm):
    """A few facts in codes, all of them optional; what is agreed to; how to reach the sender, if they wish."""

    mark_optional = False
    harm = _codes(gettext_lazy("What it was"), Harm.choices)
    affected = _codes(gettext_lazy("Whom it happened to"), Affected.choices)
    month = _codes(gettext_lazy("In which month"), ())
    area = AreaField(
        label=gettext_lazy("In which country or area"),
        queryset=None,
        to_field_name="code",
        required=False,
        empty_label=gettext_lazy("I prefer not to say"),
    )
    staff = _codes(gettext_lazy("The person affected works as"), Staff.choices)
    sex = _codes(gettext_lazy("The person affected is a"), Sex.choices)
    medical = _codes(gettext_lazy("Was there medical help?"), Medical.choices)
    wish = _codes(gettext_lazy("What do you want the handlers to do?"), Wish.choices, widget=forms.RadioSelect)
    consents = forms.MultipleChoiceField(
        label=ConsentsForm.base_fields["consents"].label,
        help_text=gettext_lazy(
            "Nothing is ticked for you. What you do not tick is not done. You can change it at any time."
        ),
        required=False,
        choices=Consent.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    FACTS = ("harm", "affected", "month", "area", "staff", "sex", "medical")
    field_order = (*FACTS, "wish", "reach", "when", "language", "leave_word", "consents", "readers", "submission")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reach"].required = False
        self.fields["month"].choices = month_choices(timezone.localdate())
        self.fields["area"].queryset = Area.objects.current()

    def clean(self):
        """Who wants an answer can be reached, and agrees to that; who writes how to be reached is not left waiting."""
        data = super().clean()
        chosen = data.get("consents", [])
        try:
            _check(chosen, affected=data.get("affected"))
        except forms.ValidationError as refused:
            self.add_error("consents", refused)
        wants = data.get("wish") in {Wish.CALL, Wish.WRITE}
        reach, agrees = data.get("reach", ""), Consent.CONTACT in chosen
        if "reach" not in self.errors and (wants or agrees) and not reach:
            self.add_error("reach", _("Write a number or an address: otherwise nobody can answer you."))
        refuses = data.get("wish") == Wish.NONE
        if refuses and reach and not agrees:
            text = _("You ask not to be contacted, and wrote how to reach you. Empty this line, or change your wish.")
            self.add_error("reach", text)
        elif "consents" not in self.errors and (wants or reach) and not agrees:
            text = _(
                "You wish to be reached, but have not agreed to be contacted. Tick that below, or change your wish."
            )
            self.add_error("consents", text)
        if refuses and agrees and "wish" not in self.errors:
            self.add_error("wish", _("You ask not to be contacted, and agree to it below. Choose one of the two."))
        return data

    @property
    def facts(self) -> list[forms.BoundField]:
        """The fields that tell something, for the page."""
        return [self[name] for name in self.FACTS]

    @property
    def said(self) -> dict[str, str]:
        """What is sealed: codes, and how to reach the sender."""
        data = self.cleaned_data
        codes = {name: data.get(name) or UNSAID for name in (*self.FACTS, "wish") if name != "area"}
        area = data["area"].code if data.get("area") else ""
        return {"form": str(Form.REPORT), **codes, "area": area, **self.contact}

    @property
    def agreed(self) -> list[str]:
        """What the sender agrees to."""
        return self.cleaned_data["consents"]
