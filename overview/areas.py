"""The areas under Designated Officials: the list, and who answers for one. No levels here: they have their own list."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django import forms
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from areas.actions import has_ended, open_steps, today
from areas.models import Area, AreaQuerySet, AreaTerritory
from areas.names import LANGUAGES, by_name, matching, names_of
from coordination.policies import reads_gaps, reads_picture
from implementation_levels.levels import level_of, levels_on
from implementation_levels.policies import manages_areas, reads_levels
from notifications.choices import in_words
from notifications.models import Subscription
from organisations.memberships import memberships_of
from organisations.querysets import contacts_of
from partners.querysets import areas_of
from partners.registers import is_dss_of, reads_area
from sharing.views import MemberMixin
from slt_portal.forms import SearchInput
from slt_portal.templatetags.portal import day_text

from .area_history import Past, entries_about

AREAS_PER_PAGE = 50
LANGUAGE_NAMES = {"ar": "العربية", "zh": "中文", "en": "English", "fr": "Français", "ru": "Русский", "es": "Español"}


@dataclass(frozen=True)
class Following:
    """What the reader chose about an area, in words, and what else they can choose."""

    subscription: Subscription | None
    works_there: bool

    @property
    def choice(self) -> str:
        """What they chose, or nothing."""
        return self.subscription.choice if self.subscription else ""

    @property
    def words(self) -> str:
        """Their choice as a sentence, or what holds by itself."""
        if self.works_there and not self.subscription:
            return _("You get mails about this area because you work there.")
        return {
            Subscription.Choice.FOLLOW: _("You follow this area: you get a mail for what is shared with you there."),
            Subscription.Choice.LIFE_SAFETY: _("You hear of this area by mail only when life is at risk."),
        }.get(self.choice, _("You do not follow this area. If you work there, you get mails about it anyway."))

    @property
    def details(self) -> str:
        """Which kinds, how severe, and when, where they follow it."""
        follows = self.choice == Subscription.Choice.FOLLOW
        return in_words(self.subscription, works_there=False) if follows else ""

    @property
    def can_follow(self) -> bool:
        """Whether "follow" would change something."""
        return self.choice != Subscription.Choice.FOLLOW

    @property
    def can_reduce(self) -> bool:
        """Whether "only life safety" would change something."""
        return self.choice != Subscription.Choice.LIFE_SAFETY


class AreaFilter(forms.Form):
    """Words of an area's or a country's name; and areas of another time."""

    q = forms.CharField(label=gettext_lazy("Name"), required=False, max_length=100, widget=SearchInput)
    time = forms.ChoiceField(
        label=gettext_lazy("Which"),
        required=False,
        choices=[
            ("", gettext_lazy("areas of today")),
            ("ended", gettext_lazy("areas that have ended")),
            ("coming", gettext_lazy("areas that begin later")),
        ],
    )

    def rows(self) -> AreaQuerySet:
        """The areas of the chosen time; today's where the choice is none."""
        on = today()
        at = {"ended": Area.objects.filter(valid_to__lt=on), "coming": Area.objects.filter(valid_from__gt=on)}
        return at.get(self.cleaned_data.get("time"), Area.objects.current(on))


class AreaList(MemberMixin, TemplateView):
    """All areas that exist today (or of another time, if asked), by name in the reader's language."""

    template_name = "areas/area_list.html"

    def get_context_data(self, **kwargs):
        form = AreaFilter(self.request.GET)
        form.is_valid()
        words, time = form.cleaned_data.get("q", ""), form.cleaned_data.get("time", "")
        found = by_name(matching(form.rows().prefetch_related("countries"), words))
        page = Paginator(found, AREAS_PER_PAGE).get_page(self.request.GET.get("page"))
        followed = dict(Subscription.objects.filter(user=self.request.user).values_list("area_id", "choice"))
        shows_levels = reads_levels(self.access) and not time  # what has ended has none
        levels = {row.area.pk: row for row in levels_on(page, today())} if shows_levels else {}
        return super().get_context_data(
            items=[(area, followed.get(area.pk, ""), levels.get(area.pk)) for area in page],
            shows_levels=shows_levels,
            page=page,
            count_label=len(found),
            filter_form=form,
            is_filtered=bool(words or time),
            manages=manages_areas(self.access),
            reads_gaps=reads_gaps(self.access),
            **kwargs,
        )


