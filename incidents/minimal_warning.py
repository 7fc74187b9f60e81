"""The minimal warning without source that an originator may give instead of a report: the release that says nothing
else (C5)."""

from dataclasses import dataclass, replace
from datetime import datetime

from sharing.control import move_in_time
from sharing.markings import Depth
from sharing.models import Item
from sharing.search import index_release

from . import codes
from .account import Account, Limits, facts_said, sort_dates
from .models import AffectedGroup, IncidentRelease, Report
from .models.incident import release_context
from .report_codes import keep_codes

_WHY = "an originator gives a warning instead"
_TO_THE_DAY = Limits(time=codes.TimeLimit.DAY)
_CHOSEN = {"place_limit", "time_limit"}  # of the report, for when it is shared after all
_SAID = ("category", "severity", "consequence", "stage", "occurred_from", "time_precision", "time_zone")
_UNSAID = {
    "means": codes.Means.UNKNOWN,
    "context": codes.Context.UNKNOWN,
    "actor": codes.Actor.UNKNOWN,
    "place_type": codes.PlaceType.UNKNOWN,
    "place_precision": codes.PlacePrecision.UNKNOWN,
    "is_near_miss": False,
    "reliability": "",
    "reported_by": "",
}


def facts_warned(account: Account, zone: str) -> dict[str, object]:
    """The columns of a release that is only a warning: category, how grave, and the day, on the clock of the area
    (`zone`). Everything else is not known to its readers."""
    said = facts_said(_coarse(account), Depth.SHARED, stage=codes.ReportKind.IMMEDIATE, zone=zone, limits=_TO_THE_DAY)
    said = {name: value for name, value in said.items() if name not in _CHOSEN}
    return {**said, **_UNSAID, "severity": account.severity, "is_minimal": True}


@dataclass(frozen=True)
class WarningSaid:
    """What readers of a warning get: its text, and the columns of their release."""

    text: str
    facts: dict[str, object]


def warning_said(account: Account, text: str, zone: str) -> WarningSaid:
    """What they would get, were it given now, in an area with this time zone."""
    return WarningSaid(text, facts_warned(account, zone))


def warning_shown(shared: IncidentRelease, texts: dict) -> WarningSaid:
    """What they get now, by their release and its `texts`."""
    names = [*_UNSAID, *_SAID, "is_minimal"]
    return WarningSaid(texts.get("what", ""), {name: getattr(shared, name) for name in names})


def _coarse(account):
    """Nothing but the category, and when."""
    return replace(account, texts={}, coded={"category": account.category}, groups=[])


def say_warning(row: IncidentRelease, account: Account, text: str, *, filed_at: datetime) -> None:
    """Make `row`, of a shared release, say the warning and nothing else: texts, people, search words and the date by
    which lists sort it. The caller holds the lock of the incident."""
    item, zone = row.release.item, row.release.area.time_zone
    for name, value in facts_warned(account, zone).items():
        setattr(row, name, value)
    row.sealed = item.data_key.seal_json({"what": text}, context=release_context(row.release_id))
    row.save()
    AffectedGroup.objects.for_system(_WHY).filter(facts=row).delete()
    index_release(row.release, [text])
    dates = sort_dates(account, zone, limits=_TO_THE_DAY, filed_at=filed_at)
    move_in_time({row.release_id: dates[Depth.SHARED]})


def keep_warned_codes(report: Report, account: Account, item: Item, *, at: datetime) -> None:
    """The codes of a warning, for figures: what it says, from the moment at which it was given."""
    keep_codes(report, _coarse(account), originator=item.originator, area=item.area, at=at)
