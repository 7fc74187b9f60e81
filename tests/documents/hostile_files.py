"""Files as people and enemies send them, made here; each that could tell something holds the word CANARY."""

import io
import zipfile

import pikepdf
from pikepdf import Array, Dictionary, Name, String
from PIL import Image, PngImagePlugin

CANARY = b"CANARY"
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><creator>CANARY-XMP</creator></x:xmpmeta>'


def a_picture(size=(60, 40), mode="RGB") -> Image.Image:
    """A picture with four corners of different colours, so that a turned one is recognised."""
    picture = Image.new("RGB", size, "white")
    half = (size[0] // 2, size[1] // 2)
    picture.paste((220, 0, 0), (0, 0, *half))
    picture.paste((0, 0, 220), (half[0], half[1], *size))
    return picture.convert(mode)


def _exif(orientation=1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F], exif[0x013B], exif[0x9286] = "CANARY-MAKER", "CANARY-ARTIST", "CANARY-COMMENT"
    exif[0x8825] = {1: "N", 2: (4.0, 24.0, 36.0), 3: "E", 4: (32.0, 34.0, 12.0), 29: "CANARY-GPS"}
    return exif.tobytes()


def a_jpeg(size=(60, 40), mode="RGB", orientation=1, quality=90) -> bytes:
    """A JPEG with everything a telephone writes into it."""
    out = io.BytesIO()
    options = {"exif": _exif(orientation), "xmp": XMP, "comment": b"CANARY-JPEG-COMMENT", "icc_profile": b"CANARY-ICC"}
    a_picture(size, mode).save(out, "JPEG", quality=quality, **options)
    return out.getvalue()


def a_png(size=(60, 40), mode="RGBA") -> bytes:
    """A PNG with text chunks, EXIF and XMP."""
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", "CANARY-AUTHOR")
    texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
    texts.add_text("Comment", "CANARY-ZTXT", zip=True)
    out = io.BytesIO()
    a_picture(size, mode).save(out, "PNG", pnginfo=texts, exif=_exif(), dpi=(300, 300))
    return out.getvalue()


def a_zip(name="CANARY.txt") -> bytes:
    """An archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, "CANARY")
    return out.getvalue()


def a_plain_pdf(pages=1) -> pikepdf.Pdf:
    """A document with a line of text on each page, open for changes."""
    pdf = pikepdf.new()
    for number in range(pages):
        pdf.add_blank_page(page_size=(300, 400))
        page = pdf.pages[number]
        font = pdf.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
        page.obj.Resources = Dictionary(Font=Dictionary(A=font))  # a font may be called /A
        page.obj.Contents = pdf.make_stream(b"BT /A 12 Tf 50 350 Td (The words to be kept) Tj ET")
    return pdf


def written(pdf: pikepdf.Pdf) -> bytes:
    """The bytes of a document, uncompressed so that everything in it can be searched."""
    out = io.BytesIO()
    pdf.save(
        out,
        compress_streams=False,
        stream_decode_level=pikepdf.StreamDecodeLevel.generalized,
        object_stream_mode=pikepdf.ObjectStreamMode.disable,
    )
    return out.getvalue()


def _acts(pdf):
    script = Dictionary(S=Name.JavaScript, JS=String("app.alert('CANARY-JS')"))
    pdf.Root.OpenAction = script
    pdf.Root.AA = Dictionary(WC=script)
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("CANARY-NAME"), script])))
    page = pdf.pages[0].obj
    page.AA = Dictionary(O=Dictionary(S=Name.Launch, F=String("CANARY-LAUNCH.exe")))
    link = Dictionary(S=Name.URI, URI=String("https://CANARY-LINK.example/"))
    corner = Array([0, 0, 50, 50])
    page.Annots = Array(
        [
            pdf.make_indirect(Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=corner, A=link)),
            pdf.make_indirect(
                Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=corner, T="CANARY-T", Contents="CANARY")
            ),
        ]
    )


def _holds_things(pdf):
    pdf.attachments["CANARY.exe"] = b"MZ CANARY-EMBEDDED"
    pdf.Root.AcroForm = Dictionary(Fields=Array([]), XFA=pdf.make_stream(b"<xdp>CANARY-XFA</xdp>"))
    page = pdf.pages[0].obj
    page.PieceInfo = Dictionary(App=Dictionary(Private=String("CANARY-PIECE")))
    page.Thumb = pdf.make_stream(b"CANARY-THUMB", Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1)
    page.Metadata = pdf.make_stream(XMP, Type=Name.Metadata, Subtype=Name.XML)
    page.Resources.Properties = Dictionary(
        MC0=pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("CANARY-LAYER"), Usage=Dictionary()))
    )
    photo = pdf.make_stream(a_jpeg(), Type=Name.XObject, Subtype=Name.Image, Width=60, Height=40)
    photo.Filter, photo.ColorSpace, photo.BitsPerComponent = Name.DCTDecode, Name.DeviceRGB, 8
    photo.Metadata = pdf.make_stream(XMP, Type=Name.Metadata)
    page.Resources.XObject = Dictionary(P=photo)
    page.Contents = Array([page.Contents, pdf.make_stream(b"q 60 0 0 40 50 50 cm /P Do Q")])


def a_loaded_pdf() -> bytes:
    """A document with scripts, actions, links, comments, attachments, a form, metadata and a telling photograph."""
    pdf = a_plain_pdf()
    _acts(pdf)
    _holds_things(pdf)
    pdf.docinfo["/Author"], pdf.docinfo["/Producer"] = String("CANARY-AUTHOR"), String("CANARY-PRODUCER")
    pdf.Root.Metadata = pdf.make_stream(XMP, Type=Name.Metadata, Subtype=Name.XML)
    pdf.Root.Outlines = Dictionary(Type=Name.Outlines, Title=String("CANARY-OUTLINE"))
    pdf.trailer.ID = Array([String("CANARY-ID-------"), String("CANARY-ID-------")])
    return written(pdf)


def a_talking_pdf() -> bytes:
    """A document whose pages are drawn with much that nobody sees: comments, marks, layers, telling photographs."""
    pdf = a_plain_pdf()
    page = pdf.pages[0].obj
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("CANARY-LAYER")))
    small = b"BI /W 8 /H 8 /BPC 8 /CS /RGB /F /DCT ID " + a_jpeg((8, 8)) + a_jpeg((8, 8)) + b"\nEI"
    page.Contents = Array(
        [
            pdf.make_stream(b"% CANARY-COMMENT\n/CANARY /MC0 BDC q 1 0 0 1 0 0 cm % CANARY"),
            pdf.make_stream(b"/Span <</ActualText (CANARY) /E [(CANARY)]>> BDC BT /A 12 Tf (50 % (kept)) Tj"),
            pdf.make_stream(b"EMC [(a) -3 <42>] TJ ET EMC /P <</A (CANARY)>> DP /CANARY MP (CANARY) canary"),
            pdf.make_stream(b"BI /W 2 /H 2 /BPC 8 /CS /G ID \x00EI\xff EI " + small + b" Q (CANARY without a word)"),
        ]
    )
    page.Resources.Properties = Dictionary(MC0=layer)
    form = pdf.make_stream(b"%CANARY\r/F0 Do /Span <</Alt (CANARY)>> BDC (kept) ' EMC", Subtype=Name.Form, OC=layer)
    page.Resources.XObject = Dictionary(F=form)
    sign = pdf.make_stream(b"9 0 d0 % CANARY\n0 0 5 5 re f")
    page.Resources.Font.T = Dictionary(Type=Name.Font, Subtype=Name.Type3, CharProcs=Dictionary(a=sign))
    return written(pdf)


def a_filled_form() -> bytes:
    """A form somebody filled in: what they wrote stands only in the field's appearance."""
    pdf = a_plain_pdf()
    look = pdf.make_stream(
        b"/Tx BMC BT /Helv 12 Tf 2 5 Td (written by hand) Tj ET EMC",
        Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 150, 20]), Resources=Dictionary(),
    )  # fmt: skip
    field = pdf.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Tx,
            T=String("CANARY-FIELD"),
            V=String("written by hand"),
            Rect=Array([50, 200, 200, 220]),
            F=4,
            AP=Dictionary(N=look),
            DA=String("/Helv 12 Tf"),
        )  # fmt: skip
    )
    pdf.pages[0].obj.Annots = Array([field])
    pdf.Root.AcroForm = Dictionary(Fields=Array([field]), DA=String("/Helv 12 Tf"))
    return written(pdf)


