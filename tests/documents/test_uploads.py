"""What comes in from outside: the content decides, only pixels and pages stay, everything else is refused kindly."""

import io
import os
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from documents import uploads, washing
from documents.uploads import UploadRefused, cleaned

from . import hostile_files as files

LIMIT = 10 * 1024 * 1024


def wash(content: bytes, name="photo.jpg", said="image/jpeg") -> uploads.Clean:
    return cleaned(SimpleUploadedFile(name, content, content_type=said))


def opened(clean) -> Image.Image:
    return Image.open(io.BytesIO(clean.content))


def searchable(content: bytes) -> bytes:
    """A document with all streams unpacked."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return files.written(pdf) + b"".join(
            bytes(item.read_raw_bytes()) for item in pdf.objects if isinstance(item, pikepdf.Stream)
        )


@pytest.mark.slow
@pytest.mark.parametrize(
    "what",
    [
        pytest.param(what, marks=pytest.mark.long if what == "a document larger than memory" else ())
        for what in files.REFUSED
    ],
)
def test_refused_with_a_sentence_that_says_what_to_do(what):
    content, word = files.REFUSED[what]
    for name, said in [("photo.jpg", "image/jpeg"), ("report.pdf", "application/pdf")]:
        with pytest.raises(UploadRefused) as refused:
            wash(content, name, said)
        assert word in str(refused.value)
        assert str(refused.value).endswith(".")


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_jpeg_keeps_its_picture_and_nothing_else(mode):
    content = files.a_jpeg(mode=mode)
    assert content.count(files.CANARY) >= 4
    clean = wash(content, "CANARY.exe", "application/x-msdownload")
    assert (clean.media_type, clean.ending) == ("image/jpeg", "jpg")
    assert files.CANARY not in clean.content
    picture = opened(clean)
    assert (picture.format, picture.size, picture.mode) == ("JPEG", (60, 40), "L" if mode == "L" else "RGB")
    assert dict(picture.getexif()) == {}
    assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression"}
    red, blue = picture.convert("RGB").getpixel((5, 5)), picture.convert("RGB").getpixel((55, 35))
    assert mode == "L" or (red[0] > 150 > red[2] and blue[2] > 150 > blue[0])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_upright_without_its_orientation(orientation):
    expected = {1: "red", 2: "white", 3: "blue", 4: "white", 5: "red", 6: "white", 7: "blue", 8: "white"}
    picture = opened(wash(files.a_jpeg(orientation=orientation)))
    assert picture.size == ((60, 40) if orientation < 5 else (40, 60))
    red, _green, blue = picture.getpixel((5, 5))
    assert {"red": red > 150 > blue, "blue": blue > 150 > red, "white": min(red, blue) > 150}[expected[orientation]]


@pytest.mark.parametrize(("mode", "kept"), [("RGBA", "RGBA"), ("P", "RGB"), ("L", "L"), ("1", "L"), ("RGB", "RGB")])
def test_a_png_stays_a_png(mode, kept):
    content = files.a_png(mode=mode)
    assert files.CANARY in content
    clean = wash(content)
    assert (clean.media_type, clean.ending) == ("image/png", "png")
    assert files.CANARY not in clean.content
    assert b"tEXt" not in clean.content
    picture = opened(clean)
    assert (picture.format, picture.size, picture.mode, picture.info) == ("PNG", (60, 40), kept, {})


def test_sixteen_bits_and_transparency_survive():
    deep, see_through = io.BytesIO(), io.BytesIO()
    Image.new("I;16", (4, 4), 65535).save(deep, "PNG")
    Image.new("P", (4, 4), 0).save(see_through, "PNG", transparency=0)
    assert opened(wash(deep.getvalue())).getpixel((0, 0)) == 255
    assert opened(wash(see_through.getvalue())).getpixel((0, 0))[3] == 0


@pytest.mark.slow
@pytest.mark.parametrize("kind", [files.a_jpeg, files.a_png])
def test_large_pictures_become_smaller(kind):
    picture = opened(wash(kind((5000, 2500))))
    assert picture.size == (2400, 1200)


def test_what_a_telephone_appends_is_left_behind():
    """Moving pictures and thumbnails of telephones come after the end of the JPEG: nothing to be refused for."""
    clean = wash(files.a_jpeg() + b"\0\0\0\x18ftypmp42 CANARY" * 50)
    assert files.CANARY not in clean.content


def test_a_document_keeps_its_pages_and_nothing_else():
    content = files.a_loaded_pdf()
    assert content.count(files.CANARY) > 20
    clean = wash(content)
    assert (clean.media_type, clean.ending) == ("application/pdf", "pdf")
    found = searchable(clean.content)
    assert files.CANARY not in found
    assert b"The words to be kept" in found
    for word in (b"JavaScript", b"OpenAction", b"/AA", b"/Annot", b"/URI", b"/Launch", b"/EmbeddedFile", b"/AcroForm"):
        assert word not in found, word
    with pikepdf.open(io.BytesIO(clean.content)) as pdf:
        assert set(pdf.Root.keys()) == {"/Type", "/Pages"}
        assert "/Info" not in pdf.trailer
        assert set(pdf.pages[0].obj.keys()) <= {"/Type", "/Parent", "/MediaBox", "/Resources", "/Contents"}
        photo = pdf.pages[0].obj.Resources.XObject["/P"]
        assert pikepdf.PdfImage(photo).as_pil_image().size == (60, 40)
        assert "/A" in pdf.pages[0].obj.Resources.Font


def test_what_was_written_into_a_form_stays():
    found = searchable(wash(files.a_filled_form()).content)
    assert b"written by hand" in found
    assert files.CANARY not in found
    assert b"/Widget" not in found


def test_older_versions_of_a_document_are_gone():
    """What was removed from a document is often still in its file, before the last changes."""
    clean = wash(files.a_changed_pdf())
    assert files.CANARY not in searchable(clean.content)
    assert b"What replaced it" in searchable(clean.content)


def test_pages_inherit_from_above():
    pdf = files.a_plain_pdf(3)
    top = pdf.Root.Pages
    top.MediaBox, top.Rotate = pikepdf.Array([0, 0, 300, 400]), 90
    for page in pdf.pages:
        del page.obj["/MediaBox"]
    with pikepdf.open(io.BytesIO(wash(files.written(pdf)).content)) as clean:
        assert [(list(page.obj.MediaBox), page.obj.Rotate) for page in clean.pages] == [([0, 0, 300, 400], 90)] * 3


def pixels(content: bytes) -> bytes:
    return Image.open(io.BytesIO(content)).tobytes()


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}, {"subsampling": 2}])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_photographs_in_documents_are_stripped_without_loss(mode, options):
    """Also of the second picture that telephones put behind the first, with everything the first one says."""
    out = io.BytesIO()
    files.a_picture((200, 150), mode).save(out, "JPEG", comment=b"CANARY", **options)
    before = out.getvalue()
    after = washing.without_segments(before + files.a_jpeg())
    assert files.CANARY in before
    assert files.CANARY not in after
    assert pixels(before) == pixels(after)
    assert len(after) <= len(before)
    assert pixels(washing.without_segments(before[:-2])) == pixels(before)  # without its end


def test_a_remark_between_the_scans_of_a_photograph_goes():
    out = io.BytesIO()
    files.a_picture((200, 150)).save(out, "JPEG", progressive=True)
    head, scan, rest = out.getvalue().rpartition(b"\xff\xda")
    remark = b"\xff\xfe\x00\x08CANARY\xff\xee\x00\x14Adobe" + bytes(7) + b"CANARY"
    assert files.CANARY not in washing.without_segments(head + remark + scan + rest)
    for broken in (b"\xff\xd8\xff\xd9", b"\xff\xd8" + remark, b"\xff\xd8\xff\xe1\xff\xff"):
        with pytest.raises(washing.Refused):
            washing.without_segments(broken)


@pytest.mark.parametrize("options", [{}, {"no_jp2": True}, {"tile_size": (64, 64)}, {"plt": True, "no_jp2": True}])
def test_jpeg_2000_in_documents_is_stripped_without_loss(options):
    out = io.BytesIO()
    files.a_picture((200, 150)).save(out, "JPEG2000", comment="CANARY", **options)
    before = out.getvalue()
    extra = b"".join(b"\0\0\0\x0e" + kind + b"CANARY" for kind in (b"xml ", b"uuid", b"uinf", b"what"))
    after = washing.without_boxes(before if "no_jp2" in options else extra + before + extra)
    assert files.CANARY in before
    assert files.CANARY not in after
    assert pixels(before) == pixels(after)


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0\xff\xffxml CANARY",
        b"\0\0\0\x0ejp2cpixels",
        b"\xff\x4fraw",
        b"\xff\x4f\xff\x64\0\0",
        b"\xff\x4f\xff\x90\0\x0a\0\0\0\0\0\x0c\0\0" + b"\xff\x93" * 3,  # tiles that never end
        b"\xff\x4f\xff\x90\0\x0a\0\0\xff\xff\xff\xff\0\0",
    ],
)
def test_jpeg_2000_that_lies_about_itself_is_refused(data):
    with pytest.raises(washing.Refused):
        washing.without_boxes(data)


def test_what_draws_the_pages_says_nothing_beside():
    """Comments, marks with their texts, layers, unknown words, small photographs in between; the drawing stays."""
    with pikepdf.open(io.BytesIO(wash(files.a_talking_pdf()).content)) as pdf:
        page, found = pdf.pages[0].obj, searchable(written_of(pdf))
        drawn, *_marked = page.Contents.read_bytes().split(b"BI")
        form, sign = page.Resources.XObject.F.read_bytes(), page.Resources.Font.T.CharProcs.a.read_bytes()
        assert "/OC" not in page.Resources.XObject.F
        assert "/Properties" not in page.Resources
        pictures = [
            some.iimage.read_raw_bytes()
            for some in pikepdf.parse_content_stream(pdf.pages[0])
            if isinstance(some, pikepdf.ContentStreamInlineImage)
        ]
    assert files.CANARY not in found
    assert drawn.split() == b"q 1 0 0 1 0 0 cm BT /A 12 Tf (50 % (kept)) Tj [ (a) -3 <42> ] TJ ET".split()
    assert form.split() == b"/F0 Do (kept) '".split()
    assert sign.split() == b"9 0 d0 0 0 5 5 re f".split()
    assert pictures[0].rstrip() == b"\x00EI\xff"
    assert Image.open(io.BytesIO(pictures[1])).size == (8, 8)


def written_of(pdf) -> bytes:
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def test_a_small_photograph_packed_twice_is_refused():
    pdf = files.a_plain_pdf()
    pdf.pages[0].obj.Contents = pdf.make_stream(b"BI /W 8 /H 8 /BPC 8 /CS /G /F [/AHx /DCT] ID FFD8FF> EI")
    with pytest.raises(UploadRefused, match="damaged"):
        wash(files.written(pdf))


def test_the_same_file_gives_the_same_bytes():
    for content in (files.a_jpeg(), files.a_png(), files.a_loaded_pdf()):
        assert wash(content) == wash(content)


def a_jpeg_of(size: int) -> bytes:
    """A JPEG of exactly so many bytes: what is behind its end counts as well."""
    picture = files.a_jpeg()
    return picture + b"\0" * (size - len(picture))


@pytest.mark.slow
@pytest.mark.parametrize("size", [8 * 1024, 1024 * 1024 + 1, LIMIT])
def test_sizes_up_to_the_limit_are_taken(settings, size):
    assert settings.ATTACHMENT_BYTES == LIMIT
    assert wash(a_jpeg_of(size)).media_type == "image/jpeg"


def test_one_byte_more_is_refused_and_the_limit_said():
    with pytest.raises(UploadRefused, match=r"10.MB"):
        wash(a_jpeg_of(LIMIT + 1))


def test_the_washing_process_knows_nothing_and_writes_nothing(tmp_path):
    """No secret is in its environment, and it may write no file."""
    code = "import os, resource, sys; import washing; sys.stdin = open('/dev/null'); print(sorted(os.environ))"
    folder = os.path.dirname(washing.__file__)
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {folder!r}); {code}"],
        env={}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert set(eval(done.stdout)) <= {"LC_CTYPE"}
    source = Path(washing.__file__).read_text(encoding="utf-8")
    assert "django" not in source
    assert "RLIMIT_FSIZE, (0, 0)" in source


def test_a_process_that_dies_is_a_refusal(monkeypatch):
    monkeypatch.setattr(uploads.washing, "__file__", os.devnull + "-is-missing")
    with pytest.raises(UploadRefused, match="too much"):
        wash(files.a_jpeg())


def test_a_process_that_hangs_is_a_refusal(monkeypatch, tmp_path):
    slow = tmp_path / "slow.py"
    slow.write_text("import time; time.sleep(30)")
    monkeypatch.setattr(uploads.washing, "__file__", str(slow))
    monkeypatch.setattr(uploads, "SECONDS", 0.2)
    with pytest.raises(UploadRefused, match="too much"):
        wash(files.a_jpeg())


@pytest.fixture
def hurried(monkeypatch):
    """Nobody waits long here."""
    monkeypatch.setattr(uploads, "PATIENCE_SECONDS", 0.05)


def test_who_finds_all_turns_taken_is_asked_to_come_back(hurried):
    with ExitStack() as others:
        for _ in range(uploads.MOST_AT_ONCE):
            others.enter_context(uploads._turn(object()))
        with pytest.raises(UploadRefused, match="Try again in a minute"):
            wash(files.a_jpeg())
    assert wash(files.a_jpeg()).media_type == "image/jpeg"


def test_a_person_has_one_turn_at_a_time_and_gets_it_back_whatever_happens(hurried):
    one, other = SimpleNamespace(pk=1), SimpleNamespace(pk=2)
    with uploads._turn(one.pk):
        with pytest.raises(UploadRefused, match="Try again in a minute"):
            cleaned(io.BytesIO(files.a_jpeg()), by=one)
        assert cleaned(io.BytesIO(files.a_jpeg()), by=other).media_type == "image/jpeg"
    for _ in range(uploads.MOST_AT_ONCE + 1):
        with pytest.raises(UploadRefused, match="empty"):
            cleaned(io.BytesIO(b""), by=one)
    assert cleaned(io.BytesIO(files.a_jpeg()), by=one).media_type == "image/jpeg"


def test_who_waits_gets_the_next_turn():
    taken = uploads._turn(1)
    taken.__enter__()
    timer = threading.Timer(0.2, taken.__exit__, (None, None, None))
    timer.start()
    assert cleaned(io.BytesIO(files.a_jpeg()), by=SimpleNamespace(pk=1)).media_type == "image/jpeg"
    timer.join()
