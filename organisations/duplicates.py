"""Which known organisations a name may mean, before a second record exists (P12)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from rapidfuzz import process
from rapidfuzz.fuzz import token_set_ratio

from .models import Organisation, OrganisationName
from .names import EXACT, SAME_CONCEPTS, Written, both, likeness, squeezed, written

# From here on a person is asked. Measured (python -m benchmarks.duplicates): below it are mostly names that share one
# word with another organisation, above it mostly the organisation that is meant, or a national section of it.
LIKELY = 70
SAME_ACRONYM = 76  # a known acronym of three letters or more, and names that say nothing against it
SHORT_ACRONYM = 12  # what an acronym of two letters adds to names that are alike: alone it is nobody's
ALSO_ACRONYM = 8  # what the same acronym adds to names that are alike
OTHER_ACRONYM = 94  # no more than this if the acronyms differ: "Caritas" CARITAS-G is a section, perhaps
ALIKE = 40  # names that share a little: enough beside an acronym that one has to make of a name's words
_LOOKED_AT = 40  # candidates by letters; those that share a rare word or the acronym come beside them
_COMMON_WORD = 60  # a word in more names than this finds nobody by itself


@dataclass(frozen=True)
class Match:
    """One organisation that may be meant: how alike 0..100, and a sentence that says why."""

    organisation: Organisation
    score: int
    because: str

    @property
    def is_exact(self) -> bool:
        """Whether it is spelt the same, so that nobody need be asked."""
        return self.score == EXACT


@dataclass(frozen=True)
class _Known:
    pk: int
    organisation: Organisation
    view: Written
    kind: str  # "" is the name itself


class Finder:
    """All known names, indexed once: for one question or for a list of them.

    `organisations` are rows of Organisation, `names` the (organisation id, name, kind) of their other names.
    """

    def __init__(self, organisations: Iterable[Organisation], names: Iterable[tuple[int, str, str]] = ()):
        self.by_id = {row.pk: row for row in organisations}
        self.known: list[_Known] = []
        self.acronyms: dict[str, set[int]] = defaultdict(set)
        self.of: dict[int, set[str]] = defaultdict(set)
        self.entries: dict[int, list[int]] = defaultdict(list)
        for row in self.by_id.values():
            self._name(row, written(row.name, row.acronym), "")
        for pk, name, kind in names:
            if kind == OrganisationName.Kind.ACRONYM:
                self._acronym(pk, squeezed(name))
            elif pk in self.by_id:
                self._name(self.by_id[pk], written(name), kind)
        self._index()

    @classmethod
    def of_all(cls) -> "Finder":
        """Of everything that the portal knows; two queries."""
        names = OrganisationName.objects.values_list("organisation", "name", "kind")
        return cls(Organisation.objects.order_by("pk"), names)

    def _name(self, organisation, view, kind):
        for each in both(view):
            self.entries[organisation.pk].append(len(self.known))
            self.known.append(_Known(organisation.pk, organisation, each, kind))
        self._acronym(organisation.pk, view.acronym)

    def _acronym(self, pk, acronym):
        if acronym and pk in self.by_id:
            self.acronyms[acronym].add(pk)
            self.of[pk].add(acronym)

    def _index(self):
        self.by_word, self.by_spelling, self.by_initials = (defaultdict(set) for _ in range(3))
        self.texts = []
        for number, entry in enumerate(self.known):
            self.texts.append(entry.view.text)
            self.by_spelling["".join(entry.view.spelling)].add(number)
            self.by_spelling["".join(entry.view.words)].add(number)
            self.by_initials[entry.view.initials or "".join(entry.view.words)].add(number)
            for word in entry.view.concepts:
                self.by_word[word].add(number)

    def likely(self, name: str, *, acronym: str = "", limit: int = 5) -> list[Match]:
        """The organisations that `name` may mean, the likeliest first, none below LIKELY."""
        asked = written(name, acronym)
        if not asked.words:
            return []
        best: dict[int, tuple[float, _Known, str]] = {}
        for view in both(asked):
            for number in self._candidates(view):
                entry = self.known[number]
                score, acronym = self._score(view, entry)
                if score >= LIKELY and (entry.pk not in best or score > best[entry.pk][0]):
                    best[entry.pk] = (score, entry, acronym)
        ranked = sorted(best.values(), key=lambda found: (-found[0], found[1].organisation.name))[:limit]
        return [
            Match(entry.organisation, round(score), _why(entry, score, acronym)) for score, entry, acronym in ranked
        ]

    def exact(self, name: str, *, acronym: str = "") -> Organisation | None:
        """The only organisation that is spelt like this, or None."""
        found = [match for match in self.likely(name, acronym=acronym) if match.is_exact]
        return found[0].organisation if len(found) == 1 else None

    def _candidates(self, asked: Written) -> set[int]:
        found = set(self.by_spelling["".join(asked.spelling)] | self.by_spelling["".join(asked.words)])
        for word in asked.concepts:
            with_word = self.by_word.get(word, ())
            if len(with_word) <= _COMMON_WORD:
                found |= set(with_word)
        by_letters = process.extract(asked.text, self.texts, scorer=token_set_ratio, limit=_LOOKED_AT, score_cutoff=50)
        found |= {number for _text, _score, number in by_letters}
        for acronym in {asked.acronym, asked.initials, "".join(asked.words)} - {""}:
            for pk in self.acronyms.get(acronym, ()):
                found.update(self.entries[pk])
            found |= self.by_initials.get(acronym, set())
        return found

    def _score(self, asked: Written, entry: _Known) -> tuple[float, str]:
        """How alike, and the acronym if it rests on that."""
        score = likeness(asked, entry.view)
        acronym, is_stated = self._same_acronym(asked, entry)
        theirs = self.of[entry.pk]
        if score < EXACT and acronym and not self._contradicts(asked, entry.view):
            if score < SAME_ACRONYM and len(acronym) > 2 and (is_stated or score > ALIKE):
                return SAME_ACRONYM + (ALSO_ACRONYM if score > ALIKE else 0), acronym
            score = min(score + (ALSO_ACRONYM if len(acronym) > 2 else SHORT_ACRONYM), EXACT - 1)
        elif asked.acronym and theirs and asked.acronym not in theirs:
            score = min(score, OTHER_ACRONYM)
        return score, ""

    def _same_acronym(self, asked: Written, entry: _Known) -> tuple[str, bool]:
        """The acronym that both have; whether both state it, or one of them consists of it. Otherwise it is only what
        one would make of a name's words, as others may."""
        theirs = self.of[entry.pk]
        alone = "".join(asked.words) if len(asked.words) == 1 else ""
        is_theirs = "".join(entry.view.words) if len(entry.view.words) == 1 else ""
        for stated in filter(None, (asked.acronym, alone)):
            if stated in theirs or stated in {is_theirs, entry.view.initials}:
                return stated, stated in theirs or stated in {is_theirs, alone}
        within = theirs.intersection(word for word in asked.words if len(word) > 4)
        if within:
            return min(within), True
        if asked.initials and asked.initials in {is_theirs, *theirs}:
            return asked.initials, asked.initials == is_theirs
        return "", False

    @staticmethod
    def _contradicts(asked: Written, theirs: Written) -> bool:
        """Whether the names are those of different countries: an acronym does not make them one."""
        return not (asked.places <= theirs.places or theirs.places <= asked.places)


def likely(name: str, *, acronym: str = "", limit: int = 5) -> list[Match]:
    """The known organisations that `name` may mean, at most `limit`, the likeliest first (P12). Two queries.

    Names, acronyms, other and former names are compared. Who asks about many names makes one Finder.
    """
    return Finder.of_all().likely(name, acronym=acronym, limit=limit)


def _why(entry: _Known, score: float, acronym: str) -> str:
    if acronym:
        return _("Same acronym: %(acronym)s") % {"acronym": acronym.upper()}
    if entry.kind == OrganisationName.Kind.FORMER:
        return _("Formerly “%(name)s”") % {"name": entry.view.name}
    if entry.kind:
        return _("Also known as “%(name)s”") % {"name": entry.view.name}
    if score >= EXACT:
        return _("The same name")
    return _("Almost the same name") if score >= SAME_CONCEPTS else _("A similar name")