def a_changed_pdf() -> bytes:
    """A document whose text was replaced by adding to the file: the old text is still in it."""
    base = written(a_plain_pdf()).replace(b"The words to be kept", b"Words CANARY removed")
    with pikepdf.open(io.BytesIO(base)) as pdf:
        number, root, size = pdf.pages[0].obj.Contents.objgen[0], pdf.Root.objgen[0], len(pdf.objects) + 1
    text = b"BT /A 12 Tf 50 350 Td (What replaced it) Tj ET"
    added = b"%d 0 obj\n<</Length %d>>\nstream\n%s\nendstream\nendobj\n" % (number, len(text), text)
    before = int(base.rsplit(b"startxref", 1)[1].split()[0])
    table = b"xref\n%d 1\n%010d 00000 n \ntrailer\n<</Size %d/Root %d 0 R/Prev %d>>\n" % (
        number, len(base), size, root, before,
    )  # fmt: skip
    return base + added + table + b"startxref\n%d\n%%%%EOF\n" % (len(base) + len(added))


def _locked(word):
    out = io.BytesIO()
    a_plain_pdf().save(out, encryption=pikepdf.Encryption(owner="owner", user=word))
    return out.getvalue()


def a_locked_pdf() -> bytes:
    """A document that opens with a password only."""
    return _locked("user")


