"""What a level asks of an area, line by line, and what those who answer for the area say about a line (L7)."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import FormView, TemplateView

from areas.models import Area
from coordination.policies import reads_picture
from governance.policies import reads_bodies
from implementation_levels.actions.tasks import DONE, StillMissing, finish, longest, state_line
from implementation_levels.checklist import (
    LINKED,
    NORMAL,
    LineState,
    State,
    checklist_of,
    line_of,
    lines_of,
    with_levels,
)
from implementation_levels.forms.tasks import StatementForm
from implementation_levels.levels import today
from implementation_levels.models import Level, LevelTask, Line, Statement
from implementation_levels.policies import answers_for_line, parties_to_task
from implementation_levels.task_offices import reads_tasks
from slt_portal.states import StaleState, steps_open

from .world import LevelsMixin

SHOWN = 20  # of what was said before about a line
_FIRST = (State.GAP, State.UNKNOWN, State.MET, State.NOT_NEEDED)


class ChecklistMixin(LevelsMixin):
    """A page about the check list of the area in its address."""

    @cached_property
    def area(self) -> Area:
        """The area of the address, with its `level` today and `coming`, the one that is decided (one query). Absent for
        those whose organisation is suspended there: the lines say who is there."""
        area = get_object_or_404(with_levels(Area.objects.all(), today()), code=self.kwargs["code"])
        if not reads_picture(self.access, area):
            raise Http404
        return area

    @property
    def asked(self) -> str:
        """The level whose lines are shown: what is decided is to be prepared."""
        is_reinforced = Level.REINFORCED in {self.area.level, self.area.coming}
        return Level.REINFORCED if is_reinforced else Level.NORMAL

    def get_context_data(self, **kwargs):
        may_say = answers_for_line(self.access, self.area)
        return super().get_context_data(area=self.area, asked=self.asked, may_say=may_say, **kwargs)

    def opens(self, task: LevelTask | None) -> bool:
        """Whether the reader may open a task."""
        return task is not None and (reads_bodies(self.access) or bool(parties_to_task(self.access, task)))


class Checklist(ChecklistMixin, TemplateView):
    """All lines: gaps first, each with why, who said so, and the task about it."""

    template_name = "implementation_levels/checklist.html"

    def get_context_data(self, **kwargs):
        lines = sorted(checklist_of(self.area, self.asked), key=lambda row: _FIRST.index(row.state))
        return super().get_context_data(
            items=[(row, self.opens(row.task)) for row in lines],
            missing=sum(row.is_missing for row in lines),
            has_tasks=reads_tasks(self.access),
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
        if self.kwargs["line"] not in lines_of(self.asked):
            raise Http404
        return line_of(self.area, self.kwargs["line"])

    def get(self, request, *args, **kwargs):
        """The line; a wrong one is absent."""
        return self.render_to_response(self.get_context_data(line=self.line))

    def post(self, request, *args, **kwargs):
        """Only for who answers for the area."""
        if not answers_for_line(self.access, self.area) or not self.line:
            raise Http404
        return super().post(request, *args, **kwargs)

    def form_valid(self, form):
        """What is said; with it the open task is done, where that is for this person to say."""
        task = self._own_task() if form.cleaned_data["says"] in DONE else None
        try:
            if task:
                finish(task, **form.cleaned_data, by=self.request.user)
            else:
                state_line(area=self.area, line=self.line.line, **form.cleaned_data, by=self.request.user)
        except StaleState:
            form.add_error(None, _("Somebody else changed this first. Look at what it is now before you go on."))
            return self.form_invalid(form)
        except StillMissing as missing:
            form.add_error("says", _("The portal's own data still say otherwise: %(why)s") % {"why": missing})
            return self.form_invalid(form)
        done = _("Noted, and the task about it is done.")
        messages.success(self.request, done if task else _("Noted. It stands in the check list now."))
        return redirect("implementation_levels:checklist", self.area.code)

    def _own_task(self) -> LevelTask | None:
        """The open task about the line, if the reader may finish it."""
        if self.line.task is None:
            return None
        task = LevelTask.objects.select_related("area").filter(ref=self.line.task.ref).first()
        return task if task and "finish" in steps_open(task, parties_to_task(self.access, task)) else None

    def get_context_data(self, **kwargs):
        line = self.line
        said = Statement.objects.filter(area=self.area, line=line.line).select_related("by").order_by("-pk")
        return super().get_context_data(
            **{
                "line": line,
                "said": list(said[:SHOWN]),
                "task": line.task,
                "may_open_task": self.opens(line.task),
                "is_of_normal": Line(line.line) in NORMAL,
                "is_linked": Line(line.line) in LINKED,
                "longest": longest(today()),
                "back_url": reverse("implementation_levels:checklist", args=[self.area.code]),
                "back_label": _("Check list"),
                **kwargs,
            }
        )
