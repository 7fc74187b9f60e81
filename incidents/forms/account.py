"""What happened: the part of the uniform form (I1, G7) that every report on an incident has."""

import uuid
from datetime import timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.forms import formset_factory
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from incidents import codes
from incidents.account import CODED, FULL_TEXTS, Account
from incidents.fields import Coordinates, Narrative, PlainText, local_moment
from incidents.typed import MOST_ROWS
from slt_portal.forms import DateInput, TimeInput, WholeNumberInput

AREA_TIME = "area"
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


class AccountForm(forms.Form):
    """When it happened, what happened, and the details that may stay unknown. `user` is whoever reports."""

    mark_optional = False  # the page says it once: three answers are enough

    submission = forms.UUIDField(widget=forms.HiddenInput, error_messages={"required": _DAMAGED, "invalid": _DAMAGED})
    revision = forms.IntegerField(
        widget=forms.HiddenInput, required=False, min_value=0, error_messages={"invalid": _DAMAGED}
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

    def __init__(self, *args, user, zones=(), **options):
        super().__init__(*args, **options)
        self.user = user
        self.fields["submission"].initial = uuid.uuid4()
        self.fields["clock"].choices = self._clocks(zones)

    def _clocks(self, zones):
        return [
            (AREA_TIME, _("local time of the area")),
            *((zone, zone) for zone in sorted({*zones, self.user.time_zone, "UTC"})),
        ]

    def reported_area(self, cleaned):
        """The area of the incident, or None while it is not known."""
        raise NotImplementedError

    def clean(self):
        """Cross-checks of when it happened."""
        cleaned = super().clean()
        if "submission" in self.errors:  # the page goes back with a new one, so that sending it again succeeds
            self.data = self.data.copy()
            self.data["submission"] = str(uuid.uuid4())
        self._clean_when(cleaned)
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
        if precision == codes.TimePrecision.ABOUT and clock_time is None and "occurred_at" not in self.errors:
            # The answer that the form opens with: whoever gave a date and no time knows the day.
            precision = cleaned["time_precision"] = codes.TimePrecision.DAY
        if precision == codes.TimePrecision.EXACT and clock_time is None:
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
        clock, area = cleaned.get("clock") or AREA_TIME, self.reported_area(cleaned)
        if clock != AREA_TIME:
            return clock
        return area.time_zone if area else "UTC"

    def account(self, groups: list[dict]) -> Account:
        """The account that a valid form gives, with the groups of people of its formset."""
        cleaned = self.cleaned_data
        coded = {name: cleaned[name] or "unknown" for name in CODED}
        return Account(
            texts={name: cleaned[name] for name in FULL_TEXTS if name in cleaned},
            occurred_from=cleaned["occurred_from"],
            time_precision=cleaned["time_precision"] if cleaned["occurred_from"] else codes.TimePrecision.NOT_SURE,
            time_zone=cleaned["time_zone"],
            coded={**coded, "is_near_miss": cleaned["is_near_miss"]},
            groups=groups,
        )

    @property
    def has_details(self) -> bool:
        """Whether any of the folded questions was answered or is wrong, so that they are shown open."""
        return any(self[name].errors or self[name].value() not in {None, "", "unknown", False} for name in _DETAILS)


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
