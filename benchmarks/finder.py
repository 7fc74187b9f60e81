"""What the finder of names and numbers finds and misses, on invented texts in six languages (finder_texts.txt).

The patterns and lists were tuned on one half of the texts, chosen by a digest of each before the first run; the
published figures are those of the other half.

    .venv/bin/python -m benchmarks.finder            the rows for `make bench`
    .venv/bin/python -m benchmarks.finder --write    docs/finder.md and the figures that the portal itself tells
    .venv/bin/python -m benchmarks.finder --misses   what is missed and wrongly found in the half tuned on
"""

import hashlib
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import django

from benchmarks.rows import Row, show

HERE = Path(__file__).resolve().parent
TEXTS = HERE / "finder_texts.txt"
DOCUMENT = HERE.parent / "docs" / "finder.md"
FIGURES = HERE.parent / "incidents" / "finding" / "figures.py"
KINDS = {
    "p": "person",
    "t": "phone",
    "e": "email",
    "a": "address",
    "g": "position",
    "v": "plate",
    "i": "identity_number",
    "o": "organisation",
}
LANGUAGES = {
    "en": "English",
    "fr": "French",
    "es": "Spanish",
    "ar": "Arabic",
    "zh": "Chinese",
    "ru": "Russian, Ukrainian",
}
_LABEL = re.compile(r"\{([a-z]):([^{}]*)\}")
_ESCAPE = re.compile(r"\\u([0-9a-f]{4})")
SIGNS, LONGEST = 100_000, 0.5
RECALL, NAMES_FOUND, PRECISION = 0.85, 0.5, 0.85


@dataclass(frozen=True)
class Text:
    """One text without its labels, and what is labelled in it: kind, start, end."""

    language: str
    text: str
    labels: tuple[tuple[str, int, int], ...]

    @property
    def is_tuned_on(self) -> bool:
        """By its digest, so that a text that is added moves no other."""
        return int(hashlib.sha256(self.text.encode()).hexdigest(), 16) % 2 == 0


def texts() -> list[Text]:
    """The labelled texts."""
    rows = []
    for line in TEXTS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            language, _space, rest = line.partition(" ")
            rows.append(_parsed(language, _ESCAPE.sub(lambda found: chr(int(found[1], 16)), rest)))
    return rows


def _parsed(language, rest) -> Text:
    parts, labels, last, length = [], [], 0, 0
    for found in _LABEL.finditer(rest):
        before = rest[last : found.start()]
        start = length + len(before)
        length = start + len(found[2])
        parts += [before, found[2]]
        labels.append((KINDS[found[1]], start, length))
        last = found.end()
    return Text(language, "".join([*parts, rest[last:]]), tuple(labels))


def known():
    """What the portal would know of the invented originator."""
    from incidents.finder import Known

    return Known(
        organisations=("Save the River International", "Sauvons le Fleuve", "إنقاذ النهر"),
        acronyms=("STRI",),
        people=("Ingrid Halvorsen", "Tesfaye Worku"),
    )


def _shared(one, other) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


@dataclass
class Measured:
    """Counts by (language, kind): labels, those pointed at, those marked whole; hits, those that are right."""

    labels: Counter
    found: Counter
    whole: Counter
    hits: Counter
    right: Counter
    clean: int = 0
    clean_hit: int = 0
    missed: tuple = ()
    wrong: tuple = ()

    def of(self, counter: Counter, language: str = "", kind: str = "") -> int:
        """A count, of one language or kind or of all."""
        return sum(n for (spoken, what), n in counter.items() if language in {"", spoken} and kind in {"", what})