class AreaDetail(MemberMixin, TemplateView):
    """One area: what it covers, whose it is, whom to write to, and following it."""

    template_name = "areas/area_detail.html"

    def get_context_data(self, **kwargs):
        territories = Prefetch("territories", AreaTerritory.objects.select_related("country"))
        rows = Area.objects.select_related("parent").prefetch_related(territories)
        area = get_object_or_404(rows, code=self.kwargs["code"])
        subscription = Subscription.objects.filter(user=self.request.user, area=area).first()
        works_there = area.pk in {membership.area_id for membership in memberships_of(self.request)}
        contacts, past = list(contacts_of(area)), Past(area, entries_about(area))
        manages = manages_areas(self.access)
        return super().get_context_data(
            area=area,
            facts=_facts(area, contacts),
            contacts=contacts,
            parts=by_name(area.parts.current()),
            others=_others(area),
            languages=[(code, LANGUAGE_NAMES[code]) for code in LANGUAGES],
            names=[dict(names_of(row.country)) for row in area.territories.all()],
            level=level_of(area) if reads_levels(self.access) else None,
            past=past,
            has_ended=has_ended(area),
            is_to_come=bool(area.valid_from and area.valid_from > today()),
            manages=manages,
            steps=open_steps(area, has_successors=bool(past.became)) if manages else [],
            following=Following(subscription, works_there),
            reads_register=reads_area(self.access, area),
            reads_who=reads_picture(self.access, area),
            has_member_lists=is_dss_of(self.access, area) or area.pk in areas_of(self.access, "mechanism"),
            **kwargs,
        )


def _others(area) -> list[tuple[Area, str]]:
    """Other areas of today on the same territory, with what they share; not those that it is part of or has in it."""
    codes = [row.country_id for row in area.territories.all()]
    there = Area.objects.current().exclude(pk=area.pk).exclude(pk=area.parent_id).exclude(parent=area)
    rows = AreaTerritory.objects.filter(country__in=codes, area__in=there).select_related("area", "country")
    shared: dict[Area, list[str]] = {}
    for row in rows.order_by("pk"):
        shared.setdefault(row.area, []).append(f"{row.country} ({row.get_coverage_display()})")
    return [(other, " · ".join(shared[other])) for other in by_name(shared)]


def _facts(area, contacts):
    parts = [(row.country, row.get_coverage_display()) for row in area.territories.all()]
    covers = " · ".join(f"{country} ({coverage})" for country, coverage in sorted(parts, key=str))
    by_dss, by_focal_point = _("DSS of the area"), _("Country security focal point (DSS has no office there)")
    facts = [
        {"label": _("Kind"), "value": area.get_kind_display()},
        {"label": _("Covers"), "value": covers},
        {"label": _("Designated Official"), "value": area.designated_official_post},
        {"label": _("Responsible for SLT"), "value": by_dss if area.has_dss_office else by_focal_point},
        {"label": _("Time there now"), "value": _time_there(area)},
    ]
    if not area.designated_official_post and any(row.role == "designated_official" for row in contacts):
        facts = [fact for fact in facts if fact["label"] != _("Designated Official")]  # by name below
    if area.valid_from or area.valid_to:
        facts.append({"label": _("Exists"), "value": _dates(area)})
    return facts


def _time_there(area) -> str:
    there: datetime = timezone.now().astimezone(ZoneInfo(area.time_zone))
    minutes = int(there.utcoffset().total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    ahead = f"{'-' if minutes < 0 else '+'}{hours}" if minutes else ""
    return f"{there:%H:%M} ({area.time_zone.replace('_', ' ')}, UTC{ahead}{f':{rest:02}' if rest else ''})"


def _dates(area) -> str:
    ends = {"first": area.valid_from, "last": area.valid_to}
    days = {name: day_text(day) for name, day in ends.items() if day}
    if not area.valid_to:
        return _("since %(first)s") % days
    return _("from %(first)s to %(last)s") % days if area.valid_from else _("until %(last)s") % days
