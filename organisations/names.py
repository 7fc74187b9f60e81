"""Names of organisations made comparable, and how alike two of them are (P12). No database.

Two views of a name. Its *spelling*: without accents, case, punctuation, little words, legal forms and plural; two names
of one spelling are one name. Its *concepts*: the same words whatever the language; two names of the same concepts are
likely one organisation, and sometimes two ("Secours Islamique" is not "Islamic Relief"), so that a person looks.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache

from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import ratio

from .name_words import COMMON, CONCEPTS, LEGAL, NOISE, PLACES, STOP

EXACT = 100  # the same spelling: taken without asking
OTHER_ORDER = 96
SAME_CONCEPTS = 92
LONGEST = 200

_WORD = re.compile(r"[^\W_]+")
_IN_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_BETWEEN = re.compile(r"\s[-–—|]\s|\||\s*[:/]\s*|\s-|-\s")
_ACRONYM = re.compile(r"[A-Z][A-Za-z]?[A-Z0-9&][A-Za-z0-9&-]{0,10}$")
_DOTTED = re.compile(r"\b(?:[^\W\d_]\.){2,}")
LONG_WORD = 8  # one letter wrong in fewer may well be another country
_LONG_PLACES = [(name, code) for name, code in PLACES.items() if len(name) >= LONG_WORD]
_TYPO = 0.8  # of the letters of a word: "comittee" is a slip, "danish" for "spanish" another country


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """In lower case, without accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


def squeezed(text: str) -> str:
    """Letters and digits only: how acronyms are compared."""
    return "".join(_WORD.findall(folded(text)))


@lru_cache(maxsize=16384)
def singular(word: str) -> str:
    """A folded word without the ending of its plural."""
    if len(word) > 4 and word.endswith("ies") and word[:-1] not in CONCEPTS:  # agencies; but réfugiés
        return f"{word[:-3]}y"
    return word[:-1] if len(word) > 3 and word.endswith(("s", "x")) and not word.endswith("ss") else word


@lru_cache(maxsize=16384)
def concept(word: str) -> str:
    """What a folded word means, whatever the language; the word itself where that is not known."""
    one = singular(word)
    return CONCEPTS.get(word) or CONCEPTS.get(one) or one


@lru_cache(maxsize=16384)
def place(word: str) -> str:
    """The code of the country that a folded word names, be it with a slip of the pen; or nothing."""
    known = PLACES.get(word) or PLACES.get(singular(word))
    if known or len(word) < LONG_WORD or word in CONCEPTS:
        return known or ""
    return next((code for name, code in _LONG_PLACES if OSA.distance(word, name, score_cutoff=1) <= 1), "")


def weight(word: str) -> float:
    """How much it says that two names share a concept."""
    if word in NOISE:
        return 0.2
    return 0.6 if word in COMMON else 1.0


