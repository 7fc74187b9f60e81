"""A disk that is small enough to be full: a file system in memory, mounted where a test wants it. Needs root."""

import os
import pwd
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(place: Path, size: str, *, owner: str = "") -> Iterator[Callable[[], Path]]:
    """Mount a disk of `size` ("48m") at `place` while the test runs; gives a function that fills it.

    That function returns the file that fills it: removing it ends the shortage. With `owner` the disk has a folder
    `space` that belongs to them.
    """
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], check=False)
    if mounted.returncode:
        place.rmdir()
        pytest.skip("only root may mount a small disk")
    if owner:
        who = pwd.getpwnam(owner)
        (place / "space").mkdir()
        os.chown(place / "space", who.pw_uid, who.pw_gid)

    def fill() -> Path:
        ballast = place / "ballast"
        with ballast.open("wb", buffering=0) as file:
            for chunk in (1 << 20, 1 << 12, 1):
                _write_until_full(file, b"\0" * chunk)
        return ballast

    try:
        yield fill
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def _write_until_full(file, chunk):
    while True:
        try:
            if file.write(chunk) < len(chunk):
                return
        except OSError:
            return
