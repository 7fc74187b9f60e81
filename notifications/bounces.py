"""What a mail that came back says: that ours did not arrive, is late, or that a machine answered. Pure functions.

Such mails are written by strangers: everything here takes linear time in a bounded number of bytes and raises nothing.
Beside the envelope sender only a status code is taken from them, because they quote what we had sent.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from .models import Bounce
from .verp import came_to

READ_BYTES = 256 * 1024  # what is told comes before the returned mail
_HEAD_BYTES = 64 * 1024
_MOST_PARTS, _MOST_DEPTH, _MOST_RECIPIENTS, _MOST_SENDERS = 20, 3, 50, 3
_REACHED = ("delivered", "relayed", "expanded")
# Where mail systems write whom a mail was for, most exact first.
_TO = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "to", "cc")
_STATUS_PARTS = ("message/delivery-status", "message/global-delivery-status")
_CODE = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])", re.ASCII)
_ACTION = re.compile(r"[a-z]*", re.ASCII)
_BOUNDARY = re.compile(r"""boundary\s*=\s*(?:"([^"]*)"|([^\s;"]+))""", re.ASCII | re.IGNORECASE)
_SYSTEM = re.compile(r"\b(mailer-daemon|postmaster|mail delivery (sub)?system)\b", re.ASCII | re.IGNORECASE)
_AUTOMATIC = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-vacation", "x-auto-response-suppress")

Fields = dict[str, list[str]]


@dataclass(frozen=True)
class Verdict:
    """What a mail says about one of ours: `senders` are the envelope senders it was sent to, still to be proven.

    `kind` None: it came to such an address and says nothing that matters, like a report that ours has arrived.
    """

    senders: tuple[tuple[UUID, str], ...]
    kind: Bounce.Kind | None
    status: str = ""


def read_mail(data: bytes) -> Verdict | None:
    """What the mail says, or None if it was not sent to an envelope sender of ours."""
    head, body = _split(data[:READ_BYTES].replace(b"\r\n", b"\n"))
    fields = _fields(head)
    addresses = "\n".join(value for name in _TO for value in fields.get(name, ()))
    senders = tuple(dict.fromkeys(came_to(addresses)))[:_MOST_SENDERS]
    return Verdict(senders, *_said(fields, body)) if senders else None


def _said(fields, body):
    """(kind, status): a delivery report first (RFC 3464), then what other systems write instead, then a machine's
    answer (RFC 3834)."""
    report = next((part for kind, part in _parts(fields, body) if kind in _STATUS_PARTS), None)
    if report is not None:
        return _reported(report)
    if "x-failed-recipients" in fields:  # Exim, before it wrote reports
        return Bounce.Kind.PERMANENT, ""
    if _first(fields, "content-type").lower().startswith("multipart/report"):  # of another sort: that it was read, say
        return None, ""
    if _SYSTEM.search(_first(fields, "from")):
        # A mail system in words of its own. That something went wrong is certain, that it is for good is not.
        return Bounce.Kind.TEMPORARY, ""
    answers = _first(fields, "auto-submitted").lower().strip()
    answers = answers and not answers.startswith("no")
    if answers or any(name in fields for name in _AUTOMATIC) or _first(fields, "precedence").lower() == "auto_reply":
        return Bounce.Kind.AUTO_REPLY, ""
    if _first(fields, "return-path").strip() == "<>":
        return Bounce.Kind.TEMPORARY, ""
    return None, ""


def _reported(report):
    """The kind and status code of a delivery report. Our mails have one recipient, who may have passed it on to more:
    if it reached one of them it did arrive."""
    found = []
    for block in report.strip().split(b"\n\n")[:_MOST_RECIPIENTS]:
        fields = _fields(block)
        action = _ACTION.match(_first(fields, "action").lower())[0]
        status = _status(fields)
        if action or status:
            found.append((action or {"5": "failed", "4": "delayed"}.get(status[:1], "delivered"), status))
    actions = dict(reversed(found))  # of several the first
    reached = bool(actions.keys() & set(_REACHED))
    if "failed" in actions and not reached:
        return Bounce.Kind.PERMANENT, actions["failed"]
    if reached and len(actions) == 1:
        return None, ""
    return Bounce.Kind.TEMPORARY, actions.get("delayed", "")


def _status(fields):
    """The status code; where the reporting system gives none of its own, that of the system it talked to."""
    own, theirs = (status_code(_first(fields, name)) for name in ("status", "diagnostic-code"))
    if theirs and (not own or (own.endswith(".0.0") and own[0] == theirs[0])):
        return theirs
    return own


def status_code(text: str) -> str:
    """The first status code (RFC 3463) in an answer of a mail server, or nothing."""
    found = _CODE.search(text)
    return found[1] if found else ""


def _parts(fields: Fields, body: bytes, depth: int = 0) -> Iterator[tuple[str, bytes]]:
    """Type and content of each part, down to a few levels; what lies deeper stays one part."""
    content_type = _first(fields, "content-type")
    kind = content_type.partition(";")[0].strip().lower()
    boundary = _BOUNDARY.search(content_type)
    if not kind.startswith("multipart/") or not boundary or depth == _MOST_DEPTH:
        yield kind, body
        return
    edge = b"\n--" + (boundary[1] or boundary[2] or "").encode("latin-1")
    for piece in (b"\n" + body).split(edge, _MOST_PARTS)[1:]:
        if piece.startswith(b"--"):
            return
        head, content = _split(piece.partition(b"\n")[2])
        yield from _parts(_fields(head), content, depth + 1)


def _split(data):
    """Header and body; a part may have no header."""
    if data.startswith(b"\n"):
        return b"", data[1:]
    head, _, body = data.partition(b"\n\n")
    return head, body


def _fields(block: bytes) -> Fields:
    """The header fields of a block by lower-case name. Every byte is a character: nothing depends on a charset."""
    text = re.sub(r"\n[ \t]+", " ", block[:_HEAD_BYTES].decode("latin-1"))
    fields: Fields = {}
    for line in text.split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip().lower(), []).append(value.strip())
    return fields


def _first(fields, name):
    return fields.get(name, [""])[0]
