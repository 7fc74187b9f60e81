"""PDFs: six languages, the same frame on each page, nothing of the machine in them, nothing fetched from anywhere."""

import builtins
import io
import logging
import re
import sys
import time
from datetime import UTC, datetime

import pikepdf
import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from documents import pdf
from documents.pdf import PdfUnavailable, render_pdf, static_file

MADE_AT = datetime(2026, 3, 20, 12, tzinfo=UTC)
LANGUAGES = [
    "English: “two vehicles”, 5 € – stopped",
    "Français : l’œuvre déjà vue, où ça ?",
    "Español: ¿qué pasó? ¡Ñandú!",
    "Русский: дорога на Торит",
    "العربية: وقع هجوم على الطريق INC-7KQ2MC، ثلاثة جرحى (٣)",
    "中文:道路袭击,两辆车被拦截。",
]
FRAME = {
    "marking": "TLP:AMBER+STRICT",
    "purpose": "Briefing <of> the team",
    "reader_name": "Rania خليل",
    "made_at": MADE_AT,
}
WARNING = "cannot be printed here"


@pytest.fixture
def print_texts(settings, tmp_path):
    """A function that prints texts, each as people typed it, and a table of so many rows."""
    (tmp_path / "letter.html").write_text(
        '{% extends "documents/pdf_base.html" %}{% block content %}'
        '{% for text in texts %}<div class="prose" dir="auto">{{ text }}</div>{% endfor %}'
        "{% if rows %}<table><caption>List</caption><thead><tr><th scope=col>Ref</th><th scope=col>What</th>"
        "<th scope=col>Area</th><th scope=col class=numeric>n</th></tr></thead><tbody>"
        "{% for row in rows %}<tr><th scope=row><bdi>{{ row }}</bdi></th><td>Road attack, shooting, ambush</td>"
        "<td>South Sudan</td><td class=numeric>{{ forloop.counter }}</td></tr>{% endfor %}</tbody></table>{% endif %}"
        "{% endblock %}",
        encoding="utf-8",
    )
    options = settings.TEMPLATES[0]
    settings.TEMPLATES = [{**options, "DIRS": [*options["DIRS"], tmp_path]}]

    def call(texts, *, language="en", title="A letter", **context):
        return render_pdf("letter.html", {**FRAME, "texts": texts, **context}, title=title, language=language)

    return call


def text_of(content: bytes) -> list[str]:
    """The text of each page: glyphs mapped back by the document's own tables."""
    with pikepdf.open(io.BytesIO(content)) as document:
        return [_page_text(page) for page in document.pages]


def _page_text(page):
    fonts = {str(name): _letters(font) for name, font in page.obj.Resources.Font.items()}
    found, letters = [], {}
    for operands, operator in pikepdf.parse_content_stream(page):
        if str(operator) == "Tf":
            letters = fonts[str(operands[0])]
        elif str(operator) in {"TJ", "Tj"}:
            parts = operands[0] if str(operator) == "TJ" else [operands[0]]
            for part in parts:
                if isinstance(part, pikepdf.String):
                    codes = bytes(part)
                    found += [letters.get(codes[at : at + 2].hex(), "?") for at in range(0, len(codes), 2)]
    return "".join(found)


def _letters(font):
    table = font.ToUnicode.read_bytes().decode("ascii")
    pairs = re.findall(r"<([0-9a-f]{4})> <([0-9a-f]+)>", table)
    return {glyph: bytes.fromhex(text).decode("utf-16-be") for glyph, text in pairs}


def test_six_languages_on_a_machine_without_fonts_of_its_own(print_texts):
    content = print_texts(LANGUAGES)
    (text,) = text_of(content)
    assert WARNING not in text
    for word in ("vehicles”", "œuvre", "¿qué", "дорога", "道路袭击"):
        assert word in text.replace("ﬀ", "ff"), word
    assert sorted("هجوم") == sorted(letter for letter in set(text) if letter in "هجوم")
    with pikepdf.open(io.BytesIO(content)) as document:
        names = {str(font.BaseFont).split("+")[-1] for font in document.pages[0].obj.Resources.Font.values()}
    assert all("Portal" in name or "Noto" in name or "Droid" in name for name in names), names
    assert not any("DejaVu" in name for name in names)


@pytest.mark.parametrize("text", ["𒀀 cuneiform", "ไทย", "\ue000"])
def test_missing_letters_are_said(print_texts, text):
    (page,) = text_of(print_texts([text]))
    assert WARNING in page
    (next_page,) = text_of(print_texts(["plain"]))
    assert WARNING not in next_page, "said of one document only"


def test_marking_purpose_name_time_and_number_on_each_page(print_texts):
    pages = text_of(print_texts([], rows=[f"INC-7KQ2M{number}" for number in range(60)]))
    assert len(pages) == 2
    for number, page in enumerate(pages, 1):
        assert page.count("TLP:AMBER+STRICT") == 2
        for words in ("Briefing <of> the team", "Rania", "20 Mar 2026, 12:00 UTC", f"Page {number} / 2", "What"):
            assert words in page, (number, words)


def test_a_page_without_marking_or_reader(print_texts):
    (page,) = text_of(print_texts(["a"], marking="", purpose="", reader_name="", made_at=None))
    assert "TLP" not in page
    assert "Page 1 / 1" in page


def test_the_language_of_the_document_and_its_frame(print_texts):
    content = print_texts(LANGUAGES, language="fr", title="Une lettre")
    with pikepdf.open(io.BytesIO(content)) as document:
        assert str(document.Root.Lang) == "fr"
        assert document.Root.MarkInfo.Marked
        assert "/StructTreeRoot" in document.Root
        assert b"pdfuaid" in document.Root.Metadata.read_bytes()
        assert str(document.docinfo["/Title"]) == "Une lettre"


