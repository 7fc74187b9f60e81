"""What a level asks of an area, line by line, and what those who answer for the area say about a line (L7)."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import FormView, TemplateView

from areas.models import Area
from governance.policies import reads_bodies
from implementation_levels.actions.tasks import longest, state_line
from implementation_levels.checklist import LINKED, NORMAL, LineState, State, checklist_of
from implementation_levels.forms.tasks import StatementForm
from implementation_levels.levels import AreaLevel, level_of, today
from implementation_levels.models import Level, Line, Statement
from implementation_levels.policies import answers_for_line, parties_to_task

from .world import LevelsMixin

SHOWN = 20  # of what was said before about a line
_FIRST = (State.GAP, State.UNKNOWN, State.MET, State.NOT_NEEDED)


class ChecklistMixin(LevelsMixin):
    """A page about the check list of the area in its address."""

    @cached_property
    def area(self) -> Area:
        """The area of the address."""
        return get_object_or_404(Area, code=self.kwargs["code"])

    @cached_property
    def level(self) -> AreaLevel:
        """Its level today."""
        return level_of(self.area)

    @cached_property
    def lines(self) -> list[LineState]:
        """What its level asks of it; of the coming level, where a reinforced one is decided."""
        return checklist_of(self.area, self.asked)

    @property
    def asked(self) -> str:
        """The level whose lines are shown: what is decided is to be prepared."""
        coming = self.level.to_come
        is_reinforced = self.level.is_reinforced or (coming and coming.level == Level.REINFORCED)
        return Level.REINFORCED if is_reinforced else Level.NORMAL

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            area=self.area,
            level=self.level,
            asked=self.asked,
            may_say=answers_for_line(self.access, self.area),
            **kwargs,
        )


class Checklist(ChecklistMixin, TemplateView):
    """All lines: gaps first, each with why, who said so, and the task about it."""

    template_name = "implementation_levels/checklist.html"

    def get_context_data(self, **kwargs):
        lines = sorted(self.lines, key=lambda row: _FIRST.index(row.state))
        opens_all = reads_bodies(self.access)
        return super().get_context_data(
            items=[(row, row.task and (opens_all or bool(parties_to_task(self.access, row.task)))) for row in lines],
            missing=sum(row.is_missing for row in lines),
            back_url=reverse("implementation_levels:area", args=[self.area.code]),
            back_label=self.area.name,
            **kwargs,
        )


class LinePage(ChecklistMixin, FormView):
    """One line: how it stands and why, what was said about it, and the form to say it anew."""

    template_name = "implementation_levels/line.html"
    form_class = StatementForm

    @cached_property
    def line(self) -> LineState:
        """The line of the address, if its level asks for it."""
        found = [row for row in self.lines if row.line == self.kwargs["line"]]
        if not found:
            raise Http404
        return found[0]

    def get(self, request, *args, **kwargs):
        """The line; a wrong one is absent."""
        return self.render_to_response(self.get_context_data(line=self.line))

    def post(self, request, *args, **kwargs):
        """Only for who answers for the area."""
        if not answers_for_line(self.access, self.area) or not self.line:
            raise Http404
        return super().post(request, *args, **kwargs)

    def form_valid(self, form):
        data = form.cleaned_data
        state_line(
            area=self.area,
            line=self.line.line,
            says=data["says"],
            text=data["text"],
            holds_until=data["holds_until"],
            by=self.request.user,
        )
        messages.success(self.request, _("Noted. It stands in the check list now."))
        return redirect("implementation_levels:checklist", self.area.code)

    def get_context_data(self, **kwargs):
        line = self.line
        said = Statement.objects.filter(area=self.area, line=line.line).select_related("by").order_by("-pk")
        task = line.task
        may_open = task and (reads_bodies(self.access) or bool(parties_to_task(self.access, task)))
        return super().get_context_data(
            **{
                "line": line,
                "said": list(said[:SHOWN]),
                "task": task,
                "may_open_task": may_open,
                "is_of_normal": Line(line.line) in NORMAL,
                "is_linked": Line(line.line) in LINKED,
                "longest": longest(today()),
                "back_url": reverse("implementation_levels:checklist", args=[self.area.code]),
                "back_label": _("Check list"),
                **kwargs,
            }
        )
