"""Erasure: after it the words of an incident are nowhere, and no key opens what is left of them. The rest goes on."""

import io
import re
import threading
import time
import uuid
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from django.apps import apps
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection, models

from audit.actions import record
from audit.chain import faults
from audit.models import ChainHead, Event
from documents import files
from documents.models import DataKey, StoredFile
from incidents import desk as desk_actions
from incidents import export_runs
from incidents.actions import file_follow_up
from incidents.attachments import add_attachment
from incidents.changes import Erased
from incidents.export_runs import claim, run_due
from incidents.exports import ask_export
from incidents.models import (
    AffectedGroup,
    Attachment,
    Draft,
    Export,
    IncidentRelease,
    Proposal,
    Question,
)
from notifications.outbox import drain
from operations import backup_keys, erasure
from operations.backup_keys import (
    apart_from_backups,
    destroyed,
    key_files,
    key_name,
    publish_keys,
    read_keys,
    write_keys,
)
from sharing.models import Reading, SearchToken
from sharing.search import token_of, words_of
from slt_portal import crypto
from tests.documents.hostile_files import a_jpeg
from tests.factories.desk import FIELD, asked, desk_of_area, proposed
from tests.factories.incidents import an_account, file_report
from tests.incidents.exporting import PURPOSE
from tests.incidents.test_encryption import whole_database
from tests.operations.erasing import ALBA, HQ, LAKE, WORDS, erased, the_whole_of_it

pytestmark = pytest.mark.django_db


@pytest.fixture
def keys_folder(settings, tmp_path):
    settings.BACKUP_KEYS_DIR = str(tmp_path / "keys")
    (tmp_path / "keys").mkdir()
    return tmp_path / "keys"


def sealed_values() -> list[bytes]:
    """Every sealed value of the database, and every stored file, as a backup has them."""
    found = []
    for model in apps.get_models():
        columns = [field.name for field in model._meta.concrete_fields if isinstance(field, models.BinaryField)]
        for column in columns:
            found += [bytes(value) for value in model._base_manager.values_list(column, flat=True) if value]
    return found + [path.read_bytes() for path in files.folder().glob("??/*") if path.is_file()]


def all_keys(folder) -> list[bytes]:
    """Every key that somebody has who has everything: master keys, data keys of the database and of the backups."""
    wrapped = [bytes(value) for value in DataKey.objects.values_list("wrapped", flat=True)]
    wrapped += [bytes(row["wrapped"]) for path in key_files(folder) for row in read_keys(path, {})[0]]
    masters = list(crypto.parse_master_keys(["test:dGVzdC1tYXN0ZXIta2V5LW9mLTMyLWJ5dGVzLi4uLi4="]).values())
    return masters + [crypto.unseal(value, context=DataKey.CONTEXT) for value in set(wrapped) if value]


def opened(sealed: bytes, key: bytes) -> bytes:
    """What a key makes of a sealed value, whatever it is sealed for: the counter mode below GCM, without its proof."""
    end = 2 + sealed[1] if len(sealed) > 1 else 0
    nonce = sealed[end : end + crypto.NONCE_BYTES]
    if len(nonce) < crypto.NONCE_BYTES:  # a file of another test that is none: looked at as it is
        return b""
    decryptor = Cipher(AES(key), CTR(nonce + b"\0\0\0\2")).decryptor()
    return decryptor.update(sealed[end + crypto.NONCE_BYTES :])


def readable(values, keys) -> set[str]:
    """Which of the words anybody can read out of these values with these keys."""
    found = set()
    for value in values:
        for plain in [value, *(opened(value, key) for key in keys)]:
            for name, word in WORDS.items():
                if word.encode() in plain or word.encode("unicode-escape") in plain:
                    found.add(name)
    return found


def a_backup(folder, number=1) -> list[bytes]:
    """The keys in their file, as a backup writes them; returns its data: all that is sealed."""
    write_keys(folder / f"slt-{number}.keys", DataKey.objects.order_by("pk").values())
    return sealed_values()


