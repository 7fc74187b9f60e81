"""Takes everything out of a file that is not its picture or its pages. Runs as a process of its own.

`python -I washing.py` reads the file from standard input and writes "media type, new line, clean bytes", or ends with
REFUSED and the reason. It imports nothing of the portal, has no secrets in its environment, and may use only so much
memory and time: what a hostile file breaks is this process. Nothing is written to the disk.
"""

import io
import os
import re
import resource
import sys
import zlib

REFUSED = 3
MEMORY_BYTES = 1536 * 1024 * 1024
CPU_SECONDS = 25
LONGEST_SIDE = 2400
MOST_PIXELS = 100_000_000
MOST_PAGES = 200
JPEG_QUALITY = 85
_JPEG, _PNG, _PDF = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"%PDF-"
_ZIP_END = b"PK\x05\x06"
_TAIL = 70_000  # a zip's end record lies in the last 64 kB
_KINDS = [  # what people send most; each has advice of its own
    ("heic", re.compile(rb"....ftyp(heic|heix|hevc|heim|heis|mif1|msf1|avif)", re.DOTALL)),
    ("picture", re.compile(rb"GIF8|RIFF....WEBP|BM....\x00\x00\x00\x00|II\*\x00|MM\x00\*", re.DOTALL)),
    ("drawing", re.compile(rb"(\xef\xbb\xbf)?\s*<(\?xml|svg|!DOCTYPE svg)", re.IGNORECASE)),
    (
        "office",
        re.compile(rb"\xd0\xcf\x11\xe0|PK\x03\x04.{26}(\[Content_Types\]|_rels/|word/|xl/|mimetype)", re.DOTALL),
    ),
    ("office", re.compile(rb"\{\\rtf")),
    ("archive", re.compile(rb"PK\x03\x04|PK\x05\x06|Rar!|7z\xbc\xaf|\x1f\x8b|BZh|\xfd7zXZ")),
    ("film", re.compile(rb"....ftyp|\x1a\x45\xdf\xa3|ID3|OggS|RIFF....(AVI |WAVE)", re.DOTALL)),
]


class Refused(Exception):
    """This file is not taken; the message is the reason's code."""


def washed(content: bytes) -> tuple[str, bytes]:
    """Media type and clean bytes of a JPEG, PNG or PDF. Raises Refused with the code of the reason for all else."""
    if content.startswith(_JPEG):
        _single(content)
        return "image/jpeg", _picture(content, "JPEG")
    if content.startswith(_PNG):
        _single(content)
        return "image/png", _picture(content, "PNG")
    if content.startswith(_PDF):
        _one_document(content)
        return "application/pdf", _document(content)
    if not content:
        raise Refused("empty")
    raise Refused(next((kind for kind, pattern in _KINDS if pattern.match(content)), "other"))


def _single(content):
    """A picture that is a document or an archive as well was made to deceive somebody."""
    if _PDF in content or _ZIP_END in content[-_TAIL:]:
        raise Refused("two_in_one")


def _one_document(content):
    after = content[content.rfind(b"%%EOF") + 5 :] if b"%%EOF" in content else content[-_TAIL:]
    if _ZIP_END in after or len(after.strip(b"\0\r\n\t ")) > 2048:
        raise Refused("two_in_one")


# --- Pictures: only the pixels go over into a new file --------------------------------------------------------


def _picture(content, kind):
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # said below, before anything is unpacked
    with Image.open(io.BytesIO(content), formats=[kind]) as image:
        if image.width * image.height > MOST_PIXELS:
            raise Refused("pixels")
        image.draft(None, (LONGEST_SIDE, LONGEST_SIDE))  # a large JPEG is unpacked smaller straight away
        image = ImageOps.exif_transpose(image)
        image = image.convert(_mode(image, kind))
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        fresh = Image.new(image.mode, image.size)
        fresh.paste(image)
    out = io.BytesIO()
    options = {"quality": JPEG_QUALITY, "progressive": True} if kind == "JPEG" else {}
    fresh.save(out, kind, optimize=True, **options)
    return out.getvalue()


def _mode(image, kind):
    """Grey stays grey, a PNG keeps what is transparent; the rest is red, green, blue."""
    if kind == "PNG" and (image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info):
        return "RGBA"
    return "L" if image.mode in {"1", "L", "I;16", "I;16B", "I"} else "RGB"


# --- Documents: pages are copied into a new document, nothing else is -------------------------------------------

_PAGE = ("/MediaBox", "/CropBox", "/Rotate", "/Resources")  # a page may have these from above
_OF_PAGE = ("/Contents", "/UserUnit", "/Group")
# What a page needs not to be drawn: what acts, and where people, machines or places may be named. What hangs on the
# document or on annotations is left behind anyway. No short names: a font may be called /A.
_DROPPED = frozenset(
    {
        "/AA", "/JS", "/JavaScript", "/OpenAction", "/URI", "/Annots", "/EmbeddedFiles", "/EF", "/AF", "/XFA",
        "/Metadata", "/PieceInfo", "/LastModified", "/Thumb", "/OPI", "/Ref", "/Measure", "/PtData", "/Usage",
        "/StructParent", "/StructParents", "/AcroForm", "/VP", "/Alternates",
    }
)  # fmt: skip


