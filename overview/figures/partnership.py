"""Admissions, agencies that do not answer, partners and suspensions (§3; G1). Exact: the bodies open each row of them.

What an application was at a moment says its history (StateEntry); a draft is its organisation's alone and not counted.
"""

from collections import Counter, defaultdict
from datetime import timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from areas.models import Area
from governance.querysets import is_secretariat
from organisations.models import Standing
from overview.figures.names import EVERYWHERE, ByArea, ByOrganisation
from overview.figures.past import areas_then, days, median_days, standings_then
from overview.figures.registry import NO_DATA, Figure, Period, register
from overview.figures.values import steps_of
from partners.clock import PUBLIC
from partners.internal import reviews
from partners.models import Application, Confirmation, StateEntry
from partners.registers import INTERNATIONAL, reads_area, reads_global
from sharing.access import Access

ALL = "all"
_State, _Answer = Application.State, Confirmation.State
_UNDER_WAY = (_State.SUBMITTED, _State.QUESTIONED, _State.RECOMMENDED, _State.APPROVED, _State.CONCLUDING)
_STANDINGS = frozenset({"organisations.standing_added", "organisations.standing_ended"})


def _histories(period: Period) -> dict[int, list[tuple[str, object]]]:
    """By application the states that it entered before the end of the time, with their moments; one query."""
    found = defaultdict(list)
    rows = StateEntry.objects.filter(at__lt=period.end).order_by("at", "pk")
    for application, state, at in rows.values_list("application", "state", "at"):
        found[application].append((state, at))
    return found


class _Applications(Figure):
    key_name = _("State")
    watches = frozenset({"partners.application_moved"})
    filters: frozenset[str] = frozenset()  # keys that are filters of the list of applications

    def href(self, access: Access, key: str = "") -> str:
        """The list of applications, for who reviews them."""
        if not reviews(access):
            return ""
        return reverse("partners:applications") + (f"?state={key}" if key in self.filters else "")


@register
class ApplicationsOpen(_Applications):
    code = "partnership.under_way"
    title = _("Applications under way")
    definition = _(
        "Applications that were sent and not yet concluded, by their state at the end of the period, and how long they "
        "had been in it. The target of each state is a setting of the portal. Drafts are not counted."
    )
    columns = (_("Applications"), _("Within the target"), _("Over the target"), _("Longest, in days"))
    unit = _("applications")
    chart = "bars"
    is_of_moment = True
    filters = frozenset(map(str, _UNDER_WAY))

    def count(self, period: Period):
        """One row for each state, in the order of the procedure."""
        ages = defaultdict(list)
        for history in _histories(period).values():
            state, at = history[-1]
            ages[state].append((period.end - at, days(at, period.end)))
        rows = []
        for state in _UNDER_WAY:
            target = timedelta(days=getattr(settings, PUBLIC[state].days))
            over = sum(age > target for age, _days in ages[state])
            longest = max((number for _age, number in ages[state]), default=NO_DATA)
            rows.append((str(state), [len(ages[state]), len(ages[state]) - over, over, longest]))
        return rows

    def label(self, key: str) -> str:
        """The state in words."""
        return _State(key).label


@register
class ApplicationsDecided(_Applications):
    code = "partnership.decided"
    title = _("Applications decided")
    definition = _(
        "Applications that were admitted, refused or withdrawn in the period, and those of which both sides signed the "
        "memorandum; with the median of the days since they were first sent. An application can be in two rows: "
        "admitted, then partner."
    )
    columns = (_("Applications"), _("Median, in days"))
    unit = _("applications")
    chart = "bars"
    filters = frozenset(map(str, Application.OVER))
    _ENDS = (_State.APPROVED, _State.REFUSED, _State.ACTIVE, _State.WITHDRAWN)

    def count(self, period: Period):
        """One row for each end; an admission that was taken up again after a void memorandum counts once."""
        counts, took = Counter(), defaultdict(list)
        for history in _histories(period).values():
            first = {}
            for state, at in history:
                first.setdefault(state, at)
            sent = first.get(_State.SUBMITTED)
            for state in self._ENDS:
                at = first.get(state)
                if at is None or at < period.start or (state == _State.WITHDRAWN and sent is None):
                    continue
                counts[state] += 1
                took[state] += [days(sent, at)] if sent else []
        return [(str(state), [counts[state], median_days(took[state])]) for state in self._ENDS]

    def label(self, key: str) -> str:
        """What became of it."""
        return {"approved": _("admitted by the Oversight Committee")}.get(key) or _State(key).label


