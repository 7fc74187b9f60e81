"""The uniform incident form (I1, G7): three things are mandatory, everything else may stay unknown."""

import uuid
from datetime import timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.forms import formset_factory
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from areas.fields import AreaField
from areas.models import Area
from organisations.models import Organisation
from sharing.audiences import nameable_organisations, nameable_persons
from sharing.markings import ALLOWED, MEANING, AudienceChoice, Marking
from slt_portal.forms import DateInput, TimeInput, WholeNumberInput

from . import codes
from .fields import Coordinates, Narrative, PlainText, local_moment
from .typed import MOST_ROWS

AREA_TIME = "area"
DEFAULT_AUDIENCE = [AudienceChoice.DSS_DESKS, AudienceChoice.UN_OF_AREA, AudienceChoice.PARTNERS_OF_AREA]
_REPORTED_PRECISIONS = [
    codes.TimePrecision.EXACT,
    codes.TimePrecision.ABOUT,
    codes.TimePrecision.DAY,
    codes.TimePrecision.NOT_SURE,
]


_DETAILS = (
    *("category", "is_near_miss", "place", "exact_place", "position", "place_precision", "place_type", "actor"),
    *("actor_name", "means", "context", "consequences", "actions_taken", "persons"),
)

_DAMAGED = _("The form was damaged on its way. Send it again.")


def _unknown_first(choices):
    """A code list as options with `unknown` first and chosen: leaving a question alone is an answer."""
    return [(choices.UNKNOWN, choices.UNKNOWN.label)] + [pair for pair in choices.choices if pair[0] != choices.UNKNOWN]


def _coded(choices, label, **options):
    return forms.ChoiceField(
        label=label, choices=_unknown_first(choices), initial=choices.UNKNOWN, required=False, **options
    )


