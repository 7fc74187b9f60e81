"""Invented rows in the shape of the Aid Worker Security Database's export, and files of them."""

import csv
from datetime import date
from io import StringIO

from django.core.management import call_command

from areas.models import Area, AreaTerritory, Country
from incidents.imports import awsd
from incidents.imports.actions import import_incidents
from incidents.imports.runs import start_import

COLUMNS = [name for name in (*awsd.REQUIRED, *awsd.OPTIONAL) if "detained" not in name]
AS_OF = date(2025, 3, 31)


def incident(number: int, **cells: str) -> dict[str, str]:
    """A row that is right in every cell; `cells` by column, with _ for a space, replace some of them."""
    row = {
        "Incident ID": str(number),
        "Year": "2024",
        "Month": "2",
        "Day": "29",
        "Country Code": "SS",
        "Country": "South Sudan",
        "Region": "Invented Region",
        "District": "Invented District",
        "City": "Inventedtown",
        **dict.fromkeys(awsd.COUNTS, "0"),
        "INGO": "1",
        "Nationals wounded": "1",
        "Total nationals": "1",
        "Total wounded": "1",
        "Total affected": "1",
        "Gender Female": "1",
        "Means of attack": "Shooting",
        "Attack context": "Ambush",
        "Location": "Road",
        "Latitude": "4.5",
        "Longitude": "31.25",
        "Motive": "Economic",
        "Actor type": "Criminal",
        "Actor name": "Invented band",
        "Details": f"Invented narrative {number}.",
        "Verified": "Yes",
        "Source": "Media",
    }
    return row | {name.replace("_", " "): value for name, value in cells.items()}


def write(path, rows, *, columns=COLUMNS, above=(), encoding="utf-8"):
    """Write dictionaries (rows of data) and lists (any other row) below a header; returns `path`."""
    path.write_bytes(content(rows, columns=columns, above=above, encoding=encoding))
    return path


def content(rows, *, columns=COLUMNS, above=(), encoding="utf-8") -> bytes:
    """The same as bytes."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    for row in [*above, columns, *rows]:
        writer.writerow([row.get(name, "") for name in columns] if isinstance(row, dict) else row)
    return text.getvalue().encode(encoding)


def brought(rows, *, by, as_of=AS_OF, source="awsd"):
    """A run of a file with these rows (or these bytes) that was brought on the page."""
    plain = rows if isinstance(rows, bytes) else content(rows)
    return start_import(by=by, source=source, as_of=as_of, content=plain, name="export.csv")


def run(path, **options):
    """Import a file of this source and return the report."""
    defaults = {"as_of": AS_OF, "dry_run": False, "by": None, "progress": lambda done, total: None}
    return import_incidents(path, source="awsd", **defaults | options)


def command(path, *arguments) -> str:
    """What the command prints."""
    output = StringIO()
    call_command("import_incidents", str(path), "--source", "awsd", *arguments, stdout=output, verbosity=0)
    return output.getvalue()


def make_area(code: str, *countries: str, coverage="whole", **fields) -> Area:
    """An area that covers these countries and no other; what does not exist yet is made."""
    values = {"name_en": code, "name_fr": code, "kind": Area.Kind.COUNTRY, **fields}
    area, _ = Area.objects.update_or_create(code=code, defaults=values)
    AreaTerritory.objects.filter(area=area).delete()
    for country in countries:
        make_country(country)
        AreaTerritory.objects.create(area=area, country_id=country, coverage=coverage)
    return area


def make_country(code: str) -> Country:
    """A country of the reference list."""
    return Country.objects.get_or_create(code=code, defaults={"iso3": f"{code}X", "name_en": code, "name_fr": code})[0]
