"""The forms with which DSS headquarters makes several areas out of one, and one out of several (L1)."""

from collections.abc import Sequence
from datetime import date

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from slt_portal.forms import DateInput

from .actions import NewArea, today
from .fields import AreaField
from .forms import Coverage, SeenForm, name_field, reason_field, refuse_taken_names
from .models import Area, AreaTerritory
from .names import folded

SPLIT_INTO, MERGE_WITH = 4, 3


class _FromDayForm(SeenForm):
    on = forms.DateField(
        label=gettext_lazy("First day of the new areas"),
        help_text=gettext_lazy("Today or later. What is there now ends the day before."),
        widget=DateInput,
    )
    reason = reason_field()

    def clean_on(self) -> date:
        if self.cleaned_data["on"] < today():
            raise forms.ValidationError(_("Choose today or a later day."))
        return self.cleaned_data["on"]

    def refuse_other_times(self, areas: Sequence[Area]) -> None:
        """All of them are there the day before, and would be there on the day."""
        on = self.cleaned_data.get("on")
        for area in areas if on else ():
            if (area.valid_from and area.valid_from >= on) or (area.valid_to and area.valid_to < on):
                self.add_error("on", _("%(area)s is not there then.") % {"area": area})


class SplitForm(_FromDayForm):
    """Several areas in place of one."""

    def __init__(self, *args, area, **kwargs):
        super().__init__(*args, **kwargs)
        self.area = area
        rows = list(area.territories.select_related("country"))
        self.rows = sorted(rows, key=lambda row: folded(str(row.country)))
        choices = [(row.country_id, str(row.country)) for row in self.rows]
        for number in range(1, SPLIT_INTO + 1):
            words, required = {"number": number}, number <= 2
            for name, label, language in (
                ("name_en", _("Area %(number)s: name in English"), "en"),
                ("name_fr", _("Area %(number)s: name in French"), "fr"),
            ):
                self.fields[f"{name}_{number}"] = name_field(label % words, language)
                self.fields[f"{name}_{number}"].required = required
            if len(choices) > 1:
                self.fields[f"countries_{number}"] = forms.MultipleChoiceField(
                    label=_("Area %(number)s lies in") % words,
                    choices=choices,
                    required=required,
                    widget=forms.CheckboxSelectMultiple,
                )

    def clean(self):
        """Complete names for each area that is named at all."""
        cleaned = super().clean()
        for number in range(3, SPLIT_INTO + 1):
            names = {f"{name}_{number}" for name in ("name_en", "name_fr")}
            typed = {name for name in names if cleaned.get(name)}
            if cleaned.get(f"countries_{number}") or typed:
                for name in names - typed - self.errors.keys():
                    self.add_error(name, _("Name the area in both languages, or leave it out."))
            if typed and len(self.rows) > 1 and not cleaned.get(f"countries_{number}"):
                self.add_error(f"countries_{number}", _("Say where it lies."))
        self.refuse_other_times([self.area])
        fields = [f"{name}_{number}" for number in range(1, SPLIT_INTO + 1) for name in ("name_en", "name_fr")]
        refuse_taken_names(self, *fields, but=[self.area])
        return cleaned

    def new_areas(self) -> list[NewArea]:
        """What is made. A country that only one of them lies in stays covered as it was, otherwise in part."""
        typed, made = self.cleaned_data, []
        numbers = [number for number in range(1, SPLIT_INTO + 1) if typed[f"name_en_{number}"]]
        lies_in = {
            number: typed.get(f"countries_{number}") or [row.country_id for row in self.rows] for number in numbers
        }
        for number in numbers:
            covers = {}
            for row in self.rows:
                if row.country_id in lies_in[number]:
                    shared = sum(row.country_id in places for places in lies_in.values()) > 1
                    covers[row.country_id] = Coverage.PART if shared else row.coverage
            made.append(heir([self.area], typed[f"name_en_{number}"], typed[f"name_fr_{number}"], covers))
        return made


class MergeForm(_FromDayForm):
    """One area in place of several."""

    name_en = name_field(gettext_lazy("Name of the new area in English"), "en")
    name_fr = name_field(gettext_lazy("Name of the new area in French"), "fr")

    def __init__(self, *args, area, others, **kwargs):
        super().__init__(*args, **kwargs)
        self.area = area
        for number in range(1, MERGE_WITH + 1):
            label = _("Together with") if number == 1 else _("And with")
            self.fields[f"with_{number}"] = AreaField(
                others, label=label, required=number == 1, empty_label=_("Choose an area")
            )
        self.order_fields([*(f"with_{number}" for number in range(1, MERGE_WITH + 1)), "name_en", "name_fr"])
        self.fields["on"].label = _("First day of the new area")

    def clean(self):
        """Each area once."""
        cleaned = super().clean()
        self.areas = [self.area]
        for number in range(1, MERGE_WITH + 1):
            other = cleaned.get(f"with_{number}")
            if other in self.areas:
                self.add_error(f"with_{number}", _("This area is there twice."))
            elif other:
                self.areas.append(other)
        self.refuse_other_times(self.areas)
        refuse_taken_names(self, "name_en", "name_fr", but=self.areas)
        return cleaned

    def new_areas(self) -> list[NewArea]:
        """The one that is made: it covers what they covered."""
        covers = {}
        for row in AreaTerritory.objects.filter(area__in=self.areas).order_by("pk"):
            if covers.get(row.country_id) != Coverage.WHOLE:
                covers[row.country_id] = row.coverage
        return [heir(self.areas, self.cleaned_data["name_en"], self.cleaned_data["name_fr"], covers)]


def heir(old: Sequence[Area], name_en: str, name_fr: str, covers: dict[str, str]) -> NewArea:
    """An area in place of others: like the first of them, its note on the status too; its kind is what it covers."""
    first, kinds = old[0], {area.kind for area in old}
    if len(kinds) == 1 and kinds <= {Area.Kind.MISSION, Area.Kind.AD_HOC}:
        kind = first.kind
    elif len(covers) > 1:
        kind = Area.Kind.MULTI
    else:
        kind = Area.Kind.COUNTRY if set(covers.values()) == {Coverage.WHOLE} else Area.Kind.PART
    ends, noted = {area.valid_to for area in old}, next((area for area in old if area.note_en or area.note_fr), first)
    return NewArea(
        name_en=name_en,
        name_fr=name_fr,
        kind=kind,
        territories=covers,
        time_zone=first.time_zone,
        parent=first.parent if len({area.parent_id for area in old}) == 1 and kind == Area.Kind.PART else None,
        valid_to=max(ends) if kind == Area.Kind.AD_HOC and None not in ends else None,
        has_dss_office=first.has_dss_office,
        note_en=noted.note_en,
        note_fr=noted.note_fr,
        designated_official_post=first.designated_official_post if len(old) == 1 else "",
    )
