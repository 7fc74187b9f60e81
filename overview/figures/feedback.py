"""Feedback cases: how many, where they stand, about what, how long they take (§12; F4, G1).

Everything in steps of five, of which the lowest is "none to four": somebody who is concerned must not find by counting
that there is a case (F3). So that no step is seen being reached, no event is watched and the week that is under way is
not in it. What is counted of one time is never counted anew for a longer one: that is the sum of its parts.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from statistics import median

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.models import Event
from feedback.codes import Category
from feedback.models import Case, CaseStep
from feedback.policies import has_part_in_feedback
from overview.disclosure import SMALLEST_TOTAL
from overview.figures.quarters import begin_of, whole_quarters
from overview.figures.registry import Figure, Period, Value, register
from overview.figures.values import add, steps_of
from sharing.access import Access
from slt_portal.months import months_later

_WHY = "figures in steps, which name nobody"
_State = Case.State
_NONE_YET = "none"
_STEPS = _(
    "Given in steps of five: 0–4, 5–9 and so on, so that nobody can find by counting that there is a case about them. "
    "A longer period is the sum of the steps of its parts."
)


def settled(period: Period) -> datetime:
    """The moment up to which cases are looked at: the end of the time, or the Monday before the cut-off."""
    day = period.as_of.astimezone(UTC).date()
    monday = datetime.combine(day - timedelta(days=day.weekday()), time.min, UTC)
    return min(period.end, monday)


def _histories(before: datetime) -> dict[int, list[tuple[str, datetime, datetime | None]]]:
    """By case the states that it entered before a moment: (state, at, due_at), oldest first; one query."""
    found = defaultdict(list)
    rows = CaseStep.objects.for_system(_WHY).filter(at__lt=before).order_by("at", "pk")
    for case, *step in rows.values_list("case", "state", "at", "due_at"):
        found[case].append(tuple(step))
    return found


class _Feedback(Figure):
    suppression = _STEPS
    unit = _("cases")
    chart = "bars"

    def href(self, access: Access, key: str = "") -> str:
        """The page of feedback: each reader finds there the cases that are theirs, and no others."""
        return reverse("feedback:home") if has_part_in_feedback(access) else ""


@register
class Quarters(_Feedback):
    code = "feedback.quarters"
    title = _("Feedback cases by quarter")
    definition = _(
        "Cases that were sent, and cases that were closed, in each whole calendar quarter of the period (UTC)."
    )
    columns = (_("Received"), _("Closed"))
    key_name = _("Quarter")
    chart = "trend"
    compares_itself = True

    def count(self, period: Period):
        """One row for each quarter, the oldest first."""
        quarters = whole_quarters(period.first, period.last, period.as_of)
        counts = Counter()
        for history in _histories(period.as_of).values():
            counts["received", begin_of(history[0][1].date())] += 1
            for state, at, _due in history:
                counts["closed", begin_of(at.date())] += state == _State.CLOSED
        return [
            (first.isoformat(), [steps_of(counts[what, first]) for what in ("received", "closed")])
            for first in quarters
        ]

    def label(self, key: str) -> str:
        """Q3 2026."""
        day = date.fromisoformat(key)
        return gettext("Q%(number)s %(year)s") % {"number": (day.month + 2) // 3, "year": day.year}


@register
class States(_Feedback):
    code = "feedback.states"
    title = _("Open feedback cases")
    definition = _(
        "Cases by the step at which they stood at the end of the period, and those of them whose deadline had passed. "
        "The week that is under way is not in it."
    )
    columns = (_("Cases"), _("Overdue"))
    key_name = _("Step")
    is_of_moment = True
    _OPEN = (_State.RECEIVED, _State.HANDLING, _State.PROPOSED, _State.COMMITTEE)

    def count(self, period: Period):
        """One row for each step, in the order of the procedure."""
        moment = settled(period)
        counts = Counter()
        for history in _histories(moment).values():
            state, _at, due_at = history[-1]
            counts[state] += 1
            counts[state, "overdue"] += due_at is not None and due_at < moment
        return [(str(state), [steps_of(counts[state]), steps_of(counts[state, "overdue"])]) for state in self._OPEN]

    def label(self, key: str) -> str:
        """The step in words."""
        return _State(key).label


@register
class Categories(_Feedback):
    code = "feedback.categories"
    title = _("Feedback cases by category")
    definition = _(
        "Cases that were sent in the whole calendar years of the period, or in the last year before its end if it has "
        "no whole one, by what those who handle them say they are about."
    )
    columns = (_("Cases"),)
    key_name = _("Category")

    def count(self, period: Period):
        """One row for each category, and one for what nobody has classified."""
        counts, known = Counter(), _categories(period)
        rows = Case.objects.for_system(_WHY).filter(filed_at__lt=period.as_of).order_by()
        for ref, filed_at, category, suspension in rows.values_list("ref", "filed_at", "category", "suspension"):
            said = known.get(ref, category)
            if said is None:  # nobody had changed by then what it had from the beginning
                said = Category.PARTNERSHIP if suspension else ""
            counts[filed_at.astimezone(UTC).year, str(said) or _NONE_YET] += 1
        years = _years(period)
        keys = [*Category.values, _NONE_YET]
        return [(key, [add(steps_of(counts[year, key]) for year in years)]) for key in keys]

    def label(self, key: str) -> str:
        """The category in words."""
        return _("not classified") if key == _NONE_YET else Category(key).label


def _categories(period: Period) -> dict[str, str | None]:
    """By reference of a case its category before the cut-off, of those that were ever classified, None of those that
    were so only afterwards; one query."""
    found: dict[str, str | None] = {}
    events = Event.objects.filter(verb="feedback.classified").order_by("number")
    for ref, at, facts in events.values_list("object_ref", "at", "facts"):
        found.setdefault(ref, None)
        if at < period.as_of:
            found[ref] = facts["category"]
    return found


def _years(period: Period) -> Iterable[int]:
    """The calendar years that are whole in the time, or the last one that is over at its end."""
    over = min(period.last, period.as_of.astimezone(UTC).date() - timedelta(days=1))
    last = over.year if over == date(over.year, 12, 31) else over.year - 1
    first = period.first.year if period.first == date(period.first.year, 1, 1) else period.first.year + 1
    return range(first, last + 1) or [last]


@register
class Times(_Feedback):
    code = "feedback.times"
    title = _("How long feedback cases take")
    definition = _(
        "The median of the days that cases spent at a step which they left in the whole quarters of the period, and of "
        "those from sending to closing."
    )
    suppression = _("Given in steps of five days, where five cases or more left the step; else it is not known.")
    columns = (_("Median, in days"),)
    key_name = _("Step")
    unit = _("days")
    _KEYS = (_State.RECEIVED, _State.HANDLING, _State.PROPOSED, _State.COMMITTEE)

    def count(self, period: Period):
        """One row for each step, then one for the whole way."""
        quarters = whole_quarters(period.first, period.last, period.as_of)
        took: dict[str, dict[int, timedelta]] = defaultdict(dict)
        for case, history in _histories(period.as_of).items() if quarters else ():
            for (state, at, _due), (following, left, _next) in zip(history, history[1:], strict=False):
                if not quarters[0] <= left.date() < months_later(quarters[-1], 3):
                    continue
                took[state][case] = left - at
                if following == _State.CLOSED:
                    took["all"][case] = left - history[0][1]
        return [(str(key), [_median(took[key].values())]) for key in (*self._KEYS, "all")]

    def label(self, key: str) -> str:
        """The step in words."""
        return _("from sending to closing") if key == "all" else _State(key).label


def _median(times) -> Value:
    times = [one.days for one in times]
    if len(times) < SMALLEST_TOTAL:
        return None
    low = int(median(times)) // SMALLEST_TOTAL * SMALLEST_TOTAL
    return [low, low + SMALLEST_TOTAL - 1]
