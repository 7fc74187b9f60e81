"""Names of areas as people look for them: in their alphabet's order, with or without accents, in either language."""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from django.utils.translation import get_language

from slt_portal.prepared import prepared

from .models import Area


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
        names += [country.code, country.iso3, country.name_en, country.name_fr]
    return folded(" ".join(names))
