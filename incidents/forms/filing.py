"""The forms by which a focal point reports: the first report, a further one, and another audience."""

from zoneinfo import ZoneInfo

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from areas.fields import AreaField
from areas.models import Area
from incidents import codes
from incidents.account import Limits
from incidents.fields import Narrative
from organisations.models import Organisation
from sharing.audiences import nameable_organisations
from sharing.markings import AudienceChoice

from .account import AREA_TIME, AccountForm
from .sharing import SharingForm, is_local_arrangement
from .withholding import WARNING_TEXT, WithholdableForm

_AGREED_TO_LEAVE_OUT = _("With DSS you agreed that readers get nothing of this.")
_PLACE_KEPT_BACK = _("Readers do not get this, as you chose.")
_NEW_PLACE = _(
    "If you change it, readers get the new one only if you say that it is no more exact than you chose; else none, "
    "until you write one for them under “Change who may see it”."
)
_KINDS = [(kind, kind.label) for kind in (codes.ReportKind.UPDATE, codes.ReportKind.FINAL)]


class IncidentForm(AccountForm, WithholdableForm):
    """What a focal point files. `filing` are the memberships that let them (policies.filing_memberships)."""

    originator = forms.ModelChoiceField(Organisation.objects.none(), label=_("You report for"))
    area = AreaField(
        Area.objects.none(),
        label=_("Which area"),
        to_field_name="code",
        empty_label=_("Choose an area"),
        error_messages={"required": _("Choose the area in which it happened.")},
    )

    field_order = ["submission", "revision", "originator", "area", *AccountForm.base_fields]

    def __init__(self, *args, filing, user, **options):
        self.filing = list(filing)
        zones = {membership.area.time_zone for membership in self.filing if membership.area}
        super().__init__(*args, user=user, zones=zones, **options)
        self._offer_originators()
        self._offer_areas()
        if all(is_local_arrangement(membership.organisation) for membership in self.filing):
            self.initial.setdefault("audience", [AudienceChoice.DSS_DESKS])

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

    def reported_area(self, cleaned):
        """The one chosen."""
        return cleaned.get("area")

    def reporting_organisation(self, cleaned):
        """The one chosen."""
        return cleaned.get("originator")

    def clean(self):
        """Also: whose area it is."""
        cleaned = super().clean()
        self._clean_originator(cleaned)
        return cleaned

    def _clean_originator(self, cleaned):
        originator, area = cleaned.get("originator"), cleaned.get("area")
        if not originator or not area:
            return
        allowed = (m for m in self.filing if m.organisation_id == originator.pk and m.area_id in {None, area.pk})
        cleaned["membership"] = next(allowed, None)
        if cleaned["membership"] is None:
            self.add_error("area", _("You do not report for this organisation in this area."))


class FollowUpForm(AccountForm):
    """An update or the final report on an incident in `area`, last told on the clock of `zone`.

    `is_closed`: a final report was filed.
    """

    kind = forms.ChoiceField(
        label=_("This is"), choices=_KINDS, initial=codes.ReportKind.UPDATE, widget=forms.RadioSelect
    )
    after = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    news = Narrative(
        label=_("What is new"),
        max_length=3000,
        rows=4,
        required=False,
        help_text=_("In a few words, for everybody who can read the report. No names, no telephone numbers."),
    )

    field_order = ["submission", "revision", "after", "kind", "news"]

    def __init__(self, *args, area, zone, is_closed=False, user, **options):
        self.area = area
        super().__init__(*args, user=user, zones={area.time_zone, zone}, **options)
        self.fields[WARNING_TEXT] = forms.CharField(required=False, widget=forms.HiddenInput)
        if is_closed:
            self.fields["kind"].choices = _KINDS[1:]
            self.initial["kind"] = codes.ReportKind.FINAL

    def say_agreed(self, texts: dict[str, str]) -> None:
        """Say at each field what readers get instead of it, as agreed with a desk, and that a change of it undoes that
        (incidents.account.shared_texts_after)."""
        for name, text in texts.items():
            if name != "news":  # it is written anew each time
                field = self.fields[name]
                instead = _("With DSS you agreed another text for readers:") if text else _AGREED_TO_LEAVE_OUT
                field.help_text = format_html(
                    '{}<p>{}</p><div class="prose" dir="auto">{}</div><p>{}</p>',
                    *(field.help_text, instead, text, _("If you change this field, readers get yours.")),
                )

    @property
    def carried(self):
        """The words of a warning that were written on the page that asks again (C5)."""
        return self[WARNING_TEXT]

    def say_limited(self, limits: Limits, place: str) -> None:
        """Say at place and time what readers get of them, as the originator chose, where that is less than is reported
        here; and that another place is not told to them before the originator says which (C4)."""
        if limits.place != Limits().place:
            field = self.fields["place"]
            said = _("Readers get this instead, as you chose: {}.") if place else _PLACE_KEPT_BACK
            field.help_text = format_html("<p>{}</p><p>{}</p>", format_html(said, place), _NEW_PLACE)
        if limits.time != Limits().time:
            said = _("Readers get this of it, as you chose: {}.")
            self.fields["time_precision"].help_text = format_html(said, codes.TimeLimit(limits.time).label)

    def reported_area(self, cleaned):
        """That of the incident: it does not change."""
        return self.area

    def clean(self):
        """An update says what is new; a final report may have nothing to add."""
        cleaned = super().clean()
        if cleaned.get("kind") == codes.ReportKind.UPDATE and not cleaned.get("news") and "news" not in self.errors:
            self.add_error("news", _("Write what is new. Six words are enough."))
        return cleaned


class AudienceForm(SharingForm):
    """Another audience for a report of `organisation`; `version` is the one it was opened with.

    `named` are the ids of the organisations it names now. They are offered even if they do not take part at the moment:
    what nobody changed stays as it is, and counts again when they do.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, *args, organisation, named=(), **options):
        self.organisation = organisation
        super().__init__(*args, **options)
        self.fields["organisations"].queryset = nameable_organisations(named)

    def reporting_organisation(self, cleaned):
        """The originator."""
        return self.organisation


def initial_account(account, area) -> dict:
    """The initial values of a FollowUpForm: the incident as it was last reported, on the clock it was reported on."""
    zone = account.time_zone
    initial = {name: value for name, value in account.texts.items() if name not in {"news", "position"}}
    initial |= account.coded
    initial["clock"] = AREA_TIME if zone == area.time_zone else zone
    initial["time_precision"] = account.time_precision
    if account.texts.get("position"):
        initial["position"] = ", ".join(map(str, account.texts["position"]))
    if account.occurred_from:
        local = account.occurred_from.astimezone(ZoneInfo(zone))
        initial["occurred_on"] = local.date()
        if account.time_precision in {codes.TimePrecision.EXACT, codes.TimePrecision.ABOUT}:
            initial["occurred_at"] = local.time()
    return initial
