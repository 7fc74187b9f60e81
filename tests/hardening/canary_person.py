"""Somebody who writes a canary into every field for free text that a page shows them.

They see pages as tests.journeys.visitor does, through the test client or over real HTTP: whoever gives them `client`
decides. So a new field in a form that they pass has its canary from the day it is made.
"""

import io
import re
from dataclasses import dataclass, field

import pikepdf
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from tests.journeys.visitor import Visitor

from .canaries import POSITION, canary

_NOT_FREE = {"hidden", "email", "date", "time", "number", "password", "tel", "radio", "checkbox", "file", "submit"}
_SPECIAL = {"position": f"{POSITION}, 31.5526093", "named_persons": ""}  # what is no free text to the portal
_REFERENCE = re.compile(r"^([A-Z]{3}-\w+|[0-9a-f-]{36}|\d+)$")


def a_picture(what: str) -> SimpleUploadedFile:
    """A photograph that tells who took it, under a name that does too."""
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x010F] = exif[0x9286] = exif[0x013B] = canary(f"{what}-exif")
    Image.new("RGB", (64, 48), "white").save(out, "JPEG", exif=exif, comment=canary(f"{what}-comment").encode())
    return SimpleUploadedFile(f"{canary(f'{what}-name')}.jpg", out.getvalue(), "image/jpeg")


def a_paper(what: str) -> SimpleUploadedFile:
    """A document whose words stand in it as they are, and in its title."""
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page()
        page.Contents = pdf.make_stream(b"BT (" + canary(f"{what}-page").encode() + b") Tj ET")
        pdf.docinfo["/Title"] = canary(f"{what}-title")
        pdf.save(out, compress_streams=False)
    return SimpleUploadedFile(f"{canary(f'{what}-name')}.pdf", out.getvalue(), "application/pdf")


def a_text(what: str) -> SimpleUploadedFile:
    """A file that the portal does not take."""
    return SimpleUploadedFile(f"{canary(f'{what}-name')}.txt", canary(f"{what}-text").encode() * 9, "text/plain")


@dataclass
class Writer(Visitor):
    """A Visitor who fills in what is free text; `written` are the fields that got a canary, by page."""

    written: set[str] = field(default_factory=set)

    def _values(self, form):
        values, names = super()._values(form)
        for node in form.iter("input", "textarea"):
            name = node.get("name")
            if name in names and _is_free(node):
                most = node.get("maxlength")
                values[name] = _SPECIAL.get(name, canary(f"{self.where} {name}", int(most) if most else None))
                self.written.add(f"{self.where} {name}")
        return values, names

    @property
    def where(self) -> str:
        """The page without the references in its address."""
        return "/".join(part for part in self.path.partition("?")[0].split("/") if part and not _REFERENCE.match(part))


def _is_free(node):
    kind = node.get("type", "text")
    if node.tag == "textarea":
        return node.get("readonly") is None
    plain = kind in {"text", "search"} and node.get("inputmode") is None
    return plain and kind not in _NOT_FREE and "input-number" not in node.get("class", "")
