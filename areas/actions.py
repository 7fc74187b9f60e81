"""Making, renaming, changing, ending, splitting and merging areas (L1). What was stays: every step is an `AreaEntry`.

The version of an area is the id of its newest entry (0: there is none yet). Whoever changes an area says which version
they had read; the row is locked and compared, so of two at once the second is told (StaleState) and writes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.text import slugify

from audit.actions import record
from slt_portal.states import StaleState

from .models import Area, AreaEntry, AreaTerritory
from .names import names_on

What = AreaEntry.What
CHANGEABLE = ("kind", "note_en", "note_fr", "designated_official_post", "has_dss_office", "time_zone")
_WORDS_OF_ADDRESSES = {"add"}  # stand where the code of an area stands in an address


@dataclass(frozen=True)
class NewArea:
    """An area to be made. `territories` says how much of which country: {"SY": "part"}."""

    name_en: str
    name_fr: str
    kind: str
    territories: Mapping[str, str]
    time_zone: str
    parent: Area | None = None
    valid_to: date | None = None
    has_dss_office: bool = True
    designated_official_post: str = ""
    note_en: str = ""
    note_fr: str = ""


def today() -> date:
    """The day in UTC: areas begin and end at midnight UTC."""
    return timezone.now().date()


def version_of(area: Area) -> int:
    """The id of the newest entry of an area; 0: there is none."""
    return versions_of([area])[area.pk]


def versions_of(areas: Iterable[Area]) -> dict[int, int]:
    """The versions of several areas by their ids; one query."""
    found = {area.pk: 0 for area in areas}
    rows = AreaEntry.objects.filter(area__in=found).order_by("pk").values_list("area", "pk")
    return found | dict(rows)


def has_ended(area: Area, on: date | None = None) -> bool:
    """Whether its last day has passed."""
    return area.valid_to is not None and area.valid_to < (on or today())


def open_steps(area: Area, *, has_successors: bool) -> list[str]:
    """What DSS headquarters may do with an area now. What has ended stays as it was; what others were made from keeps
    its end, and is not split again."""
    if has_ended(area):
        return []
    return ["rename", "change"] if has_successors else ["rename", "change", "end", "split", "merge"]


def has_successors(area: Area) -> bool:
    """Whether other areas were made from it."""
    return AreaEntry.objects.filter(comes_from=area).exists()


@transaction.atomic
def add_area(new: NewArea, *, on: date, reason: str = "", by) -> Area:
    """There is this area from the day `on` on: today or later, so that no day that has passed is told otherwise.

    Raises StaleState if there is one of the same name, made a moment ago perhaps.
    """
    if on < today():
        raise ValueError("an area begins today or later")
    area = _make(new, on=on, reason=reason, by=by)
    _record("areas.made", area, by=by, on=on, kind=area.kind, territories=sorted(new.territories))
    return area


@transaction.atomic
def rename_area(area: Area, *, name_en: str, name_fr: str, on: date, reason: str = "", seen: int, by) -> AreaEntry:
    """From the day `on` on it has these names; before, those that it had. A day to come: `take_new_names` does it.

    Raises StaleState (see above), and ValueError for a day before that of its newest name or outside its time.
    """
    row = _locked(area, seen)
    last = row.entries.filter(what=What.RENAMED).order_by("pk").last()
    if (last and on < last.on) or (row.valid_from and on < row.valid_from) or has_ended(row, on):
        raise ValueError("a name begins after the one before it, while the area is there")
    before = names_on([row], on)[row.pk]
    if on <= today():
        Area.objects.filter(pk=row.pk).update(name_en=name_en, name_fr=name_fr)
    was = {"name_en": before.en, "name_fr": before.fr}
    entry = _enter(row, What.RENAMED, on=on, names=(name_en, name_fr), was=was, reason=reason, by=by)
    _record("areas.renamed", row, by=by, on=on)
    return entry


@transaction.atomic
def take_new_names() -> int:
    """Give the areas the names that begin today (or began while the portal stood still); how many there were."""
    due = list(Area.objects.filter(entries__what=What.RENAMED, entries__on__lte=today()).distinct())
    names, taken = names_on(due, today()), []
    for area in due:
        old, new = (area.name_en, area.name_fr), tuple(names[area.pk])
        same = Area.objects.filter(pk=area.pk, name_en=old[0], name_fr=old[1])
        if old != new and same.update(name_en=new[0], name_fr=new[1]):
            taken.append(area)
    for area in taken:
        _record("areas.name_began", area, by=None)
    return len(taken)


@transaction.atomic
def change_area(area: Area, *, changes: Mapping, reason: str = "", seen: int, by) -> AreaEntry | None:
    """From today on `changes` hold: any of CHANGEABLE, and `territories`. None if nothing is different.

    Raises StaleState (see above).
    """
    row = _locked(area, seen)
    was = {name: getattr(row, name) for name in CHANGEABLE if name in changes and changes[name] != getattr(row, name)}
    if was:
        Area.objects.filter(pk=row.pk).update(**{name: changes[name] for name in was})
    if "territories" in changes:
        covered = dict(row.territories.values_list("country", "coverage"))
        if covered != dict(changes["territories"]):
            was["territories"] = covered
            _cover(row, changes["territories"])
    if not was:
        return None
    names = (row.name_en, row.name_fr)
    entry = _enter(row, What.CHANGED, on=today(), names=names, was=was, reason=reason, by=by)
    _record("areas.changed", row, by=by, fields=sorted(was))
    return entry


@transaction.atomic
def end_area(area: Area, *, on: date | None, reason: str = "", seen: int, by) -> AreaEntry:
    """Its last day is `on`, today or later; None takes back an end that has not come. Levels, roles and history stay.

    Raises StaleState (see above), and ValueError for a day that has passed or comes before its first.
    """
    row = _locked(area, seen)
    if has_successors(row):
        raise StaleState("other areas were made from it")
    if on and (on < today() or (row.valid_from and on < row.valid_from)):
        raise ValueError("an area ends today or later, and not before it began")
    was = {"valid_to": row.valid_to and row.valid_to.isoformat()}
    Area.objects.filter(pk=row.pk).update(valid_to=on)
    what, day, names = (What.ENDED if on else What.CHANGED), on or today(), (row.name_en, row.name_fr)
    entry = _enter(row, what, on=day, names=names, was=was, reason=reason, by=by)
    _record("areas.ended" if on else "areas.not_ended", row, by=by, on=day)
    return entry


@transaction.atomic
def split_area(
    areas: Sequence[Area], *, into: Sequence[NewArea], on: date, reason: str = "", seen: Mapping[int, int], by
) -> list[Area]:
    """From the day `on` on there are the areas of `into` in place of `areas`: one into several, or several into one.

    The old ones end the day before and keep everything; the new ones begin without a level of their own (L2). `seen`
    has the version of each old one. Raises StaleState if one of them changed meanwhile, was split before or is not
    there the day before and that day; ValueError for a day that has passed.
    """
    if on < today() or not areas or not into:
        raise ValueError("areas are split or merged from today or later, into at least one")
    last, old = (
        on - timedelta(days=1),
        [_locked(area, seen.get(area.pk)) for area in sorted(areas, key=lambda row: row.pk)],
    )
    for row in old:
        if has_successors(row) or (row.valid_from and row.valid_from > last) or has_ended(row, on):
            raise StaleState("one of the areas is not there then")
    for row in old:
        was = {"valid_to": row.valid_to and row.valid_to.isoformat()}
        Area.objects.filter(pk=row.pk).update(valid_to=last)
        _enter(row, What.ENDED, on=last, names=(row.name_en, row.name_fr), was=was, reason=reason, by=by)
    made = [_make(new, on=on, reason=reason, by=by, comes_from=old) for new in into]
    verb, codes = ("areas.split" if len(old) == 1 else "areas.merged"), [area.code for area in made]
    for row in old:
        _record(verb, row, by=by, on=on, into=codes)
    for area in made:
        _record("areas.made", area, by=by, on=on, kind=area.kind, comes_from=[row.code for row in old])
    return made


def _locked(area, seen) -> Area:
    """The row, held until the end of the transaction, if it is as it was when it was read."""
    row = Area.objects.select_for_update(no_key=True).get(pk=area.pk)
    if version_of(row) != seen or has_ended(row):
        raise StaleState(f"{row.code}: somebody else changed this area first")
    return row


def _make(new, *, on, reason, by, comes_from=()):
    if Area.objects.filter(Q(valid_to=None) | Q(valid_to__gte=on), name_en=new.name_en).exists():
        raise StaleState("there is an area of this name")
    plain = {name: getattr(new, name) for name in (*CHANGEABLE, "name_en", "name_fr", "parent", "valid_to")}
    try:
        with transaction.atomic():
            area = Area.objects.create(code=_free_code(new.name_en), valid_from=on, **plain)
    except IntegrityError as error:
        raise StaleState("an area of this name was made at the same moment") from error
    _cover(area, new.territories)
    for origin in comes_from or [None]:
        names = (area.name_en, area.name_fr)
        _enter(area, What.MADE, on=on, names=names, comes_from=origin, reason=reason, by=by)
    return area


def _free_code(name):
    """A code that no area ever had: addresses, levels and lists name areas by it."""
    base = slugify(name)[:36].strip("-") or "area"
    taken = set(Area.objects.filter(code__startswith=base).values_list("code", flat=True)) | _WORDS_OF_ADDRESSES
    number, code = 1, base
    while code in taken:
        number += 1
        code = f"{base}-{number}"
    return code


def _cover(area, territories):
    """It covers exactly these; codes of parts of what it covered before are kept."""
    rows = {row.country_id: row for row in area.territories.all()}
    area.territories.exclude(country__in=territories).delete()
    for country, coverage in territories.items():
        if country in rows:
            area.territories.filter(country=country).update(coverage=coverage)
        else:
            AreaTerritory.objects.create(area=area, country_id=country, coverage=coverage)


def _enter(area, what, *, on, names, reason, by, was=None, comes_from=None) -> AreaEntry:
    facts = {"name_en": names[0], "name_fr": names[1], "was": was or {}, "comes_from": comes_from}
    return AreaEntry.objects.create(area=area, what=what, on=on, reason=reason, by=by, **facts)


def _record(verb, area, *, by, on=None, **facts):
    if on:
        facts["on"] = on.isoformat()
    record(verb, by=by, object_type="area", object_ref=area.code, facts=facts)
