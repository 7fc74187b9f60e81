"""What the portal shows of a public data set as a whole."""

from dataclasses import dataclass

from django.db.models import Count, Max, Min, Sum

from incidents.models import ReferenceRecord

from .sources import SOURCES


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
    """The totals of `source`, in one query."""
    row = ReferenceRecord.objects.filter(source=source).aggregate(
        incidents=Count("pk"),
        first_year=Min("year"),
        last_year=Max("year"),
        **{name: Sum(name, default=0) for name in ("killed", "wounded", "kidnapped", "detained")},
    )
    return ReferenceTotals(**row, credit=SOURCES[source].credit)
