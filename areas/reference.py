"""The reference list of countries and areas that comes with the portal, and how it gets into the database.

Facts only, in the United Nations' usage of names: `data/countries.csv` (with the default area of each country, and the
time zone of its capital), `data/names.csv` (its names in the other languages of the United Nations), `data/areas.csv`
and `data/territories.csv` for the areas that are not simply a country.
"""

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db import transaction

from .models import Area, AreaEntry, AreaTerritory, Country

FOLDER = Path(__file__).resolve().parent / "data"


@dataclass(frozen=True)
class Loaded:
    """How many rows one load added and how many it changed."""

    added: int
    changed: int


@transaction.atomic
def load_reference() -> Loaded:
    """Bring countries, areas and territories up to the reference list.

    What an installation maintains itself stays: its own areas, and of the others whatever it changed (`AreaEntry.was`),
    the DSS office, the post title once known, the end.
    """
    countries, names = _rows("countries.csv"), {row["code"]: row for row in _rows("names.csv")}
    done = [_load(Country, "code", {row["code"]: _country(row | names[row["code"]]) for row in countries})]
    areas = {row["area"]: _country_area(row) for row in countries if row["area"]}
    special = _rows("areas.csv")
    areas |= {row["code"]: _special_area(row) for row in special if not row["parent"]}
    kept = _kept()
    done.append(_load(Area, "code", areas, kept))
    ids = dict(Area.objects.values_list("code", "id"))
    parts = {row["code"]: {**_special_area(row), "parent_id": ids[row["parent"]]} for row in special if row["parent"]}
    done.append(_load(Area, "code", parts, kept))
    ids = dict(Area.objects.values_list("code", "id"))
    done.append(_load_territories(ids, countries, kept))
    return Loaded(sum(one.added for one in done), sum(one.changed for one in done))


def _rows(name):
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _country(row):
    return {name: row[name] for name in ("iso3", "name_en", "name_fr", "name_ar", "name_es", "name_ru", "name_zh")}


def _country_area(row):
    names = {name: row[name] for name in ("name_en", "name_fr", "time_zone")}
    return {"kind": Area.Kind.COUNTRY, **names}


def _special_area(row):
    plain = ("kind", "name_en", "name_fr", "time_zone", "note_en", "note_fr", "designated_official_post")
    begins = date.fromisoformat(row["valid_from"]) if row["valid_from"] else None
    return {"valid_from": begins, **{name: row[name] for name in plain}}


def _kept():
    """The fields that an existing area keeps, by its code: what DSS changed; of an area that DSS made all of them."""
    all_fields = {field.attname for field in Area._meta.concrete_fields} | {"territories"}
    kept = defaultdict(lambda: {"designated_official_post"})
    for code, what, was in AreaEntry.objects.values_list("area__code", "what", "was"):
        kept[code] |= all_fields if what == AreaEntry.What.MADE else was.keys()
    return kept


def _load(model, key, wanted, kept=None):
    """Make the rows of `wanted` (by `key`) so; `kept` names the fields that an existing row keeps."""
    present = model.objects.in_bulk(list(wanted), field_name=key)
    new = [model(**{key: code}, **values) for code, values in wanted.items() if code not in present]
    changed, fields = [], set()
    for code, row in present.items():
        different = {
            name: value
            for name, value in wanted[code].items()
            if getattr(row, name) != value and not (kept and name in kept[code])
        }
        if different:
            for name, value in different.items():
                setattr(row, name, value)
            changed.append(row)
            fields |= different.keys()
    model.objects.bulk_create(new)
    if changed:
        model.objects.bulk_update(changed, sorted(fields))
    return Loaded(len(new), len(changed))


def _load_territories(ids, countries, kept):
    rows = [(row["area"], row["code"], AreaTerritory.Coverage.WHOLE) for row in countries if row["area"]]
    rows += [(row["area"], row["country"], row["coverage"]) for row in _rows("territories.csv")]
    wanted = {(ids[area], country): coverage for area, country, coverage in rows if "territories" not in kept[area]}
    present = set(AreaTerritory.objects.values_list("area_id", "country_id"))
    new = [
        AreaTerritory(area_id=area, country_id=country, coverage=coverage)
        for (area, country), coverage in wanted.items()
        if (area, country) not in present
    ]
    AreaTerritory.objects.bulk_create(new)
    return Loaded(len(new), 0)
