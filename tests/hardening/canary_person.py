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
_GOES_WITH = {"place_shown": {"place_limit": "district"}}  # refused unless this is chosen, too
_MAY_STAY = "may_stay"  # the tick by which people say that what the finder points at is no matter
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
    """A Visitor who fills in what is free text; `written` are the fields that got a canary, by page. If the finder
    points at something in it, they have read it, and it may stay."""

    written: set[str] = field(default_factory=set)
    pressed: tuple[str, str] = ("", "")
    confirms: bool = False

    def send(self, button, typed=None, *, status=200, where=""):
        """Fill in and press; once more with the tick, if that is asked for."""
        self.pressed = (button, where)
        return super().send(button, typed, status=status, where=where)

    def _look(self, answer, path, status):
        if answer.status_code != 422 or status == 422 or self.confirms or not _asks_to_confirm(answer):
            return super()._look(answer, path, status)
        super()._look(answer, path, 422)
        self.confirms = True
        try:
            return super().send(self.pressed[0], status=status, where=self.pressed[1])
        finally:
            self.confirms = False

    def _values(self, form):
        values, names = super()._values(form)
        values |= _repeated(form)
        if tick := self._tick(form):  # what stands there, as it is: about other words they would be asked anew
            self.written.add(f"{self.where} {_MAY_STAY}")
            return {**values, _MAY_STAY: tick}, names
        for node in form.iter("input", "textarea"):
            name = node.get("name")
            if name in names and _is_free(node):
                most = node.get("maxlength")
                words = canary(f"{self.where} {name}", int(most) if most else None)
                values[name] = _SPECIAL.get(name.rpartition("-")[2], words)
                values |= _GOES_WITH.get(name, {})
                if values[name]:
                    self.written.add(f"{self.where} {name}")
        return values, names

    def _tick(self, form):
        boxes = (node for node in self.page.iter("input") if node.get("name") == _MAY_STAY)
        own = [node for node in boxes if node in form.iter("input") or node.get("form", "") == form.get("id")]
        return own[0].get("value") if own else None

    @property
    def where(self) -> str:
        """The page without the references in its address."""
        return "/".join(part for part in self.path.partition("?")[0].split("/") if part and not _REFERENCE.match(part))


def _asks_to_confirm(answer):
    return f'name="{_MAY_STAY}"'.encode() in answer.content


def _repeated(form):
    """What a page carries along more than once under the same name."""
    carried: dict[str, list[str]] = {}
    for node in form.iterfind(".//input[@type='hidden']"):
        carried.setdefault(node.get("name"), []).append(node.get("value", ""))
    return {name: values for name, values in carried.items() if len(values) > 1}


def _is_free(node):
    kind = node.get("type", "text")
    if node.tag == "textarea":
        return node.get("readonly") is None
    plain = kind in {"text", "search"} and node.get("inputmode") is None
    return plain and kind not in _NOT_FREE and "input-number" not in node.get("class", "")
