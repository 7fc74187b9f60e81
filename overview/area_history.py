"""What became of an area: its names, what it covered, its end, where it comes from and what was made from it (L1)."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from areas.actions import today
from areas.models import Area, AreaEntry, AreaTerritory, Country
from areas.names import Names
from implementation_levels.policies import manages_areas
from sharing.views import MemberMixin
from slt_portal.templatetags.portal import day_text

What = AreaEntry.What


def entries_about(area: Area, *, with_people: bool = False) -> list[AreaEntry]:
    """The entries of an area, and those of areas that were made from it, in the order in which they were written."""
    rows = AreaEntry.objects.filter(Q(area=area) | Q(comes_from=area)).select_related("area", "comes_from")
    return list((rows.select_related("by") if with_people else rows).order_by("pk"))


@dataclass(frozen=True)
class Past:
    """What the page of an area says of its history."""

    area: Area
    entries: list[AreaEntry]

    @property
    def comes_from(self) -> list[Area]:
        """Areas in whose place it is."""
        return [row.comes_from for row in self.entries if row.area_id == self.area.pk and row.comes_from]

    @property
    def became(self) -> list[Area]:
        """Areas that were made from it."""
        return [row.area for row in self.entries if row.comes_from_id == self.area.pk]

    @property
    def names(self) -> list[tuple[Names, date]]:
        """Names that it had, each with the first day on which it had another one; the latest first."""
        renamed = (row for row in reversed(self.entries) if row.area_id == self.area.pk and row.what == What.RENAMED)
        return [(Names(row.was["name_en"], row.was["name_fr"]), row.on) for row in renamed if row.on <= today()]

    @property
    def next_name(self) -> tuple[Names, date] | None:
        """The name that it gets, and when."""
        renamed = (row for row in self.entries if row.area_id == self.area.pk and row.what == What.RENAMED)
        return next(((Names(row.name_en, row.name_fr), row.on) for row in renamed if row.on > today()), None)


@dataclass(frozen=True)
class Line:
    """One line of the history. `other` is the area that it links to, `before` what was changed: (label, value)."""

    entry: AreaEntry
    sentence: str
    other: Area | None = None
    before: tuple[tuple[str, str], ...] = ()


class AreaHistory(MemberMixin, TemplateView):
    """Everything that became of an area, newest first. Who did it is for those who look after the areas."""

    template_name = "areas/area_history.html"

    def get_context_data(self, **kwargs):
        area = get_object_or_404(Area, code=self.kwargs["code"])
        manages = manages_areas(self.access)
        entries = entries_about(area, with_people=manages)
        codes = {code for row in entries for code in row.was.get("territories", ())}
        countries = Country.objects.in_bulk(codes) if codes else {}
        lines = [_line(area, row, countries) for row in reversed(entries)]
        return super().get_context_data(area=area, lines=lines, manages=manages, **kwargs)


def _line(area, entry, countries):
    if entry.comes_from_id == area.pk:
        return Line(entry, _("First day of an area that was made from it:"), entry.area)
    if entry.what == What.MADE:
        sentence = _("First day. It was made from:") if entry.comes_from else _("First day of the area.")
        return Line(entry, sentence, entry.comes_from)
    if entry.what == What.RENAMED:
        old, new = Names(entry.was["name_en"], entry.was["name_fr"]), Names(entry.name_en, entry.name_fr)
        return Line(entry, _("From then on it is called “%(new)s”; before, “%(old)s”.") % {"new": new, "old": old})
    before = tuple(_before(name, value, countries) for name, value in sorted(entry.was.items()))
    if entry.what == What.ENDED:
        return Line(entry, _("Last day of the area."), before=before if entry.was.get("valid_to") else ())
    return Line(entry, _("Changed. Before, it was:"), before=before)


def _before(name, value, countries):
    labels = {
        "kind": _("Kind"),
        "note_en": _("Note on its status, in English"),
        "note_fr": _("Note on its status, in French"),
        "designated_official_post": _("Post of the Designated Official"),
        "has_dss_office": _("DSS has an office there"),
        "time_zone": _("Time zone"),
        "territories": _("Covers"),
        "valid_to": _("Last day"),
    }
    return labels[name], _in_words(name, value, countries) or _("nothing")


def _in_words(name, value, countries):
    if name == "territories":
        coverages = dict(AreaTerritory.Coverage.choices)
        return " · ".join(f"{countries[code]} ({coverages[coverage]})" for code, coverage in value.items())
    if name == "valid_to":
        return day_text(date.fromisoformat(value)) if value else ""
    if name == "kind":
        return Area.Kind(value).label
    if name == "has_dss_office":
        return _("yes") if value else _("no")
    return value
