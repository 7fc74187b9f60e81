"""Names of people in scripts with capitals: titles, offices, given names, capitals side by side."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from organisations.names import folded

from .given_names import ALSO_WORDS, NAMES
from .words import NO_NAMES, PARTICLES, PLACE_AFTER, PLACE_BEFORE, ROLES, SPEAKS, TITLES, WHERE

_LETTER = r"[A-Za-zÀ-ÖØ-öø-ɏͰ-ϿЀ-ԯḀ-ỿ]"
_WORD = re.compile(rf"{_LETTER}+(?:['-]{_LETTER}+)*")
_SENTENCE = re.compile(r"[.!?\n:;•]")
_NEXT_TO = re.compile(r" ?\.? ?|['-]")  # between two words of one name
_OTHER_WORDS = NO_NAMES | TITLES | ROLES | SPEAKS
_ELIDED = re.compile(r"(?:[dlnsjcmt]|qu|L|D)'(?=[^\W\d_]{2})")
WITHOUT_CAPITAL = NAMES - ALSO_WORDS
_LONGEST = 6
_LOWER_CASE = 4  # letters of a given name that is found without a capital
_SURE = re.compile(r"(?:енко|чук|нюк|ович|евич|йович|овна|евна|ивна|швили|дзе)(?:а|у|ом|ем|ы|е|ои|и|о)?$")


@dataclass
class _Token:
    word: str
    start: int
    end: int
    plain: str
    is_capital: bool
    begins: bool  # a sentence
    gap: str  # what stands between it and the one before

    @property
    def is_initial(self) -> bool:
        return len(self.word) == 1 and self.is_capital

    @property
    def is_given(self) -> bool:
        return self.plain in NAMES or ("-" in self.word and any(part in NAMES for part in self.plain.split("-")))

    @property
    def is_sure(self) -> bool:
        """Tells by itself that it is a name."""
        return (self.is_given and self.plain not in ALSO_WORDS) or bool(_SURE.search(self.plain))

    @property
    def may_be_name(self) -> bool:
        return self.is_capital and (self.is_given or self.plain not in _OTHER_WORDS)


def _tokens(text: str) -> list[_Token]:
    tokens, end, word = [], 0, ""
    for found in _WORD.finditer(text):
        elided = _ELIDED.match(found[0])
        start = found.start() + (elided.end() if elided else 0)
        gap = text[end:start]
        follows_short = len(word) == 1 or folded(word) in TITLES
        begins = not tokens or (bool(_SENTENCE.search(gap)) and not (gap.strip() == "." and follows_short))
        word, end = text[start : found.end()], found.end()
        is_capital = word[0].isupper() or any(part[:1].isupper() for part in word.split("-"))
        tokens.append(_Token(word, start, end, folded(word), is_capital, begins, gap))
    return tokens


def _runs(tokens: list[_Token]) -> Iterator[tuple[int, int]]:
    """From, until before: words side by side that may be one name, with particles between them."""
    at = 0
    while at < len(tokens):
        if not tokens[at].may_be_name:
            at += 1
            continue
        last = end = at
        while end + 1 < len(tokens) and end - at < _LONGEST and _joins(tokens[end], tokens[end + 1]):
            end += 1
            if tokens[end].may_be_name:
                last = end
            elif tokens[end].plain not in PARTICLES:
                break
        yield at, last + 1
        at = last + 1


def _joins(one, other) -> bool:
    if not _NEXT_TO.fullmatch(other.gap) or ("." in other.gap and not (one.is_initial or other.is_initial)):
        return False
    if "." in other.gap and not one.is_initial:
        return False
    return other.may_be_name or other.plain in PARTICLES


def _is_cued(tokens, at) -> bool:
    """A title or what somebody does stands before it."""
    if at == 0:
        return False
    before, gap = tokens[at - 1], tokens[at].gap
    if before.plain in TITLES and (gap in {" ", ". ", "."} or gap.strip(" .") in {"", '"', "«"}):
        return before.is_capital or len(before.plain) > 1
    return before.plain in ROLES and len(gap) <= 3 and not set(gap) & set(".!?\n;")


def _speaks(tokens, until) -> bool:
    return until < len(tokens) and tokens[until].plain in SPEAKS and tokens[until].gap == " "


def _is_place(tokens, at, until) -> bool:
    if (
        until < len(tokens)
        and tokens[until].gap == " "
        and tokens[until].plain in PLACE_AFTER
        and tokens[until].is_capital
    ):
        return True
    return at > 0 and tokens[at].gap in {" ", "-"} and tokens[at - 1].plain in PLACE_BEFORE


def _is_name(tokens, at, until) -> bool:
    run = tokens[at:until]
    if _is_cued(tokens, at):
        return len(run) > 1 or run[0].is_given or not run[0].word.isupper() or tokens[at - 1].plain in TITLES
    if _is_place(tokens, at, until):
        return False
    where = at > 0 and tokens[at - 1].plain in WHERE
    if len(run) == 1:
        return _is_single_name(run[0], where, _speaks(tokens, until))
    if any(token.is_sure for token in run):
        return True
    words = [token for token in run if len(token.word) > 1 and token.is_capital]
    if any(token.is_initial for token in run) and words and not all(token.word.isupper() for token in words):
        return True
    beside = (at > 0 and tokens[at].gap in {" ", "-"} and tokens[at - 1].is_capital and not tokens[at - 1].begins) or (
        until < len(tokens) and tokens[until].gap in {" ", "-"} and tokens[until].is_capital
    )
    if len(words) < 2 or beside or all(token.word.isupper() for token in words):
        return False
    return any(token.is_given for token in run) or not where


def _is_single_name(token, where, speaks) -> bool:
    if token.is_sure:
        return not (token.word.isupper() and len(token.word) < _LOWER_CASE)
    if token.is_given:
        return (not token.begins or speaks) and not where and not token.word.isupper()
    return speaks and not token.word.isupper()


def found_in(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of what may be names of people; a part of one counts wherever else it stands."""
    tokens = _tokens(text)
    runs = list(_runs(tokens))
    names = [run for run in runs if _is_name(tokens, *run)]
    names += _listed(tokens, runs, names)
    parts = {t.plain for at, until in names for t in tokens[at:until] if len(t.word) > 2 and t.plain not in ALSO_WORDS}
    for at, until in runs:
        run = [token for token in tokens[at:until] if token.is_capital]
        if len(run) == 1 and run[0].plain in parts:
            names.append((at, until))
    for at, until in sorted(_trimmed(tokens, *name) for name in set(names)):
        yield tokens[at].start, tokens[until - 1].end
    for token in tokens:
        if not token.is_capital and len(token.word) >= _LOWER_CASE and token.plain in WITHOUT_CAPITAL:
            yield token.start, token.end


