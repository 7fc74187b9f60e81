"""Canaries: words that nobody else writes, and a search that finds them in any form in which a disk could hold them.

A canary is the same three words in three scripts, and behind them the name of the field they were written into: it is
enough to look for the three words, and what stands behind them says where they came from.
"""

import base64
import binascii
import html
import json
import quopri
import re
import unicodedata
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import quote

LATIN, ACCENTED, ARABIC = "kanarivogel", "öiseaućägeß", "كناريالذهبي"
POSITION = "7.3129471"  # a latitude
WORDS = {"latin": LATIN, "accented": ACCENTED, "arabic": ARABIC, "position": POSITION}
DEEPEST = 4  # an archive in a stream in an archive in a backup
MOST_UNPACKED = 64 * 1024 * 1024
AT_ONCE = 8 * 1024 * 1024
OVERLAP = 4096  # longer than any needle, and than what is quoted of a finding

_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_GZIP = re.compile(rb"\x1f\x8b\x08")
_ZIP = re.compile(rb"PK\x03\x04")
_BASE64 = re.compile(rb"(?:eJ|eN|eA|H4sI)[A-Za-z0-9+/_-]{24,}={0,2}")
_SOFT_BREAK = re.compile(rb"=?\r?\n[ \t>]*")
# What a file that was never sealed begins with; what people attach, and what the portal makes.
FILES = {"a PDF": b"%PDF-1.", "a picture of a telephone": b"Exif\0\0"}


def canary(field: str, most: int | None = None) -> str:
    """What is written into `field`: the three words and its name, in at most so many characters."""
    return " ".join((LATIN, ACCENTED, ARABIC, re.sub(r"\W+", "-", field)))[:most].strip()


def told_by(field: str) -> str:
    """The same for a text that is to go to readers, in words in which the finder sees people, an address, a place."""
    people = f"Ms {LATIN.title()}, السيد {ARABIC}, {LATIN}@alba.example, {POSITION}, 31.5526093"
    return f"{canary(field)}: {people}"


def is_canary(text: object) -> bool:
    """Whether somebody wrote a canary there."""
    return LATIN in str(text)


def _spellings(word: str) -> dict[str, bytes]:
    """A word as programs write it: encodings and escapes."""
    nfd, folded = unicodedata.normalize("NFD", word), unicodedata.normalize("NFKD", word)
    bare = "".join(char for char in folded if not unicodedata.combining(char))
    ascii_json = json.dumps(word)[1:-1]
    utf8 = word.encode()
    escaped = "".join(char if char.isascii() else f"&#x{ord(char):x};" for char in word)
    forms = {
        "utf-8": utf8,
        "utf-8 in capitals": word.upper().encode(),
        "utf-8 casefolded": word.casefold().encode(),
        "utf-8 decomposed": nfd.encode(),
        "utf-8 without accents": bare.encode(),
        "utf-16-le": word.encode("utf-16-le"),
        "utf-16-be": word.encode("utf-16-be"),
        "utf-16-le decomposed": nfd.encode("utf-16-le"),
        "utf-32": word.encode("utf-32-le"),
        "latin-1": word.encode("latin-1", "replace") if word.isascii() else b"",
        "json": ascii_json.encode(),
        "json in json": json.dumps(ascii_json)[1:-1].encode(),
        "json decomposed": json.dumps(nfd)[1:-1].encode(),
        "html": html.escape(word).encode("ascii", "xmlcharrefreplace"),
        "html in hexadecimal": escaped.encode(),
        "percent": quote(word).encode(),
        "percent twice": quote(quote(word)).encode(),
        "quoted-printable": quopri.encodestring(utf8, quotetabs=False),
        "octal": "".join(chr(b) if b < 128 else f"\\{b:o}" for b in utf8).encode(),
        "python": repr(utf8)[2:-1].encode(),
        "hexadecimal": utf8.hex().encode(),
    }
    return {name: form for name, form in forms.items() if form}


