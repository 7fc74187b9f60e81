"""Keeping a report back: the ground, and the minimal warning that may be given instead (C5, §6)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents.account import Sharing
from incidents.fields import Narrative
from incidents.kept_back import Warned, Withheld
from incidents.models import Withholding
from incidents.pointing import ask_about, pointed_out
from sharing.audiences import nameable_organisations
from sharing.markings import AudienceChoice
from sharing.models import Item

from .sharing import SharingForm, is_local_arrangement

_CHOOSE_GROUND = _("Say on which of the four grounds.")
WARNING_TEXT = "warning-text"  # as the page that asks again calls it; the form of the report carries it along


def _ground(**options):
    return forms.ChoiceField(
        label=_("On which ground"),
        choices=Withholding.Ground.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _CHOOSE_GROUND, "invalid_choice": _CHOOSE_GROUND},
        help_text=_("Only your organisation reads this."),
        **options,
    )


def _others_need_it():
    return forms.BooleanField(label=_("Others could not keep safe, or answer it, without knowing"), required=False)


class WithholdableForm(SharingForm):
    """Who may see a new report; or that nobody else may for now, and on which ground."""

    nobody_else = _("Nobody but your own organisation would see it. Choose who else, or keep it to yourselves below.")

    is_withheld = forms.BooleanField(
        label=_("Keep it to ourselves for now"),
        required=False,
        help_text=_("It is filed, with number and receipt. Nobody else gets it or is told. You can share it later."),
    )
    ground = _ground(required=False)
    others_need_it = _others_need_it()

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields[WARNING_TEXT] = forms.CharField(required=False, widget=forms.HiddenInput)

    def _clean_audience(self, cleaned):
        if not cleaned.get("is_withheld"):
            super()._clean_audience(cleaned)
            return
        cleaned |= {"audience": [], "organisations": [], "named_persons": [], "shows_originator": False}
        for name in ("audience", "organisations", "named_persons"):
            self.errors.pop(name, None)  # nobody gets it: whoever is named there does not matter
        if not cleaned.get("ground") and "ground" not in self.errors:
            self.add_error("ground", _CHOOSE_GROUND)

    def withheld(self) -> Withheld:
        """What a valid form says about it."""
        return Withheld(self.cleaned_data["ground"], others_need_it=self.cleaned_data["others_need_it"])

    @property
    def carried(self):
        """The words of a warning that were written on the page that asks again."""
        return self[WARNING_TEXT]


class WithdrawForm(forms.Form):
    """On which ground a report is taken back; `version` is the one that its originator saw."""

    mark_optional = False

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    ground = _ground()
    others_need_it = _others_need_it()

    def withheld(self) -> Withheld:
        """What a valid form says."""
        return Withheld(self.cleaned_data["ground"], others_need_it=self.cleaned_data["others_need_it"])


class GroundForm(forms.Form):
    """The ground of a report that was withdrawn before anybody was asked for one."""

    mark_optional = False
    prefix = "warning"  # as the form beside it: what is written in either stays on the page that asks

    ground = _ground()


class WarningForm(SharingForm):
    """A minimal warning without source, and who gets it. `organisation` gives it; `named` are the ids of the
    organisations that get one now: they are offered even if they do not take part at the moment. `source` is where
    the report comes from."""

    prefix = "warning"

    text = Narrative(
        label=_("The warning"),
        max_length=500,
        rows=3,
        help_text=_("What to avoid or to do, where, until when. No names, nothing that tells who reported it."),
        error_messages={"required": _("Write the warning. Six words are enough.")},
    )

    field_order = ["text"]

    def __init__(self, *args, organisation, named=(), source=Item.Source.OWN, **options):
        self.organisation, self.item_source = organisation, source
        self.found = None
        super().__init__(*args, **options)
        self.fields["organisations"].queryset = nameable_organisations(named)
        for name in ("shows_originator", "source", "place_limit", "place_shown", "time_limit"):
            del self.fields[name]
        if is_local_arrangement(organisation):
            self.initial.setdefault("audience", [AudienceChoice.DSS_DESKS])

    @property
    def who(self) -> str:
        """Who gets it as the form stands, in words."""
        chosen = {str(value) for value in self["audience"].value() or ()}
        return " · ".join(str(choice.label) for choice in AudienceChoice if choice in chosen)

    def reporting_organisation(self, cleaned):
        """Who gives it."""
        return self.organisation

    def clean(self):
        """Also: nothing in it tells who somebody is, or somebody said that it may stay (C4)."""
        cleaned = super().clean()
        self.found = pointed_out({"text": cleaned.get("text", "")}, self.organisation)
        if not self.found.is_confirmed(self.data):
            ask_about(self, self.found)
        return cleaned

    def warned(self, **kept) -> Warned:
        """What a valid form says; `kept` is what the sharing of the report says besides."""
        cleaned = self.cleaned_data
        sharing = Sharing(
            marking=cleaned["marking"],
            choices=cleaned["audience"],
            organisations=list(cleaned["organisations"]),
            persons=cleaned["named_persons"],
            **kept,
        )
        return Warned(cleaned["text"], sharing)
