"""What in the text of a lesson would tell who, or which case, it was (F4): the form refuses it, and says what."""

import re
from collections.abc import Iterable
from functools import cached_property

from django.db.models import Q

from accounts.models import User
from areas.names import folded
from incidents.finding.signs import ADDRESSED, EMAIL, REFERENCE, WORD, stands_in, telephones
from organisations.models import Organisation, OrganisationName

from .models import Case, Concerned
from .offices import dss

SHORTEST = 3  # letters of a part of a name that tells who it is
LONGEST_NAME = 5  # words: what is longer is a sentence about somebody
_WHY = "what must not stand in a lesson"
_PART = re.compile(r"[\n,;()/&]|\s(?:and|et)\s")
# What people write beside names: it is no name.
_NO_NAME = frozenset(
    WORD.findall(
        "the and for with from this that she who was her his mr mrs ms dr mme mlle monsieur madame dss ocha ngo ingo "
        "ong onu nations united unies head chief deputy director directeur directrice office officer bureau official "
        "agent designated habilite security securite safety adviser advisor conseiller representative representant "
        "coordinator coordinateur coordinatrice field terrain focal point country area desk les des responsable"
    )
)


class Names:
    """The names that belong to `case`; each sort is one query, when it is first asked."""

    def __init__(self, case: Case):
        self.case = case

    def found_in(self, text: str) -> list[str]:
        """What in `text` would tell who or which case it was, as it stands there, each once: addresses, references,
        telephone numbers, whoever is addressed by name; people and organisations of the case."""
        found = [
            *EMAIL.findall(text),
            *REFERENCE.findall(text),
            *(text[start:end] for start, end in telephones(text)),
            *ADDRESSED.findall(text),
        ]
        plain = folded(text)
        found += [name for name in [*self.people, *self.organisations] if stands_in(name, plain)]
        found += [word for word in WORD.findall(text) if _has_capital(word) and folded(word) in self.parts]
        return list(dict.fromkeys(found))

    @cached_property
    def people(self) -> list[str]:
        """The sender, whoever is concerned, and whoever the sender named."""
        rows = Concerned.objects.for_system(_WHY).filter(case=self.case, user__isnull=False, through=None)
        people = User.objects.filter(Q(pk=self.case.sender_id) | Q(pk__in=rows.values("user")))
        people = people.values_list("name", flat=True)
        return [name for name in [*people, *_named(self.case.texts.get("persons", ""))] if len(name) >= SHORTEST]

    @cached_property
    def _organisations(self) -> list[Organisation]:
        """The sender's and those it is about; DSS is named by its offices."""
        concerned = Concerned.objects.for_system(_WHY).filter(case=self.case, organisation__isnull=False)
        keys = {self.case.organisation_id, self.case.about_organisation_id}
        keys |= set(concerned.values_list("organisation", flat=True))
        own = dss()
        return list(Organisation.objects.filter(pk__in=keys - {None, own and own.pk}))

    @cached_property
    def _other_names(self) -> list[OrganisationName]:
        return list(OrganisationName.objects.filter(organisation__in=self._organisations))

    @cached_property
    def organisations(self) -> list[str]:
        """Their names, in full."""
        others = [row.name for row in self._other_names if row.kind != OrganisationName.Kind.ACRONYM]
        return [*(row.name for row in self._organisations), *others]

    @cached_property
    def parts(self) -> frozenset[str]:
        """What tells who it is by itself where it has a capital: parts of people's names, and acronyms."""
        acronyms = [row.acronym for row in self._organisations]
        acronyms += [row.name for row in self._other_names if row.kind == OrganisationName.Kind.ACRONYM]
        people = {part for name in self.people for part in WORD.findall(folded(name)) if len(part) >= SHORTEST}
        return frozenset(people | {folded(name) for name in acronyms if name})


def _has_capital(word) -> bool:
    return word[0] != word[0].lower()


def _has_no_case(word) -> bool:
    """Written in a script without capitals."""
    return word[0].lower() == word[0].upper()


def _named(text) -> Iterable[str]:
    """The names in what somebody typed: words with a capital that stand together and are no office or title, of a
    sentence only two or more of them; in scripts without capitals whatever is short."""
    for part in _PART.split(EMAIL.sub(" ", text)):
        words = WORD.findall(part)
        is_short = len(words) <= LONGEST_NAME
        if words and is_short and all(map(_has_no_case, words)):
            yield " ".join(words)
        run = []
        for word in [*words, ""]:
            if word and _has_capital(word) and folded(word) not in _NO_NAME:
                run.append(word)
                continue
            if len(run) > 1 or (run and is_short):
                yield " ".join(run)
            run = []