def _in_base64(form: bytes) -> list[bytes]:
    """What is certain in base64 of a text with these bytes in it, wherever they begin."""
    found = []
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + form)
        begin, end = -(-before * 8 // 6), (before + len(form)) * 8 // 6
        found.append(whole[begin:end])
    return found


@cache
def needles() -> dict[bytes, str]:
    """Everything to look for, and what it is called; letters of ASCII in lower case but for base64."""
    found: dict[bytes, str] = {}
    for word_name, word in WORDS.items():
        for name, form in _spellings(word).items():
            found.setdefault(form.lower(), f"{word_name} as {name}")
    return found


@cache
def exact_needles() -> dict[bytes, str]:
    """The same in base64, where capitals count, and the beginnings of files that were not sealed."""
    found = {form: name for name, form in FILES.items()}
    for word_name, word in WORDS.items():
        for name in ("utf-8", "utf-16-le", "json", "utf-8 decomposed"):
            for form in _in_base64(_spellings(word)[name]):
                found.setdefault(form, f"{word_name} as {name} in base64")
                found.setdefault(form.translate(bytes.maketrans(b"+/", b"-_")), f"{word_name} as {name} in base64")
    return found


def found_in(content: bytes, *, depth: int = 0) -> set[str]:
    """Which of the words are in `content`, each as "script as spelling: what stands there"; also in what is packed."""
    found = _plainly_in(content)
    if _is_text(content):
        found |= _plainly_in(_SOFT_BREAK.sub(b"", content))
    if depth < DEEPEST:
        for kind, inner in _unpacked(content):
            found |= {f"{kind}, {what}" for what in found_in(inner, depth=depth + 1)}
    return found


def _plainly_in(content):
    lower = content.lower()
    hits = [(name, lower.find(form), len(form)) for form, name in needles().items()]
    hits += [(name, content.find(form), len(form)) for form, name in exact_needles().items()]
    return {f"{name}: {_quoted(content, at, size)}" for name, at, size in hits if at >= 0}


def _quoted(content, at, size):
    """The canary's surroundings: its end names the field."""
    return ascii(content[max(0, at - 20) : at + size + 100].decode("utf-8", "replace"))


def _is_text(content):
    return b"\0" not in content[:4096]


def _unpacked(content: bytes) -> Iterator[tuple[str, bytes]]:
    """What can be unpacked, wherever it begins; most of what looks like it is chance and ends at once."""
    for kind, pattern, bits in (("zlib", _ZLIB, 15), ("gzip", _GZIP, 31), ("zip", _ZIP, -15)):
        for match in pattern.finditer(content):
            begin = match.start() + (_zip_head(content, match.start()) if kind == "zip" else 0)
            if inner := _inflated(content, begin, bits):
                yield kind, inner
    for match in _BASE64.finditer(content):
        text = match[0].rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        try:
            packed = base64.b64decode(text + b"=" * (-len(text) % 4))
        except binascii.Error:
            continue
        if inner := _inflated(packed, 0, 47):
            yield "base64 of zlib", inner


def _zip_head(content, at):
    """How long the head of an entry is: thirty bytes, its name and what else is said of it."""
    return 30 + sum(int.from_bytes(content[at + place : at + place + 2], "little") for place in (26, 28))


def _inflated(content, begin, bits):
    """What comes out before it ends or breaks; nothing where it was no stream."""
    unpacker, out = zlib.decompressobj(bits), bytearray()
    for at in range(begin, len(content), 64):
        try:
            out += unpacker.decompress(content[at : at + 64])
        except zlib.error:
            break
        if unpacker.eof or len(out) > MOST_UNPACKED:
            break
    return bytes(out) if len(out) >= min(map(len, WORDS.values())) else b""


def found_in_file(path: Path) -> set[str]:
    """The same for a file of any size, an image of a whole disk among them; what is empty of it is skipped."""
    found: set[str] = set()
    with path.open("rb") as file:
        before = b""
        while chunk := file.read(AT_ONCE):
            if chunk.strip(b"\0"):
                found |= found_in(before + chunk)
            before = chunk[-OVERLAP:]
    return found


def found_below(folder: Path) -> dict[str, set[str]]:
    """Every file below a folder in which one is, its name included, and what is found there."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        what = found_in(name.encode())
        if path.is_file() and not path.is_symlink():
            what |= found_in_file(path)
        if what:
            found[name] = what
    return found
