"""A disk of an installation's own, as a file: whoever has that file has stolen the disk, deleted files included.

From `writes_at_once` on, everything written is on it at once: also what lives for a moment only has been there.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import servers
from tests.hardening.canaries import found_below, found_in_file

SIZE = "3g"


@dataclass
class Disk:
    """`folder` is where it is mounted, `image` all of it."""

    folder: Path
    image: Path

    def stolen(self) -> dict[str, set[str]]:
        """What is found on it: by file, and on the raw disk, with what was deleted, under the name "raw"."""
        os.sync()
        found = found_below(self.folder)
        if raw := found_in_file(self.image):
            found["raw"] = raw
        return found

    def writes_at_once(self) -> None:
        """From now on; installing what is public is many times faster without."""
        subprocess.run(["mount", "-o", "remount,sync", self.folder], check=True)


@contextmanager
def own_disk(monkeypatch) -> Iterator[Disk]:
    """A disk on which everything of the tests' servers lies that is started meanwhile. Needs root."""
    base = servers.folder()
    folder, image = base / "d", base / "image"
    folder.mkdir()
    subprocess.run(["truncate", "-s", SIZE, image], check=True)
    # No journal: what is looked for is content, which a journal would only hold twice.
    subprocess.run(["mkfs.ext4", "-q", "-O", "^has_journal", image], check=True)
    if subprocess.run(["mount", "-o", "loop", image, folder], check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a disk of its own")
    folder.chmod(0o711)
    (folder / "tmp").mkdir()
    (folder / "tmp").chmod(0o1777)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(servers, "folder", lambda: folder)
            patch.setenv("TMPDIR", str(folder / "tmp"))
            yield Disk(folder, image)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        folder.rmdir()
        image.unlink()
