"""The forms with which DSS headquarters looks after one area (L1). Flat, so that what was typed can be confirmed."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from slt_portal.forms import DateInput

from .actions import CHANGEABLE, NewArea, today
from .fields import AreaField
from .models import Area, AreaEntry, AreaTerritory, Country
from .names import Names, folded, names_of

Coverage = AreaTerritory.Coverage
REGIONS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
FIRST_FIELDS = ("kind", "name_en", "name_fr", "parent", "begins", "ends")
NEW_ROWS, MORE_ROWS = 6, 3  # lines for countries on an empty form, and beside those that are there


@lru_cache(maxsize=1)
def zones() -> tuple[str, ...]:
    """The time zones of places, by name."""
    return tuple(sorted(zone for zone in available_timezones() if zone.startswith(tuple(f"{r}/" for r in REGIONS))))


def name_field(label: str, language: str) -> forms.CharField:
    """A name of an area in one language of the portal."""
    widget = forms.TextInput(attrs={"dir": "auto", "lang": language, "autocomplete": "off"})
    return forms.CharField(label=label, max_length=100, widget=widget)


def reason_field(*, required: bool = True) -> forms.CharField:
    """Why something is so from now on."""
    text = gettext_lazy("For everybody who reads the history of the area.")
    widget = forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"})
    return forms.CharField(label=gettext_lazy("Why"), help_text=text, max_length=300, required=required, widget=widget)


def _note(label):
    widget = forms.Textarea(attrs={"rows": 3, "dir": "auto"})
    return forms.CharField(label=label, max_length=300, required=False, widget=widget)


class SeenForm(forms.Form):
    """A form about areas that are there: `seen` says in which version they were read."""

    seen = forms.RegexField(r"^\d+:\d+( \d+:\d+)*$", widget=forms.HiddenInput, max_length=200)

    def clean_seen(self) -> dict[int, int]:
        """Versions by the ids of areas."""
        pairs = (pair.split(":") for pair in self.cleaned_data["seen"].split())
        return {int(area): int(version) for area, version in pairs}


def seen_text(versions: dict[int, int]) -> str:
    """`versions` as the value of `seen`."""
    return " ".join(f"{area}:{version}" for area, version in versions.items())


class TerritoryForm(forms.Form):
    """Countries and territories, a line each: name or code, and whether the area covers it as a whole."""

    def add_lines(self, covered: Iterable[tuple[Country, str]] = ()) -> None:
        """Fields for what is `covered`, and some empty ones."""
        covered = list(covered)
        self.lines = max(NEW_ROWS, len(covered) + MORE_ROWS)
        for number in range(1, self.lines + 1):
            country, coverage = covered[number - 1] if number <= len(covered) else ("", Coverage.WHOLE)
            words = {"number": number}
            self.fields[f"country_{number}"] = forms.CharField(
                label=_("Country or territory %(number)s") % words,
                max_length=100,
                required=False,
                initial=str(country),
                widget=forms.TextInput(attrs={"list": "countries", "dir": "auto", "autocomplete": "off"}),
            )
            self.fields[f"coverage_{number}"] = forms.ChoiceField(
                label=_("How much of it (%(number)s)") % words, choices=Coverage.choices, initial=coverage
            )

    @property
    def countries(self) -> list[Country]:
        """All there are, for the list of suggestions."""
        if not hasattr(self, "_countries"):
            self._countries = sorted(Country.objects.all(), key=lambda row: folded(str(row)))
        return self._countries

    @property
    def territory_lines(self) -> list[tuple]:
        """The pairs of fields."""
        return [(self[f"country_{number}"], self[f"coverage_{number}"]) for number in range(1, self.lines + 1)]

    @property
    def first_fields(self) -> list:
        """Those before them: what it is, its names and days."""
        return [bound for bound in self if bound.name in FIRST_FIELDS]

    @property
    def last_fields(self) -> list:
        """Those after them."""
        lined = {bound.name for pair in self.territory_lines for bound in pair}
        return [bound for bound in self if bound.name not in {*FIRST_FIELDS, *lined} and not bound.is_hidden]

    def clean(self):
        """`territories`: coverage by code. Names are taken in any language of the United Nations, and codes."""
        cleaned = super().clean()
        known = {}
        for country in self.countries:
            for name in (country.code, country.iso3, *(name for _language, name in names_of(country))):
                known[folded(name)] = country.code
        found = {}
        for number in range(1, self.lines + 1):
            typed = " ".join(cleaned.get(f"country_{number}", "").split())
            code = known.get(folded(typed))
            if not typed:
                continue
            if code is None:
                self.add_error(f"country_{number}", _("No country or territory has this name. Choose one of the list."))
            elif code in found:
                self.add_error(f"country_{number}", _("This country is there twice."))
            else:
                found[code] = cleaned.get(f"coverage_{number}", Coverage.WHOLE)
        if not found and not any(name.startswith("country_") for name in self.errors):
            self.add_error("country_1", _("Name at least one country or territory."))
        cleaned["territories"] = found
        return cleaned


class FactsForm(TerritoryForm):
    """What can be said about an area beside its name and its time."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Area.Kind.choices)
    note_en = _note(gettext_lazy("Note on its status, in English"))
    note_fr = _note(gettext_lazy("Note on its status, in French"))
    designated_official_post = forms.CharField(
        label=gettext_lazy("Post of the Designated Official"),
        help_text=gettext_lazy("The post, not the person."),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )
    has_dss_office = forms.BooleanField(
        label=gettext_lazy("DSS has an office there"),
        help_text=gettext_lazy("Otherwise the country security focal point answers for SLT."),
        required=False,
    )
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].choices = [("", _("As in the first country")), *((zone, zone) for zone in zones())]

    def clean(self):
        """What its kind asks for. Fills the time zone in from the area of the first country."""
        cleaned = super().clean()
        if cleaned.get("kind") == Area.Kind.MULTI and len(cleaned["territories"]) == 1:
            self.add_error("country_2", _("Name at least two countries or territories."))
        if not cleaned.get("time_zone") and cleaned["territories"]:
            own = Area.objects.covering(next(iter(cleaned["territories"]))).first()
            cleaned["time_zone"] = own.time_zone if own else "UTC"
        return cleaned


