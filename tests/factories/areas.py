"""Areas with a history: renamed, changed, split."""

from datetime import timedelta

from areas.actions import NewArea, change_area, rename_area, split_area, today, version_of
from areas.models import Area

HEADQUARTERS = "dss.hq@un.example"


def of_areas(cast) -> dict:
    """UNFICYP has had another name and note, and is split from tomorrow on; UNDOF ended yesterday, in favour of two."""
    by, names = cast[HEADQUARTERS], ("Buffer zone in Cyprus", "Zone tampon à Chypre")
    cyprus = Area.objects.get(code="unficyp")
    on = today() - timedelta(days=40)
    rename_area(cyprus, name_en=names[0], name_fr=names[1], on=on, reason="The mission said so.", seen=0, by=by)
    changes = {"note_en": "", "has_dss_office": False, "territories": {"CY": "whole"}}
    change_area(cyprus, changes=changes, reason="خطأ", seen=version_of(cyprus), by=by)
    for code, on in (("unficyp", today() + timedelta(days=1)), ("undof", today())):
        old = Area.objects.get(code=code)
        facts = {"kind": "part", "territories": dict(old.territories.values_list("country", "coverage"))}
        new = [
            NewArea(name_en=f"{old.name_en}, {en}", name_fr=f"{old.name_fr}, {fr}", time_zone=old.time_zone, **facts)
            for en, fr in (("north", "nord"), ("south", "sud"))
        ]
        split_area([old], into=new, on=on, reason="Two officials.", seen={old.pk: version_of(old)}, by=by)
    return {}