def test_the_same_input_gives_the_same_bytes_and_nothing_of_the_machine(print_texts):
    import getpass
    import socket

    content = print_texts(LANGUAGES)
    time.sleep(1.1)
    assert print_texts(LANGUAGES) == content
    with pikepdf.open(io.BytesIO(content)) as document:
        assert set(document.docinfo.keys()) == {"/Title", "/Producer", "/CreationDate"}
        assert str(document.docinfo["/CreationDate"]).startswith("D:20260320120000")
        plain = document.Root.Metadata.read_bytes()
    assert "Author" not in plain.decode()
    for word in (socket.gethostname(), getpass.getuser(), str(pdf.settings.BASE_DIR)):
        assert not re.search(rf"\b{re.escape(word)}\b".encode(), plain), word


def test_the_moment_in_its_properties_is_in_utc(print_texts):
    with timezone.override("Africa/Juba"), pikepdf.open(io.BytesIO(print_texts(LANGUAGES[:1]))) as document:
        assert str(document.docinfo["/CreationDate"]).startswith("D:20260320120000")


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd", "http://127.0.0.1:1/", "https://static.invalid/../../etc/passwd", "data:text/plain,x",
        "https://static.invalid/%2e%2e/%2e%2e/etc/passwd", "https://static.invalid.evil.example/portal/portal.css",
        "https://static.invalid/", "https://static.invalid//etc/passwd", "https://static.invalid/portal/portal.js",
        "documents/pdf.css", "https://static.invalid/documents/none.css", "https://static.invalid/\x00.css",
    ],
)  # fmt: skip
def test_only_our_own_static_files_are_read(address):
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it is, WeasyPrint goes on without the file
        static_file(address)


def test_our_own_files_are():
    assert static_file("https://static.invalid/documents/pdf.css").name == "pdf.css"


def test_what_people_type_stays_text(print_texts, monkeypatch):
    opened = []
    real = builtins.open
    monkeypatch.setattr(
        builtins, "open", lambda name, *rest, **more: (opened.append(str(name)), real(name, *rest, **more))[1]
    )
    hostile = [
        '<img src="file:///etc/passwd"><link rel=attachment href="file:///etc/passwd"><b>bold</b>',
        "<script>alert(1)</script><style>@import 'file:///etc/passwd';</style>",
        "{{ settings.SECRET_KEY }} {% include '/etc/passwd' %} \u202e\u2066 \x07",
        "a" * 5000,
    ]  # fmt: skip
    content = print_texts(hostile, title="<b>title</b>", purpose="<img src=file:///etc/passwd>", reader_name="‮evil")
    assert not [name for name in opened if "passwd" in name]
    text = "".join(text_of(content))
    assert "<img src=" in text
    assert "{{ settings" in text
    with pikepdf.open(io.BytesIO(content)) as document:
        assert "/Names" not in document.Root or "/EmbeddedFiles" not in document.Root.Names


def test_right_to_left_text_starts_at_the_right():
    from weasyprint import HTML

    text = (
        '<p dir=auto id=a>مرحبا INC-1</p><p dir=auto id=b>12: hello مرحبا</p><p dir=auto id=c>123</p>'
        "<p><bdi id=d>خليل</bdi><bdi id=e dir=ltr>خليل</bdi></p>"
    )  # fmt: skip
    root = HTML(string=text).etree_element
    pdf.resolve_directions(root)
    assert {element.get("id"): element.get("dir") for element in root.iter() if element.get("id")} == {
        "a": "rtl", "b": "ltr", "c": None, "d": "rtl", "e": "ltr",
    }  # fmt: skip


def test_nothing_of_a_text_reaches_the_log(print_texts):
    """What the root logger gets, as ours does; caplog would attach itself to WeasyPrint's own loggers."""
    written = io.StringIO()
    handler, root = logging.StreamHandler(written), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        print_texts(["CANARY 𒀀", '<img src="file:///CANARY">'])
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    assert written.getvalue() == ""


def test_without_pango_a_sentence(print_texts, monkeypatch):
    monkeypatch.setattr(pdf, "_engine", None)
    for name in [name for name in sys.modules if name.partition(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    real = builtins.__import__

    def without_pango(name, *rest, **more):
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without_pango)
    with pytest.raises(PdfUnavailable, match="apt-get install libpango"):
        print_texts(["a"])
    monkeypatch.undo()


def test_a_renderer_that_breaks_is_a_sentence(print_texts, monkeypatch):
    def break_down(root):
        raise AssertionError("CANARY")

    monkeypatch.setattr(pdf, "resolve_directions", break_down)
    with pytest.raises(PdfUnavailable, match="could not be made") as broken:
        print_texts(["a"])
    assert "CANARY" not in str(broken.value)


def test_weight_and_time(print_texts):
    print_texts(["warm"])
    rows = [f"INC-7KQ2M{number}" for number in range(60)]
    figures = {}
    for name, texts, more, most in [
        ("letter in English", LANGUAGES[:1] * 25, {"reader_name": "Rania"}, 25_000),
        ("letter in six languages", LANGUAGES, {}, 25_000),
        ("list of 60 rows", [], {"rows": rows}, 60_000),
    ]:
        began = time.perf_counter()
        weight = len(print_texts(texts, **more))
        figures[name] = (weight, f"{1000 * (time.perf_counter() - began):.0f} ms")
        assert weight <= most, name
    print(figures)


def test_the_frame_is_marked_in_html_as_well():
    page = render_to_string("documents/pdf_base.html", {**FRAME, "title": "x", "language": "en", "direction": "ltr"})
    assert page.startswith("<!DOCTYPE html>")
    assert "Briefing &lt;of&gt; the team" in page