class TestProof:
    @pytest.mark.slow
    def test_nobody_reads_a_word_of_it_again(
        self, cast, sign_in, keys_folder, capfd, django_capture_on_commit_callbacks
    ):
        first = a_backup(keys_folder)
        item = the_whole_of_it(cast)
        drain()
        client = sign_in(cast[LAKE])
        assert item.ref in client.get("/incidents/", {"q": WORDS["what"]}).content.decode()
        picture = StoredFile.objects.get(pk=Attachment.objects.for_system("test").get().file_id).read()
        data = a_backup(keys_folder, 2)
        assert readable(data, all_keys(keys_folder)) == set(WORDS), "so that the search is known to find what is there"
        Export.objects.for_system("test").update(expires_at="2026-01-01T00:00Z")
        with django_capture_on_commit_callbacks(execute=True):
            run_due()  # the day of the export is over: its key is gone here, and still in the backup
            facts = erasure.erase(item, by=cast[HQ], reason="person")
        assert erasure.finish([item.ref], by=cast[HQ]) >= 3
        assert facts["attachments"] == facts["drafts"] == 1
        keys = all_keys(keys_folder)
        assert readable(sealed_values(), keys) == readable(data + first, keys) == set()
        assert not any(picture[100:200] in opened(value, key) for value in data for key in keys)
        tokens = set(SearchToken.objects.for_system("test").values_list("token", flat=True))
        words = {word for text in WORDS.values() for word in words_of(text)}
        assert tokens.isdisjoint(map(token_of, words))
        assert item.ref not in client.get("/incidents/", {"q": WORDS["what"]}).content.decode()
        everywhere = [whole_database(), *(path.read_bytes() for path in keys_folder.iterdir() if path.is_file())]
        everywhere += [path.read_bytes() for path in Path(files.folder()).rglob("*") if path.is_file()]
        everywhere += ["".join(capfd.readouterr()).encode(), *(m.message().as_bytes() for m in mail.outbox)]
        assert mail.outbox
        assert readable(everywhere, []) == set()

    @pytest.mark.sqlite
    @pytest.mark.slow
    @pytest.mark.django_db(transaction=True)
    def test_its_key_is_not_in_the_raw_file_either(self, cast):
        """SQLite keeps what was removed in free pages and in its journal, unless it is told to overwrite it."""
        item = file_report(cast).incident.item
        wrapped = bytes(item.data_key.wrapped)
        if connection.vendor == "sqlite":
            assert wrapped in raw_file()
        erased(item, cast)
        assert wrapped not in raw_file()
        assert item.ref.encode() in raw_file()


def raw_file() -> bytes:
    """The file of the database with its journal; of PostgreSQL what a dump has."""
    if connection.vendor == "sqlite":
        name = Path(connection.settings_dict["NAME"])
        return b"".join(
            path.read_bytes() for path in name.parent.glob(f"{name.name}*") if not path.name.endswith("shm")
        )
    return whole_database()


class TestWhatStays:
    def test_that_it_happened(self, cast):
        item = the_whole_of_it(cast)
        Reading.objects.create(item_ref=item.ref, release=1, reader=cast[LAKE].pk, how="opened")
        before = IncidentRelease.objects.for_system("test").get(release__item=item, release__depth=2)
        after = erased(item, cast)
        row = IncidentRelease.objects.for_system("test").get(pk=before.pk)
        kept = ("category", "means", "actor", "severity", "killed", "wounded", "consequence", "stage", "credibility")
        assert [getattr(row, name) for name in kept] == [getattr(before, name) for name in kept]
        assert (after.ref, after.area, after.originator_id, after.marking) == (
            item.ref, item.area, item.originator_id, item.marking,
        )  # fmt: skip
        assert Reading.objects.filter(item_ref=item.ref).count() == 2  # opened, exported
        assert not list(faults(Event.objects.order_by("number"), ChainHead.objects.get()))
        event = Event.objects.get(verb="incidents.erased")
        assert (event.object_ref, event.actor, event.facts["reason"]) == (item.ref, str(cast[HQ].pk), "person")

    def test_the_hour_becomes_the_day_and_people_become_totals(self, cast):
        item = file_report(cast).incident.item
        erased(item, cast)
        for row in IncidentRelease.objects.for_system("test").filter(release__item=item).select_related("release"):
            assert (row.time_precision, f"{row.occurred_from:%Y-%m-%d %H:%M}") == ("day", "2026-03-13 22:00")  # in Juba
            assert row.release.sort_at == row.occurred_from
        assert not AffectedGroup.objects.for_system("test").filter(facts__release__item=item).exists()

    def test_other_incidents_keep_everything(self, cast, keys_folder):
        item, other = file_report(cast).incident.item, file_report(cast).incident.item
        a_backup(keys_folder)
        erased(item, cast)
        assert erasure.finish([item.ref], by=cast[HQ]) == 1
        rows = IncidentRelease.objects.for_system("test").with_release().filter(release__item=other)
        assert all(row.texts["what"] for row in rows)
        [file] = key_files(keys_folder)
        assert {row["id"] for row in read_keys(file, {})[0]} == {other.data_key_id}
        assert AffectedGroup.objects.for_system("test").filter(facts__release__item=other).exists()


