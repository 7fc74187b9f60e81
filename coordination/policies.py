"""Who reads who is there, and who keeps it (§4; K1, P8)."""

from django.conf import settings

from areas.models import Area
from governance.policies import reads_bodies
from sharing.access import Access

from .holders import Voice

# Who answers for what is recorded about their own area: they know who is there (§4).
KEEPERS = ("dss", "designated_official", "ocha")


def reads_coordination(access: Access) -> bool:
    """Whether this person reads who is there, in any area: whoever reads the levels does (a setting, P8)."""
    return any(name.partition(":")[0] in settings.LEVEL_READERS for name in access.principals)


def reads_picture(access: Access, area: Area) -> bool:
    """Whether this person reads who is there in `area`: not those whose organisation is suspended there."""
    return reads_coordination(access) and area.pk not in access.closed_areas


def reads_gaps(access: Access) -> bool:
    """Whether this person reads the table of all areas: DSS headquarters, OCHA and both bodies."""
    return reads_bodies(access)


def keeps(access: Access, area: Area) -> bool:
    """Whether this person records who is there: DSS, OCHA or the Designated Official of the area or of what it is part
    of, and DSS headquarters."""
    wanted = {f"{kind}:{place}" for kind in KEEPERS for place in area.places} | {"dss_world"}
    return not wanted.isdisjoint(access.principals)


def speaks_for(access: Access, voice: Voice) -> bool:
    """Whether this person represents a mechanism: they confirm it, and name who else does."""
    return any(row.user_id == access.user_id for row in voice.representatives)