def _trimmed(tokens, at, until) -> tuple[int, int]:
    """Where all is written in capitals, no further than the given names and one word more."""
    given = [n for n in range(at, until) if tokens[n].is_given]
    if until - at < 3 or not given or not all(token.word.isupper() for token in tokens[at:until]):
        return at, until
    return at, min(until, max(given[-1] + 1, given[0] + 2))


def _listed(tokens, runs, names) -> Iterator[tuple[int, int]]:
    """Those that stand in one list with a name: "Lual and Achol"."""
    known = set(names)
    for order in (list(zip(runs, runs[1:], strict=False)), list(zip(runs[::-1], runs[::-1][1:], strict=False))):
        for one, other in order:
            first, second = sorted((one, other))
            gap_from, gap_to = tokens[first[1] - 1].end, tokens[second[0]].start
            between = tokens[second[0] - 1].word if second[0] > first[1] else ""
            if one not in known or other in known or second[0] - first[1] > 1 or gap_to - gap_from > 6:
                continue
            is_list = between in {"and", "et", "y", "и", "AND"} or (not between and tokens[second[0]].gap == ", ")
            is_where = other[0] > 0 and tokens[other[0] - 1].plain in WHERE
            if is_list and not is_where and not tokens[other[0]].word.isupper():
                known.add(other)
                yield other
