"""What a newly reinforced area has to do: tasks with an owner and a date, and what is said about a line (L7)."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from areas.actions import has_ended
from areas.models import Area
from audit.actions import record
from implementation_levels.checklist import checklists, line_of
from implementation_levels.levels import levels_on, today
from implementation_levels.messages.tasks import TaskReopened, TasksGiven, TasksOverdue, TasksSoon
from implementation_levels.models import Level, LevelDecision, LevelTask, Line, Statement
from implementation_levels.task_offices import DUTIES, REMIND_DAYS, people_for, people_for_each
from notifications.actions import announce
from notifications.models import Message, Subject
from sharing.holdings import people_of
from slt_portal.states import StaleState, move

State = LevelTask.State
DONE = frozenset({Statement.Says.MET, Statement.Says.NOT_NEEDED})  # what may be said of a line whose task is done


class StillMissing(Exception):
    """The portal has data about this line, and they say that it is not met: the data are to be mended, not the task."""


@transaction.atomic
def make_tasks(*level_decisions: LevelDecision) -> list[LevelTask]:
    """One task for each line that newly reinforced areas do not meet, and one mail to each person who has some there.

    Returns the new tasks: none where they were made before, where the area was reinforced already, or for a line about
    which one is open. Call it in the transaction that records the levels; what it reads it reads once for all of them.
    """
    begun = {row.area_id: row for row in level_decisions if row.level == Level.REINFORCED and row.is_change}
    # Two at once: the second finds them made.
    areas = list(Area.objects.filter(pk__in=begun).select_for_update(no_key=True).order_by("pk"))
    made = LevelTask.objects.filter(level_decision__in=begun.values())
    made = set(made.order_by().values_list("area", flat=True))
    areas = [area for area in areas if area.pk not in made and not has_ended(area)]
    if not areas:
        return []
    found = checklists(dict.fromkeys(areas, Level.REINFORCED))
    tasks = [
        _task(begun[area.pk], area, row.line)
        for area in areas
        for row in found[area.pk]
        if row.is_missing and row.task is None
    ]
    Subject.objects.bulk_create([task.subject for task in tasks])
    LevelTask.objects.bulk_create(tasks)
    _give(tasks)
    return tasks


def _task(level_decision, area, line) -> LevelTask:
    duty, due_on = DUTIES[line], DUTIES[line].due_on(level_decision.effective_from)
    about = {"area": area, "level_decision": level_decision, "line": line}
    return LevelTask(**about, owner=duty.owner, due_on=due_on, subject=Subject())


def _give(tasks) -> None:
    """Tell those who have them, area by area."""
    given: dict[LevelDecision, list[LevelTask]] = {}
    for task in tasks:
        given.setdefault(task.level_decision, []).append(task)
    for row, people in people_for_each(given).items():
        announce(TasksGiven, subject=row.subject, event_key=f"tasks:{row.ref}", recipients=people)
    for row, own in given.items():
        facts = {"area": own[0].area.code, "tasks": len(own)}
        verb, by = "implementation_levels.tasks_made", row.recorded_by
        record(verb, by=by, object_type="level", object_ref=row.ref, facts=facts)


@transaction.atomic
def finish(task: LevelTask, *, says: str, text: str, holds_until: date | None = None, by) -> Statement:
    """It is done: `says` met or not_needed, and how, in words. Raises StaleState; StillMissing where the portal's own
    data say otherwise; ValueError as `state_line`, and for anything else that is said."""
    if says not in DONE:
        raise ValueError("a task is not done while the line is not met")
    move(task, State.DONE, settled_by=by, settled_at=timezone.now())
    statement = _say(task.area, task.line, says, text, holds_until, by)
    now = line_of(task.area, task.line)
    if now.is_missing:
        raise StillMissing(now.because)
    _record("task_finished", task, by)
    return statement


@transaction.atomic
def reopen(task: LevelTask, *, by) -> None:
    """It is not done after all: its owner has it again. Raises StaleState."""
    move(task, State.OPEN, settled_by=None, settled_at=None)
    key = f"task-reopened:{task.ref}:{timezone.now().isoformat()}"
    announce(TaskReopened, subject=task.subject, event_key=key, recipients=people_for([task]))
    _record("task_reopened", task, by)


@transaction.atomic
def drop(task: LevelTask, *, by) -> None:
    """It is no longer needed; `by` None: nothing is asked of the area any more. Raises StaleState."""
    move(task, State.DROPPED, settled_by=by, settled_at=timezone.now())
    _record("task_dropped", task, by)


@transaction.atomic
def state_line(*, area: Area, line: str, says: str, text: str, holds_until: date | None = None, by) -> Statement:
    """Somebody who answers for `area` says how a line stands, in words, and until when that holds (L7).

    Not longer than STATEMENT_DAYS, which is the default. Raises ValueError for an unknown line, no words, or a day that
    is over or too far away. Who may is policies.answers_for_line.
    """
    statement = _say(area, line, says, text, holds_until, by)
    facts = {"line": statement.line, "says": statement.says, "until": statement.holds_until.isoformat()}
    record("implementation_levels.line_stated", by=by, object_type="area", object_ref=area.code, facts=facts)
    return statement


def longest(on: date) -> date:
    """The last day until which something said on `on` may hold."""
    return on + timedelta(days=settings.STATEMENT_DAYS)


def _say(area, line, says, text, holds_until, by) -> Statement:
    day = today()
    until = holds_until or longest(day)
    if not text.strip() or not day <= until <= longest(day):
        raise ValueError("a statement says something, from today on, for so long at most")
    return Statement.objects.create(
        area=area, line=Line(line), says=Statement.Says(says), text=text.strip(), holds_until=until, by=by
    )


def _record(verb, task, by) -> None:
    facts = {"area": task.area.code, "line": task.line}
    record(f"implementation_levels.{verb}", by=by, object_type="level_task", object_ref=task.ref, facts=facts)


def remind_due() -> int:
    """Drop what is no longer asked of an area, end what is met by now, and remind once a week before tasks are due and
    once when they are overdue; the latter DSS headquarters too. Returns to how many sets of tasks a mail went out.

    One mail for all tasks of one decision. Run twice, or twice at once, it does it once.
    """
    tasks = LevelTask.objects.filter(state=State.OPEN).select_related("area", "level_decision__subject")
    tasks = _without_what_is_met(_dropped(list(tasks)))
    soon, overdue = {}, {}
    day = today()
    for task in tasks:
        if task.due_on < day:
            overdue.setdefault(task.level_decision, []).append(task)
        elif task.due_on <= day + timedelta(days=REMIND_DAYS):
            soon.setdefault(task.level_decision, []).append(task)
    return _tell(TasksSoon, "tasks-soon", soon) + _tell(TasksOverdue, "tasks-overdue", overdue, {"dss_world"})


def _tell(kind, what, found, also: Iterable[str] = ()) -> int:
    """One mail about the tasks of each decision; again only once there are tasks of a later day."""
    keys = {row: f"{what}:{row.ref}:{max(task.due_on for task in tasks)}" for row, tasks in found.items()}
    told = set(Message.objects.filter(event_key__in=keys.values()).values_list("event_key", flat=True))
    new = [row for row, key in keys.items() if key not in told]
    desk = people_of(also) if new else set()
    for row, people in people_for_each({row: found[row] for row in new}).items():
        announce(kind, subject=row.subject, event_key=keys[row], recipients=people | desk)
    return len(new)


def _dropped(tasks: list[LevelTask]) -> list[LevelTask]:
    """Those that remain: an area that has ended, or at the normal level with no other to come, has nothing to live up
    to."""
    areas = {task.area_id: task.area for task in tasks}
    there = [area for area in areas.values() if not has_ended(area)]
    asked = {row.area.pk for row in levels_on(there, today()) if row.is_reinforced or _is_to_come(row)}
    for task in tasks:
        if task.area_id not in asked:
            try:
                drop(task, by=None)
            except StaleState:  # another beat, or somebody, was first
                continue
    return [task for task in tasks if task.state == State.OPEN and task.area_id in asked]


def _without_what_is_met(tasks: list[LevelTask]) -> list[LevelTask]:
    """Those that remain: where the data, or what somebody said, meet the line, nobody has anything left to do."""
    lines = checklists({task.area: Level.REINFORCED for task in tasks})
    met = {(area, one.line) for area, states in lines.items() for one in states if not one.is_missing}
    for task in tasks:
        if (task.area_id, task.line) in met:
            try:
                _finish_itself(task)
            except StaleState:  # another beat, or somebody, was first
                continue
    return [task for task in tasks if (task.area_id, task.line) not in met]


@transaction.atomic
def _finish_itself(task):
    move(task, State.DONE, settled_at=timezone.now())
    _record("task_finished", task, None)


def _is_to_come(row) -> bool:
    return row.to_come is not None and row.to_come.level == Level.REINFORCED
