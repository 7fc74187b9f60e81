"""Where on a map of the world an area's symbol stands. A point in its middle, never a boundary (L1).

`data/points.csv` holds facts by country code, and by area code for the areas that are not simply a country.
"""

import csv
from functools import lru_cache
from typing import NamedTuple

from .models import Area
from .reference import FOLDER


class Point(NamedTuple):
    """Degrees north and east."""

    latitude: float
    longitude: float


@lru_cache(maxsize=1)
def known_points() -> dict[str, Point]:
    """The points by country code and by area code."""
    with (FOLDER / "points.csv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        return {row["code"]: Point(float(row["latitude"]), float(row["longitude"])) for row in rows}


def on_map(point: Point) -> tuple[int, int]:
    """Where a point lies on `static/overview/world.svg`, whose degrees are 2 wide and 2.4 high."""
    return round((point.longitude + 180) * 2), round((84 - point.latitude) * 2.4)


def point_of(area: Area) -> Point | None:
    """The point of an area: its own, else that of the first country it covers, else none.

    Reads `area.territories`: prefetch them where there are several areas.
    """
    if area.code in known_points():
        return known_points()[area.code]
    codes = sorted(row.country_id for row in area.territories.all())
    return next((known_points()[code] for code in codes if code in known_points()), None)
