"""The names that the portal knows itself: the originator's, which a reader must not learn, and its people's (C4)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import CharField, Value

from accounts.models import User
from organisations.models import Organisation, OrganisationName
from organisations.names import folded

from .hits import HitKind
from .signs import WORD
from .words import NO_NAMES, TITLES

SHORTEST = 3  # letters of a part of a name that tells who it is
LONG = 3  # words of a name that is known without its last word, too: "... International"


@dataclass(frozen=True)
class Known:
    """Names to be found wherever they stand: organisations' in full, acronyms (as capitals) and people's."""

    organisations: tuple[str, ...] = ()
    acronyms: tuple[str, ...] = ()
    people: tuple[str, ...] = field(default=(), repr=False)

    @cached_property
    def _names(self) -> dict[str, list[tuple[tuple[str, ...], HitKind]]]:
        """By its first word each name: all its words, and what it is."""
        names = {}
        kinds = [(name, HitKind.ORGANISATION) for name in self.organisations]
        for name, kind in [*kinds, *((name, HitKind.PERSON) for name in self.people)]:
            words = tuple(WORD.findall(folded(name)))
            forms = {words}
            if kind == HitKind.ORGANISATION and len(words) > LONG:
                forms.add(words[:-1])
            for form in forms:
                if len("".join(form)) >= SHORTEST:
                    names.setdefault(form[0], []).append((form, kind))
        for forms in names.values():
            forms.sort(key=lambda row: -len(row[0]))
        return names

    @cached_property
    def _parts(self) -> frozenset[str]:
        parts = {word for name in self.people for word in WORD.findall(folded(name)) if len(word) >= SHORTEST}
        return frozenset(parts - NO_NAMES - TITLES)

    def found_in(self, plain: str) -> Iterator[tuple[HitKind, int, int]]:
        """Kind, start and end of each such name: in full in any writing, parts of people's and acronyms as capitals."""
        if not (self._names or self.acronyms):
            return
        words = [(found[0], found.start(), found.end()) for found in WORD.finditer(plain)]
        plain_words = [folded(word) for word, _start, _end in words]
        acronyms = frozenset(self.acronyms)
        for at, (word, start, end) in enumerate(words):
            for form, kind in self._names.get(plain_words[at], ()):
                if tuple(plain_words[at : at + len(form)]) == form:
                    yield kind, start, words[at + len(form) - 1][2]
                    break
            if word in acronyms:
                yield HitKind.ORGANISATION, start, end
            elif word[0] != word[0].lower() and plain_words[at] in self._parts:
                yield HitKind.PERSON, start, end
        yield from self._within(plain)

    def _within(self, plain) -> Iterator[tuple[HitKind, int, int]]:
        """In scripts that set no spaces a name stands within other signs: looked for as it is."""
        names = [(name, HitKind.ORGANISATION) for name in (*self.organisations, *self.acronyms)]
        for name, kind in [*names, *((name, HitKind.PERSON) for name in self.people)]:
            at = plain.find(name) if len(name) > 1 else -1
            while at >= 0:
                if _is_between_others(plain, at, at + len(name)):
                    yield kind, at, at + len(name)
                at = plain.find(name, at + len(name))


def _is_between_others(plain, start, end) -> bool:
    """Not within a longer word of letters like its own."""
    before, after = plain[max(0, start - 1) : start], plain[end : end + 1]
    return not any(sign.isalnum() and sign < "\u2e80" for sign in (before, after) if sign)


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in names if name.strip()))


def known_for(organisation: Organisation) -> Known:
    """What tells who the originator is: its names, acronyms and whoever acts or acted for it (C4). One query."""
    names = OrganisationName.objects.filter(organisation=organisation).values_list("name", "kind")
    people = User.objects.filter(memberships__organisation=organisation, is_mailbox=False).order_by()
    person = Value(HitKind.PERSON.value, output_field=CharField())
    rows = sorted(names.union(people.values_list("name", person)))
    short = OrganisationName.Kind.ACRONYM
    return Known(
        organisations=_distinct(
            [organisation.name, *(name for name, kind in rows if kind not in {short, HitKind.PERSON})]
        ),
        acronyms=_distinct([organisation.acronym, *(name for name, kind in rows if kind == short)]),
        people=_distinct(name for name, kind in rows if kind == HitKind.PERSON),
    )