class AddForm(FactsForm):
    """A new area."""

    name_en = name_field(gettext_lazy("Name in English"), "en")
    name_fr = name_field(gettext_lazy("Name in French"), "fr")
    parent = AreaField(
        Area.objects.none(),
        label=gettext_lazy("Part of"),
        help_text=gettext_lazy("For a part of a country. Who works in the whole also works in the part."),
        required=False,
        empty_label=gettext_lazy("Of no other area"),
    )
    begins = forms.DateField(
        label=gettext_lazy("First day"),
        help_text=gettext_lazy("Today or later. If it was set up before, say so in the note."),
        widget=DateInput,
        initial=today,
    )
    ends = forms.DateField(
        label=gettext_lazy("Last day"),
        help_text=gettext_lazy("An ad-hoc area needs one; you can move it later."),
        widget=DateInput,
        required=False,
    )
    reason = reason_field(required=False)
    field_order = FIRST_FIELDS

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = Area.objects.current().filter(parent=None)
        self.fields["has_dss_office"].initial = True
        self.add_lines()

    def clean_begins(self) -> date:
        """Not a day that has passed: lists of such days say what there was."""
        if self.cleaned_data["begins"] < today():
            raise forms.ValidationError(_("Choose today or a later day."))
        return self.cleaned_data["begins"]

    def clean(self):
        """What its kind asks for, and that no other area has its name."""
        cleaned = super().clean()
        begins, ends, kind = cleaned.get("begins"), cleaned.get("ends"), cleaned.get("kind")
        if begins and ends and ends < begins:
            self.add_error("ends", _("The last day comes before the first."))
        if kind == Area.Kind.AD_HOC and not ends and "ends" not in self.errors:
            self.add_error("ends", _("Say until when it is there."))
        if cleaned.get("parent") and kind != Area.Kind.PART:
            self.add_error("parent", _("Only a part of a country lies in another area."))
        refuse_taken_names(self, "name_en", "name_fr")
        return cleaned

    def new_area(self) -> NewArea:
        """What was typed."""
        names = (*CHANGEABLE, "name_en", "name_fr", "parent", "territories")
        return NewArea(valid_to=self.cleaned_data["ends"], **{name: self.cleaned_data[name] for name in names})


