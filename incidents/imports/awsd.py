"""Aid Worker Security Database: what one row of its export says, and what of it cannot be true.

The rules on dates need the day of the export. It is not written in the file, and neither the file's name nor its latest
dates prove it, so a person who knows it gives it; otherwise only dates later than today are impossible.
"""

import calendar
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from incidents.codes import Actor, Category, Context, Means, PlacePrecision, PlaceType, TimePrecision
from slt_portal.tables import Row

from .awsd_codes import (
    ACTOR,
    CATEGORY,
    CONTEXT,
    MEANS,
    NO_ACTOR_NAME,
    PLACE_TYPE,
    SEXUAL_VIOLENCE,
    SPELLINGS,
)
from .cells import Cells, Note, Reason

OUTCOMES = ("killed", "wounded", "kidnapped", "detained")
STAFF = ("UN", "INGO", "ICRC", "NRCS and IFRC", "NNGO", "Other")
GENDER = ("Gender Male", "Gender Female", "Gender Unknown")
TOTALS = (*(f"Total {outcome}" for outcome in OUTCOMES), "Total affected")
SPLIT = (
    *(f"Nationals {outcome}" for outcome in OUTCOMES),
    "Total nationals",
    *(f"Internationals {outcome}" for outcome in OUTCOMES),
    "Total internationals",
)
COUNTS = (*STAFF, *SPLIT, *TOTALS, *GENDER)
REQUIRED = (
    "Incident ID",
    "Year",
    "Country Code",
    "Country",
    "Total killed",
    "Total wounded",
    "Total kidnapped",
    "Means of attack",
)
_OTHERS = ("Month", "Day", "Region", "District", "City", "Latitude", "Longitude", "Actor name", "Details")
# Without `required`; the detained columns came with newer exports.
OPTIONAL = tuple(name for name in (*_OTHERS, *COUNTS, *SPELLINGS) if name not in REQUIRED)

# Which figures must add up: the column or columns to flag, the total, its parts.
SUMS = [
    *((f"Total {outcome}",) * 2 + ((f"Nationals {outcome}", f"Internationals {outcome}"),) for outcome in OUTCOMES),
    *(
        (f"Total {group.lower()}",) * 2 + (tuple(f"{group} {outcome}" for outcome in OUTCOMES),)
        for group in ("Nationals", "Internationals")
    ),
    ("Total affected", "Total affected", tuple(f"Total {outcome}" for outcome in OUTCOMES)),
    ("Total affected", "Total affected", ("Total nationals", "Total internationals")),
    (", ".join(GENDER), "Total affected", GENDER),
    (", ".join(STAFF), "Total affected", STAFF),
]

FIRST_YEAR = 1945
UNDATED = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)  # a row without a usable year sorts after everything that has one
# Also matches spellings that no list knows yet: for once the wide net is the careful one (C10).
_RESTRICTED = re.compile(r"\brap(e|ed|ing)\b|sexual|\bs?gbv\b|\bviol\b", re.IGNORECASE)


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


def read_id(cells: Cells) -> str | None:
    """The row's id without the decoration of spreadsheets, or None if it has none that can be one."""
    number = cells.number("Incident ID", lowest=1, highest=10**11)
    return None if number is None else str(number)


def is_restricted(cells: Cells) -> bool:
    """Whether a code of this row, in whatever column it ended up, says sexual violence."""
    return any(_RESTRICTED.search(cells.raw(column)) for column in SPELLINGS)


def read_row(row: Row, *, source_id: str, digest: str, as_of: date, countries: set[str]) -> Reading:
    """What `row` says. `as_of`: no date is later; `countries`: the codes that exist."""
    cells = Cells(row)
    restricted = is_restricted(cells)
    when = _restricted_date(cells, as_of) if restricted else _date(cells, as_of)
    where = {
        "country_code": _country_code(cells, countries),
        "country_text": cells.text("Country", longest=100),
    }
    counts = {column: cells.number(column) for column in ((*STAFF, *TOTALS) if restricted else COUNTS)}
    totals = {outcome: counts[f"Total {outcome}"] for outcome in OUTCOMES}
    figures = {name: count for name, count in counts.items() if count is not None and name not in TOTALS}
    facts, texts = None, {}
    if restricted:
        figures["Means of attack"] = SEXUAL_VIOLENCE
    else:
        _flag_contradictions(cells, counts)
        labels = {column: cells.label(column, spellings) for column, spellings in SPELLINGS.items()}
        figures |= {column: label for column, label in labels.items() if label}
        facts = _facts(labels, totals, when)
        texts = _texts(cells, source_id, where["country_text"])
        facts["place_precision"] = _place_precision(cells)
    record = {**when, **where, **totals, "affected": counts["Total affected"], "figures": figures}
    # What stands in a damaged cell of such a row may be about the person: the column and the reason are enough.
    notes = [replace(note, value="") for note in cells.notes] if restricted else cells.notes
    return Reading(row.number, source_id, digest, record, facts, texts, _start(**when) or UNDATED, notes)


