"""What one row of any public data set says, and what the readers of the sources have in common."""

import calendar
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal

from incidents.codes import Category, Means, Outcome, TimePrecision, severity_of, worst_of
from slt_portal.tables import Row

from .cells import Cells, Note, Reason

FIRST_YEAR = 1945
UNDATED = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)  # a row without a usable year sorts after everything that has one
# Also matches spellings that no list knows yet: for once the wide net is the careful one (C10).
RESTRICTED = re.compile(r"\brap(e|ed|es|ing|ist|ists)\b|sexual|\bs?gbv\b|\bviol\b", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,20})?", re.ASCII)

# The broad category follows from the means; where the means do not say, from who came to harm.
CATEGORY = {
    Means.AERIAL_BOMBARDMENT: Category.EXPLOSIVES,
    Means.BODILY_ASSAULT: Category.ASSAULT,
    Means.BODY_BORNE_IED: Category.EXPLOSIVES,
    Means.COMPLEX_ATTACK: Category.KILLING_INJURY,
    Means.DETENTION: Category.DETENTION,
    Means.KIDNAP_KILLING: Category.ABDUCTION,
    Means.KIDNAPPING: Category.ABDUCTION,
    Means.LANDMINE: Category.EXPLOSIVES,
    Means.OTHER_EXPLOSIVES: Category.EXPLOSIVES,
    Means.ROADSIDE_IED: Category.EXPLOSIVES,
    Means.SHELLING: Category.EXPLOSIVES,
    Means.SHOOTING: Category.KILLING_INJURY,
    Means.VEHICLE_BORNE_IED: Category.EXPLOSIVES,
}


@dataclass
class Reading:
    """What one row says: fields of the record and of the release (None: counted only), texts, notes."""

    row: int
    source_id: str
    digest: str
    record: dict
    facts: dict | None
    texts: dict
    sort_at: datetime
    notes: list[Note]


def reading_of(cells: Cells, *, source_id: str, digest: str, record: dict, facts: dict | None, texts: dict) -> Reading:
    """The reading of one row. Without `facts` it is one that is only counted."""
    # What stands in a damaged cell of such a row may be about the person: the column and the reason are enough.
    notes = [replace(note, value="") for note in cells.notes] if facts is None else cells.notes
    start = start_of(record["year"], record["month"], record["day"])
    return Reading(cells.row.number, source_id, digest, record, facts, texts, start or UNDATED, notes)


def start_of(year: int | None, month: int | None, day: int | None) -> datetime | None:
    """The start of the time that a date leaves open."""
    return datetime(year, month or 1, day or 1, tzinfo=UTC) if year else None


def when_of(date_parts: Mapping[str, int | None]) -> dict:
    """The fields of the release on time, for year, month and day as far as known."""
    known = [name for name in ("year", "month", "day") if date_parts[name]]
    return {
        "occurred_from": start_of(**date_parts),
        "time_precision": TimePrecision(known[-1]) if known else TimePrecision.NOT_SURE,
    }


def graveness_of(*, means: str, totals: Mapping[str, int | None], died: int = 0) -> dict:
    """Category, consequence and severity of a release from the means and the published counts of people.

    `died` are deaths that the source counts under another heading, such as those of kidnapped people.
    """
    suffered = {outcome for outcome in Outcome if totals.get(outcome)} | ({Outcome.KILLED} if died else set())
    category, worst = _category(means, totals), worst_of(suffered)
    severity = severity_of(category=category, is_near_miss=False, outcome=worst)
    return {"category": category, "consequence": worst, "severity": severity}


def _category(means, totals):
    if means in CATEGORY:
        return CATEGORY[means]
    if totals["killed"] or totals["wounded"]:
        return Category.KILLING_INJURY
    if totals["kidnapped"]:
        return Category.ABDUCTION
    return Category.DETENTION if totals["detained"] else Category.UNKNOWN


def country_of(cells: Cells, column: str, countries: Mapping[str, str]) -> str:
    """The two letters of the country in `column`; `countries` has them by two and by three letters."""
    code = cells.raw(column).upper()
    if code and code not in countries:
        cells.note(column, Reason.UNKNOWN_CODE)
    return countries.get(code, "")


def last_day(year: int | None, month: int | None) -> int:
    """The last day of a month; 31 if it is not known which."""
    return calendar.monthrange(year, month)[1] if year and month else 31


def position_of(cells: Cells) -> list[float]:
    """Latitude and longitude, or nothing: half a position is none."""
    latitude, longitude = cells.degrees("Latitude", limit=90), cells.degrees("Longitude", limit=180)
    if bool(latitude) != bool(longitude):
        cells.note("Latitude" if latitude else "Longitude", Reason.HALF_A_PAIR)
        return []
    if latitude and float(latitude) == float(longitude) == 0:
        cells.note("Latitude", Reason.ZERO_POSITION)
        cells.note("Longitude", Reason.ZERO_POSITION)
        return []
    return [float(latitude), float(longitude)] if latitude else []


def spoken_cells(row: Row, columns: Iterable[str], *, counts: Collection[str]) -> list[tuple[str, str]]:
    """The filled cells of `columns` in a fixed order, for the row's digest.

    White space, extra columns, counts of zero and ways of writing a number do not count: the same incident is the same
    row whether it came as CSV, workbook or JSON.
    """
    cells = Cells(row)
    filled = [(column, _plain_number(cells.raw(column))) for column in sorted(columns)]
    return [(column, value) for column, value in filled if value and not (column in counts and value == "0")]


def _plain_number(value):
    # Spreadsheets keep 15 to 17 digits: what is finer than ten decimals is the program's, not the publisher's.
    return f"{round(Decimal(value), 10).normalize():f}" if _NUMBER.fullmatch(value) else value


def no_later(cells: Cells, column: str, given: date, as_of: date) -> dict[str, int | None]:
    """Year, month and day of a whole date, as far as they are not later than the day of the export."""
    if given.year < FIRST_YEAR:
        cells.note(column, Reason.OUT_OF_RANGE)
        return {"year": None, "month": None, "day": None}
    if given > as_of:
        cells.note(column, Reason.FUTURE)
    return {
        "year": given.year if given.year <= as_of.year else None,
        "month": given.month if (given.year, given.month) <= (as_of.year, as_of.month) else None,
        "day": given.day if given <= as_of else None,
    }
