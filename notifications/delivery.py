"""The way out: one connection to the mail server, and what its answers mean. Knows nothing of rows and leases."""

import smtplib
from contextlib import suppress
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import get_connection

from .bounces import status_code
from .mime import PortalMail
from .rendering import Mail
from .verp import envelope_sender

HEADERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
REASON_LENGTH = 200


class Undelivered(Exception):
    """The mail did not go out. `reason` is for the administrator and never holds anything of the mail's text."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = " ".join(reason.split())[:REASON_LENGTH]


class Unreachable(Undelivered):
    """There is no mail server to talk to: nothing is wrong with the message."""


class Deferred(Undelivered):
    """Not now: worth another attempt."""


class Refused(Undelivered):
    """Not ever: the server said so for good, or the address is none.

    `is_address`: the answer was to the address, and not that our server may not send there; with its `status` code.
    """

    def __init__(self, reason: str, *, is_address: bool = False, status: str = ""):
        super().__init__(reason)
        self.is_address, self.status = is_address, status


class MailServer:
    """The configured mail backend, opened at the first mail, closed after any error and opened anew for the next."""

    def __init__(self):
        self._backend = get_connection()
        self._is_open = False

    def deliver(self, mail: Mail, *, row_id: UUID) -> None:
        """Hand over the mail of an outbox row. Raises Unreachable, Deferred or Refused."""
        names = {"From": settings.DEFAULT_FROM_EMAIL, "Message-ID": message_id(row_id)}
        email = PortalMail(
            mail.subject,
            mail.text,
            from_email=envelope_sender(row_id, mail.address),
            to=[mail.address],
            headers={**HEADERS, **names, **_stop_headers(mail.stop_url)},
            connection=self._backend,
        )
        if mail.html:
            email.attach_alternative(mail.html, "text/html")
        email.attachment = mail.attachment
        self._open()
        try:
            self._backend.send_messages([email])
        except Exception as error:
            self.close()
            raise _verdict(error) from error

    def close(self) -> None:
        """Say goodbye to the server, if it still listens."""
        if self._is_open:
            self._is_open = False
            with suppress(OSError, smtplib.SMTPException):  # it may be gone already, which is what we wanted
                self._backend.close()

    def _open(self):
        if self._is_open:
            return
        try:
            self._backend.open()
        except (OSError, smtplib.SMTPException) as error:
            code = getattr(error, "smtp_code", "")
            raise Unreachable(f"no connection to the mail server: {type(error).__name__} {code}") from error
        self._is_open = True


def message_id(row_id: UUID) -> str:
    """The Message-ID of an outbox row, the same at every attempt, so that a repeat can be recognised as one."""
    return f"<{row_id}@{urlsplit(settings.SITE_URL).hostname}>"


def _stop_headers(url):
    """What a mail program needs for its "unsubscribe" button (RFC 2369); with https one click is enough (RFC 8058)."""
    if not url:
        return {}
    one_click = {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} if url.startswith("https://") else {}
    return {"List-Unsubscribe": f"<{url}>", **one_click}


def _verdict(error):
    """What an error while handing over means for the message.

    An answer to sender or recipient is kept, it comes before the server has seen any text. An answer to the text may
    quote it (a filter naming a link, say), so only its codes are kept.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, answer = next(iter(error.recipients.values()))
        return _about_address(_answered(code, answer))
    if isinstance(error, smtplib.SMTPSenderRefused):
        return _answered(error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPResponseException):
        return _answered(error.smtp_code, b"")
    if isinstance(error, smtplib.SMTPNotSupportedError | ValueError):
        return Refused(f"the address cannot be written in a mail: {type(error).__name__}")
    return Deferred(f"connection lost: {type(error).__name__}")


def _about_address(verdict):
    """An answer to the recipient's address. A rule (5.7.x), a full disk or a wrong command is not its fault; without a
    status code only what says that there is no such mailbox is (RFC 5321, 4.2.3), and no "554 your server is blocked".
    """
    if isinstance(verdict, Refused):
        status = status_code(verdict.reason)
        is_other = status.startswith(("5.3.", "5.5.", "5.6.", "5.7."))
        is_mailbox = bool(status) or verdict.reason.startswith(("550", "551", "553"))
        verdict.is_address, verdict.status = is_mailbox and not is_other, status
    return verdict


def _answered(code, answer):
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    return (Refused if 500 <= code < 600 else Deferred)(f"{code} {text}")
