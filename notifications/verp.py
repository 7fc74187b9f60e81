"""The envelope sender of a mail: an address of its own for each, so that what comes back says which one it was (VERP).

It is signed for the message and the address the mail went to: nobody can invent one, and one that was made before the
recipient's address changed says nothing about the new address.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from uuid import UUID

from django.conf import settings
from django.utils.crypto import constant_time_compare

from slt_portal.crypto import keyed_digest

PROOF = 12  # hex digits: 48 bits that can only be tried by mail
MOST_LOCAL = 64 - len("+") - 32 - len(".") - PROOF  # a local part has 64 characters at most (RFC 5321)


def envelope_sender(row_id: UUID, address: str) -> str:
    """Where the mail of an outbox row to `address` comes back to; the plain sender where bounces are not read."""
    if not settings.BOUNCE_ADDRESS:
        return settings.DEFAULT_FROM_EMAIL
    local, _, domain = settings.BOUNCE_ADDRESS.rpartition("@")
    return f"{local}+{row_id.hex}.{_proof(row_id, address)}@{domain}"


def came_to(text: str) -> Iterator[tuple[UUID, str]]:
    """The outbox rows that envelope senders in `text` name, each with its proof, which nobody has checked yet."""
    if not settings.BOUNCE_ADDRESS:
        return
    for found in _pattern(settings.BOUNCE_ADDRESS).finditer(text):
        yield UUID(hex=found[1]), found[2].lower()


def is_proven(row_id: UUID, address: str, proof: str) -> bool:
    """Whether we made this envelope sender, for this message to this address."""
    return constant_time_compare(proof, _proof(row_id, address))


@lru_cache(maxsize=4)
def _pattern(bounce_address):
    local, _, domain = bounce_address.rpartition("@")
    token = rf"([0-9a-f]{{32}})\.([0-9a-f]{{{PROOF}}})"
    address = rf"(?<![\w.+-]){re.escape(local)}\+{token}@{re.escape(domain)}(?![\w.-])"
    return re.compile(address, re.ASCII | re.IGNORECASE)


def _proof(row_id, address):
    return keyed_digest("envelope sender", f"{row_id.hex} {address.lower()}")[:PROOF]
