"""A portal with reports, files and mails in databases of its own: what it does is committed, as a backup needs it."""

from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from tempfile import mkdtemp

import pytest
from django.core.management import call_command
from django.utils import timezone

from operations import checks
from operations.backup_keys import SUFFIX
from tests.cast import Cast, make_cast
from tests.databases import database, on_database
from tests.factories.attachments import add
from tests.factories.incidents import file_report


@dataclass
class Portal:
    """The cast, an incident with a file, and the folders."""

    cast: Cast
    item: object
    attachment: object
    folder: Path
    keys: Path

    def backup(self, **options) -> Path:
        """Make a backup; returns its folder."""
        before = self.backups()
        call_command("backup", stdout=StringIO(), **options)
        [made] = self.backups() - before
        return made

    def backups(self) -> set[Path]:
        """The folders that look like backups."""
        return set(self.folder.glob("slt-*"))

    def key_file(self, backup: Path) -> Path:
        """Its keys."""
        return self.keys / f"{backup.name}{SUFFIX}"


@pytest.fixture
def portal(db, tmp_path, settings):
    """A portal in use, in a database and a data folder of its own. `db` is the module's: see test_backups."""
    settings.DATA_DIR = tmp_path / "data"
    settings.BACKUP_DIR, settings.BACKUP_KEYS_DIR = str(tmp_path / "backups"), str(tmp_path / "keys")
    settings.DATA_DIR.mkdir()
    (tmp_path / "a").mkdir()
    with database(tmp_path / "a", like_the_tests=True) as name, on_database(name):
        cast = make_cast()
        item = file_report(cast).incident.item
        attachment = add(cast, item, is_shared=True)
        yield Portal(cast, item, attachment, tmp_path / "backups", tmp_path / "keys")


@pytest.fixture
def elsewhere_later(portal, tmp_path, settings):
    """A context manager: inside, the portal's connection leads to an empty database and an empty data folder."""

    @contextmanager
    def enter():
        folder = Path(mkdtemp(dir=tmp_path))
        own, settings.DATA_DIR = settings.DATA_DIR, folder
        try:
            with database(folder, like_the_tests=False) as name, on_database(name):
                yield
        finally:
            settings.DATA_DIR = own

    return enter


@pytest.fixture
def backed_up(portal, elsewhere_later):
    """A backup, and its portal; the connection leads elsewhere."""
    backup = portal.backup()
    with elsewhere_later():
        yield backup, portal


@pytest.fixture(autouse=True)
def just_started(monkeypatch) -> None:
    """The portal started a moment ago: else its jobs are overdue once the tests have run for some minutes."""
    monkeypatch.setattr(checks, "STARTED", timezone.now())