def measured(rows: list[Text]) -> Measured:
    """A label is found if hits cover half of it at least, a hit is right if half of it is labelled."""
    from incidents.finder import find

    seen, names, missed, wrong = Measured(*(Counter() for _ in range(5))), known(), [], []
    for row in rows:
        hits = find(row.text, known=names)
        for kind, *span in row.labels:
            covered = sum(_shared(span, (hit.start, hit.end)) for hit in hits)
            seen.labels[row.language, kind] += 1
            seen.found[row.language, kind] += covered * 2 >= span[1] - span[0]
            seen.whole[row.language, kind] += covered >= span[1] - span[0]
            if covered * 2 < span[1] - span[0]:
                missed.append((row.language, kind, row.text[slice(*span)], row.text))
        for hit in hits:
            labelled = sum(_shared((hit.start, hit.end), span) for _kind, *span in row.labels)
            is_right = labelled * 2 >= hit.end - hit.start
            seen.hits[row.language, str(hit.kind)] += 1
            seen.right[row.language, str(hit.kind)] += is_right
            if not is_right:
                wrong.append((row.language, str(hit.kind), hit.text, row.text))
        seen.clean += not row.labels
        seen.clean_hit += bool(hits) and not row.labels
    seen.missed, seen.wrong = tuple(missed), tuple(wrong)
    return seen


@contextmanager
def names_unknown(rows: list[Text]) -> Iterator[None]:
    """As if the finder's list of given names had none that stands in `rows`: the list was written by the same hand."""
    from incidents.finding import given_names, people, spaceless
    from organisations.names import folded

    names = " ".join(row.text[slice(*span)] for row in rows for kind, *span in row.labels if kind == "person")
    words = {form for word in re.findall(r"[^\W\d_]+", names) for form in (folded(word), given_names.arabic(word))}
    kept = people.NAMES, people.WITHOUT_CAPITAL, spaceless.ARABIC_NAMES
    people.NAMES, people.WITHOUT_CAPITAL = kept[0] - words, kept[1] - words
    spaceless.ARABIC_NAMES = kept[2] - words
    try:
        yield
    finally:
        people.NAMES, people.WITHOUT_CAPITAL, spaceless.ARABIC_NAMES = kept


def published() -> tuple[Measured, Measured]:
    """Of the half not tuned on: as it is, and as if no name in it were on the list."""
    rows = [row for row in texts() if not row.is_tuned_on]
    with names_unknown(rows):
        unknown = measured(rows)
    return measured(rows), unknown


def figures(known_names: Measured, unknown: Measured) -> str:
    """incidents/finding/figures.py: names as if on no list, everything else as measured."""
    missed = {}
    for kind in KINDS.values():
        seen = unknown if kind == "person" else known_names
        of = seen.of(seen.labels, kind=kind)
        missed[kind] = (of - seen.of(seen.found, kind=kind), of)
    lines = "".join(f'    "{kind}": {pair},\n' for kind, pair in missed.items())
    return (
        '"""Written by `python -m benchmarks.finder --write`: of the labelled parts of texts not tuned on, how many\n'
        'were missed and how many there were. Names: as if none were on the list of given names."""\n\nMISSED = {\n'
        + lines
        + "}\n"
    )


def _per_cent(part, of):
    return f"{100 * part / of:.0f}%" if of else "–"


def _line(name, seen, language="", kind=""):
    labels, hits = (seen.of(counter, language, kind) for counter in (seen.labels, seen.hits))
    found, whole = (seen.of(counter, language, kind) for counter in (seen.found, seen.whole))
    right = _per_cent(seen.of(seen.right, language, kind), hits)
    return f"| {name} | {labels} | {_per_cent(found, labels)} | {_per_cent(whole, labels)} | {hits} | {right} |\n"


