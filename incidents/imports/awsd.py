"""Aid Worker Security Database: what one row of its export says, and what of it cannot be true.

The rules on dates need the day of the export. It is not written in the file, and neither the file's name nor its latest
dates prove it, so a person who knows it gives it; otherwise only dates later than today are impossible.
"""

from collections.abc import Mapping
from datetime import date

from incidents.codes import Actor, Context, Means, PlacePrecision, PlaceType
from slt_portal.tables import Row

from .awsd_codes import (
    ACTOR,
    CONTEXT,
    MEANS,
    NO_ACTOR_NAME,
    PLACE_TYPE,
    SEXUAL_VIOLENCE,
    SPELLINGS,
)
from .cells import Cells, Reason
from .readings import (
    FIRST_YEAR,
    RESTRICTED,
    Reading,
    country_of,
    graveness_of,
    last_day,
    position_of,
    reading_of,
    spoken_cells,
    when_of,
)

ID = "Incident ID"
OUTCOMES = ("killed", "wounded", "kidnapped", "detained")
_OUTCOME_TAGS = ("killed", "injured", "kidnapped", "detained")
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

# HXL tags by which a column is known whatever its name, those of newer exports first.
TAGS: dict[str, tuple[str, ...]] = {
    ID: ("#event+id", "#event+code", "#meta+id"),
    "Year": ("#date+year",),
    "Month": ("#date+month",),
    "Day": ("#date+day",),
    "Country Code": ("#country+code",),
    "Country": ("#country+name",),
    "Region": ("#adm1+name",),
    "District": ("#adm2+name",),
    "City": ("#adm3+name", "#loc+name"),
    "UN": ("#affected+un",),
    "INGO": ("#affected+ingo",),
    "ICRC": ("#affected+icrc",),
    "NRCS and IFRC": ("#affected+ifrc",),
    "NNGO": ("#affected+ngo", "#affected+nngo"),
    "Other": ("#affected+other",),
    **{
        f"{group} {outcome}": (f"#affected+{tag}+{nationality}",)
        for group, nationality in (("Nationals", "national"), ("Internationals", "international"))
        for outcome, tag in zip(OUTCOMES, _OUTCOME_TAGS, strict=True)
    },
    "Total nationals": ("#affected+total+national",),
    "Total internationals": ("#affected+total+international",),
    **{
        f"Total {outcome}": (f"#affected+total+{tag}", f"#affected+{tag}")
        for outcome, tag in zip(OUTCOMES, _OUTCOME_TAGS, strict=True)
    },
    "Total affected": ("#affected+total",),
    "Gender Male": ("#affected+total+m",),
    "Gender Female": ("#affected+total+f",),
    "Gender Unknown": ("#affected+total+i",),
    "Means of attack": ("#event+means",),
    "Attack context": ("#event+type",),
    "Location": ("#loc+type",),
    "Latitude": ("#geo+lat",),
    "Longitude": ("#geo+lon",),
    "Motive": ("#x_event_motive",),
    "Actor type": ("#group+type",),
    "Actor name": ("#group+name",),
    "Details": ("#description",),
}


def read_id(cells: Cells) -> str | None:
    """The row's id without the decoration of spreadsheets, or None if it has none that can be one."""
    number = cells.number(ID, lowest=1, highest=10**11)
    return None if number is None else str(number)


def is_restricted(cells: Cells) -> bool:
    """Whether a code of this row, in whatever column it ended up, or its narrative says sexual violence."""
    return _has_restricted_code(cells) or bool(RESTRICTED.search(cells.raw("Details")))


def _has_restricted_code(cells):
    return any(RESTRICTED.search(cells.raw(column)) for column in SPELLINGS)


def read_row(row: Row, *, source_id: str, digest: str, as_of: date, countries: Mapping[str, str]) -> Reading:
    """What `row` says. `as_of`: no date is later; `countries`: two letters of each by its codes."""
    cells = Cells(row)
    restricted = is_restricted(cells)
    when = _restricted_date(cells, as_of) if restricted else _date(cells, as_of)
    where = {
        "country_code": country_of(cells, "Country Code", countries),
        "country_text": cells.text("Country", longest=100),
    }
    counts = {column: cells.number(column) for column in ((*STAFF, *TOTALS) if restricted else COUNTS)}
    totals = {outcome: counts[f"Total {outcome}"] for outcome in OUTCOMES}
    figures = {name: count for name, count in counts.items() if count is not None and name not in TOTALS}
    facts, texts = None, {}
    if restricted:
        figures |= _counted_means(cells)
    else:
        _flag_contradictions(cells, counts)
        labels = {column: cells.label(column, spellings) for column, spellings in SPELLINGS.items()}
        figures |= {column: label for column, label in labels.items() if label}
        facts = _facts(labels, totals, when)
        texts = _texts(cells, source_id, where["country_text"])
        facts["place_precision"] = _place_precision(cells)
    record = {**when, **where, **totals, "affected": counts["Total affected"], "figures": figures}
    return reading_of(cells, source_id=source_id, digest=digest, record=record, facts=facts, texts=texts)


def _date(cells, as_of):
    """Year, month and day as far as they can be true; what depends on a part that cannot falls with it."""
    year = _part(cells, "Year", FIRST_YEAR, 9999, as_of.year)
    month = _part(cells, "Month", 1, 12, as_of.month if year == as_of.year else 12, needs=year)
    last = last_day(year, month)
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


def _counted_means(cells):
    """Under which means a row that is only counted counts. Where the story alone tells, the published ones: the
    totals by means are the source's."""
    if _has_restricted_code(cells):
        return {"Means of attack": SEXUAL_VIOLENCE}
    label = cells.label("Means of attack", SPELLINGS["Means of attack"])
    return {"Means of attack": label} if label else {}


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
    return {
        **graveness_of(means=means, totals=totals),
        "means": means,
        "context": CONTEXT.get(labels["Attack context"], Context.UNKNOWN),
        "actor": ACTOR.get(labels["Actor type"], Actor.UNKNOWN),
        "place_type": PLACE_TYPE.get(labels["Location"], PlaceType.UNKNOWN),
        **when_of(when),
        **totals,
    }


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
        "position": position_of(cells),
        "source_ref": f"AWSD {source_id}",
    }


def spoken(row: Row) -> list[tuple[str, str]]:
    """The filled known cells, for the row's digest. A newer export, whose detained columns are zero, has the same."""
    return spoken_cells(row, {*REQUIRED, *OPTIONAL}, counts=COUNTS)
