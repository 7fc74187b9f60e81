"""Files from outside: the content decides what they are, and only pictures and pages of them come in (C4, C7)."""

import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from slt_portal.templatetags.portal import file_size

from . import washing

log = structlog.get_logger(__name__)
SECONDS = 40
# Unpacked, a large picture takes hundreds of megabytes: two at a time in each process and one of a person. The others
# wait their turn, but not for long: they keep one of the few threads that show everybody else their pages.
MOST_AT_ONCE, PATIENCE_SECONDS = 2, 5
_TURNS = threading.Condition()
_AT_WORK: set = set()
ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}
REASONS = {
    "empty": gettext_lazy("This file is empty. Choose another one."),
    "heic": gettext_lazy(
        "This is a HEIC picture, which many people cannot open. Send it as JPEG: on an iPhone, choose “Most "
        "Compatible” under Settings, Camera, Formats, or make a screenshot of it."
    ),
    "picture": gettext_lazy("Of pictures, only JPEG and PNG are taken. Save it as JPEG and choose that file."),
    "drawing": gettext_lazy(
        "Drawings and web pages can act by themselves. Save it as PNG or PDF and choose that file."
    ),
    "office": gettext_lazy(
        "Documents of an office program can hold macros and the names of their authors. Save it as PDF and choose "
        "that file."
    ),
    "archive": gettext_lazy("Archives are not taken. Unpack it and choose the pictures or PDFs one by one."),
    "film": gettext_lazy("Films and sound are not taken. Choose a still picture, and say the rest in words."),
    "other": gettext_lazy("This is neither a JPEG or PNG picture nor a PDF, whatever its name says. Save it as one."),
    "two_in_one": gettext_lazy(
        "Another file is hidden inside this one. Make a fresh copy: a screenshot of the picture, or the document "
        "printed to PDF."
    ),
    "pixels": gettext_lazy("This picture has more than 100 million points. Make it smaller and choose it again."),
    "pages": gettext_lazy("This PDF has more than 200 pages. Choose the pages that matter and print them to PDF."),
    "locked": gettext_lazy("This PDF is locked with a password. Print it to PDF without one and choose that file."),
    "heavy": gettext_lazy("This file needs too much to be unpacked. Make it smaller or simpler and choose it again."),
    "broken": gettext_lazy(
        "This file is damaged and cannot be read to its end. Open it yourself, save it anew and choose that file."
    ),
}


class UploadRefused(Exception):
    """A file is not taken. Its text says why and what to do."""


@dataclass(frozen=True)
class Clean:
    """What is left of a file: the bytes that may be kept, and what they are."""

    content: bytes
    media_type: str

    @property
    def ending(self) -> str:
        """What its name ends with."""
        return ENDINGS[self.media_type]


def cleaned(upload, *, by=None) -> Clean:
    """The clean content of an uploaded file (or anything with `read`): JPEG and PNG re-encoded, PDF rebuilt.

    Raises UploadRefused, with a sentence that says what to do, for everything else, for what is too large, and while
    too many others, or another file of the person `by`, are being cleaned.
    """
    content = upload.read(settings.ATTACHMENT_BYTES + 1)
    if len(content) > settings.ATTACHMENT_BYTES:
        raise too_large()
    with _turn(object() if by is None else by.pk):
        status, answer = _wash(content)
    if status == 0:
        media_type, _line, clean = answer.partition(b"\n")
        if len(clean) > settings.ATTACHMENT_BYTES:
            raise too_large()
        return Clean(clean, media_type.decode())
    reason = answer.decode("ascii", "replace") if status == washing.REFUSED else "heavy"
    log.info("upload_refused", reason=reason if reason in REASONS else "broken", status=status)
    raise UploadRefused(str(REASONS.get(reason, REASONS["broken"])))


@contextmanager
def _turn(whose):
    def is_free():
        return len(_AT_WORK) < MOST_AT_ONCE and whose not in _AT_WORK

    with _TURNS:
        if not _TURNS.wait_for(is_free, PATIENCE_SECONDS):
            log.info("upload_refused", reason="busy")
            raise UploadRefused(_("Other files are being checked at the moment. Try again in a minute."))
        _AT_WORK.add(whose)
    try:
        yield
    finally:
        with _TURNS:
            _AT_WORK.discard(whose)
            _TURNS.notify_all()


def too_large() -> UploadRefused:
    """The refusal of a file beyond the limit, which it names."""
    limit = file_size(settings.ATTACHMENT_BYTES)
    words = _("This file is larger than %(limit)s. Make it smaller and choose it again: a photograph sent as “medium”.")
    return UploadRefused(words % {"limit": limit})


def _wash(content):
    """Exit status and output of the washing process; it gets the bytes and nothing else."""
    command = [sys.executable, "-I", str(Path(washing.__file__))]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=SECONDS, env={}, check=False)
    except subprocess.TimeoutExpired:
        return -1, b""
    return done.returncode, done.stdout