class IncidentForm(forms.Form):
    """What a focal point files. `filing` are the memberships that let them (policies.filing_memberships)."""

    mark_optional = False  # the page says it once: three answers are enough

    submission = forms.UUIDField(widget=forms.HiddenInput, error_messages={"required": _DAMAGED, "invalid": _DAMAGED})
    originator = forms.ModelChoiceField(Organisation.objects.none(), label=_("You report for"))
    area = AreaField(
        Area.objects.none(),
        label=_("Which area"),
        to_field_name="code",
        empty_label=_("Choose an area"),
        error_messages={"required": _("Choose the area in which it happened.")},
    )
    occurred_on = forms.DateField(label=_("Date"), required=False, widget=DateInput)
    occurred_at = forms.TimeField(label=_("Time"), required=False, widget=TimeInput)
    time_precision = forms.ChoiceField(
        label=_("How sure are you of the time"),
        choices=[(choice, choice.label) for choice in _REPORTED_PRECISIONS],
        initial=codes.TimePrecision.ABOUT,
        widget=forms.RadioSelect,
    )
    clock = forms.ChoiceField(label=_("On whose clock"), required=False, initial=AREA_TIME)
    what = Narrative(
        label=_("What happened"),
        max_length=5000,
        rows=6,
        help_text=_("In a few words. No names, no telephone numbers: those go under “Persons” below."),
        error_messages={"required": _("Write what happened. Six words are enough.")},
    )

    category = _coded(codes.Category, _("Category"))
    is_near_miss = forms.BooleanField(
        label=_("It was a near miss: it could have harmed staff or assets and did not"), required=False
    )
    place = PlainText(
        label=_("Town, district or road"), max_length=200, required=False, help_text=_("Readers see this.")
    )
    exact_place = PlainText(
        label=_("Exact place"),
        max_length=300,
        required=False,
        help_text=_("Only your organisation and, if you choose it below, DSS see this."),
    )
    position = Coordinates(
        label=_("Position"),
        max_length=60,
        required=False,
        help_text=_(
            "Latitude, longitude, for example 4.85, 31.58. "
            "Only your organisation and, if you choose it below, DSS see this."
        ),
    )
    place_precision = _coded(codes.PlacePrecision, _("How exact is the place"))
    place_type = _coded(codes.PlaceType, _("Kind of place"))
    actor = _coded(codes.Actor, _("Who did it"))
    actor_name = PlainText(label=_("Name of the group, if known"), max_length=200, required=False)
    means = _coded(codes.Means, _("By what means"))
    context = _coded(codes.Context, _("In what circumstances"))
    consequences = Narrative(
        label=_("Consequences for people, assets, access, programmes"), max_length=3000, required=False
    )
    actions_taken = Narrative(label=_("What has been done so far"), max_length=3000, required=False)
    persons = Narrative(
        label=_("Persons: names, telephone numbers, medical details"),
        max_length=3000,
        required=False,
        help_text=_("Kept apart. Only your organisation and, if you choose it below, DSS see this."),
    )

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
    organisations = forms.ModelMultipleChoiceField(
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

    def __init__(self, *args, filing, user, **options):
        super().__init__(*args, **options)
        self.filing = list(filing)
        self.user = user
        self.fields["submission"].initial = uuid.uuid4()
        self._offer_originators()
        self._offer_areas()
        if all(_is_local_arrangement(membership.organisation) for membership in self.filing):
            self.initial.setdefault("audience", [AudienceChoice.DSS_DESKS])
        self.fields["clock"].choices = self._clocks()
        self.fields["organisations"].queryset = nameable_organisations()

    def _offer_originators(self):
        field = self.fields["originator"]
        ids = {membership.organisation_id for membership in self.filing}
        field.queryset = Organisation.objects.filter(pk__in=ids)
        field.to_field_name = "ref"
        if len(ids) == 1:
            field.widget = forms.HiddenInput()
            field.initial = self.filing[0].organisation.ref
            self.initial.setdefault("originator", field.initial)

    def _offer_areas(self):
        places = [membership.area_id for membership in self.filing]
        areas = Area.objects.current()
        self.fields["area"].queryset = areas if None in places else areas.filter(pk__in=places)
        if len(set(places)) == 1 and places[0]:
            self.initial.setdefault("area", self.filing[0].area.code)

    def _clocks(self):
        zones = {membership.area.time_zone for membership in self.filing if membership.area}
        zones |= {self.user.time_zone, "UTC"}
        return [(AREA_TIME, _("local time of the area")), *((zone, zone) for zone in sorted(zones))]

    def clean_named_persons(self):
        """The active users behind the addresses; an address nobody may be named by is said to be unknown."""
        addresses = {line.strip().lower() for line in self.cleaned_data["named_persons"].splitlines() if line.strip()}
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

    def clean(self):
        """Cross-checks: when it happened, whose area, and the marking x audience table."""
        cleaned = super().clean()
        if "submission" in self.errors:  # the page goes back with a new one, so that sending it again succeeds
            self.data = self.data.copy()
            self.data["submission"] = str(uuid.uuid4())
        self._clean_when(cleaned)
        self._clean_originator(cleaned)
        self._clean_audience(cleaned)
        return cleaned

    def _clean_when(self, cleaned):
        day, clock_time = cleaned.get("occurred_on"), cleaned.get("occurred_at")
        precision = cleaned.get("time_precision")
        cleaned["occurred_from"] = None
        cleaned["time_zone"] = self._zone(cleaned)
        if not precision or "occurred_on" in self.errors or "occurred_at" in self.errors:
            return
        if day is None:
            if precision != codes.TimePrecision.NOT_SURE:
                self.add_error("occurred_on", _("Give the date, or choose “not sure”."))
            return
        if precision in {codes.TimePrecision.EXACT, codes.TimePrecision.ABOUT} and clock_time is None:
            self.add_error("occurred_at", _("Give the time, or choose “this day, time not known”."))
            return
        if precision == codes.TimePrecision.DAY:
            clock_time = None
        self._clean_moment(cleaned, day, clock_time)

    def _clean_moment(self, cleaned, day, clock_time):
        try:
            moment = local_moment(day, clock_time, cleaned["time_zone"])
        except ValidationError as error:
            self.add_error("occurred_at" if clock_time else "occurred_on", error)
            return
        now = timezone.now()
        if moment > now + timedelta(minutes=5):
            self.add_error("occurred_on", _("This is in the future. Check the date, the time and the clock."))
        elif moment.year < 1990:
            self.add_error("occurred_on", _("This is too long ago. Check the year."))
        else:
            cleaned["occurred_from"] = moment

    def _zone(self, cleaned):
        clock, area = cleaned.get("clock") or AREA_TIME, cleaned.get("area")
        if clock != AREA_TIME:
            return clock
        return area.time_zone if area else "UTC"

    def _clean_originator(self, cleaned):
        originator, area = cleaned.get("originator"), cleaned.get("area")
        if not originator or not area:
            return
        allowed = (m for m in self.filing if m.organisation_id == originator.pk and m.area_id in {None, area.pk})
        cleaned["membership"] = next(allowed, None)
        if cleaned["membership"] is None:
            self.add_error("area", _("You do not report for this organisation in this area."))

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
        elif _is_local_arrangement(cleaned.get("originator")) and chosen != {AudienceChoice.DSS_DESKS}:
            self.add_error("audience", _("A local arrangement reports to DSS of the area. Make that the only choice."))
        elif not chosen and not self.errors.keys() & {"organisations", "named_persons"}:
            self.add_error("audience", _("Nobody but your own organisation would see it. Choose who else may see it."))
        self._clean_names(cleaned, chosen)

    def _clean_names(self, cleaned, chosen):
        if AudienceChoice.NAMED_ORGANISATIONS in chosen and not cleaned.get("organisations"):
            self.add_error("organisations", _("Name at least one organisation, or take the choice away."))
        if AudienceChoice.NAMED_PERSONS in chosen and cleaned.get("named_persons") == []:
            self.add_error("named_persons", _("Name at least one person, or take the choice away."))

    @property
    def has_details(self) -> bool:
        """Whether any of the folded questions was answered or is wrong, so that they are shown open."""
        return any(self[name].errors or self[name].value() not in {None, "", "unknown", False} for name in _DETAILS)

    @property
    def meanings(self):
        """Each marking with its meaning, for the help beside the choice."""
        return [(marking.label, MEANING[marking]) for marking in Marking]


def _is_local_arrangement(organisation):
    return organisation is not None and organisation.kind == Organisation.Kind.NNGO


def _refusal(marking, refused):
    labels = ", ".join(str(AudienceChoice(choice).label) for choice in sorted(refused))
    if marking == Marking.RED:
        return ValidationError(
            _("TLP:RED is only for persons you name. Take away: %(choices)s."), params={"choices": labels}
        )
    return ValidationError(
        _("%(marking)s does not allow: %(choices)s. Take it away or choose a wider marking."),
        params={"marking": marking.label, "choices": labels},
    )


class AffectedForm(forms.Form):
    """One group of people affected. An empty row is no group."""

    mark_optional = False

    count = forms.IntegerField(
        label=_("How many"), min_value=0, max_value=10000, required=False, widget=WholeNumberInput
    )
    outcome = _coded(codes.Outcome, _("What happened to them"))
    staff_of = _coded(codes.StaffOf, _("Staff of"))
    nationality = _coded(codes.Nationality, _("National or international"))
    sex = _coded(codes.Sex, _("Sex"))

    def has_changed(self):
        """Whether anything was said: a count, or any answer other than unknown."""
        return bool(self.changed_data)


AffectedFormSet = formset_factory(AffectedForm, extra=3, max_num=MOST_ROWS, absolute_max=MOST_ROWS, validate_max=True)


def affected_groups(formset) -> list[dict]:
    """The groups that were filled in, with `unknown` for what was left alone; `count` None means some."""
    groups = []
    for form in formset:
        if form.has_changed():
            cleaned = form.cleaned_data
            groups.append({name: cleaned[name] or "unknown" for name in ("outcome", "staff_of", "nationality", "sex")})
            groups[-1]["count"] = cleaned["count"]
    return groups