def _document(content):
    import pikepdf

    try:
        source = pikepdf.open(io.BytesIO(content), suppress_warnings=True)
    except pikepdf.PasswordError as error:
        raise Refused("locked") from error
    with source, pikepdf.new() as fresh:
        if source.is_encrypted:
            raise Refused("locked")
        if len(source.pages) > MOST_PAGES:
            raise Refused("pages")
        if not len(source.pages):
            raise Refused("broken")
        if "/AcroForm" in source.Root:
            source.generate_appearance_streams()
        source.flatten_annotations("screen")  # what was written into a form or beside the text stays to be read
        for page in source.pages:
            fresh.pages.append(_bare(source, page.obj))
            if "/Contents" in page.obj:
                fresh.pages[-1].obj.Contents = fresh.make_stream(_drawn(fresh.pages[-1]))
        _scrub(fresh)
        out = io.BytesIO()
        fresh.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def _bare(source, page):
    """A page with what draws it and nothing else."""
    import pikepdf

    bare = pikepdf.Dictionary(Type=pikepdf.Name.Page)
    for key in _OF_PAGE:
        if key in page:
            bare[key] = page[key]
    for key in _PAGE:
        value = _from_above(page, key)
        if value is not None:
            bare[key] = value
    return pikepdf.Page(source.make_indirect(bare))


def _from_above(node, key):
    for _ in range(50):
        if key in node:
            return node[key]
        if "/Parent" not in node:
            return None
        node = node["/Parent"]
    raise Refused("broken")


# Every word that draws, and those around pictures. All others are left out with what stands before them: viewers do not
# know them, or they only mark what is drawn (BDC and its like), with names of layers and texts that nobody sees.
_DRAWING = frozenset(
    b"b B b* B* BI BT BX c cm CS cs d d0 d1 Do EI ET EX f F f* G g gs h i ID j J K k l M m n q Q re RG rg ri s S SC sc "
    b"SCN scn sh T* Tc Td TD Tf Tj TJ TL Tm Tr Ts Tw Tz v w W W* y ' \"".split()
)


def _drawn(page):
    """What draws a page or, laid on one, something else; token by token, for maps are large."""
    import pikepdf

    kinds = pikepdf.TokenType
    gap, line = pikepdf.Token(kinds.space, b" "), pikepdf.Token(kinds.space, b"\n")

    class Drawing(pikepdf.TokenFilter):
        def __init__(self):
            super().__init__()
            self.waiting = []  # what stands before the next word

        def handle_token(self, token):
            kind = token.type_
            if kind in (kinds.space, kinds.comment):
                return None
            if kind == kinds.inline_image:
                return [pikepdf.Token(kind, _small_picture(self.before_picture, token.raw_value))]
            if kind != kinds.word:
                self.waiting += [token, gap]
                return None
            before, self.waiting, word = self.waiting, [], token.raw_value
            if word == b"ID":  # exactly one space, then bytes
                self.before_picture = {some.raw_value for some in before}
                return [*before, token, gap]
            return [*before, token, line] if word in _DRAWING else None

    return page.get_filtered_contents(Drawing())


def _small_picture(before, data):
    """A picture that stands among what draws the page; `before` is what is said of it."""
    if not before & {b"/DCT", b"/DCTDecode"}:
        return data
    if not data.startswith(_JPEG):  # packed twice: nobody does
        raise Refused("broken")
    return without_segments(data) + b"\n"


def _scrub(fresh):
    import pikepdf

    drawings, scratch = [], pikepdf.new()
    for item in list(fresh.objects):
        _strip(item, 0, drawings)
        if isinstance(item, pikepdf.Stream):
            _strip_stream(item)
            if item.get("/Subtype") == "/Form" or "/PatternType" in item:
                drawings.append(item)
    scratch.add_blank_page()
    for drawing in drawings:
        if isinstance(drawing, pikepdf.Stream):
            scratch.pages[0].obj.Contents = scratch.make_stream(drawing.read_bytes())
            drawing.write(_drawn(scratch.pages[0]))


def _strip(item, depth, drawings):
    """Drop what is not wanted from a dictionary and from what lies in it; the signs of fonts join `drawings`."""
    import pikepdf

    if depth > 60:
        raise Refused("broken")
    if isinstance(item, pikepdf.Array):
        inside = list(item)
    elif isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
        for key in _DROPPED.intersection(item.keys()):
            del item[key]
        if isinstance(item.get("/Properties"), pikepdf.Dictionary):  # names of layers, and worse
            del item["/Properties"]
        if isinstance(signs := item.get("/CharProcs"), pikepdf.Dictionary):  # of a font that is drawn
            drawings += [sign for _name, sign in signs.items()]
        inside = [value for _key, value in item.items()]
    else:
        return
    for value in inside:
        if isinstance(value, pikepdf.Object) and not value.is_indirect:  # an indirect one is visited by itself
            _strip(value, depth + 1, drawings)


