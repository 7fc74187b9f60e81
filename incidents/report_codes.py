"""The codes of a report, written beside it, from which figures are counted as of any moment (G3)."""

from datetime import UTC, date, datetime

from django.db.models import Max

from areas.models import Area
from organisations.models import Organisation

from .account import Account, occurred_there
from .codes import TimePrecision
from .models import Report, ReportCodes

_TO_THE_MONTH = set(TimePrecision) - {TimePrecision.YEAR, TimePrecision.NOT_SURE}


def keep_codes(
    report: Report, account: Account, *, originator: Organisation, area: Area | None, at: datetime | None = None
) -> None:
    """Write the codes of `report`, in the transaction that files it, or in which others are told of it (`at`). Only the
    quarter is kept of when it happened."""
    happened = occurred_there(account, area.time_zone if area else "UTC")
    is_dated = happened is not None and account.time_precision in _TO_THE_MONTH
    ReportCodes.objects.create(
        report=report,
        item=report.incident.item,
        number=_next_number(report),
        filed_at=at or report.filed_at,
        area=area,
        is_of_un=originator.kind == Organisation.Kind.UNSMS_ENTITY,
        quarter=quarter_of(happened) if is_dated else None,
        category=account.category,
        consequence=account.consequence,
        is_near_miss=bool(account.coded.get("is_near_miss")),
    )


def _next_number(report):
    rows = ReportCodes.objects.for_system("which number comes next").filter(item=report.incident.item_id)
    return (rows.aggregate(last=Max("number"))["last"] or 0) + 1


def quarter_of(moment: datetime) -> date:
    """The first day of the calendar quarter of a moment, in UTC."""
    day = moment.astimezone(UTC).date()
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
