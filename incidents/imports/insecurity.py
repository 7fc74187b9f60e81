"""Insecurity Insight, aid workers killed, injured, kidnapped or arrested: what one row says, what of it cannot be true.

Its definitions differ from those of other sources: people killed in captivity count as kidnapped, too. The figures are
kept as published. It has no code for sexual violence, so a narrative that speaks of it makes the row one that is only
counted (C10).
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta

from incidents.codes import Actor, Context, Means, PlacePrecision, PlaceType
from slt_portal.tables import Row

from .cells import Cells, Reason
from .insecurity_codes import ACTOR, HANDS, NOTHING_KNOWN, PLACE_TYPE, PRECISION, SPELLINGS, WEAPON
from .readings import (
    RESTRICTED,
    Reading,
    country_of,
    graveness_of,
    last_day,
    no_later,
    position_of,
    reading_of,
    spoken_cells,
    when_of,
)

ID = "SiND Event ID"
# Theirs by ours.
OUTCOMES = {"killed": "Killed", "wounded": "Injured", "kidnapped": "Kidnapped", "detained": "Arrested"}
TOTALS = {ours: f"Aid Workers {theirs}" for ours, theirs in OUTCOMES.items()}
CAPTIVITY = "Killed in Captivity"
GROUPS = ("International", "National", "Female", "Male")
SPLIT = tuple(f"{group} Aid Workers {outcome}" for outcome in (*OUTCOMES.values(), CAPTIVITY) for group in GROUPS)
COUNTS = (*TOTALS.values(), f"Aid Workers {CAPTIVITY}", *SPLIT)
REQUIRED = (ID, "Date", "Country ISO", *TOTALS.values())
OPTIONAL = (
    *("Country", "Admin 1", "Latitude", "Longitude", "Geo Precision", "Event Description"),
    "Reported Perpetrator Name",
    *SPELLINGS,
    *(name for name in COUNTS if name not in REQUIRED),
)
_OUTCOME_TAGS = {"Killed": "killed", "Injured": "injured", "Kidnapped": "kidnapped", "Arrested": "arrested"}
_GROUP_TAGS = {"International": "international", "National": "national", "Female": "f", "Male": "m"}
_ALL_TAGS = {**_OUTCOME_TAGS, CAPTIVITY: "killed+captivity"}
TAGS: dict[str, tuple[str, ...]] = {
    ID: ("#event+id", "#event+code", "#meta+id"),
    "Date": ("#date+occurred", "#date"),
    "Country ISO": ("#country+code",),
    "Country": ("#country+name",),
    "Admin 1": ("#adm1+name",),
    "Latitude": ("#geo+lat",),
    "Longitude": ("#geo+lon",),
    "Geo Precision": ("#geo+precision",),
    "Event Description": ("#description",),
    "Location of Incident": ("#loc+type",),
    "Reported Perpetrator": ("#group+perp", "#group+type+perp", "#group+type"),
    "Reported Perpetrator Name": ("#group+name+perp", "#group+name"),
    "Weapon Carried/Used": ("#event+weapon", "#event+means"),
    "Organisation Affected": ("#org+type", "#org+affected"),
    **{
        f"Aid Workers {outcome}": (f"#affected+aidworker+{tag}", f"#affected+{tag}", f"#affected+total+{tag}")
        for outcome, tag in _ALL_TAGS.items()
    },
    **{
        f"{group} Aid Workers {outcome}": (f"#affected+aidworker+{tag}+{group_tag}", f"#affected+{tag}+{group_tag}")
        for outcome, tag in _ALL_TAGS.items()
        for group, group_tag in _GROUP_TAGS.items()
    },
}

_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ]\d{2}:\d{2}.*)?)?)?", re.ASCII)
_SERIAL = re.compile(r"\d{5}(\.\d+)?", re.ASCII)  # days, as spreadsheets count them
_FIRST_DAY_OF_SPREADSHEETS = date(1899, 12, 30)
_UNDATED = {"year": None, "month": None, "day": None}


def read_id(cells: Cells) -> str | None:
    """The row's id without the decoration of spreadsheets, or None if it has none that can be one."""
    number = cells.number(ID, lowest=1, highest=10**11)
    return None if number is None else str(number)


def is_restricted(cells: Cells) -> bool:
    """Whether a code or the narrative of this row says sexual violence."""
    return any(RESTRICTED.search(cells.raw(column)) for column in (*SPELLINGS, "Event Description"))


