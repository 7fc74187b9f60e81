"""Lists on their pages: one in force, with what is awkward to print, and one that it superseded."""

from datetime import timedelta

import time_machine
from django.utils import timezone

from implementation_levels.actions.lists import publish_due
from implementation_levels.models import Level

from .levels import SOUTH_SUDAN, a_level

_WHY = (
    "Armed conflict in the north: convoys are stopped and robbed on the only road, and the airport was closed twice "
    "this month. The platform asks for a meeting every week and for shared planning of movements."
)
LISTED = {
    "south-sudan": _WHY,
    "kosovo": "",
    "haiti": "Very high risk in the capital. " * 30,
    "yemen": "نزاع مسلح في الشمال",
    "northwest-syria-cross-border": _WHY,
}


def of_lists(cast) -> dict[str, object]:
    """List 1 of a month ago, and list 2 of today, late: an area went, another came. Their PDFs are still being made."""
    with time_machine.travel(timezone.now() - timedelta(days=31), tick=False):
        for code, why in LISTED.items():
            a_level(cast, code=code, reasons=why)
        first = publish_due()
    with time_machine.travel(timezone.now() - timedelta(days=9), tick=False):
        a_level(cast, Level.NORMAL, code=SOUTH_SUDAN, reasons="The roads are open again, and nothing was reported.")
    a_level(cast, code="chad", reasons=_WHY)
    return {"level_list_before": first.number, "level_list": publish_due().number, "fingerprint": first.digest}
