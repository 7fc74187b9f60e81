"""Stored files: encrypted on disk, whole or not at all, gone for good when removed, and a sentence when broken."""

import contextlib
import os
import stat
import time
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction

from documents import files, tasks
from documents.files import FileBroken, FileNotStored, path_of, remove, remove_orphan_files, store
from documents.models import DataKey, StoredFile

pytestmark = pytest.mark.django_db
CONTENT = b"CANARY-CONTENT \x00\xff" * 100


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    """No test sees the files of another."""
    settings.DATA_DIR = tmp_path


class UndoneError(Exception):
    """Rolls a transaction back."""


@contextlib.contextmanager
def undone():
    """A transaction that is rolled back at its end."""
    with contextlib.suppress(UndoneError), transaction.atomic():
        yield
        raise UndoneError


def on_disk() -> list:
    return [path for path in files.folder().rglob("*") if path.is_file()]


def grow_old(path, seconds=25 * 60 * 60):
    os.utime(path, (time.time() - seconds,) * 2)


def test_what_was_stored_is_read():
    file = store(CONTENT, name="Joseph تقرير.jpg", media_type="image/jpeg")
    again = StoredFile.objects.get(pk=file.pk)
    assert (again.read(), again.name, again.size, again.media_type) == (
        CONTENT, "Joseph تقرير.jpg", len(CONTENT), "image/jpeg",
    )  # fmt: skip
    assert store(b"", name="", media_type="image/png").read() == b""


def test_nothing_of_it_is_in_the_clear_on_disk_or_in_the_row():
    file = store(CONTENT, name="CANARY-NAME.jpg", media_type="image/jpeg")
    (path,) = on_disk()
    assert b"CANARY" not in path.read_bytes()
    assert "CANARY" not in str(path)
    row = StoredFile.objects.filter(pk=file.pk).values_list().get()
    assert not any(b"CANARY" in bytes(value) for value in row if isinstance(value, bytes | memoryview))
    assert not any("CANARY" in str(value) for value in row)
    assert "CANARY" not in str(file)


def test_equal_contents_are_recognised_by_digest_only():
    one, other = (store(CONTENT, name="x", media_type="image/png") for _ in range(2))
    assert one.digest == other.digest != files.digest_of(CONTENT + b".")
    assert path_of(one).read_bytes() != path_of(other).read_bytes()


def test_only_the_portal_may_read_them():
    file = store(CONTENT, name="x", media_type="image/png")
    assert stat.S_IMODE(path_of(file).stat().st_mode) == 0o600
    assert stat.S_IMODE(path_of(file).parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(files.folder().stat().st_mode) == 0o700


def test_long_names_are_cut_and_hostile_ones_lead_nowhere():
    for name in ["../../etc/passwd", "a" * 5000, "\x00\n\r", "💥" * 300, "CON.jpg"]:
        file = store(b"x", name=name, media_type="image/png")
        assert file.name == name[:200]
        assert path_of(file).is_relative_to(files.folder())
    assert len(on_disk()) == 5


@pytest.mark.parametrize("damage", ["changed", "cut", "emptied", "missing", "swapped", "key"])
def test_a_broken_file_is_said_and_nothing_is_guessed(damage):
    file, other = (store(content, name="x", media_type="image/png") for content in (CONTENT, b"other"))
    path = path_of(file)
    sealed = bytearray(path.read_bytes())
    if damage == "changed":
        sealed[50] ^= 1
        path.write_bytes(sealed)
    elif damage == "cut":
        path.write_bytes(sealed[:-1])
    elif damage == "emptied":
        path.write_bytes(b"")
    elif damage == "missing":
        path.unlink()
    elif damage == "swapped":
        path.write_bytes(path_of(other).read_bytes())
    else:
        DataKey.objects.filter(pk=file.data_key_id).update(wrapped=other.data_key.wrapped)
    with pytest.raises(FileBroken, match="Tell the administrator"):
        StoredFile.objects.get(pk=file.pk).read()
    assert StoredFile.objects.get(pk=other.pk).read() == b"other"


def test_a_name_that_cannot_be_opened_is_empty():
    file = store(CONTENT, name="x", media_type="image/png")
    file.sealed_name = b"damaged"
    assert file.name == ""


def test_removing_takes_row_key_and_bytes(django_capture_on_commit_callbacks):
    file = store(CONTENT, name="x", media_type="image/png")
    with django_capture_on_commit_callbacks(execute=True):
        remove(file)
        assert on_disk(), "a rolled-back removal would have lost it"
    assert (on_disk(), StoredFile.objects.count(), DataKey.objects.count()) == ([], 0, 0)
    with django_capture_on_commit_callbacks(execute=True):
        remove(file)


def test_a_removal_that_is_rolled_back_loses_nothing(django_capture_on_commit_callbacks):
    file = store(CONTENT, name="x", media_type="image/png")
    with django_capture_on_commit_callbacks(execute=True), undone():
        remove(file)
    assert StoredFile.objects.get(pk=file.pk).read() == CONTENT


def test_a_full_disk_is_said_and_leaves_nothing(monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileNotStored, match="Nothing was saved"):
        store(CONTENT, name="x", media_type="image/png")
    assert (on_disk(), StoredFile.objects.count(), DataKey.objects.count()) == ([], 0, 0)


def test_orphans_are_swept_up_a_day_later_and_nothing_else():
    kept = store(CONTENT, name="x", media_type="image/png")
    with undone():
        lost = store(b"lost", name="x", media_type="image/png")
    young = path_of(lost).with_name("0f8fad5b-d9cb-469f-a165-70867728950e")
    half = path_of(lost).with_name(f"{lost.pk}.part")
    for path in (young, half):
        path.write_bytes(b"x")
    for path in (path_of(kept), path_of(lost), half):
        grow_old(path)
    assert remove_orphan_files() == 2
    assert sorted(on_disk()) == sorted([path_of(kept), young])
    assert kept.read() == CONTENT
    assert remove_orphan_files() == 0


def test_the_sweep_is_a_command_and_a_task(settings):
    assert remove_orphan_files() == 0, "before the first file there is no folder"
    with undone():
        lost = store(b"lost", name="x", media_type="image/png")
    grow_old(path_of(lost))
    out = StringIO()
    call_command("remove_orphan_files", stdout=out)
    assert out.getvalue() == "1 files removed\n"
    tasks.remove_orphan_files()
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert tasks.remove_orphan_files.name in scheduled


def test_uploads_never_touch_the_disk_in_plain(settings):
    assert settings.FILE_UPLOAD_HANDLERS == ["slt_portal.uploads.InMemory"]
