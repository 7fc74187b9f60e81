"""Decisions of the two bodies: what is open and since when, and how long it took (§11; G1).

Exact, without those from which somebody is kept out and those about feedback: whoever may not know that there is one
would find it by counting what they see. They stand in the figures of feedback, in steps (F3). For the same reason no
event of a decision is watched.
"""

from collections import Counter, defaultdict

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance.models import Body, Decision
from governance.policies import reads_decisions
from overview.figures.past import days, median_days
from overview.figures.registry import Figure, Period, register
from sharing.access import Access

_Kind = Body.Kind
_BODIES = (_Kind.OVERSIGHT_COMMITTEE, _Kind.WORKING_GROUP)
_WITHOUT = _(
    "Decisions about feedback, and those from which somebody is kept out, are not in it: nobody is to find by counting "
    "that there is one. Feedback cases before the Oversight Committee are counted, in steps, with the feedback cases."
)


def _decisions(period: Period):
    """Decisions that everybody of the bodies may know of, opened before the end of the time."""
    rows = Decision.objects.for_system("figures of decisions that nobody is kept from")
    rows = rows.filter(has_exclusions=False, body__kind__in=_BODIES, opened_at__lt=period.end)
    return rows.exclude(question__startswith="feedback.").order_by()


class _Decisions(Figure):
    suppression = _WITHOUT
    key_name = _("Body")
    unit = _("decisions")
    chart = "bars"

    def label(self, key: str) -> str:
        """The body."""
        return _Kind(key).label

    def href(self, access: Access, key: str = "") -> str:
        """The list of decisions."""
        return reverse("governance:decisions") if reads_decisions(access) else ""


@register
class Open(_Decisions):
    code = "governance.open"
    title = _("Open decisions")
    definition = _("Decisions that were open at the end of the period, by body and by how long they had been open.")
    columns = (_("Open"), _("Up to 7 days"), _("8 to 14 days"), _("More than 14 days"), _("Past their deadline"))
    is_of_moment = True

    def count(self, period: Period):
        """One row for each body."""
        found = {kind: [0] * len(self.columns) for kind in _BODIES}
        for kind, opened_at, deadline, closed_at in _decisions(period).values_list(
            "body__kind", "opened_at", "deadline", "closed_at"
        ):
            if closed_at is not None and closed_at < period.end:
                continue
            age, cells = days(opened_at, period.end), found[_Kind(kind)]
            cells[0] += 1
            cells[1 if age <= 7 else 2 if age <= 14 else 3] += 1
            cells[4] += deadline < period.end
        return [(str(kind), cells) for kind, cells in found.items()]


@register
class Closed(_Decisions):
    code = "governance.closed"
    title = _("Decisions closed")
    definition = _(
        "Decisions that were closed in the period, by body, with the median of the days for which they had been open; "
        "and those that were no longer needed."
    )
    columns = (_("Decided"), _("Median, in days"), _("No longer needed"))

    def count(self, period: Period):
        """One row for each body."""
        took, dropped = defaultdict(list), Counter()
        rows = _decisions(period).filter(closed_at__gte=period.start, closed_at__lt=period.end)
        for kind, state, opened_at, closed_at in rows.values_list("body__kind", "state", "opened_at", "closed_at"):
            if state == Decision.State.CLOSED:
                took[kind].append(days(opened_at, closed_at))
            else:
                dropped[kind] += 1
        return [(str(kind), [len(took[kind]), median_days(took[kind]), dropped[kind]]) for kind in _BODIES]
