"""Whether levels are applied consistently: areas by lines, with what is missing where (§11; L7)."""

from collections import Counter
from datetime import date

from django.core.paginator import Paginator
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import Http404
from django.views.generic import TemplateView

from areas.models import Area
from governance.policies import reads_bodies
from implementation_levels.checklist import NORMAL, SHORT, LineState, State, checklists
from implementation_levels.levels import today
from implementation_levels.models import Level, LevelDecision, Line
from sharing.views import ReaderMixin
from slt_portal.views import is_signed_in

PAGE = 50


class Consistency(ReaderMixin, TemplateView):
    """Reinforced areas with every line; on demand normal areas that lack one of their three."""

    template_name = "implementation_levels/consistency.html"
    policy = is_signed_in

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not reads_bodies(self.access):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        day = today()
        in_force = LevelDecision.objects.in_force(day).filter(area=OuterRef("pk"))
        level = Coalesce(Subquery(in_force.values("level")), Value(str(Level.NORMAL)))
        areas = list(Area.objects.current(day).annotate(level=level).order_by("name_en", "code"))
        lines = checklists({area: area.level for area in areas})
        reinforced = [area for area in areas if area.level == Level.REINFORCED]
        lacking = [area for area in areas if area.level == Level.NORMAL and _has_gap(lines[area.pk])]
        is_normal = self.request.GET.get("level") == "normal"
        page = Paginator(lacking if is_normal else reinforced, PAGE).get_page(self.request.GET.get("page"))
        return super().get_context_data(
            page=page,
            items=[(area, lines[area.pk], _missing(lines[area.pk])) for area in page.object_list],
            totals=_totals([lines[area.pk] for area in reinforced]),
            asked=[(at, SHORT[line], line.label) for at, line in enumerate(NORMAL if is_normal else Line, 1)],
            is_normal=is_normal,
            reinforced=len(reinforced),
            lacking=len(lacking),
            oldest=_oldest_overdue(reinforced, lines, day),
            **kwargs,
        )


def _has_gap(lines: list[LineState]) -> bool:
    return any(row.state == State.GAP for row in lines)


def _missing(lines: list[LineState]) -> int:
    return sum(row.is_missing for row in lines)


def _totals(rows: list[list[LineState]]) -> list[tuple[str, list[int]]]:
    """Of each line, in how many reinforced areas it is met, not met, unknown or not needed."""
    counts = Counter((row.line, row.state) for lines in rows for row in lines)
    return [(line.label, [counts[line, state] for state in State]) for line in Line] if rows else []


def _oldest_overdue(areas: list[Area], lines: dict[int, list[LineState]], day: date) -> dict | None:
    """The open task of a reinforced area that is overdue longest, with the name of the area."""
    tasks = [(line.task, area.name) for area in areas for line in lines[area.pk] if line.task]
    overdue = [(task, name) for task, name in tasks if task.due_on < day]
    if not overdue:
        return None
    task, name = min(overdue, key=lambda pair: (pair[0].due_on, pair[0].pk))
    return {"task": task, "area_name": name}