def a_half_locked_pdf() -> bytes:
    """A document that everybody may open and nobody may change."""
    return _locked("")


def a_bomb_png(side=60_000) -> bytes:
    """A few bytes that say they are a picture of thousands of millions of points."""
    small = bytearray(a_png((1, 1)))
    small[16:24] = side.to_bytes(4, "big") * 2
    import zlib

    small[29:33] = zlib.crc32(bytes(small[12:29])).to_bytes(4, "big")
    return bytes(small)


def a_bomb_pdf() -> bytes:
    """A small document whose objects lie in a stream that unpacks to gigabytes."""
    import zlib

    piece, pieces = b" " * (16 * 1024 * 1024), 180
    packer = zlib.compressobj(9)
    packed = packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)  # ends on a byte, and can therefore be repeated
    size = len(piece) * pieces
    low, high = (1 + 32 * size) % 65521, (size + 32 * size * (size + 1) // 2) % 65521  # Adler-32 of that many spaces
    packed = packed[:2] + packed[2:] * pieces + b"\x03\x00" + (high << 16 | low).to_bytes(4, "big")
    head = b"%PDF-1.7\n"
    catalog = b"1 0 obj\n<</Type/Catalog/Pages 4 0 R>>\nendobj\n"
    start = len(head) + len(catalog)
    stream = b"2 0 obj\n<</Type/ObjStm/N 1/First 5/Filter/FlateDecode/Length %d>>stream\n" % len(packed)
    stream += packed + b"\nendstream\nendobj\n"
    table_at = start + len(stream)
    rows = [(0, 0, 255), (1, len(head), 0), (1, start, 0), (1, table_at, 0), (2, 2, 0)]
    table = b"".join(bytes([kind]) + place.to_bytes(4, "big") + bytes([last]) for kind, place, last in rows)
    index = b"3 0 obj\n<</Type/XRef/Size 5/W[1 4 1]/Root 1 0 R/Length %d>>stream\n" % len(table)
    tail = index + table + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % table_at
    return head + catalog + stream + tail


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
REFUSED = {
    "nothing": (b"", "empty"),
    "HEIC of a telephone": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200), "HEIC"),
    "AVIF": (b"\0\0\0\x18ftypavif\0\0\0\0" + bytes(200), "HEIC"),
    "GIF": (b"GIF89a\x01\0\x01\0\0\0\0;", "JPEG and PNG"),
    "WebP": (b"RIFF\x24\0\0\0WEBPVP8 " + bytes(30), "JPEG and PNG"),
    "TIFF": (b"II*\0" + bytes(50), "JPEG and PNG"),
    "SVG": (SVG, "PNG or PDF"),
    "SVG after a byte order mark": (b"\xef\xbb\xbf <?xml version='1.0'?>" + SVG, "PNG or PDF"),
    "Word": (a_zip("[Content_Types].xml"), "office program"),
    "LibreOffice": (a_zip("mimetype"), "office program"),
    "old Word": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "office program"),
    "zip": (a_zip(), "Archives"),
    "film": (b"\0\0\0\x18ftypmp42" + bytes(200), "Films"),
    "program": (b"\x7fELF" + bytes(200), "neither"),
    "page": (b"<!DOCTYPE html><script>alert(1)</script>", "neither"),
    "text": ("ما حدث".encode(), "neither"),
    "GIFAR: a JPEG that is an archive": (a_jpeg() + a_zip(), "hidden inside"),
    "a PNG that is an archive": (a_png() + a_zip(), "hidden inside"),
    "a JPEG that is a document": (a_jpeg() + written(a_plain_pdf()), "hidden inside"),
    "a document that is an archive": (written(a_plain_pdf()) + a_zip(), "hidden inside"),
    "a document that begins late": (b"\n" * 20 + written(a_plain_pdf()), "neither"),
    "half a JPEG": (a_jpeg((600, 400))[:2500], "damaged"),
    "the head of a JPEG": (a_jpeg()[:12], "damaged"),
    "half a PNG": (a_png((600, 400))[:400], "damaged"),
    "three bytes": (b"\xff\xd8\xff", "damaged"),
    "the head of a document": (b"%PDF-1.7\n", "damaged"),
    "a document without pages": (written(pikepdf.new()), "damaged"),
    "a locked document": (a_locked_pdf(), "password"),
    "a half locked document": (a_half_locked_pdf(), "password"),
    "too many pages": (written(a_plain_pdf(201)), "200 pages"),
    "a picture larger than memory": (a_bomb_png(), "100 million"),
    "a document larger than memory": (a_bomb_pdf(), ""),
}
