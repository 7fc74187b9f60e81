"""Tasks in every state, and what was said about lines, on the pages of check lists."""

from datetime import timedelta

from django.utils import timezone

from implementation_levels.actions.tasks import finish, make_tasks, state_line
from implementation_levels.models import LevelTask

from .coordination import DSS, GRACE, an_assignment
from .levels import CHAD, a_level, area

_ARABIC = "يجتمع الشركاء كل أسبوع في مكتب المنظمة، ويحضر ممثل إدارة شؤون السلامة والأمن."
_LONG = (
    "Two of the four radio rooms answer around the clock; the others close at six. The representatives of the larger "
    "organisations come to the meeting every second Tuesday, those of the smaller ones send their apologies."
)


def of_tasks(cast) -> dict[str, str]:
    """South Sudan and Chad become reinforced: one task is done, one overdue, most are open, some lines were stated."""
    for code in ("south-sudan", CHAD):
        a_level(cast, "normal", code=code)
        make_tasks(a_level(cast, code=code))
    tasks = LevelTask.objects.filter(area__code="south-sudan", state="open")
    finish(tasks.get(line="meetings"), says="met", text=_ARABIC, by=cast[DSS])
    late = tasks.get(line="analysis")
    LevelTask.objects.filter(pk=late.pk).update(due_on=timezone.now().date() - timedelta(days=12))
    state_line(area=area(), line="dialogue", says="met", text=_LONG, by=cast[DSS])
    state_line(area=area(), line="planning", says="gap", text=_LONG, by=cast[GRACE])
    an_assignment(cast, "sioc", who=None, name="SIOC Juba")
    vacant = LevelTask.objects.get(area__code=CHAD, line="host_country", state="open")
    done = LevelTask.objects.filter(area__code="south-sudan", line="meetings").latest("pk")
    return {"task_late": late.ref, "task_done": done.ref, "task_vacant": vacant.ref}
