"""What the portal shows of a public data set as a whole."""

from dataclasses import dataclass

import structlog
from django.core.cache import cache
from django.db.models import Count, Max, Min, Sum

from incidents.models import ReferenceRecord

from .sources import SOURCES

log = structlog.get_logger(__name__)

CACHED_SECONDS = 600


@dataclass(frozen=True)
class ReferenceTotals:
    """The published figures of one source, rows on sexual violence included, and the credit line it asks for."""

    incidents: int
    first_year: int | None
    last_year: int | None
    killed: int
    wounded: int
    kidnapped: int
    detained: int
    credit: str


def reference_totals(source: str = "awsd") -> ReferenceTotals:
    """The totals of `source`. Kept in the cache, for every home page shows them; an import forgets them."""
    try:
        return cache.get_or_set(_key(source), lambda: _count(source), CACHED_SECONDS)
    except Exception as error:  # whatever a dead cache raises must close no page
        log.warning("cache_does_not_answer", error=type(error).__name__)
        return _count(source)


def forget_totals(source: str) -> None:
    """Count again at the next question: an import was committed."""
    cache.delete(_key(source))


def _key(source):
    return f"reference_totals:{source}"


def _count(source):
    row = ReferenceRecord.objects.filter(source=source).aggregate(
        incidents=Count("pk"),
        first_year=Min("year"),
        last_year=Max("year"),
        **{name: Sum(name, default=0) for name in ("killed", "wounded", "kidnapped", "detained")},
    )
    return ReferenceTotals(**row, credit=SOURCES[source].credit)
