"""The search for canaries finds them: whatever it is to prove absent, it must be known to see (negative control)."""

import base64
import gzip
import html
import io
import json
import pickle
import quopri
import tarfile
import unicodedata
import zipfile
import zlib
from email.message import EmailMessage
from urllib.parse import quote, quote_plus

import pytest

from . import canaries
from .canaries import ACCENTED, ARABIC, LATIN, OVERLAP, WORDS, canary, found_below, found_in, found_in_file

TEXT = canary("what happened")


def in_zip(content: bytes) -> bytes:
    """As a workbook holds it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/sharedStrings.xml", content)
    return out.getvalue()


def in_tar(content: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as parts:
        entry = tarfile.TarInfo("file")
        entry.size = len(content)
        parts.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def in_mail(text: str, encoding: str) -> bytes:
    mail = EmailMessage()
    mail.set_content(f"a line before it, so that it begins somewhere\n{text}\n", cte=encoding)
    return bytes(mail)


WAYS = {
    "utf-8": lambda text: text.encode(),
    "decomposed": lambda text: unicodedata.normalize("NFD", text).encode(),
    "capitals": lambda text: text.upper().encode(),
    "utf-16-le": lambda text: text.encode("utf-16-le"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
    "utf-32": lambda text: text.encode("utf-32-le"),
    "json": lambda text: json.dumps({"what": text}).encode(),
    "json in json": lambda text: json.dumps({"body": json.dumps({"what": text})}).encode(),
    "html": lambda text: html.escape(text).encode("ascii", "xmlcharrefreplace"),
    "percent": lambda text: quote(text).encode(),
    "a query": lambda text: f"/incidents/?q={quote_plus(text)}".encode(),
    "quoted-printable": lambda text: quopri.encodestring(text.encode()),
    "mail, quoted-printable": lambda text: in_mail(text, "quoted-printable"),
    "mail, base64": lambda text: in_mail(text, "base64"),
    **{f"base64 at {n}": lambda text, n=n: base64.b64encode(b"x" * n + text.encode() + b"y") for n in range(3)},
    "base64 of json": lambda text: base64.b64encode(json.dumps([["a", text]]).encode()),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(text.encode()),
    "hexadecimal": lambda text: text.encode().hex().encode(),
    "bytea": lambda text: rb"\\x" + text.encode().hex().upper().encode(),
    "python": lambda text: repr(text.encode()).encode(),
    "zlib": lambda text: b"before" + zlib.compress(text.encode()) + b"behind",
    "zlib that is cut off": lambda text: zlib.compress(text.encode() * 9000 + bytes(range(256)) * 99)[:-200],
    "gzip": lambda text: gzip.compress(text.encode()),
    "a workbook": lambda text: in_zip(text.encode()),
    "a workbook in a tar in gzip": lambda text: in_tar(in_zip(text.encode())),
    "pickle in zlib": lambda text: b"\x80\x04" + zlib.compress(pickle.dumps({"typed": text})),
    "base64 of zlib": lambda text: b'session":"' + base64.b64encode(zlib.compress(text.encode() * 3)) + b'"',
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("script", WORDS)
def test_the_search_finds_a_word_however_it_is_written(way, script):
    noise = bytes(range(256)) * 3
    assert found_in(b"before, " + WAYS[way](f"some words, {WORDS[script]} and more"))
    if way not in {"mail, base64", "mail, quoted-printable", "quoted-printable"}:
        assert found_in(noise + WAYS[way](WORDS[script]) + noise)


def test_nothing_is_found_where_nothing_is():
    assert found_in(bytes(range(256)) * 99 + b"kanari vogel" + zlib.compress(b"oiseau" * 99)) == set()


def test_a_finding_names_the_field():
    [found, *_] = found_in(TEXT.encode())
    assert "what-happened" in found


def test_files_that_were_never_sealed_are_found():
    assert {one.partition(":")[0] for one in found_in(b"..%PDF-1.7\n....Exif\0\0II")} == set(canaries.FILES)


def test_a_canary_keeps_to_the_length_of_its_field():
    assert canary("a", 20) == f"{LATIN} {ACCENTED}"[:20].strip()
    assert all(word in TEXT for word in (LATIN, ACCENTED, ARABIC))


def test_a_word_between_two_portions_of_a_large_file_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(canaries, "AT_ONCE", 2 * OVERLAP)
    for at in (0, 2 * OVERLAP - 5, 2 * OVERLAP, 7 * OVERLAP):
        path = tmp_path / "image"
        path.write_bytes(b"\0" * at + TEXT.encode() + b"\0" * 100_000)
        assert found_in_file(path)


def test_names_of_files_are_searched_too(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / f"{ARABIC}.jpg").touch()
    (tmp_path / "b").write_text("nothing")
    assert set(found_below(tmp_path)) == {f"a/{ARABIC}.jpg"}
