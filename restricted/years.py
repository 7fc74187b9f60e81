"""The only figure of the restricted track: whole calendar years, the whole world, from ten on, in steps of five (C10).

Counted are reports whose sender agrees to it now. What was withdrawn, destroyed after its time, or whose consent was
taken back is in no figure. The year that is under way is in none, so that nobody sees a step being reached.
"""

from collections import Counter
from datetime import UTC, datetime

from .codes import Consent
from .models import Choice, Report

SMALLEST, STEP, YEARS = 10, 5, 3
_WHY = "one figure a year, which names nobody"


def counted_by_year(now: datetime) -> dict[int, tuple[int, int] | None]:
    """By each of the last YEARS calendar years that are over, the oldest first: (at least, at most), or None where
    fewer than SMALLEST agreed to be counted, or nobody. Which years are there says nothing. One query."""
    this_year = now.astimezone(UTC).year
    rows = Choice.objects.for_system(_WHY).filter(report__state__in=Report.OPEN_TO_HANDLERS)
    newest = {row.report_id: row for row in rows.select_related("report__data_key").order_by("pk").iterator()}
    agreed = [row.report.month.year for row in newest.values() if Consent.COUNT in row.texts.get("consents", ())]
    counts = Counter(agreed)
    return {year: _published(counts[year]) for year in range(this_year - YEARS, this_year)}


def _published(number):
    low = number // STEP * STEP
    return (low, low + STEP - 1) if number >= SMALLEST else None
