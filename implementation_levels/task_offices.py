"""Which office looks after which line of a check list, by when, and who holds that office in an area (L7; journey 11).

Nobody looks after a line on the second day unless it is somebody's: where nobody holds the office, DSS headquarters do.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet

from governance.policies import reads_bodies
from organisations.models import Membership
from partners.querysets import areas_of
from sharing.access import Access
from sharing.holdings import holdings, people_of

from .models import LevelTask, Line
from .policies import parties_to_task

Owner = LevelTask.Owner
REMIND_DAYS = 7  # before it is due
SOON_DAYS = 14  # without these nobody knows whom to call: they do not wait for the rest


@dataclass(frozen=True)
class Duty:
    """The office that looks after a line; `is_soon`: it is due in two weeks."""

    owner: str
    is_soon: bool = False

    def due_on(self, begins: date) -> date:
        """By when it is to be done where the level begins on that day."""
        days = settings.LEVEL_TASK_DAYS
        return begins + timedelta(days=min(SOON_DAYS, days) if self.is_soon else days)


DUTIES = {
    Line.REPRESENTATIVES: Duty(Owner.DSS, is_soon=True),
    Line.DIALOGUE: Duty(Owner.DSS, is_soon=True),
    Line.LOGISTICS: Duty(Owner.OCHA),
    Line.FOCAL_POINT: Duty(Owner.DSS, is_soon=True),
    Line.PLATFORM: Duty(Owner.MECHANISM),
    Line.MEETINGS: Duty(Owner.DSS, is_soon=True),
    Line.INCIDENTS: Duty(Owner.MECHANISM),
    Line.ANALYSIS: Duty(Owner.DSS),
    Line.PLANNING: Duty(Owner.OCHA),
    Line.SIOC: Duty(Owner.DSS),
    Line.APPEALS: Duty(Owner.OCHA),
    Line.HOST_COUNTRY: Duty(Owner.DESIGNATED_OFFICIAL),
    Line.SUPPORT_TEAM: Duty(Owner.DSS),
}

Office = tuple[str, int]  # one of Owner, in the area with this id


def holders(offices: Iterable[Office]) -> dict[Office, set[int]]:
    """The ids of the people who hold each of `offices` today; none for a vacant one. Three queries, however many.

    OCHA world-wide hold the office of an area in which OCHA has nobody (as seats do).
    """
    offices = set(offices)
    areas = {area for owner, area in offices if owner == Owner.MECHANISM}
    represented = Membership.objects.on().filter(role="platform_representative", area__in=areas)
    mechanisms = set(represented.order_by().values_list("organisation", "area").distinct())
    wanted = {f"{owner}:{area}" for owner, area in offices}
    wanted |= {f"mechanism:{platform}:{area}" for platform, area in mechanisms}
    found: dict[Office, set[int]] = {office: set() for office in offices}
    world = set()
    for holding in holdings(principals=frozenset(wanted | {"ocha"})):
        if holding.is_mailbox:
            continue
        kind, *ids = holding.principal.split(":")
        if ids:
            found.get((kind, int(ids[-1])), set()).add(holding.user_id)
        else:
            world.add(holding.user_id)
    return {office: people or (world if office[0] == Owner.OCHA else set()) for office, people in found.items()}


def people_for(tasks: Iterable[LevelTask]) -> set[int]:
    """Whom a mail about `tasks` goes to: who holds their offices; DSS headquarters for those that nobody holds."""
    return people_for_each({None: tasks})[None]


def people_for_each(groups: Mapping[Hashable, Iterable[LevelTask]]) -> dict[Hashable, set[int]]:
    """The same for several sets of tasks; as many queries for one as for all."""
    offices = {name: {(task.owner, task.area_id) for task in tasks} for name, tasks in groups.items()}
    found = holders(set().union(*offices.values())) if offices else {}
    desk = people_of({"dss_world"}) if not all(found.values()) else set()
    people = {}
    for name, wanted in offices.items():
        held = [found[office] for office in wanted]
        people[name] = set().union(*held) if all(held) else desk.union(*held)
    return people


def own_tasks(access: Access, tasks: Iterable[LevelTask]) -> list[LevelTask]:
    """Those of `tasks` that this person looks after: by their office, or as DSS headquarters where nobody holds it."""
    tasks = list(tasks)
    is_headquarters = "dss_world" in access.principals
    found = holders((task.owner, task.area_id) for task in tasks) if is_headquarters else {}
    return [
        task
        for task in tasks
        if "owner" in parties_to_task(access, task) or (is_headquarters and not found[task.owner, task.area_id])
    ]


def reads_tasks(access: Access) -> bool:
    """Whether this person has a list of tasks: whoever holds an office that some can come to, wherever, and who watches
    (both bodies, the secretariat); no query."""
    return bool({name.partition(":")[0] for name in access.principals} & set(Owner.values)) or reads_bodies(access)


def tasks_of(access: Access) -> QuerySet[LevelTask]:
    """The tasks of the offices that this person holds, in whatever state."""
    mine = Q(pk__in=[])
    for owner in Owner.values:
        mine |= Q(owner=owner, area__in=areas_of(access, owner))
    if "ocha" in access.principals:
        mine |= Q(owner=Owner.OCHA)
    return LevelTask.objects.filter(mine)
