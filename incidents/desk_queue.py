"""What waits at a desk: reports nobody has acknowledged, oldest first, and questions of focal points (I2, I3)."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from organisations.memberships import memberships_of
from sharing.access import Access
from sharing.markings import Depth
from sharing.models import Audience
from slt_portal import cursors

from . import policies
from .models import DeskEntry, IncidentRelease, Question

PAGE = 25
MOST_QUESTIONS = 25
_LIST = "desk"
_WHY = "what waits at a desk"


@dataclass(frozen=True)
class DeskWork:
    """Reports to acknowledge, oldest first, the cursor of the next page (empty: none), and open questions."""

    rows: list[IncidentRelease]
    older: str
    questions: list[Question]


def waiting(request, access: Access):
    """The reports that wait at the reader's desks: of an area, what its desk has not acknowledged; at headquarters,
    what no desk has. Never those of the reader's own organisation."""
    return _others(access).filter(_unacknowledged(request))


def _others(access):
    rows = IncidentRelease.objects.visible_to(access).with_release().select_related("report").shared(access)
    return rows.filter(report__isnull=False, release__depth=Depth.FULL)


def _unacknowledged(request):
    areas, names = _desks(request)
    received = DeskEntry.objects.for_system(_WHY).filter(
        incident__item=OuterRef("release__item"), kind=DeskEntry.Kind.ACKNOWLEDGED
    )
    local = [f"dss:{area}" for area in areas]
    mine = Q(Exists(_audience(local, "release__item")), ~Exists(received.filter(area__in=areas)))
    if "dss_world" in names:
        mine |= Q(Exists(_audience(["dss_world"], "release__item")), ~Exists(received))
    return mine


def at_the_desk(request, access: Access):
    """What waits at the reader's desks, oldest first: reports to acknowledge and, with `has_questions`, to answer."""
    _areas, names = _desks(request)
    asked = Question.objects.for_system(_WHY).filter(
        incident__item=OuterRef("release__item"), state=Question.State.OPEN
    )
    asked_here = Q(Exists(_audience(names, "release__item")), Exists(asked))
    rows = _others(access).with_waiting_work().filter(_unacknowledged(request) | asked_here)
    return rows.order_by("report__filed_at", "release")


def _desks(request) -> tuple[set[int], list[str]]:
    """The areas of the reader's desks, and the principals of all their desks."""
    memberships = [row for row in memberships_of(request) if not row.is_suspended]
    areas = {row.area_id for row in memberships if row.role in policies.DESK_ROLES}
    world = ["dss_world"] if any(row.role == "dss_headquarters" for row in memberships) else []
    return areas, [*(f"dss:{area}" for area in areas), *world]


def _audience(names, item):
    return Audience.objects.for_system(_WHY).filter(release__item=OuterRef(item), principal__in=names)


def desk_page(request, access: Access, *, after: str = "") -> DeskWork:
    """One page of what waits, from a cursor; a cursor that is none begins at the oldest."""
    rows = waiting(request, access).order_by("report__filed_at", "release")
    start = cursors.unpack(after) if after else None
    if start and start[0] == _LIST:
        rows = rows.filter(_later(start))
    found = list(rows[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    older = cursors.pack(_LIST, last.report.filed_at.isoformat(), last.release_id) if last else ""
    return DeskWork(found[:PAGE], older, _questions(request, access))


def _later(start):
    return Q(report__filed_at__gt=start[1]) | Q(report__filed_at=start[1], release__gt=start[2])


def _questions(request, access):
    _areas, names = _desks(request)
    readable = IncidentRelease.objects.visible_to(access).filter(
        release__depth=Depth.FULL, release__item=OuterRef("incident__item")
    )
    rows = Question.objects.for_system(_WHY).filter(
        Exists(readable), Exists(_audience(names, "incident__item")), state=Question.State.OPEN
    )
    return list(rows.select_related("incident__item__area", "organisation").order_by("asked_at")[:MOST_QUESTIONS])
