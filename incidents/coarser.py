"""Coarser on purpose: how exactly readers of the shared release learn where and when something happened (C4)."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from .codes import PlaceLimit, PlacePrecision, PlaceType, TimeLimit, TimePrecision

_PLACES = [PlaceLimit.WITHIN_25_KM, PlaceLimit.DISTRICT, PlaceLimit.PROVINCE, PlaceLimit.COUNTRY]  # finest first
_GRAINS = [TimePrecision.ABOUT, TimePrecision.DAY_PART, TimePrecision.DAY, TimePrecision.MONTH, TimePrecision.YEAR]
_GRAIN_OF = {
    TimeLimit.AS_REPORTED: TimePrecision.ABOUT,
    TimeLimit.DAY_PART: TimePrecision.DAY_PART,
    TimeLimit.DAY: TimePrecision.DAY,
    TimeLimit.MONTH: TimePrecision.MONTH,
}
HOURS_OF_A_PART = 6
# Where the kind of place may say which place it is: the only health building of a province.
_TELLING = {PlaceLimit.PROVINCE, PlaceLimit.COUNTRY}
TO_THE_DAY = frozenset({TimeLimit.DAY, TimeLimit.MONTH})  # limits whose readers are not told the hour of a report


def is_place_kept_back(precision: str, limit: str) -> bool:
    """Whether the place in words that was reported may be more exact than readers are to know. A place of which nobody
    said how exact it is may be any place; the words beside "exact place" are the town or district by themselves."""
    return _PLACES.index(limit) > (_PLACES.index(precision) if precision in _PLACES else 0)


def place_said(place: str, precision: str, limit: str, shown: str) -> str:
    """The place in words that readers get: what the originator wrote for them (`shown`), or what was reported, if that
    is no more exact than the limit; else nothing."""
    if limit != PlaceLimit.WITHIN_25_KM and shown:
        return shown
    return "" if is_place_kept_back(precision, limit) else place


def place_codes_said(coded: dict, limit: str) -> dict[str, object]:
    """How exact the place is and of what kind, for readers: never exact, and no more exact than the limit."""
    said, precision = {}, coded.get("place_precision", PlacePrecision.UNKNOWN)
    is_known = precision != PlacePrecision.UNKNOWN
    if precision == PlacePrecision.EXACT or (is_known and is_place_kept_back(precision, limit)):
        said["place_precision"] = limit
    if limit in _TELLING and "place_type" in coded:
        said["place_type"] = PlaceType.UNKNOWN
    return said


def time_said(moment: datetime | None, precision: str, limit: str, zone: str) -> tuple[datetime | None, str]:
    """When it began, and how exactly that is known, for readers, on the clock of `zone`. A time that nobody is sure of
    stays so, and becomes as coarse as every other."""
    grain = _GRAIN_OF[limit]
    if moment is None or limit == TimeLimit.AS_REPORTED:
        return moment, precision
    if precision in _GRAINS:
        grain = precision = max(grain, precision, key=_GRAINS.index)
    elif precision == TimePrecision.EXACT:
        precision = grain
    return start_of(moment, grain, zone), precision


def start_of(moment: datetime, grain: str, zone: str) -> datetime:
    """The moment at which the part of the day, the day, the month or the year began in which `moment` lies. Of an hour
    that a clock change repeats the first: the other would tell which of the two it was."""
    local = moment.astimezone(ZoneInfo(zone))
    first = {"hour": local.hour // HOURS_OF_A_PART * HOURS_OF_A_PART}
    if grain != TimePrecision.DAY_PART:
        first = {"hour": 0}
    if grain in {TimePrecision.MONTH, TimePrecision.YEAR}:
        first |= {"day": 1}
    if grain == TimePrecision.YEAR:
        first |= {"month": 1}
    return local.replace(**first, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)


def sorted_at(moment: datetime, limit: str, zone: str) -> datetime:
    """The date by which lists and figures know a release whose time is limited, of when it happened or, where nobody
    knows that, was reported. A month begins on the clock of the place and in UTC: figures count in UTC, where the
    first of November in Juba is October."""
    if limit == TimeLimit.AS_REPORTED:
        return moment
    there = start_of(moment, _GRAIN_OF[limit], zone)
    if limit != TimeLimit.MONTH:
        return there
    month = there.astimezone(ZoneInfo(zone))
    return max(there, datetime(month.year, month.month, 1, tzinfo=UTC))


def filed_day(facts) -> date | None:
    """The day on which the latest report came, on the clock of the place, where the readers of `facts` (a release with
    its report) learn no more of time; else None: they may know the moment."""
    if facts.time_limit not in TO_THE_DAY and not facts.is_minimal:
        return None
    return facts.report.filed_at.astimezone(ZoneInfo(facts.time_zone)).date()