class TestRefusals:
    def test_open_matters_hold_it(self, cast):
        item = file_report(cast).incident.item
        question, proposal = asked(cast, item), proposed(cast, item)
        with pytest.raises(erasure.NotErased, match="A question on it waits for an answer. A proposed text waits"):
            erased(item, cast)
        assert IncidentRelease.objects.for_system("test").with_release().filter(release__item=item)[0].texts
        erased(item, cast, even_if_open=True)
        question = Question.objects.for_system("test").get(pk=question.pk)
        proposal = Proposal.objects.for_system("test").get(pk=proposal.pk)
        assert (question.state, proposal.state) == ("closed", "outdated")
        assert Event.objects.get(verb="incidents.erased").facts["even_if_open"] is True

    def test_nothing_about_it_changes_any_more(self, cast):
        """Whoever was just sending something about it: refused, and no word of it is stored under another key."""
        report = file_report(cast)
        item = erased(report.incident.item, cast)
        tokens = SearchToken.objects.for_system("test").count()
        again = {"kind": "update", "account": an_account(), "submission": uuid.uuid4(), "after": 1}
        with pytest.raises(Erased):
            file_follow_up(by=cast[ALBA], item=item, **again)
        with pytest.raises(Erased):
            desk_actions.note(item, by=cast[FIELD], desk=desk_of_area(cast), text="x")
        upload = SimpleUploadedFile("a.jpg", a_jpeg())
        with pytest.raises(Erased):
            add_attachment(item, upload, by=cast[ALBA], is_shared=True, submission=uuid.uuid4())
        assert SearchToken.objects.for_system("test").count() == tokens == 0
        assert not StoredFile.objects.exists()

    def test_an_export_under_way_ends_without_a_file(self, cast, monkeypatch):
        """It had read the text already when the key was destroyed."""
        item = file_report(cast).incident.item
        export = ask_export(by=cast[HQ], format="csv", purpose=PURPOSE, ref=item.ref)
        render = export_runs._rendered

        def meanwhile(*args):
            content = render(*args)
            erasure.erase(item, by=cast[HQ], reason="person")
            return content

        monkeypatch.setattr(export_runs, "_rendered", meanwhile)
        assert run_due() == 0
        export = Export.objects.of(cast[HQ]).get(pk=export.pk)
        assert (export.state, export.problem, export.file) == ("failed", "changed", None)
        assert not StoredFile.objects.exists()
        assert claim() is None


def test_killed_between_database_and_backups_it_goes_on(cast, keys_folder):
    item = file_report(cast).incident.item
    a_backup(keys_folder)
    left = [keys_folder / name for name in (".slt-0.keys.part", ".slt-0.keys.new", "..slt-0.keys.new.part")]
    for path in left:
        path.write_bytes(key_files(keys_folder)[0].read_bytes())
    erased(item, cast)  # and killed
    assert erasure.unfinished() == [item.ref]
    assert item.data_key_id in {row["id"] for row in read_keys(key_files(keys_folder)[0], {})[0]}
    assert "Copies of keys dropped from backups: 1." in said(item.ref, "--reason", "person", "--by", HQ, "--yes")
    assert erasure.unfinished() == []
    assert not [path for path in left if path.exists()], "keys that no later erasure would reach"
    assert "Copies of keys dropped from backups: 0." in said(item.ref, "--reason", "person", "--by", HQ, "--yes")
    assert Event.objects.filter(verb="incidents.erased").count() == 1


def test_where_the_keys_of_backups_cannot_be_reached_it_is_not_done(cast, settings, tmp_path):
    """Said in a container without that folder, it would be noted as finished, and every backup would open the text."""
    item = file_report(cast).incident.item
    record("operations.backup_made", by=None, object_type="backup", object_ref="slt-1")
    one = (item.ref, "--reason", "person", "--by", HQ, "--yes")
    for folder in ("", str(tmp_path / "not-mounted")):
        settings.BACKUP_KEYS_DIR = folder
        with pytest.raises(CommandError, match="cannot be reached from here"):
            said(*one)
        assert erasure.unfinished() == [item.ref]
    settings.BACKUP_KEYS_DIR = str(tmp_path)
    assert f"Done: {item.ref}." in said(*one)
    names = {key_name(item.data_key_id, item.data_key.created_at)}
    assert destroyed(tmp_path) == {item.data_key_id: names}, "for a copy of a key file that is not here any more"