@register
class Agencies(ByOrganisation):
    code = "partnership.agencies"
    title = _("UN entities asked to confirm a partner")
    definition = _(
        "Requests to named people of UN entities whether an organisation is their partner: asked, answered, and given "
        "up without an answer in the period; waiting and late at its end. Late: there is no answer by the day on which "
        "the seat of the entity is told. A request that was passed to a colleague counts once."
    )
    columns = (_("Asked"), _("Answered"), _("No answer"), _("Waiting"), _("Late"))
    key_name = _("UN entity")
    unit = _("requests")
    chart = "bars"
    is_of_moment = True
    in_report = False  # it names who does not answer: for the bodies, not for those who are handed a report
    watches = frozenset({"partners.application_moved"})

    def count(self, period: Period):
        """One row for each entity that has any; the most late ones first."""
        found = defaultdict(Counter)
        rows = Confirmation.objects.for_system("figures by agency").filter(asked_at__lt=period.end).order_by()
        columns = ("entity__ref", "state", "passed_from", "asked_at", "settled_at")
        late = period.end - timedelta(days=settings.CONFIRMATION_ESCALATE_DAYS)
        for entity, state, passed_from, asked_at, settled_at in rows.values_list(*columns):
            counts = found[entity]
            counts["asked"] += passed_from is None and asked_at >= period.start
            if settled_at is None or settled_at >= period.end:
                counts["waiting"] += 1
                counts["late"] += asked_at <= late
            elif settled_at >= period.start:
                counts["answered"] += state in {_Answer.CONFIRMED, _Answer.DENIED, _Answer.UNKNOWN}
                counts["no_answer"] += state == _Answer.NO_ANSWER
        names = ("asked", "answered", "no_answer", "waiting", "late")
        rows = [(entity, [counts[name] for name in names]) for entity, counts in found.items() if counts.total()]
        return sorted(rows, key=lambda row: (-row[1][4], -row[1][2], -row[1][3], row[0]))

    def href(self, access: Access, key: str = "") -> str:
        """The list of requests, for the Working Group and the secretariat."""
        opens = access.offices_for("working_group") or is_secretariat(access)
        return reverse("partners:confirmations") if opens else ""


class _OfRegister(ByArea):
    key_name = _("Area")
    is_of_moment = True
    watches = _STANDINGS

    def href(self, access: Access, key: str = "") -> str:
        """The register, for who reads it: that of the area, or the global one."""
        if key in {"", EVERYWHERE}:
            return reverse("partners:register") if reads_global(access) else ""
        everywhere = Area(pk=0)  # a register that only who reads all of them reads
        return reverse("partners:register_area", args=[key]) if reads_area(access, everywhere) else ""


@register
class Partners(_OfRegister):
    code = "partnership.partners"
    title = _("Partner organisations")
    definition = _(
        "International organisations in the registers at the end of the period: at the global level, and in each area "
        "those that are eligible and active there. An organisation can be in several areas."
    )
    suppression = _(
        "In reports, how many of an area are suspended is given in steps of five: partners read them, and one number "
        "more in a small area can name an organisation."
    )
    columns = (_("Partner organisations"), _("Of them suspended"))
    unit = _("organisations")
    chart = "bars"

    def count(self, period: Period):
        """The global register first, then the areas by name."""
        kind = Standing.Kind
        rows = standings_then(period, kind.PARTNER, kind.ACTIVE, kind.SUSPENDED)
        places = defaultdict(set)
        for row in rows:
            if row.at(period.end) and row.organisation_kind in INTERNATIONAL:
                places[row.kind, row.area].add(row.organisation)
        world, nowhere = places[kind.PARTNER, None], places[kind.SUSPENDED, None]
        found = [(EVERYWHERE, [len(world), len(world & nowhere)])]
        areas = areas_then(period)
        codes = {area.pk: area.code for area in areas}
        for area in areas:
            there = places[kind.PARTNER, area.code] | (world & places[kind.ACTIVE, area.code])
            closed = nowhere | places[kind.SUSPENDED, area.code] | places[kind.SUSPENDED, codes.get(area.parent_id, "")]
            if there:
                found.append((area.code, [len(there), len(there & closed)]))
        return found

    def in_public(self, rows):
        """The suspended ones of an area in steps."""
        return [(key, [one, many if key == EVERYWHERE else steps_of(many)]) for key, (one, many) in rows]

    def label(self, key: str) -> str:
        """Not the sum of the areas."""
        return _("at the global level") if key == EVERYWHERE else key


@register
class Suspensions(_OfRegister):
    code = "partnership.suspensions"
    title = _("Suspensions")
    definition = _(
        "Suspensions of organisations in force at the end of the period, and those that began or ended in it, "
        "everywhere or in one area. Procedures that are under way are not counted."
    )
    suppression = _(
        "Reports give their sum only: partners read them, and one in a small area can name an organisation."
    )
    columns = (_("In force"), _("Begun"), _("Ended"))
    unit = _("suspensions")

    def count(self, period: Period):
        """A row for everywhere, and one for each area that had any."""
        found = {EVERYWHERE: [0, 0, 0]}
        for row in standings_then(period, Standing.Kind.SUSPENDED):
            cells = found.setdefault(row.area or EVERYWHERE, [0, 0, 0])
            cells[0] += row.at(period.end)
            cells[1] += row.starts_at >= period.start
            cells[2] += row.ends_at is not None and period.start <= row.ends_at < period.end
        first = (EVERYWHERE, found.pop(EVERYWHERE))
        return [first, *sorted((key, cells) for key, cells in found.items() if any(cells))]

    def in_public(self, rows):
        """All of them in one row."""
        return [(ALL, [sum(cells) for cells in zip(*(cells for _key, cells in rows), strict=True)])]

    def label(self, key: str) -> str:
        """Everywhere and in areas together, or everywhere."""
        return _("everywhere and in areas, together") if key == ALL else super().label(key)
