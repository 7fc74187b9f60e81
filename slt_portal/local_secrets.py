"""Secrets of an embedded installation: made once, kept in the data folder, readable by its owner only."""

import base64
import contextlib
import os
import secrets
from pathlib import Path


def local_secret(path: Path) -> str:
    """The 32-byte secret in `path`, base64; made at the first call, atomically, so that two processes get the same."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        fresh.write_text(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(), encoding="ascii")
        fresh.chmod(0o600)
        with contextlib.suppress(FileExistsError):  # another process was first; a link never leaves half a file
            os.link(fresh, path)
        fresh.unlink()
    return path.read_text(encoding="ascii").strip()
