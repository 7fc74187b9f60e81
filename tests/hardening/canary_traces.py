"""What a process leaves behind while canaries are written: rows, log lines, values in Redis, and what it sealed."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import redis
import structlog
from django.conf import settings
from django.forms.forms import BaseForm

from slt_portal import crypto

from .canaries import is_canary


@contextmanager
def log_lines() -> Iterator[io.StringIO]:
    """Everything that is logged meanwhile, in the shape that production writes, at every level."""
    root, level, written = logging.getLogger(), logging.getLogger().level, io.StringIO()
    handler = logging.StreamHandler(written)
    shape = structlog.stdlib.ProcessorFormatter
    ours = [one.formatter for one in root.handlers if isinstance(one.formatter, shape)]
    assert ours, "the portal's own shape of log lines is in use"
    handler.setFormatter(ours[0])
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield written
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def in_redis() -> bytes:
    """Every key and value of the broker and the cache."""
    found = []
    for url in (settings.CELERY_BROKER_URL, settings.CACHES["default"]["LOCATION"]):
        with redis.Redis.from_url(url) as client:
            for key in client.scan_iter():
                found.append(key)
                found.append(repr(_value(client, key)).encode())
                found.append(client.dump(key) or b"")
    return b"\n".join(found)


def _value(client, key):
    ways = {
        b"string": lambda: client.get(key),
        b"list": lambda: client.lrange(key, 0, -1),
        b"set": lambda: client.smembers(key),
        b"hash": lambda: client.hgetall(key),
        b"zset": lambda: client.zrange(key, 0, -1, withscores=True),
    }
    return ways[client.type(key)]()


class Sealed:
    """Remembers every ciphertext that had a canary in it, and the free-text fields of forms that were sent one."""

    def __init__(self, monkeypatch):
        self.ciphertexts: set[bytes] = set()
        self.fields: set[str] = set()
        own = self

        original = crypto.AESGCM

        class Recorder:
            def __init__(self, key):
                self.real = original(key)
                self.decrypt = self.real.decrypt

            def encrypt(self, nonce, plain, context):
                made = self.real.encrypt(nonce, plain, context)
                if is_canary(plain.decode("utf-8", "replace")):
                    own.ciphertexts.add(made)
                return made

        monkeypatch.setattr(crypto, "AESGCM", Recorder)
        clean = BaseForm.full_clean

        def remembering(form):
            clean(form)
            for name in form.fields:
                if is_canary(form.data.getlist(form.add_prefix(name)) if hasattr(form.data, "getlist") else ""):
                    own.fields |= {f"{one.__module__}.{one.__qualname__}.{name}" for one in type(form).__mro__}

        monkeypatch.setattr(BaseForm, "full_clean", remembering)

    def in_any(self, cells: list[bytes]) -> bool:
        """Whether one of these is a sealed canary: head and nonce stand before its ciphertext."""
        return any(cell.endswith(made) for cell in cells for made in self.ciphertexts if len(made) <= len(cell))
