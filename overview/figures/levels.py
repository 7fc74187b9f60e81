"""Implementation levels, their reviews, the lists and whom they reached, and what is still to be done (§5; G1).

Exact: the bodies open each level, list and task. Who opened a list is a matter of each person: in steps only.
"""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from audit.models import Event
from governance.policies import reads_bodies
from implementation_levels.models import Delivery, Level, LevelDecision, LevelList, LevelTask, Opening
from implementation_levels.policies import reads_distribution, reads_levels
from notifications.models import Bounce, Message
from overview.disclosure import SMALLEST_TOTAL, band
from overview.figures.names import ByArea
from overview.figures.past import areas_then, last_day
from overview.figures.registry import NO_DATA, Figure, Period, Value, register
from overview.figures.values import of
from sharing.access import Access

_SOON_DAYS = 30
_SETTLED = ("implementation_levels.task_finished", "implementation_levels.task_dropped")
_REOPENED = "implementation_levels.task_reopened"


def decisions_then(period: Period) -> dict[int, list[LevelDecision]]:
    """By area the decisions that were recorded before the cut-off, oldest first; one query."""
    found = defaultdict(list)
    rows = LevelDecision.objects.filter(recorded_at__lt=period.as_of).order_by("number")
    for row in rows.only("area", "number", "level", "is_change", "effective_from", "decided_on", "review_due"):
        found[row.area_id].append(row)
    return found


def level_then(decisions: list[LevelDecision], period: Period) -> str:
    """The level on the last day of the time, of an area with these decisions; normal by default (L2)."""
    in_effect = [row.level for row in decisions if row.effective_from <= last_day(period)]
    return in_effect[-1] if in_effect else Level.NORMAL


class _Levels(Figure):
    is_of_moment = True
    unit = _("areas")
    watches = frozenset({"implementation_levels.level_decided", "implementation_levels.levels_kept"})

    def href(self, access: Access, key: str = "") -> str:
        """The page of all areas with their levels."""
        return reverse("implementation_levels:world") if reads_levels(access) else ""


@register
class Levels(_Levels):
    code = "levels.levels"
    title = _("Implementation levels")
    definition = _(
        "Areas at each level on the last day of the period, and those whose level changed to it in the period. An area "
        "on which nobody ever decided is at the normal level."
    )
    columns = (_("Areas"), _("Changed to it"))
    key_name = _("Level")
    chart = "bars"

    def count(self, period: Period):
        """Reinforced, then normal."""
        decisions, now, changed = decisions_then(period), Counter(), Counter()
        for area in areas_then(period):
            now[level_then(decisions[area.pk], period)] += 1
        for rows in decisions.values():
            for row in rows:
                in_time = period.first <= row.effective_from <= last_day(period)
                changed[row.level] += row.is_change and in_time
        return [(str(level), [now[level], changed[level]]) for level in (Level.REINFORCED, Level.NORMAL)]

    def label(self, key: str) -> str:
        """The level in words."""
        return Level(key).label


@register
class Reviews(_Levels):
    code = "levels.reviews"
    title = _("Reviews of reinforced areas")
    definition = _(
        "Areas at the reinforced level on the last day of the period, by when their next review should be decided: six "
        "months after the newest decision."
    )
    columns = (_("Areas"), _("Most overdue, in days"))
    key_name = _("Review")
    _KEYS = ("overdue", "soon", "later")

    def count(self, period: Period):
        """Overdue, due within a month, due later."""
        decisions, day = decisions_then(period), last_day(period)
        counts, late = Counter(), 0
        for area in areas_then(period):
            known = [row for row in decisions[area.pk] if row.decided_on <= day]
            if level_then(known, period) != Level.REINFORCED:
                continue
            due = known[-1].review_due
            late = max(late, (day - due).days)
            counts["overdue" if due < day else "soon" if due <= day + timedelta(days=_SOON_DAYS) else "later"] += 1
        most = {"overdue": late if counts["overdue"] else NO_DATA}
        return [(key, [counts[key], most.get(key, NO_DATA)]) for key in self._KEYS]

    def label(self, key: str) -> str:
        """When the review is due."""
        return {"overdue": _("overdue"), "soon": _("due within 30 days"), "later": _("due later")}[key]


class _Mail(NamedTuple):
    """What one mail with a list had become by the cut-off; None where nobody can say any more."""

    is_sent: bool
    came_back: bool


@register
class Lists(Figure):
    code = "levels.lists"
    title = _("Lists of reinforced areas: reach")
    definition = _(
        "Lists made in the period, with the mails by which they went out: sent and not come back, come back or "
        "refused, and not sent by the cut-off; and how many people had opened the list on the portal by then."
    )
    suppression = _("How many people opened a list is given in steps of five: it is about each of them.")
    columns = (_("Mails"), _("Arrived"), _("Came back"), _("Not sent"), _("Opened by"))
    key_name = _("List")
    unit = _("mails")
    chart = "bars"
    is_of_moment = True  # also the newest list, with what has become of its mails until now

    def count(self, period: Period):
        """One row for each list, the newest first."""
        numbers = dict(LevelList.objects.filter(at__gte=period.start, at__lt=period.end).values_list("pk", "number"))
        mails = _mails(numbers, period)
        opened = Counter(
            Opening.objects.filter(list__in=numbers, at__lt=period.as_of).order_by().values_list("list", flat=True)
        )
        newest = sorted(numbers.items(), key=lambda pair: -pair[1])
        return [(str(number), _cells(mails[pk], opened[pk])) for pk, number in newest]

    def label(self, key: str) -> str:
        """List N."""
        return _("List %(number)s") % {"number": key}

    def href(self, access: Access, key: str = "") -> str:
        """To whom the list went, for the secretariat; the list for who reads lists."""
        if key and reads_distribution(access):
            return reverse("implementation_levels:distribution", args=[key])
        if not reads_levels(access):
            return ""
        return reverse("implementation_levels:list", args=[key]) if key else reverse("implementation_levels:lists")


