"""Where mails that came back lie: an IMAP folder or a Maildir. Both give what nobody has read, a bounded part of it.

What was about one of our mails is removed after it was understood; everything else is marked as read and left, in case
the settings name a mailbox that others use too.
"""

import imaplib
import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from django.conf import settings

from .bounces import READ_BYTES

TIMEOUT_SECONDS = 20


class MailboxUnavailable(Exception):
    """The mailbox of bounces cannot be read. Says why, and nothing of what stands in it or of the password."""


class Mailbox(Protocol):
    """A mailbox that is open while it is a context manager. Any method raises MailboxUnavailable."""

    def unread(self) -> Iterator[tuple[str, bytes]]:
        """A key and the beginning of each mail that was not read before."""

    def remove(self, key: str) -> None:
        """Delete a mail; one that is gone already is no error."""

    def leave(self, key: str) -> None:
        """Mark a mail as read and leave it where it is."""


def open_mailbox() -> "Imap | Maildir | None":
    """The mailbox that the settings name, to be used as a context manager; None if they name none."""
    if settings.BOUNCE_IMAP:
        return Imap(**settings.BOUNCE_IMAP)
    return Maildir(settings.BOUNCE_MAILDIR) if settings.BOUNCE_MAILDIR else None


class Maildir:
    """A folder into which a mail server on this machine delivers (maildir(5))."""

    def __init__(self, path: str):
        self._path = Path(path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return

    def unread(self):
        """Mails without the flag S, in order of arrival. What is no plain file is not looked at."""
        for name in sorted(self._names(), key=lambda name: name.partition("/")[2]):
            try:
                with _reported(), (self._path / name).open("rb") as mail:
                    beginning = mail.read(READ_BYTES)
            except FileNotFoundError:  # another reader was faster
                continue
            yield name, beginning

    def remove(self, key):
        """Delete the file."""
        with _reported():
            (self._path / key).unlink(missing_ok=True)

    def leave(self, key):
        """Give the file the flag S."""
        name, _, flags = Path(key).name.partition(":2,")
        with suppress(FileNotFoundError), _reported():
            (self._path / key).rename(self._path / "cur" / f"{name}:2,{''.join(sorted({*flags, 'S'}))}")

    def _names(self):
        try:
            for folder in ("new", "cur"):
                with os.scandir(self._path / folder) as entries:
                    plain = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
                yield from (f"{folder}/{name}" for name in plain if "S" not in name.partition(":2,")[2])
        except OSError as error:
            raise MailboxUnavailable(f"no Maildir at SLT_BOUNCE_MAILDIR: {error.strerror}") from None


class Imap:
    """A folder of an IMAP server, over TLS."""

    def __init__(self, *, host: str, port: int, user: str, password: str, folder: str):
        self._host, self._port, self._folder = host, port, folder
        self._account = (user, password)

    def __enter__(self):
        context = ssl.create_default_context()
        with _reported():
            self._server = imaplib.IMAP4_SSL(self._host, self._port, ssl_context=context, timeout=TIMEOUT_SECONDS)
        try:
            with _reported("the server refused user or password"):
                self._server.login(*self._account)
            name = self._folder.replace("\\", "\\\\").replace('"', '\\"')
            with _reported():
                answer, _ = self._server.select(f'"{name}"')
            if answer != "OK":
                raise MailboxUnavailable("there is no folder of the name in SLT_BOUNCE_IMAP_FOLDER")
        except MailboxUnavailable:
            self._close()
            raise
        return self

    def __exit__(self, *_):
        self._close()

    def unread(self):
        """Mails that are neither seen nor deleted, oldest first. Fetching marks nothing."""
        for key in self._ask("SEARCH", "UNSEEN", "UNDELETED")[0].decode("ascii").split():
            answer = self._ask("FETCH", key, f"(BODY.PEEK[]<0.{READ_BYTES}>)")
            if mail := next((part[1] for part in answer if isinstance(part, tuple)), None):
                yield key, mail

    def remove(self, key):
        """Delete the mail, and no other that somebody marked for it."""
        self._ask("STORE", key, "+FLAGS.SILENT", r"(\Deleted)")
        if "UIDPLUS" in self._server.capabilities:
            self._ask("EXPUNGE", key)
        else:
            with _reported():
                self._server.expunge()

    def leave(self, key):
        """Mark the mail as seen."""
        self._ask("STORE", key, "+FLAGS.SILENT", r"(\Seen)")

    def _ask(self, command, *arguments):
        with _reported():
            answer, data = self._server.uid(command, *arguments)
        if answer != "OK":
            raise MailboxUnavailable(f"the server does not do {command}")
        return [part for part in data if part is not None] or [b""]

    def _close(self):
        with suppress(OSError, imaplib.IMAP4.error):  # it may be gone already, which is what we wanted
            self._server.logout()


@contextmanager
def _reported(why: str = ""):
    """Errors as MailboxUnavailable, without their text: a server may quote a mail, an encoding error the password."""
    try:
        yield
    except FileNotFoundError:  # of one mail
        raise
    except (OSError, imaplib.IMAP4.error, ValueError) as error:
        why = "" if isinstance(error, OSError) else why
        raise MailboxUnavailable(why or f"no connection to the mailbox: {type(error).__name__}") from None