def _date(cells, as_of):
    """Year, month and day as far as they can be true; what depends on a part that cannot falls with it."""
    year = _part(cells, "Year", FIRST_YEAR, 9999, as_of.year)
    month = _part(cells, "Month", 1, 12, as_of.month if year == as_of.year else 12, needs=year)
    last = calendar.monthrange(year, month)[1] if month else 31
    today = (year, month) == (as_of.year, as_of.month)
    day = _part(cells, "Day", 1, 31, as_of.day if today else 31, needs=month)
    if day and day > last:
        cells.note("Day", Reason.NO_SUCH_DAY)
        day = None
    return {"year": year, "month": month, "day": day}


def _part(cells, column, lowest, highest, latest, *, needs=True):
    """One part of a date: noted when it is later than `latest`, or when the part above it is not known."""
    part = cells.number(column, lowest=lowest, highest=highest)
    if part is None or (needs and part <= latest):
        return part
    above_is_future = any(note.reason == Reason.FUTURE for note in cells.notes)
    cells.note(column, Reason.FUTURE if needs or above_is_future else Reason.INCOMPLETE_DATE)
    return None


def _restricted_date(cells, as_of):
    """Only the year: day and month beside a country and an organisation type could tell who it was."""
    return {"year": _part(cells, "Year", FIRST_YEAR, 9999, as_of.year), "month": None, "day": None}


def _start(year, month, day) -> datetime | None:
    return datetime(year, month or 1, day or 1, tzinfo=UTC) if year else None


def _country_code(cells, countries):
    code = cells.raw("Country Code").upper()
    if code and code not in countries:
        cells.note("Country Code", Reason.UNKNOWN_CODE)
        return ""
    return code


def _flag_contradictions(cells, counts):
    """Flag figures that do not add up; one mistake once, so not where a flagged or missing figure is a part."""
    for column, total, parts in SUMS:
        given = [counts[part] for part in parts if counts[part] is not None]
        if counts[total] is None or not given or any(cells.has_note(part) for part in parts):
            continue
        if sum(given) != counts[total]:
            value = ", ".join(cells.raw(part) or "–" for part in parts) if column != total else None
            cells.note(column, Reason.CONTRADICTION, value=value, is_kept=True)


def _facts(labels, totals, when):
    """The codes of the release."""
    means = MEANS.get(labels["Means of attack"], Means.UNKNOWN)
    parts = [name for name in ("year", "month", "day") if when[name]]
    return {
        "category": _category(means, totals),
        "means": means,
        "context": CONTEXT.get(labels["Attack context"], Context.UNKNOWN),
        "actor": ACTOR.get(labels["Actor type"], Actor.UNKNOWN),
        "place_type": PLACE_TYPE.get(labels["Location"], PlaceType.UNKNOWN),
        "occurred_from": _start(**when),
        "time_precision": TimePrecision(parts[-1]) if parts else TimePrecision.NOT_SURE,
        **totals,
    }


def _category(means, totals):
    if means in CATEGORY:
        return CATEGORY[means]
    if totals["killed"] or totals["wounded"]:
        return Category.KILLING_INJURY
    if totals["kidnapped"]:
        return Category.ABDUCTION
    return Category.DETENTION if totals["detained"] else Category.UNKNOWN


def _place_precision(cells):
    by_column = {
        "City": PlacePrecision.WITHIN_25_KM,
        "District": PlacePrecision.DISTRICT,
        "Region": PlacePrecision.PROVINCE,
        "Country": PlacePrecision.COUNTRY,
    }
    given = (precision for column, precision in by_column.items() if cells.raw(column) and not cells.has_note(column))
    return next(given, PlacePrecision.UNKNOWN)


def _texts(cells, source_id, country_text):
    """What is sealed: narrative, names of places and actors, position."""
    actor = cells.text("Actor name", longest=200)
    places = [cells.text(column, longest=100) for column in ("City", "District", "Region")]
    return {
        "what": cells.narrative("Details", longest=10_000),
        "place": ", ".join(name for name in [*places, country_text] if name),
        "actor_name": "" if actor.casefold() in NO_ACTOR_NAME else actor,
        "position": _position(cells),
        "source_ref": f"AWSD {source_id}",
    }


def _position(cells) -> list[float]:
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


def spoken(row: Row) -> list[tuple[str, str]]:
    """The filled known cells in a fixed order, for the row's digest.

    White space, extra columns and zeros do not count: the same incident from an export with the detained columns,
    where they are zero, is the same row.
    """
    cells = Cells(row)
    filled = [(column, cells.raw(column)) for column in sorted({*REQUIRED, *OPTIONAL})]
    return [(column, value) for column, value in filled if value and not (column in COUNTS and value == "0")]