def _mails(lists, period) -> dict[int, list[_Mail | None]]:
    """By list what became of each mail; four queries."""
    rows = Delivery.objects.filter(list__in=lists, at__lt=period.as_of).order_by()
    rows = list(rows.values_list("list", "event_key", "user"))
    messages = Message.objects.filter(event_key__in={key for _list, key, _user in rows}).order_by()
    columns = ("event_key", "recipient", "pk", "sent_at", "state")
    sent = {(key, user): facts for key, user, *facts in messages.values_list(*columns)}
    bounces = Bounce.objects.filter(kind=Bounce.Kind.PERMANENT, message__in=messages.values("pk"))
    back, again = dict(bounces.values_list("message", "at")), _sent_again(period)
    found = defaultdict(list)
    for level_list, key, user in rows:
        pk, sent_at, state = sent.get((key, user), (None, None, ""))
        # A settled bounce is kept for a year; the mail says for good that it came back, soon after it was sent.
        back_at = back.get(pk) or (sent_at if state == Message.State.BOUNCED else None)
        found[level_list].append(_mail(sent_at, back_at, again.get(str(pk)), period.as_of))
    return found


def _sent_again(period) -> dict[str, tuple[datetime, dict]]:
    """By message when it was first sent again after the cut-off, and what the audit chain says of it."""
    found: dict[str, tuple[datetime, dict]] = {}
    events = Event.objects.filter(verb="notifications.message_requeued", at__gte=period.as_of).order_by("number")
    for ref, *said in events.values_list("object_ref", "at", "facts"):
        found.setdefault(ref, tuple(said))
    return found


def _mail(sent_at, back_at, again, as_of) -> _Mail | None:
    """What a mail had become by the cut-off, from when it was sent and came back. Once it is sent again the row forgets
    when it was sent before, which the audit chain remembers; and if it comes back again, when it did so before."""
    if again is not None:
        again_at, facts = again
        if "sent_at" not in facts or (back_at is not None and back_at > again_at):
            return None
        sent_at = facts["sent_at"] and datetime.fromisoformat(facts["sent_at"])
    is_sent = bool(sent_at) and sent_at < as_of
    came_back = back_at is not None and back_at < as_of and not (is_sent and sent_at > back_at)
    return _Mail(is_sent, came_back)


def _cells(mails: list[_Mail | None], opened: int) -> list[Value]:
    seen = [0, SMALLEST_TOTAL - 1] if opened < SMALLEST_TOTAL else of(band(opened, SMALLEST_TOTAL))
    if None in mails:
        return [len(mails), None, None, None, seen]
    back = sum(mail.came_back for mail in mails)
    arrived = sum(mail.is_sent and not mail.came_back for mail in mails)
    return [len(mails), arrived, back, len(mails) - arrived - back, seen]


@register
class Tasks(ByArea):
    code = "levels.tasks"
    title = _("Tasks of newly reinforced areas")
    definition = _(
        "Tasks that follow from the reinforced level and were still to be done at the end of the period, by area, and "
        "those of them whose day had passed."
    )
    columns = (_("To be done"), _("Overdue"), _("Most overdue, in days"))
    key_name = _("Area")
    unit = _("tasks")
    chart = "bars"
    is_of_moment = True
    watches = frozenset({*_SETTLED, _REOPENED})

    def count(self, period: Period):
        """One row for each area with tasks, the most overdue first."""
        settled = {}
        events = Event.objects.filter(verb__in=[*_SETTLED, _REOPENED], at__lt=period.end).order_by("number")
        for ref, verb in events.values_list("object_ref", "verb"):
            settled[ref] = verb != _REOPENED
        found, day = defaultdict(lambda: [0, 0, NO_DATA]), last_day(period)
        rows = LevelTask.objects.filter(made_at__lt=period.end).order_by()
        for ref, area, due_on, settled_at in rows.values_list("ref", "area__code", "due_on", "settled_at"):
            if (settled_at and settled_at < period.end) or settled.get(ref):
                continue
            cells = found[area]
            cells[0] += 1
            if due_on < day:
                cells[1] += 1
                cells[2] = max((day - due_on).days, 0 if cells[2] == NO_DATA else cells[2])
        return sorted(found.items(), key=lambda row: (-row[1][1], -row[1][0], row[0]))

    def href(self, access: Access, key: str = "") -> str:
        """The list of tasks."""
        return reverse("implementation_levels:tasks") if reads_bodies(access) else ""