def document(seen: Measured, unknown: Measured) -> str:
    """docs/finder.md."""
    head = "| | in the texts | found | marked from end to end | hits | of them right |\n|---|--:|--:|--:|--:|--:|\n"
    kinds = "".join(_line(kind.replace("_", " "), seen, kind=kind) for kind in KINDS.values())
    languages = "".join(_line(name, seen, language=code) for code, name in LANGUAGES.items())
    names = "".join(_line(name, unknown, code, "person") for code, name in LANGUAGES.items())
    missed = "".join(
        f"- {kind.replace('_', ' ')} ({LANGUAGES[code]}): {part}\n" for code, kind, part, _text in unknown.missed
    )
    wrong = "".join(
        f"- {kind.replace('_', ' ')} ({LANGUAGES[code]}): {part}\n" for code, kind, part, _text in seen.wrong
    )
    return f"""# What the finder finds, and what it misses

Written by `python -m benchmarks.finder --write`; a test holds it current.

Before a text is released to others, the portal points at names of people, telephone numbers, e-mail and web addresses,
postal addresses, positions, vehicle plates, identity and account numbers, and names of the originator (C4). It looks at
patterns, at words around names and at a list of given names; nothing leaves the portal. **It misses some. A person
reads the whole text and confirms every release.**

Measured on {len(texts())} invented texts in six languages with {sum(len(row.labels) for row in texts())} labelled
parts (`benchmarks/finder_texts.txt`). Patterns and lists were tuned on one half; these are the figures of the
other half. Found: hits cover at least half of the part. Right: at least half of the hit is labelled.

**Who wrote the texts also wrote the patterns and the list of names**: on texts of other hands expect more misses. The
last table therefore leaves out of the list every name that stands in the texts; the portal tells this figure for names.
The halves are parted by a digest: no name of the originator fell into the half that is published here.

## By kind
{head}{kinds}{_line("all", seen)}
Of {seen.clean} texts with nothing to point at, {seen.clean_hit} had a hit.

## By language
{head}{languages}
## Names of people, if none of them is on the list
{head}{names}{_line("all", unknown, kind="person")}
Chinese names are found by their signs and not by a list: nothing could be left out there.

## Missed, if no name is on the list
{missed}
## Wrongly found
{wrong}
## Known not to be found
- Names in small letters that are not on the list; nicknames; who is told by an office alone ("the head of the clinic").
- In Arabic and Chinese a name without a title, an office or a usual given name; the end of a longer Arabic name.
- Places named after people are sometimes hits; places as such, and organisations other than the originator, are none.
- Numbers with letters for figures (O for 0), and numbers that are spelt out in a language other than the six.
- Addresses without a number; positions that are described in words.
- Russian initials that are also words (А., В., И., С.): the surname alone is marked.
"""


def speed() -> Row:
    """A long text of all the texts."""
    from incidents.finder import find

    text, names = "\n".join(row.text for row in texts()), known()
    text = (text * (SIGNS // len(text) + 1))[:SIGNS]
    began = time.process_time()
    find(text, known=names)
    return Row("finder: a text", f"{SIGNS:,} signs", time.process_time() - began, LONGEST, "s")


def rows() -> list[Row]:
    """Recall and precision of the half not tuned on, and the time."""
    seen, unknown = published()
    size = f"{seen.of(seen.labels)} parts, not tuned on"
    names = unknown.of(unknown.found, kind="person") / unknown.of(unknown.labels, kind="person")
    found = seen.of(seen.found) / seen.of(seen.labels)
    right = seen.of(seen.right) / seen.of(seen.hits)
    return [
        Row("finder: found", size, found, RECALL, "of them", at_least=True),
        Row("finder: names on no list found", size, names, NAMES_FOUND, "of them", at_least=True),
        Row("finder: right among all hits", size, right, PRECISION, "of them", at_least=True),
        speed(),
    ]


def main() -> None:
    """Measure and show, or write what was measured."""
    if "--misses" in sys.argv:
        seen = measured([row for row in texts() if row.is_tuned_on])
        for title, found in (("missed", seen.missed), ("wrong", seen.wrong)):
            sys.stdout.write("".join(f"{title}: {' '.join(row[:3])} | {row[3]}\n" for row in found))
    elif "--write" in sys.argv:
        both = published()
        DOCUMENT.write_text(document(*both), encoding="utf-8")
        FIGURES.write_text(figures(*both), encoding="utf-8")
    else:
        show(rows())


if __name__ == "__main__":
    django.setup()
    main()
