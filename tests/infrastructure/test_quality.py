"""Style, migrations and translations, as tests: `make lint` runs them too."""

import shutil
import subprocess
import sys

import polib
import pytest

from tests.infrastructure.commands import REPOSITORY, clean_environment, manage, run

LOCALE = REPOSITORY / "locale"
NOT_COPIED = shutil.ignore_patterns(".*", "data", "tests", "htmlcov", "__pycache__", "*.mo")
CATALOGUES = sorted(path.relative_to(REPOSITORY).as_posix() for path in LOCALE.glob("*/LC_MESSAGES/django.po"))


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["check"], ["format", "--check"]], ids=" ".join)
def test_ruff(arguments):
    result = run(sys.executable, "-m", "ruff", *arguments, ".")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.slow
def test_no_migration_is_missing(tmp_path):
    result = manage("makemigrations", "--check", "--dry-run", SLT_DATA_DIR=str(tmp_path))
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module")
def gathered(tmp_path_factory):
    """A copy of the sources in which the texts have just been gathered."""
    if not shutil.which("xgettext"):
        pytest.skip("gettext is not installed: apt-get install gettext")
    copy = tmp_path_factory.mktemp("gathered") / "portal"
    shutil.copytree(REPOSITORY, copy, ignore=NOT_COPIED)
    command = ["makemessages", "--locale", "fr", "--no-obsolete", "--add-location", "file", "--verbosity", "0"]
    environment = clean_environment(SLT_DATA_DIR=str(copy.parent / "data"))
    subprocess.run([sys.executable, "manage.py", *command], cwd=copy, env=environment, check=True)
    return copy


def texts(catalogue: polib.POFile) -> set[tuple]:
    return {(entry.msgctxt, entry.msgid, entry.msgid_plural) for entry in catalogue if not entry.obsolete}


def test_there_is_a_french_catalogue():
    assert "locale/fr/LC_MESSAGES/django.po" in CATALOGUES


@pytest.mark.slow
@pytest.mark.parametrize("name", CATALOGUES)
def test_catalogue_has_every_text_translated(name, gathered):
    kept, fresh = polib.pofile(str(REPOSITORY / name)), polib.pofile(str(gathered / name))
    assert texts(kept) == texts(fresh), "run `make messages`"
    assert [entry.msgid for entry in kept if entry.fuzzy or not entry.translated()] == []


@pytest.mark.parametrize("name", CATALOGUES)
def test_compiled_catalogue_is_fresh(name):
    source = polib.pofile(str(REPOSITORY / name))
    compiled = polib.mofile(str((REPOSITORY / name).with_suffix(".mo")))
    wanted = {(e.msgctxt, e.msgid, e.msgstr, tuple(e.msgstr_plural.values())) for e in source if e.translated()}
    found = {(e.msgctxt, e.msgid, e.msgstr, tuple(e.msgstr_plural.values())) for e in compiled}
    assert wanted == found, "run `make messages`"
