"""Authenticated encryption under the installation's master keys, and keyed digests. No models, no policy.

A sealed value is `version | key id | nonce | AES-256-GCM ciphertext`; its context (which row, which purpose) is
authenticated with it, so a ciphertext copied into another row does not open.
"""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

VERSION = b"\x01"
NONCE_BYTES = 12
KEY_BYTES = 32


class SealBroken(Exception):
    """A sealed value was changed, belongs elsewhere, or its key is gone. Never carries content."""


def _whole(value, do):
    return do(value)


@dataclass(frozen=True)
class UnderMasterKey:
    """A column that is sealed directly under the master key, as its model declares it (`under_master_key`).

    `context` is what a row's value is sealed for; `parts` applies a function to every sealed value in the column and
    returns the column anew: one value, unless the column holds several.
    """

    column: str
    context: Callable[[object], str]
    parts: Callable[[object, Callable[[bytes], bytes]], object] = _whole


def parse_master_keys(entries: list[str]) -> dict[str, bytes]:
    """Master keys by id, in order, from entries `id:base64`; the first is the active one.

    Raises ImproperlyConfigured, naming what is wrong, for an empty list, a doubled id or a key that is not 32 bytes.
    """
    keys: dict[str, bytes] = {}
    for entry in entries:
        key_id, _, encoded = entry.partition(":")
        try:
            key = base64.b64decode(encoded, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise ImproperlyConfigured("SLT_MASTER_KEYS: a key is not base64.") from error
        if not key_id or key_id in keys or len(key_id.encode()) > 32 or len(key) != KEY_BYTES:
            raise ImproperlyConfigured("SLT_MASTER_KEYS: write id:base64 with a different id for each 32-byte key.")
        keys[key_id] = key
    if not keys:
        raise ImproperlyConfigured("Set SLT_MASTER_KEYS to at least one id:base64 key of 32 random bytes.")
    return keys


def new_key() -> bytes:
    """32 random bytes for a data key."""
    return os.urandom(KEY_BYTES)


def seal(plain: bytes, *, context: str, key: bytes | None = None) -> bytes:
    """`plain` encrypted for `context`, under `key` or else under the active master key."""
    key_id = b""
    if key is None:
        name, key = next(iter(parse_master_keys(settings.MASTER_KEYS).items()))
        key_id = name.encode()
    nonce = os.urandom(NONCE_BYTES)
    head = VERSION + bytes([len(key_id)]) + key_id
    return head + nonce + AESGCM(key).encrypt(nonce, plain, head + context.encode())


def unseal(sealed: bytes, *, context: str, key: bytes | None = None) -> bytes:
    """The plain bytes of a value sealed for `context`. Raises SealBroken if it cannot be opened, never a guess."""
    sealed = bytes(sealed)
    if len(sealed) < 2 or sealed[:1] != VERSION:
        raise SealBroken("not a sealed value")
    end = 2 + sealed[1]
    key_id, nonce, body = sealed[2:end], sealed[end : end + NONCE_BYTES], sealed[end + NONCE_BYTES :]
    if key is None:
        key = parse_master_keys(settings.MASTER_KEYS).get(key_id.decode("ascii", "replace"))
    if key is None:
        raise SealBroken("sealed under a master key that is not configured")
    try:
        return AESGCM(key).decrypt(nonce, body, sealed[:end] + context.encode())
    except (InvalidTag, ValueError) as error:
        raise SealBroken("changed, or sealed for another place") from error


def active_key_id() -> str:
    """The id of the master key under which everything new is sealed."""
    return next(iter(parse_master_keys(settings.MASTER_KEYS)))


def key_id_of(sealed: bytes) -> str:
    """The id of the master key that a value is sealed under; raises SealBroken for what is no sealed value."""
    sealed = bytes(sealed)
    if len(sealed) < 2 or sealed[:1] != VERSION:
        raise SealBroken("not a sealed value")
    return sealed[2 : 2 + sealed[1]].decode("ascii", "replace")


def keyed_digest(purpose: str, value: str) -> str:
    """Hex HMAC-SHA-256 of `value`: equal values can be recognised, the value cannot be found by trying.

    It has a key of its own: the audit chain must still verify after the master keys or SECRET_KEY were changed.
    """
    key = hashlib.sha256(b"slt digest\0" + purpose.encode() + b"\0" + settings.DIGEST_KEY.encode()).digest()
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()
