"""The mails that the embedded portal wrote to files instead of sending them, newest first."""

import email
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from itertools import islice
from pathlib import Path

from django.conf import settings

_SEPARATOR = b"\n" + b"-" * 79 + b"\n"


@dataclass(frozen=True)
class Sent:
    """One mail as its reader gets it."""

    to: str
    subject: str
    at: datetime | None
    text: str


def mails(to: str = "") -> Iterator[Sent]:
    """Every mail, or those to one address; the newest first. A file holds the mails of one connection, oldest first."""
    folder = Path(settings.EMAIL_FILE_PATH)
    files = sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True) if folder.is_dir() else []
    for path in files:
        for raw in reversed(path.read_bytes().split(_SEPARATOR)):
            if raw.strip():
                mail = _read(raw)
                if not to or mail.to.lower() == to.lower():
                    yield mail


def page(number: int, *, to: str = "", size: int = 20) -> tuple[list[Sent], bool]:
    """The mails of page `number` (from 1), and whether there are older ones."""
    start = (number - 1) * size
    found = list(islice(mails(to), start, start + size + 1))
    return found[:size], len(found) > size


def _read(raw: bytes) -> Sent:
    message: EmailMessage = email.message_from_bytes(raw.lstrip(b"\n"), policy=default)
    body = message.get_body(("plain",))
    return Sent(
        to=str(message["To"] or ""),
        subject=str(message["Subject"] or ""),
        at=parsedate_to_datetime(str(message["Date"])) if message["Date"] else None,
        text=body.get_content() if body else "",
    )
