"""What waits at a desk: reports nobody has acknowledged, lives at risk first; what needs another look; questions of
focal points (I2, I3)."""

from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q

from organisations.memberships import memberships_of
from sharing.access import Access
from sharing.markings import Depth
from sharing.models import Audience, Item
from sharing.querysets import OneOf, any_of
from slt_portal import cursors

from . import policies
from .models import DeskEntry, IncidentRelease, Question, Report

PAGE = 25
MOST_QUESTIONS = 25
MOST_AGAIN = 25
_LIST = "desk"
_WHY = "what waits at a desk"
# Everything; or the warning that is all its originator gives anybody (C5).
_READ_AT_A_DESK = Q(release__depth=Depth.FULL) | Q(is_minimal=True)


@dataclass(frozen=True)
class DeskWork:
    """Reports to acknowledge, the cursor of the next page (empty: none), open questions, and the oldest of what needs
    another look; `has_more_again` if there are more of these."""

    rows: list[IncidentRelease]
    older: str
    questions: list[Question]
    again: list[IncidentRelease]
    has_more_again: bool


def waiting(request, access: Access):
    """The reports that wait at the reader's desks: of an area, what its desk has not acknowledged; at headquarters,
    what no desk has. Never those of the reader's own organisation."""
    return _at_desks(request, access, _unacknowledged(request)).with_release().select_related("report")


def _at_desks(request, access, items):
    """Those of `items` (a question for ids) of which the reader's desks may know: they are found first, and only of
    them the rule is asked."""
    _areas, names = _desks(request)
    rows = _others(access).filter(any_of(_audience(names, "release__item")))
    return rows.filter(OneOf(F("release__item"), items.query))


def _others(access):
    rows = IncidentRelease.objects.visible_to(access).shared(access)
    rows = rows.filter(_READ_AT_A_DESK, report__isnull=False)
    return rows.exclude(release__item__state=Item.State.ERASED)


def _unacknowledged(request):
    """The ids of the items that no desk of the reader's has acknowledged, or, at headquarters, none at all."""
    areas, names = _desks(request)
    reports = Report.objects.for_system(_WHY).order_by().values_list("incident__item")
    received = DeskEntry.objects.for_system(_WHY).filter(
        incident=OuterRef("incident"), kind=DeskEntry.Kind.ACKNOWLEDGED
    )
    here = reports.filter(_is_at(_local(areas)), ~Exists(received.filter(area__in=areas)))
    return here.union(reports.filter(~Exists(received))) if "dss_world" in names else here


def _needing_another_look(request, access):
    """What the reader's desks acknowledged, that either has news since a desk last did something, or is not graded:
    the oldest MOST_AGAIN, and one more."""
    areas, names = _desks(request)
    local, is_world = _local(areas), "dss_world" in names
    acts = DeskEntry.objects.for_system(_WHY).filter(incident=OuterRef("report__incident"))
    received = acts.filter(kind=DeskEntry.Kind.ACKNOWLEDGED)
    rows = _others(access)
    if is_world:  # asked by key, of one report after the other, the oldest first, until there are enough
        rows = rows.filter(any_of(_audience(names, "release__item")), any_of(received))
        rows = rows.exclude(any_of(_audience(local, "release__item")) & ~any_of(received.filter(area__in=areas)))
    else:
        acts = acts.filter(area__in=areas)
        reports = Report.objects.for_system(_WHY).filter(_is_at(local)).values("incident__item")
        rows = rows.filter(OneOf(F("release__item"), reports.query), any_of(received.filter(area__in=areas)))
    order = ("report__filed_at", "release")
    notes = {
        "has_news": ~Exists(acts.filter(at__gte=OuterRef("report__filed_at"))),
        "is_graded": ~Q(reliability="", credibility=""),
    }
    rows = rows.annotate(**notes).filter(Q(has_news=True) | Q(is_graded=False)).order_by(*order)
    return rows.with_release().select_related("report").top(MOST_AGAIN + 1)


def at_the_desk(request, access: Access):
    """What waits at the reader's desks, oldest first: reports to acknowledge and, with `has_questions`, to answer."""
    asked = Question.objects.for_system(_WHY).filter(state=Question.State.OPEN).order_by().values_list("incident__item")
    rows = _at_desks(request, access, _unacknowledged(request).union(asked)).with_waiting_work()
    return rows.with_release().select_related("report").order_by("report__filed_at", "release")


def _desks(request) -> tuple[set[int], list[str]]:
    """The areas of the reader's desks, and the principals of all their desks."""
    memberships = [row for row in memberships_of(request) if not row.is_suspended]
    areas = {row.area_id for row in memberships if row.role in policies.DESK_ROLES}
    world = ["dss_world"] if any(row.role == "dss_headquarters" for row in memberships) else []
    return areas, [*_local(areas), *world]


def _local(areas):
    return [f"dss:{area}" for area in areas]


def _is_at(names):
    """Of reports: that these principals may know of their incident."""
    items = Audience.objects.for_system(_WHY).filter(principal__in=names).order_by().values("release__item")
    return Q(incident__item__in=items)


def _audience(names, item):
    return Audience.objects.for_system(_WHY).filter(release__item=OuterRef(item), principal__in=names)


def desk_page(request, access: Access, *, after: str = "") -> DeskWork:
    """One page of what waits, lives at risk first, then oldest first, from a cursor; one that is none begins at the
    beginning. Three queries for the lists."""
    rows = waiting(request, access).with_lives_at_risk()
    rows = rows.order_by("-lives_at_risk", "report__filed_at", "release")
    start = cursors.unpack(after) if after else None
    if start and len(start) == 4 and start[0] == _LIST:
        rows = rows.filter(_later(start))
    found = list(rows.top(PAGE + 1))
    last = found[PAGE - 1] if len(found) > PAGE else None
    place = (last.lives_at_risk, last.report.filed_at.isoformat(), last.release_id) if last else None
    again = list(_needing_another_look(request, access))
    return DeskWork(
        rows=found[:PAGE],
        older=cursors.pack(_LIST, *place) if place else "",
        questions=_questions(request, access),
        again=again[:MOST_AGAIN],
        has_more_again=len(again) > MOST_AGAIN,
    )


def _later(start):
    _list, at_risk, filed_at, release = start
    later = Q(report__filed_at__gt=filed_at) | Q(report__filed_at=filed_at, release__gt=release)
    return Q(lives_at_risk=at_risk) & later | Q(lives_at_risk=False) if at_risk else Q(lives_at_risk=False) & later


def _questions(request, access):
    _areas, names = _desks(request)
    readable = IncidentRelease.objects.visible_to(access).filter(
        _READ_AT_A_DESK, release__item=OuterRef("incident__item")
    )
    rows = Question.objects.for_system(_WHY).filter(
        Exists(readable), Exists(_audience(names, "incident__item")), state=Question.State.OPEN
    )
    return list(rows.select_related("incident__item__area", "organisation").order_by("asked_at", "pk")[:MOST_QUESTIONS])