def read_row(row: Row, *, source_id: str, digest: str, as_of: date, countries: Mapping[str, str]) -> Reading:
    """What `row` says. `as_of`: no date is later; `countries`: two letters of each by its codes."""
    cells = Cells(row)
    restricted = is_restricted(cells)
    when = _date(cells, as_of)
    if restricted:  # day and month beside a country and an organisation type could tell who it was
        when |= {"month": None, "day": None}
    where = {
        "country_code": country_of(cells, "Country ISO", countries),
        "country_text": cells.text("Country", longest=100),
    }
    counts = {column: cells.number(column) for column in (TOTALS.values() if restricted else COUNTS)}
    totals = {ours: counts[theirs] for ours, theirs in TOTALS.items()}
    figures = {name: count for name, count in counts.items() if count is not None and name not in TOTALS.values()}
    facts, texts = None, {}
    if not restricted:
        _flag_contradictions(cells, counts)
        labels = {column: cells.labels(column, spellings) for column, spellings in SPELLINGS.items()}
        figures |= {column: ", ".join(some) for column, some in labels.items() if some}
        facts = _facts(labels, totals, when, died=counts[f"Aid Workers {CAPTIVITY}"] or 0)
        facts["place_precision"] = _place_precision(cells)
        texts = _texts(cells, source_id, where["country_text"])
    record = {**when, **where, **totals, "affected": None, "figures": figures}
    return reading_of(cells, source_id=source_id, digest=digest, record=record, facts=facts, texts=texts)


def _date(cells, as_of):
    """Year, month and day as far as they are given and can be true."""
    value = cells.raw("Date")
    if not value:
        return dict(_UNDATED)
    if _SERIAL.fullmatch(value):
        given = _FIRST_DAY_OF_SPREADSHEETS + timedelta(days=int(value.partition(".")[0]))
        return no_later(cells, "Date", given, as_of)
    found = _ISO.fullmatch(value)
    year, month, day = (int(part) if part else None for part in found.groups()) if found else (0, None, None)
    if not found or (month is not None and not 1 <= month <= 12) or year < 1:
        cells.note("Date", Reason.NOT_A_DATE)
        return dict(_UNDATED)
    if day is not None and not 1 <= day <= last_day(year, month):
        cells.note("Date", Reason.NO_SUCH_DAY)
        day = None
    possible = no_later(cells, "Date", date(year, month or 1, day or 1), as_of)
    return {name: possible[name] and part for name, part in (("year", year), ("month", month), ("day", day))}


def _flag_contradictions(cells, counts):
    """Flag totals that are smaller than their parts; larger ones only mean that of some people it is not known."""
    for outcome in (*OUTCOMES.values(), CAPTIVITY):
        total = counts[f"Aid Workers {outcome}"]
        for pair in (GROUPS[:2], GROUPS[2:]):
            given = [counts[f"{group} Aid Workers {outcome}"] or 0 for group in pair]
            if total is not None and sum(given) > total:
                cells.note(f"Aid Workers {outcome}", Reason.CONTRADICTION, is_kept=True)


def _facts(labels, totals, when, *, died):
    """The codes of the release."""
    means = _means(labels["Weapon Carried/Used"], totals, died)
    return {
        **graveness_of(means=means, totals=totals, died=died),
        "means": means,
        "context": Context.UNKNOWN,  # the source has none
        "actor": _only(ACTOR, labels["Reported Perpetrator"], Actor.UNKNOWN),
        "place_type": _only(PLACE_TYPE, labels["Location of Incident"], PlaceType.UNKNOWN),
        **when_of(when),
        **totals,
    }


def _means(weapons, totals, died):
    """Kidnapping and arrest are means of their own; the weapon carried meanwhile is not."""
    if totals["kidnapped"]:
        return Means.KIDNAP_KILLING if died else Means.KIDNAPPING
    if totals["detained"]:
        return Means.DETENTION
    means = _only(WEAPON, weapons, Means.UNKNOWN)
    return Means.UNKNOWN if means in HANDS and not (totals["killed"] or totals["wounded"]) else means


def _only(ours, labels, otherwise):
    """What all `labels` are among our codes; `otherwise` if that is not one and the same."""
    codes = {ours[label] for label in labels}
    return codes.pop() if len(codes) == 1 else otherwise


def _place_precision(cells):
    value = cells.raw("Geo Precision").casefold()
    found = next((precision for start, precision in PRECISION.items() if value.startswith(start)), None)
    if value and found is None:
        cells.note("Geo Precision", Reason.UNKNOWN_CODE)
    return found or PlacePrecision.UNKNOWN


def _texts(cells, source_id, country_text):
    """What is sealed: narrative, names of places and actors, position."""
    actor, place = cells.text("Reported Perpetrator Name", longest=200), cells.text("Admin 1", longest=100)
    places = ["" if place.casefold() in NOTHING_KNOWN else place, country_text]
    return {
        "what": cells.narrative("Event Description", longest=10_000),
        "place": ", ".join(name for name in places if name),
        "actor_name": "" if actor.casefold() in NOTHING_KNOWN else actor,
        "position": position_of(cells),
        "source_ref": f"Insecurity Insight {source_id}",
    }


def spoken(row: Row) -> list[tuple[str, str]]:
    """The filled known cells, for the row's digest; a date is the same as number, day or moment."""
    cells = spoken_cells(row, {*REQUIRED, *OPTIONAL}, counts=COUNTS)
    return [(column, _plain_date(value) if column == "Date" else value) for column, value in cells]


def _plain_date(value):
    if _SERIAL.fullmatch(value):
        return (_FIRST_DAY_OF_SPREADSHEETS + timedelta(days=int(value.partition(".")[0]))).isoformat()
    return value[:10] if _ISO.fullmatch(value) else value