class ChangeForm(FactsForm, SeenForm):
    """What an area covers, and what is said about it."""

    reason = reason_field()

    def __init__(self, *args, area, **kwargs):
        initial = {name: getattr(area, name) for name in CHANGEABLE}
        super().__init__(*args, initial=initial | kwargs.pop("initial", {}), **kwargs)
        if area.kind != Area.Kind.AD_HOC:  # which has two days; make a new one
            self.fields["kind"].choices = [choice for choice in Area.Kind.choices if choice[0] != Area.Kind.AD_HOC]
        rows = sorted(area.territories.select_related("country"), key=lambda row: folded(str(row.country)))
        self.add_lines((row.country, row.coverage) for row in rows)

    def changes(self) -> dict:
        """What `change_area` takes."""
        return {name: self.cleaned_data[name] for name in (*CHANGEABLE, "territories")}


class RenameForm(SeenForm):
    """Another name, from a day on."""

    name_en = name_field(gettext_lazy("New name in English"), "en")
    name_fr = name_field(gettext_lazy("New name in French"), "fr")
    on = forms.DateField(label=gettext_lazy("From which day on"), widget=DateInput, initial=today)
    reason = reason_field()

    def __init__(self, *args, area, last: AreaEntry | None, **kwargs):
        self.names = Names(last.name_en, last.name_fr) if last else Names(area.name_en, area.name_fr)
        initial = {"name_en": self.names.en, "name_fr": self.names.fr}
        super().__init__(*args, initial=initial | kwargs.pop("initial", {}), **kwargs)
        self.area, self.last_on = area, last and last.on

    def clean_on(self) -> date:
        """A day on which the area is there, and not before the name it has (or will have) began."""
        on = self.cleaned_data["on"]
        first = max((day for day in (self.area.valid_from, self.last_on) if day), default=None)
        if (first and on < first) or (self.area.valid_to and on > self.area.valid_to):
            raise forms.ValidationError(_("The area, or its last name, began later; or it ends before."))
        return on

    def clean(self):
        """Another name indeed, and nobody else's."""
        cleaned = super().clean()
        if (cleaned.get("name_en"), cleaned.get("name_fr")) == tuple(self.names):
            self.add_error("name_en", _("The area has this name already."))
        refuse_taken_names(self, "name_en", "name_fr", but=[self.area])
        return cleaned


class EndForm(SeenForm):
    """The last day of an area."""

    on = forms.DateField(label=gettext_lazy("Last day"), widget=DateInput)
    reason = reason_field()

    def __init__(self, *args, area, **kwargs):
        super().__init__(*args, **kwargs)
        self.area = area
        if area.valid_to and area.kind != Area.Kind.AD_HOC:
            self.fields["on"].required = False
            self.fields["on"].help_text = _("Leave it empty if the area does not end after all.")

    def clean_on(self) -> date | None:
        """Today or later: what there was on a day that has passed is not told otherwise."""
        on = self.cleaned_data["on"]
        if on and (on < today() or (self.area.valid_from and on < self.area.valid_from)):
            raise forms.ValidationError(_("Choose today or a later day, and not one before the area begins."))
        return on


def refuse_taken_names(form, *fields, but=()):
    """No two areas that are there have the same name; those of `but` give theirs away."""
    rows = Area.objects.exclude(pk__in=[area.pk for area in but])
    there = [
        names for *names, ends in rows.values_list("name_en", "name_fr", "valid_to") if not ends or ends >= today()
    ]
    taken = {folded(name) for names in there for name in names}
    typed: set[tuple[str, str]] = set()
    for name in fields:
        text, language = folded(" ".join(form.cleaned_data.get(name, "").split())), name[:7]
        if text and (text in taken or (language, text) in typed):
            form.add_error(name, _("Another area has this name."))
        typed.add((language, text))