def _strip_stream(item):
    if "/OC" in item:  # the layer it lies in, by name; in other dictionaries it may be a name somebody chose
        del item["/OC"]
    for key in ("/F", "/FFilter", "/FDecodeParms"):  # a stream that lies in another file
        if key in item:
            raise Refused("broken")
    filters = item.get("/Filter")
    names = [] if filters is None else [str(f) for f in filters] if _is_list(filters) else [str(filters)]
    if not names or names[-1] not in {"/DCTDecode", "/DCT", "/JPXDecode"}:
        return
    data = bytes(item.read_raw_bytes())
    if names[:-1]:
        if names[:-1] not in (["/FlateDecode"], ["/Fl"]):
            raise Refused("broken")
        data = zlib.decompressobj().decompress(data, 64 * 1024 * 1024)
    import pikepdf

    parameters = item.get("/DecodeParms")
    if parameters is not None and _is_list(parameters):
        parameters = parameters[-1] if len(parameters) else None
    clean = without_boxes(data) if names[-1] == "/JPXDecode" else without_segments(data)
    item.write(clean, filter=pikepdf.Name(names[-1]), decode_parms=parameters)


def _is_list(item):
    import pikepdf

    return isinstance(item, pikepdf.Array)


# All that a JPEG decoder needs: its frame, tables, restarts, lines and scans.
_NEEDED = frozenset({*range(0xC0, 0xC8), *range(0xC9, 0xD0), 0xDA, 0xDB, 0xDC, 0xDD})
_AFTER_SCAN = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")  # in a scan, zeros and restarts follow an FF


def without_segments(data: bytes) -> bytes:
    """A JPEG with its picture only, pixels untouched: no comments, no words of programs but which colours they are.

    It ends where its first picture ends: telephones put a second one, with all they know, behind it.
    """
    out, at = bytearray(data[:2]), 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # filling
            at += 1
            continue
        if marker == 0xD9:
            break
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        after = at + 2 + length
        if marker == 0xEE and length >= 14 and data[at + 4 : at + 9] == b"Adobe":
            out += b"\xff\xee\x00\x0e" + data[at + 4 : at + 16]
        elif marker == 0xDA:
            found = _AFTER_SCAN.search(data, after)
            after = found.start() if found else len(data)
            out += data[at:after]
        elif marker in _NEEDED:
            out += data[at:after]
        at = after
    if b"\xff\xda" not in out:
        raise Refused("broken")
    return bytes(out) + b"\xff\xd9"


_BOXES = {b"jP  ", b"ftyp", b"rreq", b"jp2h", b"jp2c", b"ihdr", b"bpcc", b"colr", b"pclr", b"cmap", b"cdef"}


def without_boxes(data: bytes) -> bytes:
    """A JPEG 2000 picture with the boxes that a decoder needs only, and without remarks between its pixels."""
    if data.startswith(b"\xff\x4f"):
        return _without_remarks(data)
    out, at = bytearray(), 0
    while at + 8 <= len(data):
        length, kind, start = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8], at + 8
        if length == 1:
            length, start = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        end = len(data) if length == 0 else at + length
        if end < start or end > len(data):
            raise Refused("broken")
        if kind in _BOXES:
            content = data[start:end]
            if kind == b"jp2h":  # boxes in a box
                content = without_boxes(content)
            elif kind == b"jp2c":  # the picture itself
                content = _without_remarks(content)
            out += (8 + len(content)).to_bytes(4, "big") + kind + content
        at = end
    return bytes(out)


def _without_remarks(data):
    """A JPEG 2000 stream whose remarks say nothing; they stay as long as they were, for lengths are counted."""
    if not data.startswith(b"\xff\x4f"):
        raise Refused("broken")
    out, at, tile_ends = bytearray(data), 2, len(data)
    while (marker := data[at : at + 2]) != b"\xff\xd9" and at < len(data):
        if marker == b"\xff\x93" and at < tile_ends:  # pixels, until the tile ends
            at = tile_ends
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if marker[:1] != b"\xff" or marker == b"\xff\x93" or length < 2:
            raise Refused("broken")
        if marker == b"\xff\x90":
            size = int.from_bytes(data[at + 6 : at + 10], "big")
            tile_ends = at + size if size else len(data)
            if not at + 12 <= tile_ends <= len(data):
                raise Refused("broken")
        elif marker == b"\xff\x64":
            out[at + 6 : at + 2 + length] = b" " * max(length - 4, 0)
        at += 2 + length
    return bytes(out[: at + 2])


def main() -> int:
    """Wash what comes in; the answer is the exit code and standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it may write to pipes only
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - until the process ends
    try:
        media_type, clean = washed(sys.stdin.buffer.read())
    except Refused as refused:
        sys.stdout.write(str(refused))
        return REFUSED
    except MemoryError:
        sys.stdout.write("heavy")
        return REFUSED
    except Exception:  # whatever the libraries say of a damaged file
        sys.stdout.write("broken")
        return REFUSED
    sys.stdout.buffer.write(media_type.encode() + b"\n" + clean)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
