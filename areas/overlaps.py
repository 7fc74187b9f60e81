"""Which areas lie, at least in part, on the same territory (§5b, L1). Each keeps its own level: none follows."""

from collections import defaultdict
from collections.abc import Iterable

from .models import Area, AreaTerritory

WHOLE = AreaTerritory.Coverage.WHOLE


def overlaps(areas: Iterable[Area]) -> dict[int, list[Area]]:
    """By id, the others of `areas` that lie on territory of each, in their order; those without any are left out.

    Parts of one country overlap where they name a part in common, and with what covers the whole; of parts that name
    none it is not known, so not said. Reads `area.territories`: prefetch them.
    """
    areas = list(areas)
    by_country = defaultdict(list)
    for area in areas:
        for row in area.territories.all():
            by_country[row.country_id].append(row)
    found = defaultdict(set)
    for rows in by_country.values():
        for row in rows if len(rows) > 1 else ():
            found[row.area_id] |= {other.area_id for other in rows if other is not row and _meet(row, other)}
    for area in areas:
        if area.parent_id:
            found[area.pk].add(area.parent_id)
            found[area.parent_id].add(area.pk)
    return {pk: some for pk, others in found.items() if (some := [area for area in areas if area.pk in others])}


def _meet(row, other) -> bool:
    return WHOLE in (row.coverage, other.coverage) or bool(set(row.p_codes) & set(other.p_codes))
