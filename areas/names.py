"""Names of areas as people look for them: in their alphabet's order, with or without accents, in any UN language; and
the names that an area had on a day."""

import unicodedata
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from django.utils.translation import get_language

from slt_portal.prepared import prepared

from .models import Area, AreaEntry, Country

LANGUAGES = ("ar", "zh", "en", "fr", "ru", "es")  # of the United Nations


def folded(text: str) -> str:
    """Lower case without accents, so that "cote d'ivoire" finds Côte d'Ivoire and É stands with E."""
    apart = unicodedata.normalize("NFKD", text.replace("’", "'"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).casefold()


@prepared
def all_areas():
    """(code, English name, French name) of every area."""
    return Area.objects.order_by("pk").values_list("code", "name_en", "name_fr")


def named(rows: Iterable[tuple[str, str, str]]) -> list[tuple[str, str]]:
    """(code, name) of rows of `all_areas`, in the reader's language and its alphabetical order."""
    is_french = (get_language() or "en").startswith("fr")
    return sorted(((code, french if is_french else english) for code, english, french in rows), key=_place)


def _place(area):
    return _folded(area[1])


def by_name(areas: Iterable[Area]) -> list[Area]:
    """In the alphabetical order of the reader's language. Not by the database: each sorts accents in its own way."""
    return sorted(areas, key=lambda area: _folded(area.name))


_folded = lru_cache(maxsize=4096)(folded)  # the names of areas: a few hundred, the same in every list


def matching(areas: Iterable[Area], words: str) -> list[Area]:
    """Those with all of `words` in their name or in a country's that they cover. The list is short enough for that."""
    wanted = folded(words).split()
    return [area for area in areas if all(word in _names(area) for word in wanted)] if wanted else list(areas)


def _names(area):
    names = [area.name_en, area.name_fr]
    for country in area.countries.all():
        names += [country.code, country.iso3, *(name for _language, name in names_of(country))]
    return " ".join(map(_folded, names))


def names_of(country: Country) -> list[tuple[str, str]]:
    """(language, name) of a country or territory in the languages of the United Nations, as far as they are known."""
    names = ((language, getattr(country, f"name_{language}")) for language in LANGUAGES)
    return [(language, name) for language, name in names if name]


class Names(NamedTuple):
    """What an area was called, in both languages of the portal."""

    en: str
    fr: str

    def __str__(self):
        return self.fr if (get_language() or "en").startswith("fr") else self.en


def names_on(areas: Iterable[Area], day: date) -> dict[int, Names]:
    """What each of `areas` was, is or will be called on `day`, by id (L1). One query, however many there are."""
    areas = list(areas)
    found = {area.pk: Names(area.name_en, area.name_fr) for area in areas}
    renamed = AreaEntry.objects.filter(area__in=found, what=AreaEntry.What.RENAMED).order_by("pk")
    seen = set()
    for entry in renamed:
        if entry.area_id not in seen:  # before the first day on which it had another name
            seen.add(entry.area_id)
            found[entry.area_id] = Names(entry.was["name_en"], entry.was["name_fr"])
        if entry.on <= day:
            found[entry.area_id] = Names(entry.name_en, entry.name_fr)
    return found


def name_on(area: Area, day: date) -> Names:
    """What one area was called on `day`; as text, in the reader's language."""
    return names_on([area], day)[area.pk]
