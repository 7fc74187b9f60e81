"""The kinds of message about tasks of an area: one mail per person that names theirs (L7; journey 11)."""

from datetime import timedelta

from django.conf import settings
from django.urls import reverse

from implementation_levels.levels import today
from implementation_levels.models import LevelTask
from implementation_levels.task_offices import REMIND_DAYS, own_tasks
from notifications.kinds import Kind, register, site_link
from sharing.access import access_of


class _AboutTasks(Kind):
    """About the open tasks of one decision on a level that are the recipient's."""

    what: str

    def templates(self):
        """The same three for all."""
        return tuple(f"implementation_levels/email/tasks{ending}" for ending in (".subject.txt", ".txt", ".html"))

    def rows(self, message):
        """The open tasks that the mail is about, whoever's they are."""
        return LevelTask.objects.filter(state=LevelTask.State.OPEN, level_decision__subject=message.subject_id)

    def _tasks(self, message):
        rows = self.rows(message).select_related("area", "level_decision")
        return own_tasks(access_of(message.recipient), rows.order_by("due_on", "pk"))

    def still_due(self, message):
        """As long as something is open that the recipient looks after."""
        return bool(self._tasks(message))

    def context(self, message):
        """What is to be done, by when, where, since when the level holds, and the page of one's tasks."""
        tasks = self._tasks(message)
        return {
            "what": self.what,
            "tasks": tasks,
            "area": tasks[0].area,
            "begins": tasks[0].level_decision.effective_from,
            "ref": tasks[0].level_decision.ref,
            "is_invented": settings.DEMO,
            "is_overseen": self.is_overseen(message, tasks),
            "link": site_link(reverse("implementation_levels:tasks")),
        }

    def is_overseen(self, message, tasks) -> bool:
        """Whether the recipient only watches: others hold the offices."""
        return False


@register
class TasksGiven(_AboutTasks):
    """An area is reinforced from a day on, and this is to be done."""

    code = "implementation_levels.tasks_given"
    what = "given"


@register
class TasksSoon(_AboutTasks):
    """A week before."""

    code = "implementation_levels.tasks_soon"
    what = "soon"

    def rows(self, message):
        """What is due within the week."""
        return super().rows(message).filter(due_on__lte=today() + timedelta(days=REMIND_DAYS))


@register
class TasksOverdue(_AboutTasks):
    """The day has passed; DSS headquarters are told of all of them."""

    code = "implementation_levels.tasks_overdue"
    what = "overdue"

    def rows(self, message):
        """What is overdue."""
        return super().rows(message).filter(due_on__lt=today())

    def _tasks(self, message):
        if "dss_world" in access_of(message.recipient).principals:
            return list(self.rows(message).select_related("area", "level_decision").order_by("due_on", "pk"))
        return super()._tasks(message)

    def is_overseen(self, message, tasks):
        """Where somebody else holds the offices."""
        return not own_tasks(access_of(message.recipient), tasks)


@register
class TaskReopened(_AboutTasks):
    """DSS headquarters opened a task again."""

    code = "implementation_levels.task_reopened"
    what = "reopened"

    def rows(self, message):
        """The one."""
        return LevelTask.objects.filter(state=LevelTask.State.OPEN, subject=message.subject_id)
