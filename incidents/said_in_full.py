"""An originator shares in full what they withheld, or of which they gave a warning only (C5)."""

from django.utils import timezone

from sharing.control import move_in_time
from sharing.markings import Depth
from sharing.models import Item

from .account import Sharing, account_of, sort_dates, texts_said
from .actions import first_filed_at, say
from .changes import raise_version
from .limiting import place_shown
from .models import AffectedGroup, IncidentRelease
from .report_codes import keep_codes
from .shown import opened_texts

_WHY = "the originator shares what was withheld"


def say_in_full(item: Item, full: IncidentRelease, shared: IncidentRelease, sharing: Sharing) -> bool:
    """Let the shared release of `item` say the report as `sharing` has it, if it was withheld or only a warning; from
    now on figures count it as it is. Returns whether it was. The caller holds the lock of the incident."""
    if item.state != Item.State.WITHHELD and not shared.is_minimal:
        return False
    groups = AffectedGroup.objects.for_system(_WHY).filter(facts=full).order_by("pk")
    account = account_of(full, opened_texts(full) or {}, groups)
    if shared.is_minimal:
        shared.is_minimal = False
        texts = texts_said(account, Depth.SHARED, limits=sharing.limits, place_shown=place_shown(sharing))
        say(shared, full.report, account, texts, limits=sharing.limits)
        raise_version(item, IncidentRelease.objects.for_system(_WHY).filter(pk=shared.pk))
        zone = shared.release.area.time_zone
        dates = sort_dates(account, zone, limits=sharing.limits, filed_at=first_filed_at(item))
        move_in_time({shared.release_id: dates[Depth.SHARED]})
    keep_codes(full.report, account, originator=item.originator, area=item.area, at=timezone.now())
    return True
