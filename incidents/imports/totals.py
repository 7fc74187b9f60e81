"""What the portal shows of a public data set as a whole."""

from collections.abc import Collection
from dataclasses import asdict, dataclass

import structlog
from django.core.cache import cache
from django.db.models import Count, Max, Min, Sum

from incidents.models import ReferenceRecord

from .sources import SOURCES

log = structlog.get_logger(__name__)

CACHED_SECONDS = 600
_KEY = "reference_totals"
_OUTCOMES = ("killed", "wounded", "kidnapped", "detained")


@dataclass(frozen=True)
class ReferenceTotals:
    """The figures of the listed rows of one source, and the credit line it asks for.

    Rows on sexual violence are not in it: the difference to what everybody can list would tell of them (C10).
    """

    incidents: int
    first_year: int | None
    last_year: int | None
    killed: int
    wounded: int
    kidnapped: int
    detained: int
    credit: str


def reference_totals(source: str = "awsd") -> ReferenceTotals:
    """The totals of `source`."""
    return _all().get(source) or ReferenceTotals(0, None, None, 0, 0, 0, 0, SOURCES[source].credit)


def credited_totals(credits: Collection[str] | None = None) -> list[ReferenceTotals]:
    """The totals of each source that has rows here, or only of those with one of these credit lines.

    They are never added up: sources tell of the same incidents, and count by other definitions.
    """
    return [totals for totals in _all().values() if credits is None or totals.credit in credits]


def forget_totals() -> None:
    """Count again at the next question: an import was committed."""
    cache.delete(_KEY)


def _all() -> dict[str, ReferenceTotals]:
    """By source. Kept in the cache, for every home page shows them; an import forgets them."""
    try:
        counted = cache.get_or_set(_KEY, _count, CACHED_SECONDS)
    except Exception as error:  # whatever a dead cache raises must close no page
        log.warning("cache_does_not_answer", error=type(error).__name__)
        counted = _count()
    return {source: ReferenceTotals(**totals) for source, totals in counted.items()}


def _count():
    rows = ReferenceRecord.objects.filter(source__in=SOURCES, release__isnull=False).values("source").order_by("source")
    rows = rows.annotate(
        incidents=Count("pk"),
        first_year=Min("year"),
        last_year=Max("year"),
        **{f"sum_{name}": Sum(name, default=0) for name in _OUTCOMES},
    )
    return {row["source"]: asdict(_totals(**row)) for row in rows}


def _totals(source, incidents, first_year, last_year, **sums):
    counts = {name: sums[f"sum_{name}"] for name in _OUTCOMES}
    return ReferenceTotals(incidents, first_year, last_year, **counts, credit=SOURCES[source].credit)
