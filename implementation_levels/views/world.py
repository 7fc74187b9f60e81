"""The levels of all areas on a day: as a page and as a table (§5; L2, L6)."""

from django.http import Http404, HttpResponse
from django.views import View
from django.views.generic import TemplateView

from coordination.policies import reads_gaps
from implementation_levels.forms.days import WorldFilter
from implementation_levels.levels import today
from implementation_levels.models import LevelList
from implementation_levels.policies import is_consulted, reads_reviews
from implementation_levels.task_offices import reads_tasks
from implementation_levels.world import World as Levels
from implementation_levels.world_file import csv_of

from .readers import LevelsMixin

ROOM, LITTLE_ROOM, MANY = 120, 40, 60  # characters of the reasons; less of them where many areas are reinforced
STATES = ("reinforced", "normal", "default")


def _shown(form):
    """(the world on the day of a valid form, the rows that its filters leave)."""
    data = dict(form.cleaned_data)
    world = Levels(data.pop("on") or today())
    return world, world.narrowed(**data)


class World(LevelsMixin, TemplateView):
    """All areas on a day: the reinforced ones in full, the others briefly, then the map."""

    template_name = "implementation_levels/world.html"

    def get_context_data(self, **kwargs):
        form = WorldFilter(self.request.GET)
        context = {
            "filter_form": form,
            "is_filtered": form.is_narrowing,
            "newest": LevelList.objects.order_by("-number").only("number", "on").first(),
            "reads_reviews": reads_reviews(self.access),
            "is_consulted": is_consulted(self.access),
            "reads_tasks": reads_tasks(self.access),
            "reads_gaps": reads_gaps(self.access),
        }
        return super().get_context_data(**context, **(_found(form) if form.is_valid() else {}), **kwargs)


def _found(form):
    world, rows = _shown(form)
    is_today = world.on == today()
    return {
        "world": world,
        "on": world.on,
        "is_today": is_today,
        "is_future": world.on > today(),
        "day_query": "" if is_today else f"?on={world.on.isoformat()}",
        "items": rows,
        **{state: [row for row in rows if row.state == state] for state in STATES},
        "room": LITTLE_ROOM if world.reinforced > MANY else ROOM,
        "to_come": world.to_come(),
    }


class WorldFile(LevelsMixin, View):
    """The same areas as a table."""

    def get(self, request):
        """The file; filters that make no sense find none."""
        form = WorldFilter(request.GET)
        if not form.is_valid():
            raise Http404
        world, rows = _shown(form)
        headers = {"Content-Disposition": f'attachment; filename="levels-{world.on.isoformat()}.csv"'}
        content = csv_of(world, rows, by=request.user)
        return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)
