"""Whether levels are applied consistently: areas by lines, with what is missing where (§11; L7)."""

from collections import Counter
from datetime import date

from django.core.paginator import Paginator
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404
from django.views.generic import TemplateView

from areas.models import Area
from governance.policies import reads_bodies
from implementation_levels.checklist import NORMAL, SHORT, LineState, State, checklists, with_levels
from implementation_levels.levels import today
from implementation_levels.models import Level, LevelTask, Line
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
        areas = list(_areas(day))
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
            oldest=min((area for area in reinforced if area.overdue), key=lambda area: area.overdue, default=None),
            **kwargs,
        )


def _areas(day: date) -> QuerySet[Area]:
    """The areas of a day with their `level`, and `overdue` since when and by which `task` something is to be done."""
    late = LevelTask.objects.filter(area=OuterRef("pk"), state=LevelTask.State.OPEN, due_on__lt=day)
    late = late.order_by("due_on", "pk")
    rows = with_levels(Area.objects.current(day), day).annotate(
        overdue=Subquery(late.values("due_on")[:1]), task=Subquery(late.values("ref")[:1])
    )
    return rows.order_by("name_en", "code")


def _has_gap(lines: list[LineState]) -> bool:
    return any(row.state == State.GAP for row in lines)


def _missing(lines: list[LineState]) -> int:
    return sum(row.is_missing for row in lines)


def _totals(rows: list[list[LineState]]) -> list[tuple[str, list[int]]]:
    """Of each line, in how many reinforced areas it is met, not met, unknown or not needed."""
    counts = Counter((row.line, row.state) for lines in rows for row in lines)
    return [(line.label, [counts[line, state] for state in State]) for line in Line] if rows else []
