"""What is to be done in reinforced areas: one's own tasks, all of them for who watches, and the page of one (L7)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import FormView, TemplateView

from governance.policies import reads_bodies
from implementation_levels.actions.tasks import StillMissing, drop, finish, reopen
from implementation_levels.checklist import LINKED, LineState, line_of
from implementation_levels.forms.tasks import DoneForm
from implementation_levels.levels import today
from implementation_levels.models import LevelTask, Statement
from implementation_levels.policies import parties_to_task
from implementation_levels.task_offices import holders, reads_tasks, tasks_of
from sharing.views import ReaderMixin
from slt_portal.states import StaleState, steps_open
from slt_portal.views import is_signed_in

PAGE = 50
State = LevelTask.State


class Tasks(ReaderMixin, TemplateView):
    """Open tasks, the most overdue first; on demand those that are settled."""

    template_name = "implementation_levels/task_list.html"
    policy = is_signed_in

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not reads_tasks(self.access):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        is_settled = self.request.GET.get("show") == "settled"
        sees_all = reads_bodies(self.access)
        rows = LevelTask.objects.all() if sees_all else tasks_of(self.access)
        rows = rows.exclude(state=State.OPEN) if is_settled else rows.filter(state=State.OPEN)
        rows = rows.select_related("area").order_by(*(["-settled_at", "pk"] if is_settled else ["due_on", "pk"]))
        page = Paginator(rows, PAGE).get_page(self.request.GET.get("page"))
        tasks = list(page.object_list)
        found = holders((task.owner, task.area_id) for task in tasks)
        return super().get_context_data(
            page=page,
            items=[
                {
                    "task": task,
                    "is_mine": "owner" in parties_to_task(self.access, task),
                    "is_overdue": task.state == State.OPEN and task.due_on < today(),
                    "is_vacant": not found[task.owner, task.area_id],
                }
                for task in tasks
            ],
            count_label=page.paginator.count,
            is_settled=is_settled,
            sees_all=sees_all,
            **kwargs,
        )


class TaskPage(ReaderMixin, FormView):
    """One task: what is asked, of whom, by when, and the form to say that it is done."""

    template_name = "implementation_levels/task.html"
    form_class = DoneForm
    policy = is_signed_in

    @cached_property
    def task(self) -> LevelTask:
        """The task of the address, for its owner, DSS headquarters and who reads what the bodies read."""
        rows = LevelTask.objects.select_related("area", "level_decision", "settled_by", "subject")
        task = get_object_or_404(rows, ref=self.kwargs["ref"])
        if not (reads_bodies(self.access) or parties_to_task(self.access, task)):
            raise Http404
        return task

    @cached_property
    def line(self) -> LineState | None:
        """How the line of the task stands, for who looks after it."""
        is_mine = "owner" in parties_to_task(self.access, self.task)
        return line_of(self.task.area, self.task.line) if is_mine else None

    @cached_property
    def steps(self) -> list[str]:
        """What the reader may do with it now."""
        return steps_open(self.task, parties_to_task(self.access, self.task))

    def get_initial(self):
        """What the portal knows already, where it has seen that it is met."""
        is_met = self.line and self.line.state == Statement.Says.MET
        return {"says": Statement.Says.MET, "text": str(self.line.because)} if is_met else {}

    def get(self, request, *args, **kwargs):
        """The page; absent for whom it does not concern."""
        return self.render_to_response(self.get_context_data(task=self.task))

    def post(self, request, *args, **kwargs):
        """finish (with the form), reopen or drop. Absent where the step is never this person's; too late is said."""
        step = request.POST.get("step", "finish")
        parties = parties_to_task(self.access, self.task)
        if not any(known.name == step and parties & set(known.by) for known in LevelTask.STEPS):
            raise Http404
        if step == "finish":
            return super().post(request, *args, **kwargs)
        try:
            {"reopen": reopen, "drop": drop}[step](self.task, by=request.user)
        except StaleState:
            messages.error(request, _("Somebody else changed this first. Look at what it is now before you go on."))
        else:
            messages.success(request, _("Noted."))
        return redirect("implementation_levels:task", self.kwargs["ref"])

    def form_valid(self, form):
        data = form.cleaned_data
        try:
            finish(self.task, says=data["says"], text=data["text"], by=self.request.user)
        except StaleState:
            form.add_error(None, _("Somebody else changed this first. Look at what it is now before you go on."))
        except StillMissing as missing:
            form.add_error("says", _("The portal's own data still say otherwise: %(why)s") % {"why": missing})
        else:
            messages.success(self.request, _("Done. It stands in the check list of the area."))
            return redirect("implementation_levels:task", self.kwargs["ref"])
        del self.task  # as it is now, for the page that comes back
        for name in ("steps", "line"):
            self.__dict__.pop(name, None)
        return self.form_invalid(form)

    def get_context_data(self, **kwargs):
        task = self.task
        is_mine = self.line is not None
        return super().get_context_data(
            **{
                "task": task,
                "line": self.line,
                "is_linked": is_mine and task.line in LINKED,
                "steps": self.steps,
                "is_overdue": task.state == State.OPEN and task.due_on < today(),
                "is_vacant": not is_mine and not holders([(task.owner, task.area_id)])[task.owner, task.area_id],
                "back_url": reverse("implementation_levels:tasks"),
                "back_label": _("Tasks"),
                **kwargs,
            }
        )
