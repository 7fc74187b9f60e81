"""Writing a mail as bytes.

All our mails have one shape: a text, perhaps the same in HTML, perhaps one file, one recipient. Writing that shape
directly takes a tenth of the time of building and flattening a tree of MIME parts, which is most of what a mail to many
people costs; a file that goes to all of them is encoded once.
"""

import base64
import binascii
import re
from email.header import Header
from email.utils import formatdate, parseaddr
from functools import lru_cache

from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import BadHeaderError, sanitize_address

from .rendering import Attachment


class PortalMail(EmailMultiAlternatives):
    """Django's mail with a text, at most one HTML alternative and one `attachment`, for any backend; no copies."""

    attachment: Attachment | None = None

    def message(self):
        """What a backend sends: an object that knows how to be bytes."""
        return WrittenMail(_lines(self))


class WrittenMail:
    """The finished lines of a mail, with the two methods that Django's backends ask of one."""

    def __init__(self, lines: list[bytes]):
        self._lines = lines

    def as_bytes(self, *, linesep: str = "\n") -> bytes:
        """The mail with this end of line."""
        return linesep.encode().join(self._lines) + linesep.encode()

    def get_charset(self) -> None:
        """None: it is ASCII from end to end."""
        return


def _lines(mail):
    sender = mail.extra_headers.get("From", mail.from_email)  # as Django: from_email is then that of the envelope only
    raw = [mail.subject, sender, mail.to[0], *mail.extra_headers.values()]
    if any("\r" in value or "\n" in value for value in raw):
        raise BadHeaderError("a line break in a header")
    headers = {
        "From": None,
        "To": _address(mail.to[0]),
        "Subject": _encoded("Subject", mail.subject),
        "Date": formatdate(),
        **mail.extra_headers,
        "MIME-Version": "1.0",
    }
    headers["From"] = _address(sender)
    lines = [line for name, value in headers.items() for line in f"{name}: {value}".encode("ascii").split(b"\n")]
    text = _part("plain", mail.body)
    if mail.alternatives:
        text = _multipart(b"alternative", text, _part("html", mail.alternatives[0].content))
    if mail.attachment:
        text = _multipart(b"mixed", text, _encoded_file(mail.attachment))
    return lines + text


def _multipart(subtype, first, second):
    # Quoted-printable writes every "=" as "=3D", and base64 has none before its end: this can never stand in a part.
    boundary = b"=_" + subtype
    edge = b"--" + boundary
    head = [b"Content-Type: multipart/" + subtype + b'; boundary="' + boundary + b'"', b""]
    return [*head, edge, *first, edge, *second, edge + b"--"]


@lru_cache(maxsize=4)
def _encoded_file(attachment):
    head = [
        f"Content-Type: {attachment.media_type}".encode("ascii"),
        b"Content-Transfer-Encoding: base64",
        f'Content-Disposition: attachment; filename="{attachment.name}"'.encode("ascii"),
        b"",
    ]
    return head + base64.encodebytes(attachment.content).splitlines()


_SIMPLE = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+", re.ASCII)


def _address(text):
    return text if _SIMPLE.fullmatch(text) else _sanitized(text)


@lru_cache(maxsize=64)
def _sanitized(text):
    return sanitize_address(text, "utf-8")


def bare_address(text: str) -> str:
    """The address of `SLT portal <portal@slt.example>`, as an envelope has it. Raises ValueError for what is none."""
    return text if _SIMPLE.fullmatch(text) else parseaddr(_sanitized(text))[1]


def is_simple(address: str) -> bool:
    """Whether an address can be written as it is: the usual case, which needs no parser."""
    return _SIMPLE.fullmatch(address) is not None


def _encoded(name, value):
    charset = "us-ascii" if value.isascii() else "utf-8"
    return Header(value, charset, header_name=name).encode()


def _part(subtype, text):
    body = binascii.b2a_qp("\n".join(text.splitlines()).encode(), istext=True)
    head = [
        b'Content-Type: text/%s; charset="utf-8"' % subtype.encode(),
        b"Content-Transfer-Encoding: quoted-printable",
        b"",
    ]
    return head + body.split(b"\n")
