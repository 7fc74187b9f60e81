"""The dashboard: one address; what a person sees depends on what they hold, one part after the other (G1, G2).

A page asks at most 12 questions: four of them say who reads, one reads all queues. What else a part would ask is asked
as long as there is room; the first part goes first, and what found no room is a link away.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from feedback.policies import has_part_in_feedback
from governance.policies import reads_bodies
from incidents.desk_queue import at_the_desk
from incidents.policies import DESK_ROLES
from notifications.querysets import failed_messages
from organisations.memberships import memberships_of
from partners.queues import Line, has_part, queue_of
from sharing.access import Access
from sharing.views import ReaderMixin
from slt_portal.views import is_signed_in

from . import dashboard_own as own
from . import dashboard_queue as queue
from .dashboard_contacts import contacts_to_confirm
from .dashboard_tiles import Tile, by_topic, codes_on_dashboards, tiles_of
from .policies import has_dashboard, is_focal_point, reads_measures, reads_reports, works_in_areas

ROOM, TILES_COST = 7, 4
DESK_SHOWN = 6
# Which figures: what their codes begin with.
_GROUP = ("partnership.", "levels.", "areas.", "feedback.", "governance.")
_HEADQUARTERS = ("levels.lists", "mail.", "levels.reviews", "levels.tasks", "partnership.under_way", "areas.gaps")


@dataclass(frozen=True)
class Part:
    """One part of the dashboard: for whom, which lines of the queue stand in it, which figures."""

    code: str
    heading: str
    lede: str
    holds: Callable[[Access], bool]
    takes: Callable[[Line], bool]
    figures: tuple[str, ...] | None = ()  # what their codes begin with; None: all

    def wants(self, code: str) -> bool:
        """Whether this figure stands in it."""
        return self.figures is None or code.startswith(self.figures)


PARTS = (
    Part(
        "committee",
        gettext_lazy("Oversight Committee"),
        gettext_lazy("What waits for your decision, then how the partnership stands."),
        lambda access: bool(access.offices_for("oversight_committee")),
        queue.of_the_committee,
        None,
    ),
    Part(
        "group",
        gettext_lazy("Working Group"),
        gettext_lazy("What waits for a recommendation: what is overdue first."),
        lambda access: bool(access.offices_for("working_group")),
        queue.of_the_group,
        _GROUP,
    ),
    Part(
        "headquarters",
        gettext_lazy("DSS headquarters"),
        gettext_lazy("What waits for your step, by kind, and whether mail and lists arrive."),
        lambda access: "dss_world" in access.principals,
        queue.of_headquarters,
        _HEADQUARTERS,
    ),
    Part(
        "secretariat",
        gettext_lazy("OCHA, secretariat of the Oversight Committee"),
        gettext_lazy("What waits for you, then how the partnership stands."),
        lambda access: "ocha" in access.principals,
        queue.of_the_field,
        None,
    ),
    Part(
        "field",
        gettext_lazy("Your areas"),
        gettext_lazy("What waits in your areas: what is overdue first."),
        works_in_areas,
        queue.of_the_field,
    ),
    Part(
        "own",
        gettext_lazy("Your organisation"),
        gettext_lazy("Your reports and how far they are, and what others share with you."),
        is_focal_point,
        queue.of_an_organisation,
    ),
)


@dataclass
class Section:
    """One part as one reader sees it. What is None was not asked."""

    part: Part
    waiting: queue.Waiting
    tiles: list[Tile] = field(default_factory=list)
    areas: list[str] = field(default_factory=list)
    failed_mails: int | None = None
    desk: list | None = None
    contacts: list | None = None
    reports: list | None = None
    cases: list | None = None
    shared: list | None = None
    balance: own.Balance | None = None

    @property
    def topics(self) -> list[tuple[str, list[Tile]]]:
        """Its tiles under what they are about."""
        return by_topic(self.tiles)


class Dashboard(ReaderMixin, TemplateView):
    """What the reader answers for, at a glance. Absent for who answers for nothing here."""

    policy = is_signed_in
    template_name = "overview/dashboard.html"

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not has_dashboard(self.access):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        access, parts = self.access, [part for part in PARTS if part.holds(self.access)]
        waiting = queue.divided(queue_of(access).mine, [part.takes for part in parts])
        sections = [Section(*pair) for pair in zip(parts, waiting, strict=True)]
        room = ROOM - _give_tiles(access, sections)
        for section in sections:
            room -= self._fill(section, room)
        more_url = reverse("partners:home") if has_part(access) else ""
        ways = _ways(access)
        return super().get_context_data(sections=sections, ways=ways, more_url=more_url, now=access.on, **kwargs)

    def _fill(self, section, room) -> int:
        """Ask what this part shows besides its queue, as far as there is room; returns how much it took."""
        asked = [question for question in self._questions(section) if question[1] <= room]
        taken = 0
        for name, cost, ask in asked:
            if taken + cost <= room:
                setattr(section, name, ask())
                taken += cost
        return taken

    def _questions(self, section) -> list[tuple[str, int, Callable]]:
        """(name, how many questions it asks, the question), the most important first."""
        access, code = self.access, section.part.code
        if code == "headquarters":
            return [("failed_mails", 1, failed_messages().count)]
        if code == "field":
            section.areas = self._areas()
            return [*self._desk(), ("contacts", 1, lambda: contacts_to_confirm(access))]
        if code != "own":
            return []
        found = [("reports", 1, lambda: own.own_reports(access))] if access.originators else []
        if has_part_in_feedback(access):
            found.append(("cases", 1, lambda: own.own_cases(access)))
        if access.is_member:
            found += [
                ("shared", 1, lambda: own.shared_lately(access)),
                ("balance", 2, lambda: own.balance_of(access)),
                ("contacts", 1, lambda: contacts_to_confirm(access)),
            ]
        return found

    def _desk(self):
        if not any(row.role in DESK_ROLES for row in memberships_of(self.request)):
            return []
        rows = at_the_desk(self.request, self.access).order_by("-severity", "report__filed_at", "release")
        return [("desk", 1, lambda: list(rows.top(DESK_SHOWN)))]

    def _areas(self) -> list[str]:
        rows = memberships_of(self.request)
        return list(dict.fromkeys(str(row.area) for row in rows if row.area))


def _give_tiles(access: Access, sections: Iterable[Section]) -> int:
    """Each figure to the first part that wants it; returns how many questions that asks at most."""
    wanted: dict[str, Section] = {}
    for section in sections:
        for code in codes_on_dashboards():
            if section.part.wants(code):
                wanted.setdefault(code, section)
    if not (wanted and reads_bodies(access)):
        return 0
    tiles = tiles_of(access, wanted)
    for code, section in wanted.items():
        section.tiles.append(tiles[code])
    return TILES_COST


def _ways(access) -> list[tuple[str, str]]:
    """(label, address) of what else there is to read across the portal."""
    entries = [
        (reads_measures(access), _("Measures under way"), "overview:measures"),
        (reads_reports(access), _("Reports"), "overview:reports"),
        (has_part_in_feedback(access), _("Feedback"), "feedback:home"),
        (access.is_member, _("Statistics"), "overview:statistics"),
    ]
    return [(label, reverse(name)) for shown, label, name in entries if shown]
