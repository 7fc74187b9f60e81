"""For which organisations somebody answers about the level of which area: at headquarters, or in the field (§5c)."""

from typing import NamedTuple

from sharing.access import Access

ASKED = ("area_partners", "un")  # the kinds of principal of who is asked: partner organisations, UN security officers


class Voice(NamedTuple):
    """One side of an organisation that is asked about an area; `name` is the organisation's."""

    area_id: int
    organisation_id: int
    name: str
    is_headquarters: bool


def voices_of(access: Access) -> list[Voice]:
    """For whom this person answers, by area: their organisation at headquarters where it is active, in the field where
    they work. From their principals, without a query."""
    own = {
        (held.organisation, held.area_id, held.role): int(held.principal.split(":")[1])
        for held in access.through
        if held.principal.startswith("organisation")
    }
    found = set()
    for held in access.through:
        kind, *ids = held.principal.split(":")
        organisation = own.get((held.organisation, held.area_id, held.role))
        if kind in ASKED and organisation:
            found.add(Voice(int(ids[0]), organisation, held.organisation, held.area_id is None))
    return sorted(found, key=lambda voice: (voice.area_id, voice.name, not voice.is_headquarters))


def principals_asked(areas) -> set[str]:
    """The principals of everybody who is asked about `areas` (their ids)."""
    return {f"{kind}:{area}" for area in areas for kind in ASKED}
