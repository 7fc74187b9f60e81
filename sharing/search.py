"""Words of confidential texts, found without storing them: keyed tokens per release (C2).

A search for a word is a condition on releases, asked beside the rule of who sees what: whoever reads the shared release
finds an item by the words of its shared texts only.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from slt_portal.crypto import keyed_digest

from .models import Release, SearchToken

LONGEST_WORD = 64
MOST_WORDS_OF_TEXT = 4000
MOST_WORDS_OF_QUERY = 20
_BATCH = 2000
_FEW = 1000  # releases: named to the database one by one
NO_RELEASE = 0  # no row has this id: an empty choice is asked for all the same, so that nobody can time it
_TOKEN_LENGTH = 16

_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
_RUN = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")
_IS_HAN = re.compile(f"[{_HAN}]")
_IS_LATIN = re.compile(r"[a-z0-9]*[a-z][a-z0-9]*")
# One form of letters that people write in several ways: alef with hamza or madda, alef maksura, ta marbuta, hamza on
# its carriers; Persian and Urdu keyboards' kaf and ya. Drawn-out letters (tatweel) and joiners say nothing.
_FOLDED = {
    **dict.fromkeys(map(ord, "أإآٱ"), "ا"),
    **dict.fromkeys(map(ord, "ىئی"), "ي"),
    ord("ؤ"): "و",
    ord("ة"): "ه",
    ord("ک"): "ك",
    **dict.fromkeys([0x0640, 0x0621, 0x00AD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF]),
    ord("ё"): "е",
    ord("ß"): "ss",
    ord("æ"): "ae",
    ord("œ"): "oe",
    ord("ø"): "o",
    ord("đ"): "d",
    ord("ł"): "l",
    ord("ı"): "i",
}
# The elided article of French and the possessive of English are no words of their own.
_ELIDED = re.compile(r"\b(?:[cdjlmnst]|qu)['\u2019\u02bc](?=\w)|['\u2019\u02bc]s\b")
_ARTICLE = "ال"
_REFERENCE = re.compile(r"\s*INC[-\s\u2010-\u2015]*([A-Z0-9]{4,12})\s*", re.IGNORECASE)


def words_of(text: str) -> list[str]:
    """The words of `text` in the one form in which they are compared, each once, in order, at most 4,000.

    Upper case, accents, the light plural of Latin words and the ways of writing Arabic letters make no difference.
    Chinese, which sets no spaces, gives single characters and pairs.
    """
    found: dict[str, None] = {}
    for word in _words(text):
        found.setdefault(word)
        if len(found) >= MOST_WORDS_OF_TEXT:
            break
    return list(found)


def _words(text: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_FOLDED)
    bare = "".join(
        str(unicodedata.decimal(char)) if char.isdecimal() else char
        for char in unicodedata.normalize("NFKD", plain)
        if not unicodedata.combining(char)
    )
    for match in _RUN.finditer(_ELIDED.sub(" ", bare.translate(_FOLDED))):
        run = match[0]
        if _IS_HAN.match(run):
            yield from run
            yield from (run[at : at + 2] for at in range(len(run) - 1))
        else:
            yield _stem(run)[:LONGEST_WORD]


def _stem(word: str) -> str:
    if word.startswith(_ARTICLE) and len(word) > 4:
        return word.removeprefix(_ARTICLE)
    if len(word) > 3 and word[-1] in "sx" and _IS_LATIN.fullmatch(word):
        return word[:-1]
    return word


def token_of(word: str) -> str:
    """The token of a word in the form that `words_of` gives it."""
    return keyed_digest("search word", word)[:_TOKEN_LENGTH]


def index_release(release: Release, texts: Iterable[str]) -> None:
    """Make `release` be found by the words of `texts` (what it says, nothing else), and by no others."""
    index_releases([(release, texts)])


@transaction.atomic
def index_releases(pairs: Iterable[tuple[Release, Iterable[str]]]) -> None:
    """The same for many (release, texts) at once; releases may be given as ids."""
    tokens: dict[str, str] = {}
    wanted: dict[int, set[str]] = {}
    for release, texts in pairs:
        words = words_of("\n".join(text for text in texts if isinstance(text, str)))
        for word in words:
            if word not in tokens:
                tokens[word] = token_of(word)
        wanted[getattr(release, "pk", release)] = {tokens[word] for word in words}
    rows = SearchToken.objects.for_system("index")
    rows.filter(release__in=wanted).delete()
    rows.bulk_create(
        [SearchToken(release_id=release, token=token) for release, some in wanted.items() for token in sorted(some)],
        batch_size=_BATCH,
        ignore_conflicts=True,  # the same release indexed twice at once
    )


def is_searchable(query: str) -> bool:
    """Whether `query` holds a word, and not more than can be looked for at once."""
    return 0 < len(_words_of_query(query)) <= MOST_WORDS_OF_QUERY


def _words_of_query(query):
    words = words_of(query)
    pairs = "".join(word for word in words if len(word) == 2 and _IS_HAN.match(word))
    # A character that stands in a pair is found with it.
    return [word for word in words if not (len(word) == 1 and word in pairs)]


def matching(query: str, release: str = "release") -> Q:
    """The condition that a row's release holds every word of `query`, or is of the item with this reference (C2).

    It only narrows: ask it of rows that were scoped by `visible_to`. Without a word it matches nothing. One query.
    """
    # The longest word is likely the rarest: the database starts from its few rows.
    words = sorted(_words_of_query(query)[:MOST_WORDS_OF_QUERY], key=len, reverse=True)
    if not words:
        return Q(pk__in=[])
    rows = SearchToken.objects.for_system("a word is looked for")
    found = rows.filter(token=token_of(words[0]))
    for word in words[1:]:
        found = found.filter(Exists(rows.filter(release=OuterRef("release"), token=token_of(word))))
    found = found.values_list("release", flat=True)
    if reference := _REFERENCE.fullmatch(query):
        releases = Release.objects.for_system("a reference is looked for")
        found = found.union(releases.filter(item__ref=f"INC-{reference[1].upper()}").values_list("pk", flat=True))
    # The planner cannot know which words meet: looking for a rare meeting from the newest row on would read them all.
    few = list(found[: _FEW + 1])
    return Q(**{f"{release}__in": found if len(few) > _FEW else [NO_RELEASE, *few]})


def is_few(condition: Q) -> bool:
    """Whether a condition that `matching` made names the releases one by one."""
    return all(isinstance(value, list) for _name, value in condition.children)
