"""Points at what may tell who somebody is, before a text is released to others (C4). It finds much and not all: what it
misses is measured (docs/finder.md, python -m benchmarks.finder), and a person reads and confirms every release."""

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .finding import numbers, people, spaceless
from .finding.figures import MISSED
from .finding.hits import Hit, HitKind
from .finding.known import Known, known_for
from .finding.plain import Plain

__all__ = ["Hit", "HitKind", "Known", "find", "known_for", "marked", "misses_sentence"]


def find(text: str, *, known: Known) -> list[Hit]:
    """What in `text` may tell who somebody is, in its order, none within another. Never raises; in a time
    proportional to the text."""
    read = Plain(text)
    hits, taken = [], bytearray(len(read.plain))
    for kind, start, end in _found(read.plain, known):
        if start < end and taken.find(1, start, end) < 0:
            taken[start:end] = b"\x01" * (end - start)
            typed = read.span(start, end)
            hits.append(Hit(*typed, kind, text[slice(*typed)]))
    return sorted(hits)


def _found(plain, known):
    """The most certain first: what comes later gives way."""
    yield from numbers.found_in(plain)
    yield from sorted(known.found_in(plain), key=lambda row: row[1] - row[2])  # the longer name before its parts
    for span in spaceless.spoken(plain):
        yield HitKind.PHONE, *span
    for part in (people.found_in, spaceless.arabic_names, spaceless.chinese):
        for span in part(plain):
            yield HitKind.PERSON, *span


def marked(text: str, hits: list[Hit]) -> str:
    """`text` as HTML with each of its `hits` in a mark that says what it may be; everything is escaped."""
    parts, last = [], 0
    for hit in hits:
        mark = format_html("<mark>{} <small>({})</small></mark>", text[hit.start : hit.end], hit.kind.label)
        parts += [(text[last : hit.start],), (mark,)]
        last = hit.end
    return format_html_join("", "{}", [*parts, (text[last:],)])


def misses_sentence() -> str:
    """How many names and telephone numbers it missed in our own test, for whoever confirms a release (C4)."""
    names, numbers_ = _share("person", "name"), _share("phone", "number")
    return _("In our test this search missed %(names)s and %(numbers)s: read the text yourself.") % {
        "names": names,
        "numbers": numbers_,
    }


def _share(kind, what):
    missed, of = MISSED[kind]
    one_in = of // missed if missed else of
    if not missed:
        texts = {
            "name": ngettext("none of %(of)s name", "none of %(of)s names", of),
            "number": ngettext("none of %(of)s telephone number", "none of %(of)s telephone numbers", of),
        }
    else:
        texts = {"name": _("1 name in %(of)s"), "number": _("1 telephone number in %(of)s")}
    return texts[what] % {"of": one_in}
