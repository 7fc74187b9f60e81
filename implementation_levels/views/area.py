"""The level of one area on a day, why, and how it was before (§5; L1, L2, L6)."""

from datetime import date

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404
from django.views.generic import TemplateView

from areas.models import Area, AreaTerritory
from areas.names import by_name
from areas.overlaps import overlaps
from coordination.policies import reads_picture
from implementation_levels.forms.days import DayFilter
from implementation_levels.levels import history_of, levels_on, today
from implementation_levels.models import Review, ReviewedArea
from implementation_levels.policies import is_consulted, opens_reviews, parties_in_area, reads_reviews
from implementation_levels.timeline import taken_back
from implementation_levels.world import as_called
from partners.registers import reads_area

from .readers import LevelsMixin

DECISIONS = 50  # on a page of the history


class AreaPage(LevelsMixin, TemplateView):
    """One area: its level on a day, what is to come, its neighbours on the same territory, and its history."""

    template_name = "implementation_levels/area.html"

    def get_context_data(self, **kwargs):
        area, near = _area_and_near(self.kwargs["code"])
        name_today = area.name
        form = DayFilter(self.request.GET)
        now = today()
        on = (form.cleaned_data["on"] if form.is_valid() else None) or now
        as_called([area, *near], on)
        history = history_of(area)
        context = {
            "area": area,
            "name_today": name_today if name_today != area.name else "",
            "filter_form": form,
            "on": on,
            "is_today": on == now,
            "is_future": on > now,
            "known_on": min(on, now),
            "exists": _exists(area, on),
            "history": history,
            "page": Paginator(_told(history), DECISIONS).get_page(self.request.GET.get("page")),
            "reads_coordination": reads_picture(self.access, area),
            "reads_register": reads_area(self.access, area),
            "may_request": bool(parties_in_area(self.access, area)),
            "may_open": opens_reviews(self.access),
            **self._reviews_of(area),
        }
        if form.is_valid():
            others = by_name(other for other in near if _exists(other, on))
            context["level"], *context["others"] = levels_on([area, *others], on)
        return super().get_context_data(**context, **kwargs)

    def _reviews_of(self, area):
        """The open reviews of the area: those that the reader reads, and those in which they are asked."""
        rows = ReviewedArea.objects.filter(area=area).select_related("review").order_by("-pk").defer("sealed")
        found = {"in_review": (), "asked": ()}
        if reads_reviews(self.access):
            found["in_review"] = list(rows.visible_to(self.access).exclude(review__state=Review.State.DONE))
        if is_consulted(self.access):
            found["asked"] = list(rows.asked_of(self.access)[:1])
        return found


def _area_and_near(code) -> tuple[Area, list[Area]]:
    """The area of an address, and the others on its territory, of whatever time; Http404 if there is none."""
    countries = AreaTerritory.objects.filter(area__code=code).values("country")
    near = Q(territories__country__in=countries) | Q(parent__code=code) | Q(parts__code=code) | Q(code=code)
    areas = Area.objects.filter(near).select_related("parent").prefetch_related("territories").distinct()
    area = next((row for row in areas if row.code == code), None)
    if area is None:
        raise Http404
    return area, overlaps(areas).get(area.pk, [])


def _exists(area: Area, on: date) -> bool:
    return (area.valid_from is None or area.valid_from <= on) and (area.valid_to is None or on <= area.valid_to)


def _told(history):
    """Pairs of a decision and the one by which it was taken back before it came into effect, newest first."""
    gone = taken_back(history)
    return [(row, gone.get(row.pk)) for row in history]