@dataclass(frozen=True)
class Written:
    """A name as somebody wrote it, and the acronym that stood beside it."""

    name: str
    acronym: str = ""
    in_full: str = ""  # with the acronym that stood in it, if one did

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Folded words, without little ones and legal forms; all of them where nothing else is left."""
        undotted = _DOTTED.sub(lambda found: found.group().replace(".", ""), self.name)
        all_words = _WORD.findall(folded(undotted))
        return tuple(word for word in all_words if word not in STOP and word not in LEGAL) or tuple(all_words)

    @cached_property
    def spelling(self) -> tuple[str, ...]:
        """Its words in the singular and one of two spellings: organisation is organization."""
        return tuple(singular(word).replace("isation", "ization") for word in self.words)

    @cached_property
    def concepts(self) -> frozenset[str]:
        """What its words mean; places by their code."""
        return frozenset(place(word) or concept(word) for word in self.words)

    @cached_property
    def places(self) -> frozenset[str]:
        """The countries that it names."""
        return frozenset(filter(None, map(place, self.words)))

    @cached_property
    def text(self) -> str:
        """Its concepts in alphabetical order, to compare letter by letter."""
        return " ".join(sorted(self.concepts))

    @cached_property
    def letters(self) -> str:
        """Its words in alphabetical order, as one."""
        return "".join(sorted(self.words))

    @cached_property
    def core(self) -> str:
        """Its letters without "International" and the like; with them where nothing else is left."""
        return "".join(word for word in self.words if concept(word) not in NOISE) or "".join(self.words)

    @cached_property
    def initials(self) -> str:
        """The acronym that one would make of it, if it has three words."""
        return "".join(word[0] for word in self.words) if len(self.words) >= 3 else ""


def written(name: str, acronym: str = "") -> Written:
    """A name without the acronym that stands in it: "Norwegian Refugee Council (NRC)", "NRC - Norwegian …"."""
    name = " ".join(name.split())[:LONGEST]
    found = [part.strip() for part in _IN_BRACKETS.findall(name)]
    acronyms = [part for part in found if _ACRONYM.match(part)]
    bare = _IN_BRACKETS.sub(lambda part: " " if part.group(1).strip() in acronyms else part.group(), name)
    parts = [part.strip() for part in _BETWEEN.split(bare) if part.strip()]
    if len(parts) > 1:
        aside = [part for part in parts if _ACRONYM.match(part) and " " not in part]
        if aside and len(aside) < len(parts):
            acronyms += aside
            bare = " ".join(part for part in parts if part not in aside)
    bare = " ".join(bare.split())
    known = squeezed(acronym) or (squeezed(acronyms[0]) if acronyms else "")
    return Written(bare or name, known, name if bare and bare != name else "")


def both(view: Written) -> list[Written]:
    """A name without and, if one stood in it, with its acronym: what looks like one can be the name itself."""
    return [view, Written(view.in_full, view.acronym)] if view.in_full else [view]


def likeness(one: Written, other: Written) -> float:
    """How alike two names are, 0 to 100: EXACT only where they are spelt the same. Acronyms are not looked at."""
    if not one.words or not other.words:
        return 0
    if one.spelling == other.spelling or "".join(one.words) == "".join(other.words):
        return EXACT
    if sorted(one.spelling) == sorted(other.spelling):
        return OTHER_ORDER
    if one.concepts == other.concepts or one.core == other.core:
        return SAME_CONCEPTS
    return min(_shared(one, other), _at_most(one.places, other.places))


def _at_most(one: frozenset, other: frozenset) -> float:
    """National societies are different ones; a section is likely meant where one side names no country."""
    if one == other:
        return SAME_CONCEPTS - 1
    if one <= other or other <= one:
        return 84
    return 50


def _shared(one: Written, other: Written) -> float:
    """How much of their weight the two names share, slips of the pen forgiven."""
    matched, rest = 0.0, set(other.concepts - one.concepts)
    for word in one.concepts:
        if word in other.concepts:
            matched += weight(word)
        elif near := _slip(word, rest):
            rest.discard(near)
            matched += 0.9 * min(weight(word), weight(near))
    totals = [sum(map(weight, view.concepts)) for view in (one, other)]
    dice = 2 * matched / sum(totals)
    inside = matched / min(totals)
    is_telling = _is_telling(one, other, matched)
    score = 90 * dice if is_telling else 65 * dice
    if inside > 0.89 and is_telling:  # one name is the other with something added
        score = max(score, 70 + 20 * dice)
    letters = ratio(one.letters, other.letters, score_cutoff=88)
    return max(score, letters - 8)


def _is_telling(one: Written, other: Written, matched: float) -> bool:
    """Whether what two names share is more than one common word, or two that are only the same in translation."""
    spelt = sum(weight(concept(word)) for word in set(one.spelling) & set(other.spelling))
    rare = any(weight(word) == 1 for word in one.concepts & other.concepts - one.places)
    return matched >= 1 and (rare or spelt > 1 or matched >= 1.8)


def _slip(word, others) -> str:
    """The word among `others` that is `word` but for a slip; places are never taken for each other."""
    if len(word) < 5:
        return ""
    alike = OSA.normalized_similarity
    found = [(alike(word, other, score_cutoff=_TYPO), other) for other in others if len(other) >= 5]
    best = max(found, default=(0, ""))
    return best[1] if best[0] else ""
