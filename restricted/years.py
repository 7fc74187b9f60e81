"""The only figure of the restricted track: whole calendar years, the whole world, from ten on, in steps of five (C10).

A year is counted once, in the first hours after it is over and before anything of it is destroyed after its time, and
never again: who agrees to be counted, or takes that back, later than that changes nothing, so nobody sees a step being
reached. What was taken back or destroyed before is in no figure.
"""

from datetime import UTC, datetime

from django.utils import timezone

from .codes import Consent
from .models import Choice, Report, YearFigure

SMALLEST, STEP, YEARS = 10, 5, 3
_WHY = "one figure a year, which names nobody"


def count_year(now: datetime | None = None) -> bool:
    """Count the year that was over last, if it is not counted yet; whether that was done.

    An older year that was missed, because nothing ran for all of the next, is never counted: too much of it is gone.
    """
    year = (now or timezone.now()).astimezone(UTC).year - 1
    if YearFigure.objects.filter(year=year).exists():
        return False
    rows = Choice.objects.for_system(_WHY).filter(report__state__in=Report.OPEN_TO_HANDLERS, report__month__year=year)
    newest = {row.report_id: row for row in rows.select_related("report__data_key").order_by("pk").iterator()}
    number = sum(Consent.COUNT in row.texts.get("consents", ()) for row in newest.values())
    at_least = number // STEP * STEP if number >= SMALLEST else None
    # Twice at the same moment: the first counts.
    YearFigure.objects.bulk_create([YearFigure(year=year, at_least=at_least)], ignore_conflicts=True)
    return True


def figures(now: datetime) -> dict[int, tuple[int, int] | None]:
    """By each of the last YEARS calendar years that are over, the oldest first: (at least, at most), or None where
    fewer than SMALLEST agreed to be counted, or nobody, or it was not counted. Which years are there says nothing. One
    query."""
    this_year = now.astimezone(UTC).year
    years = range(this_year - YEARS, this_year)
    counted = dict(YearFigure.objects.filter(year__in=years).values_list("year", "at_least"))
    return {year: _steps(counted.get(year)) for year in years}


def _steps(at_least):
    return at_least and (at_least, at_least + STEP - 1)