def test_a_backup_under_way_is_waited_for(cast, keys_folder):
    """It has read the keys already; its key file gets its name when the others have forgotten."""
    item = file_report(cast).incident.item
    waiting = threading.Event()

    def backs_up(rows):
        with apart_from_backups(keys_folder):
            waiting.set()
            time.sleep(0.2)
            write_keys(keys_folder / ".new", rows)
            publish_keys(keys_folder / ".new", keys_folder / "slt-1.keys")

    gone = DataKey.objects.make()
    thread = threading.Thread(target=backs_up, args=(list(DataKey.objects.order_by("pk").values()),))
    thread.start()
    waiting.wait(5)
    gone.delete()
    erased(item, cast)
    assert erasure.forget_in_backups() == 2
    thread.join(5)
    assert {row["id"] for row in read_keys(key_files(keys_folder)[0], {})[0]}.isdisjoint({item.data_key_id, gone.pk})


def test_what_fails_in_the_backups_is_said_and_repeated(cast, keys_folder, monkeypatch):
    """The disk of the keys is full: the database has forgotten, the operator is told that the backups have not."""
    item = file_report(cast).incident.item
    a_backup(keys_folder)
    one = (item.ref, "--reason", "person", "--by", HQ, "--yes")

    def full(*_):
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(backup_keys, "_replace", full)
        with pytest.raises(CommandError, match="No space left on device Mend that"):
            said(*one)
    assert erasure.unfinished() == [item.ref]
    assert "Copies of keys dropped from backups: 1." in said(*one)
    assert not readable(a_backup(keys_folder, 2), all_keys(keys_folder))


def test_of_backups_only_what_the_portal_itself_has_given_up_is_dropped(cast, keys_folder):
    """The portal went on from an older backup: keys of a newer one, which may be wanted yet, are none of ours."""
    item = file_report(cast).incident.item
    gone, alive = DataKey.objects.make(), DataKey.objects.make()
    rows = [*DataKey.objects.order_by("pk").values()]
    later = [
        {**rows[0], "id": rows[-1]["id"] + 1000},
        {**rows[-1], "created_at": rows[-1]["created_at"].replace(year=2020)},
    ]
    write_keys(keys_folder / "slt-1.keys", rows + later)
    gone_id, alive_id = gone.pk, alive.pk
    gone.delete()
    DataKey.objects.destroy([alive_id])  # but not the other one of that number, of another year
    erased(item, cast)
    assert erasure.forget_in_backups() == 3
    kept, dropped = read_keys(key_files(keys_folder)[0], {})
    assert sorted(row["id"] for row in dropped) == sorted([item.data_key_id, gone_id, alive_id])
    assert [row["id"] for row in kept] == [row["id"] for row in later]


def test_a_restored_backup_is_erased_again(cast, keys_folder):
    """The keys are not in it any more; search words, drafts and the rest that came with it go again."""
    item = the_whole_of_it(cast)
    DataKey.objects.destroy([item.data_key_id])  # as the restore does, by the ledger beside the keys
    assert "Nothing was done." in said("--restored", "--by", HQ)
    assert [found.ref for found in erasure.restored()] == [item.ref]
    erasure.forget_words()  # as the restore does: nobody finds it by its words until then
    assert not SearchToken.objects.for_system("test").exists()
    assert f"Done: {item.ref}." in said("--restored", "--by", HQ, "--yes")
    assert erasure.restored() == []
    assert not SearchToken.objects.for_system("test").exists()
    assert not Draft.objects.for_system("test").exists()


def said(*args) -> str:
    out = io.StringIO()
    call_command("erase", *args, stdout=out)
    return out.getvalue()


def test_the_command_looks_first(cast):
    item = the_whole_of_it(cast)
    out = said(item.ref.lower(), "--reason", "person", "--by", HQ)
    found = rf"{item.ref}: 2 reports, \d+ search words, 1 attachments, 1 drafts, 1 exports\.\nNothing was done"
    assert re.match(found, out)
    assert not any(word in out for word in WORDS.values())
    assert SearchToken.objects.for_system("test").exists()
    for args, sentence in [
        (["INC-NOTHERE", "--reason", "person", "--by", HQ], "There is no incident"),
        ([item.ref, "--by", HQ], "--reason"),
        ([item.ref, "--reason", "person"], "--by"),
        ([item.ref, "--reason", "person", "--by", "nobody@un.example"], "--by"),
    ]:
        with pytest.raises(CommandError, match=sentence):
            said(*args)
