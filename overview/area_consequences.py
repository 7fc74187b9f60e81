"""What follows when an area gets another name, ends, or makes way for others: in words, before it is done (L1, L2)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from areas.actions import NewArea, today
from areas.models import Area
from areas.names import by_name
from implementation_levels.levels import AreaLevel, levels_on
from implementation_levels.models import Level
from organisations.models import Membership, Standing
from slt_portal.templatetags.portal import day_text


@dataclass(frozen=True)
class Consequences:
    """Sentences, and the levels of the areas that end."""

    sentences: list[str]
    levels: list[AreaLevel] = field(default_factory=list)

    @property
    def reinforced(self) -> list[AreaLevel]:
        """Those that are on the list of reinforced areas, or will be."""
        return [row for row in self.levels if row.is_reinforced or _will_be(row)]

    @property
    def has_reinforced(self) -> bool:
        """Whether the list of reinforced areas loses one."""
        return bool(self.reinforced)


def _will_be(row):
    return bool(row.to_come and row.to_come.level == Level.REINFORCED)


def of_rename(area: Area, typed: dict) -> Consequences:
    """Another name from a day on: level, roles and addresses stay."""
    words = {"old": area.name, "en": typed["name_en"], "fr": typed["name_fr"], "day": day_text(typed["on"])}
    sentences = [
        _("From %(day)s on the area is called “%(en)s” in English and “%(fr)s” in French.") % words,
        _("Lists and documents that were issued keep the name “%(old)s”. The history shows both names.") % words,
        _("Its level, the roles of people and the address of its page stay as they are."),
    ]
    if typed["on"] > today():
        sentences.insert(1, _("Until then the portal calls it “%(old)s”.") % words)
    return Consequences(sentences)


def of_end(area: Area, on: date | None) -> Consequences:
    """Its last day is `on`; None: it does not end after all."""
    if on is None:
        return Consequences([_("The area does not end. Its level, roles and history stay as they are.")])
    words = {"area": area.name, "day": day_text(on)}
    sentences = [
        _("The last day of %(area)s is %(day)s. Then no list of areas names it.") % words,
        _("Its page, its history and what was shared there stay."),
        *_who_is_there([area]),
        *_parts(area),
    ]
    return Consequences(sentences, levels_on([area], today()))


def of_split(old: Sequence[Area], new: Sequence[NewArea], on: date) -> Consequences:
    """From `on` there are `new` areas in place of `old`."""
    last = on - timedelta(days=1)
    names = ", ".join(f"“{area.name_en}” / “{area.name_fr}”" for area in new)
    words = {"old": ", ".join(area.name for area in old), "new": names, "day": day_text(on), "last": day_text(last)}
    sentences = [
        ngettext(
            "The last day of %(old)s is %(last)s. From %(day)s on there is a new area: %(new)s.",
            "The last day of %(old)s is %(last)s. From %(day)s on there are new areas: %(new)s.",
            len(new),
        )
        % words,
        _("A new area begins at the normal level. Only the Oversight Committee gives it another one."),
        _("Pages and history of old and new areas stay and name each other. What was shared stays where it was."),
        *_who_is_there(old),
        _("Nobody has a role in a new area by itself: invite people there, and record the organisations."),
        *(sentence for area in old for sentence in _parts(area)),
    ]
    return Consequences(sentences, levels_on(old, today()))


def _who_is_there(areas):
    people = Membership.objects.on().filter(area__in=areas).values("user").distinct().count()
    active = Standing.objects.on().filter(area__in=areas, kind__in=["active", "partner"])
    organisations = active.values("organisation").distinct().count()
    sentences = []
    if people:
        text = ngettext(
            "%(count)s person has a role there. They keep it, and what they read there, until somebody ends it.",
            "%(count)s people have a role there. They keep it, and what they read there, until somebody ends it.",
            people,
        )
        sentences.append(text % {"count": people})
    if organisations:
        text = ngettext(
            "%(count)s organisation is in the register there. It stays there until somebody ends that.",
            "%(count)s organisations are in the register there. They stay there until somebody ends that.",
            organisations,
        )
        sentences.append(text % {"count": organisations})
    return sentences


def _parts(area):
    parts = by_name(area.parts.current())
    text = _("Areas within %(area)s stay: %(parts)s. End them, too, if they end.")
    return [text % {"area": area.name, "parts": ", ".join(part.name for part in parts)}] if parts else []
