"""How well and how fast a name is found that is written otherwise: OCHA's own answer key for names of organisations.

The registry are the key's canonical names with their acronyms, the questions each spelling that is not the canonical
one. The words of organisations/name_words.py and the thresholds were tuned on one half of the key (by canonical name);
the figures are those of the other half. A second file holds names as field offices write them: those that have no
counterpart in the key must find nothing.

    SLT_DUPLICATES_KEY=hapi_org_mapping.csv SLT_DUPLICATES_OTHERS=names.csv .venv/bin/python -m benchmarks.duplicates

Both files are public and not ours to hand on. Without them only the speed is measured.
"""

import csv
import hashlib
import itertools
import os
import sys
import time
from pathlib import Path

from benchmarks.rows import Row, show

ORGANISATIONS, LIMIT = 1_000, 0.1
# Names in the second file that do have a counterpart, or a national section of one, in the key: judged by hand.
_COUNTERPARTS = """
11d82609 1900554f 1df78aa8 1f3c508e 21dc3e2a 451977fa 553bb808 5a91752a 6374be56 7ba4338f 7d6d35a7 84cf02e7
a059abe5 a1716aa7 bb1a7a91 bc9c4d9f c53b7646 c94ff25b d0026daf d7df3246 e226354a f3ca0bc0 fd8473b1 fe8def38
"""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _rows(variable: str) -> list[dict[str, str]]:
    path = os.environ.get(variable, "")
    if not path or not Path(path).is_file():
        sys.stderr.write(f"{variable} names no file: this part is left out.\n")
        return []
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        return [row for row in csv.DictReader(file) if not any(str(cell).startswith("#") for cell in row.values())]


def _finder(names: dict[str, str]):
    from organisations.duplicates import Finder
    from organisations.models import Organisation

    rows = enumerate(names.items(), start=1)
    return Finder(Organisation(pk=number, name=name, acronym=acronym) for number, (name, acronym) in rows)


def _answers(finder, pairs):
    return [(right, [match.organisation.name for match in finder.likely(asked)]) for asked, right in pairs]


def _recall_and_precision(finder, pairs, half: str) -> list[Row]:
    answers = _answers(finder, pairs)
    found = sum(right in names for right, names in answers)
    first = sum(names[:1] == [right] for right, names in answers)
    spoke = sum(bool(names) for _right, names in answers)
    shown = sum(len(names) for _right, names in answers)  # sections of the same family among them
    size = f"{len(pairs)} spellings, {half}"
    return [
        Row("duplicates: recall@5", size, found / len(pairs), 0.8, "of them", at_least=True),
        Row("duplicates: recall@1", size, first / len(pairs), 0.75, "of them", at_least=True),
        Row("duplicates: first answer right, where there is one", size, first / spoke, 0.9, "of them", at_least=True),
        Row("duplicates: right among all that are shown", size, found / shown, 0.7, "of them", at_least=True),
    ]


def quality() -> list[Row]:
    """Recall and precision, as far as the files are there."""
    key = _rows("SLT_DUPLICATES_KEY")
    if not key:
        return []
    names = {row["Canonical org name"]: row["Acronym"] for row in reversed(key)}
    finder = _finder(names)
    pairs = sorted({(row["String pattern"], row["Canonical org name"]) for row in key})
    pairs = [(asked, right) for asked, right in pairs if asked != right]
    other = [pair for pair in pairs if int(_digest(pair[1]), 16) % 2]
    tuned = [pair for pair in pairs if pair not in other]
    rows = _recall_and_precision(finder, other, "not tuned on") + _recall_and_precision(finder, tuned, "tuned on")
    known = {row["String pattern"] for row in key} | set(names)
    unknown = [row["org_name_as_published"] for row in _rows("SLT_DUPLICATES_OTHERS")]
    unknown = [name for name in unknown if name not in known and _digest(name)[:8] not in _COUNTERPARTS.split()]
    if unknown:
        silent = sum(not finder.likely(name) for name in unknown)
        size = f"{len(unknown)} names without counterpart"
        rows.append(
            Row("duplicates: nothing found, rightly", size, silent / len(unknown), 0.95, "of them", at_least=True)
        )
    return rows


def speed() -> list[Row]:
    """One question to a registry of invented names, the index included."""
    parts = (
        ("Alba", "Brook", "Cedar", "Dune", "Elm", "Fjord", "Gale", "Heath", "Isle", "Juniper"),
        ("Relief", "Aid", "Development", "Health", "Education", "Peace", "Water", "Shelter", "Food", "Rights"),
        ("Committee", "Foundation", "Agency", "Council", "Network", "Alliance", "Action", "Society", "Union", "Corps"),
    )
    chosen = itertools.islice(itertools.product(*parts), ORGANISATIONS)
    names = {" ".join(words): "".join(word[0] for word in words) for words in chosen}
    times = []
    for _turn in range(5):  # the best: a worker has looked at the words before
        began = time.perf_counter()
        finder = _finder(names)
        finder.likely("International Comittee for Cedar Shelters (ICCS)")
        times.append(time.perf_counter() - began)
    began = time.perf_counter()
    for name in list(names)[::10]:
        finder.likely(f"{name} Sweden")
    each = (time.perf_counter() - began) / (len(names) / 10)
    size = f"{ORGANISATIONS:,} organisations"
    return [
        Row("duplicates: one name, from nothing", size, min(times), LIMIT, "s"),
        Row("duplicates: each further name", size, each, LIMIT / 10, "s"),
    ]


if __name__ == "__main__":
    import django

    django.setup()
    show([*quality(), *speed()])
