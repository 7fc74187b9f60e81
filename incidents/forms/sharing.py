"""Who may see a report: the part of the form by which the originator decides (C1)."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from incidents import codes
from incidents.account import Limits, Sharing
from incidents.fields import PlainText
from organisations.models import Organisation
from sharing.audiences import nameable_organisations, nameable_persons
from sharing.markings import ALLOWED, MEANING, AudienceChoice, Marking, is_unlimited
from sharing.models import Item

DEFAULT_AUDIENCE = [AudienceChoice.DSS_DESKS, AudienceChoice.UN_OF_AREA, AudienceChoice.PARTNERS_OF_AREA]


class OrganisationsField(forms.ModelMultipleChoiceField):
    """Organisations to name; beside those that nobody receives it at now, it says so."""

    def label_from_instance(self, organisation):
        """The name."""
        if organisation.takes_part:
            return organisation.name
        return _("%(name)s (takes no part at present)") % {"name": organisation.name}


class SharingForm(forms.Form):
    """Marking, audience, names. Offers the organisations that can be named now."""

    mark_optional = False
    item_source = Item.Source.OWN  # where it has no field: from where it is known to come
    nobody_else = _("Nobody but your own organisation would see it. Choose who else may see it.")

    marking = forms.ChoiceField(
        label=_("Marking"), choices=Marking.choices, initial=Marking.AMBER_STRICT, widget=forms.RadioSelect
    )
    audience = forms.MultipleChoiceField(
        label=_("Who may see it"),
        choices=AudienceChoice.choices,
        initial=DEFAULT_AUDIENCE,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    organisations = OrganisationsField(
        Organisation.objects.none(),
        label=_("Organisations you name"),
        required=False,
        to_field_name="ref",
        widget=forms.CheckboxSelectMultiple,
    )
    named_persons = PlainText(
        label=_("Persons you name"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "ltr", "spellcheck": "false"}),
        help_text=_("One e-mail address on each line."),
    )
    shows_originator = forms.BooleanField(
        label=_("Show readers that the report comes from us"),
        required=False,
        help_text=_("Otherwise they read “withheld”. DSS always sees who reported, if you let DSS see the report."),
    )

    source = forms.ChoiceField(
        label=_("Where does this information come from?"),
        choices=Item.Source.choices,
        initial=Item.Source.OWN,
        required=False,
        help_text=_("Who reads the full report sees this. Others are asked before it is passed on."),
    )
    place_limit = forms.ChoiceField(
        label=_("Readers learn where it happened, at most"),
        choices=codes.PlaceLimit.choices,
        initial=Limits().place,
        required=False,
    )
    place_shown = PlainText(
        label=_("Place for readers, for example the district"),
        max_length=200,
        required=False,
        help_text=_("They get this and not the place that you report. Left empty they get only the area."),
    )
    time_limit = forms.ChoiceField(
        label=_("Readers learn when it happened, at most"),
        choices=codes.TimeLimit.choices,
        initial=Limits().time,
        required=False,
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["organisations"].queryset = nameable_organisations()

    def reporting_organisation(self, cleaned):
        """The organisation that shares, or None while it is not known."""
        raise NotImplementedError

    def clean(self):
        """The marking x audience table; and what comes from others has a limit on passing it on (C3)."""
        cleaned = super().clean()
        self._clean_audience(cleaned)
        is_own = cleaned.get("source", self.item_source) == Item.Source.OWN
        if not is_own and is_unlimited(cleaned.get("marking", "")):
            self.add_error("marking", _NOT_YOURS)
        if cleaned.get("place_shown") and cleaned.get("place_limit") == Limits().place:
            words = _("Readers would get the place that you report. Choose above how exactly they may learn it.")
            self.add_error("place_shown", words)
        return cleaned

    def clean_source(self):
        """A draft that was kept before this was asked says nothing: as the form opens."""
        return self.cleaned_data["source"] or Item.Source.OWN

    def clean_place_limit(self):
        """The same."""
        return self.cleaned_data["place_limit"] or Limits().place

    def clean_time_limit(self):
        """The same."""
        return self.cleaned_data["time_limit"] or Limits().time

    def clean_named_persons(self):
        """The active users behind the addresses; an address nobody may be named by is said to be unknown."""
        addresses = set(filter(None, re.split(r"[\s,;]+", self.cleaned_data["named_persons"].lower())))
        if not addresses:
            return []
        people = {user.email: user for user in nameable_persons(addresses)}
        unknown = sorted(addresses - set(people))
        if unknown:
            raise ValidationError(
                ngettext(
                    "Nobody with this address can receive it: %(addresses)s.",
                    "Nobody with these addresses can receive it: %(addresses)s.",
                    len(unknown),
                ),
                params={"addresses": ", ".join(unknown)},
            )
        return list(people.values())

    def _clean_audience(self, cleaned):
        if "marking" not in cleaned or "audience" not in cleaned:
            return
        chosen = set(cleaned["audience"])
        if cleaned.get("organisations"):
            chosen.add(AudienceChoice.NAMED_ORGANISATIONS)
        if cleaned.get("named_persons"):
            chosen.add(AudienceChoice.NAMED_PERSONS)
        cleaned["audience"] = sorted(chosen)
        refused = chosen - ALLOWED[Marking(cleaned["marking"])]
        if refused:
            self.add_error("audience", _refusal(Marking(cleaned["marking"]), refused))
        elif is_local_arrangement(self.reporting_organisation(cleaned)) and chosen != {AudienceChoice.DSS_DESKS}:
            self.add_error("audience", _("A local arrangement reports to DSS of the area. Make that the only choice."))
        elif not chosen and not self.errors.keys() & {"organisations", "named_persons"}:
            self.add_error("audience", self.nobody_else)
        self._clean_names(cleaned, chosen)

    def _clean_names(self, cleaned, chosen):
        if AudienceChoice.NAMED_ORGANISATIONS in chosen and not cleaned.get("organisations"):
            self.add_error("organisations", _("Name at least one organisation, or take the choice away."))
        if AudienceChoice.NAMED_PERSONS in chosen and cleaned.get("named_persons") == []:
            self.add_error("named_persons", _("Name at least one person, or take the choice away."))

    def sharing(self) -> Sharing:
        """Who may see it, as a valid form says."""
        cleaned = self.cleaned_data
        return Sharing(
            marking=cleaned["marking"],
            choices=cleaned["audience"],
            organisations=list(cleaned["organisations"]),
            persons=cleaned["named_persons"],
            shows_originator=cleaned["shows_originator"],
            limits=Limits(place=cleaned["place_limit"], time=cleaned["time_limit"]),
            place_shown=cleaned["place_shown"],
            source=cleaned["source"],
        )

    @property
    def is_coarser(self) -> bool:
        """Whether readers learn less than the form opens with, or something is wrong with that: then it is shown."""
        as_opened = {"", *map(str, (Limits().place, Limits().time))}
        asked = (self[name] for name in ("place_limit", "place_shown", "time_limit") if name in self.fields)
        return any(field.errors or str(field.value() or "") not in as_opened for field in asked)

    @property
    def meanings(self):
        """Each marking with its meaning, for the help beside the choice."""
        return [(marking.label, MEANING[marking]) for marking in Marking]


_NOT_YOURS = _(
    "TLP:CLEAR has no limit on passing it on. What comes from others is passed on only if they accepted that: choose "
    "another marking."
)


def is_local_arrangement(organisation) -> bool:
    """Whether it is a national NGO under a local arrangement: it reports to DSS of the area only (§6)."""
    return organisation is not None and organisation.kind == Organisation.Kind.NNGO


def _refusal(marking, refused):
    labels = " · ".join(str(AudienceChoice(choice).label) for choice in sorted(refused))
    if marking == Marking.RED:
        return ValidationError(
            _("TLP:RED is only for persons you name. Take away: %(choices)s."), params={"choices": labels}
        )
    return ValidationError(
        _("%(marking)s does not allow: %(choices)s. Take it away or choose a wider marking."),
        params={"marking": marking.label, "choices": labels},
    )
