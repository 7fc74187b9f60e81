"""The settings of bounces: to which address mails come back, and where they are read. None is needed."""

import re

from django.core.exceptions import ImproperlyConfigured

from . import environment

# The local part is followed by a plus sign, the message and its proof (notifications.verp): 64 characters at most.
_ADDRESS = re.compile(r"[a-z0-9_-][a-z0-9._-]{0,17}@[a-z0-9-]+(\.[a-z0-9-]+)+")


def bounce_address() -> str:
    """The address from SLT_BOUNCE_ADDRESS, or nothing. Raises ImproperlyConfigured for one that cannot be used."""
    address = environment.text("SLT_BOUNCE_ADDRESS", "").lower()
    if address and not _ADDRESS.fullmatch(address):
        raise ImproperlyConfigured(
            f"SLT_BOUNCE_ADDRESS is {address!r}: set it to an address of at most 18 characters before the @ and "
            "without a plus sign, such as bounce@portal.example."
        )
    return address


def bounce_mailbox(address: str) -> tuple[dict | None, str]:
    """An IMAP account or the path of a Maildir, or neither. Raises ImproperlyConfigured for half of one, or both."""
    host, maildir = environment.text("SLT_BOUNCE_IMAP_HOST", ""), environment.text("SLT_BOUNCE_MAILDIR", "")
    if host and maildir:
        raise ImproperlyConfigured("Set either SLT_BOUNCE_IMAP_HOST or SLT_BOUNCE_MAILDIR, not both.")
    if (host or maildir) and not address:
        raise ImproperlyConfigured("Set SLT_BOUNCE_ADDRESS to the address whose mailbox is read for bounces.")
    if not host:
        return None, maildir
    user = environment.text("SLT_BOUNCE_IMAP_USER", "")
    password = environment.text("SLT_BOUNCE_IMAP_PASSWORD", "")
    if not user or not password:
        raise ImproperlyConfigured("Set SLT_BOUNCE_IMAP_USER and SLT_BOUNCE_IMAP_PASSWORD for SLT_BOUNCE_IMAP_HOST.")
    port, folder = environment.number("SLT_BOUNCE_IMAP_PORT", 993), environment.text("SLT_BOUNCE_IMAP_FOLDER", "INBOX")
    return {"host": host, "port": port, "user": user, "password": password, "folder": folder}, ""
