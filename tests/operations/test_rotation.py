"""A new master key: all under an older one is sealed anew, whatever happens meanwhile, and nothing is forgotten."""

import ast
import io
import uuid

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.utils import decrypt
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import models

from audit.models import Event
from demo.actions import TOTP_SECRET
from documents import files
from documents.models import DataKey, StoredFile
from documents.sealed import SealedRow
from incidents.drafts import save_draft
from incidents.exports import ask_export, purpose_of
from incidents.models import Draft, Export, IncidentRelease, SavedSearch
from incidents.searches import save_search, searches_of
from notifications.account_mail import AccountAdapter
from notifications.kinds import kind_of
from notifications.models import AccountMail, Message
from notifications.stopping import DIGEST, read_stop, stop_link
from operations import rotation
from operations.rotation import depends, kept_under_master_key, rotate
from tests.factories.incidents import TEXTS, file_report
from tests.test_architecture import CODE

pytestmark = pytest.mark.django_db
OLD = "test:dGVzdC1tYXN0ZXIta2V5LW9mLTMyLWJ5dGVzLi4uLi4="  # as in the settings of tests
NEW = "next:QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
ALBA = "field@alba.example"

OURS = {
    "documents.DataKey",
    "incidents.Export",
    "incidents.SavedSearch",
    "mfa.Authenticator",
    "notifications.AccountMail",
}
# What lies under the key of an item, a draft or a file, and so needs nothing when the master key changes.
UNDER_A_DATA_KEY = {
    "documents.StoredFile.sealed_name",
    "incidents.DeskEntry.sealed",
    "incidents.Draft.sealed",
    "incidents.IncidentRelease.sealed",
    "incidents.Proposal.sealed",
    "incidents.Proposal.sealed_reason",
    "incidents.Question.sealed",
    "incidents.Question.sealed_answer",
    "incidents.ReferenceVersion.sealed",
    "incidents.Report.sealed",
    "sharing.ConsentRequest.sealed",
    "sharing.ConsentRequest.sealed_answer",
    "sharing.EmergencyAccess.sealed",
}
# Sealed values that are no columns of bytes.
SEALED_TEXT = {"accounts.Session.session_data", "mfa.Authenticator.data"}
# Calls of `crypto.seal` without a data key; but for cursors (an address, of no use tomorrow) each is declared.
SEALS_UNDER_THE_MASTER_KEY = {
    "accounts/adapters.py",
    "accounts/sessions.py",
    "documents/models.py",
    "incidents/models/export.py",
    "notifications/account_mail.py",
    "operations/rotation.py",
    "slt_portal/cursors.py",
}


def silent(*_):
    """No progress shown."""


@pytest.fixture
def everything(cast, settings):
    """Something of everything that lies under the master key, and then a newer key."""
    assert settings.MASTER_KEYS == [OLD]
    user = cast[ALBA]
    Authenticator.objects.exclude(user=user).delete()
    file_report(cast)
    save_draft(by=user, submission=uuid.uuid4(), typed={"what": ["half a sentence"]})
    files.store(b"bytes", name="a.csv", media_type="text/csv")
    ask_export(by=user, format="csv", purpose="for the convoy")
    save_search(by=user, name="Near Torit", query="q=torit")
    RecoveryCodes.activate(user)
    AccountAdapter().send_mail("account/email/password_reset_key", user.email, {"user": user, "password_reset_url": ""})
    settings.MASTER_KEYS = [NEW, OLD]
    return user


def assert_all_opens(user):
    row = IncidentRelease.objects.for_system("test").with_release().order_by("-release__depth").first()
    assert row.texts["what"] == TEXTS["what"]
    assert Draft.objects.of(user).get().typed["what"] == ["half a sentence"]
    assert StoredFile.objects.get().read() == b"bytes"
    assert purpose_of(Export.objects.of(user).get()) == "for the convoy"
    assert [search.name for search in searches_of(user)] == ["Near Torit"]
    assert decrypt(Authenticator.objects.get(user=user, type="totp").data["secret"]) == TOTP_SECRET
    assert len(RecoveryCodes(Authenticator.objects.get(user=user, type="recovery_codes")).get_unused_codes()) == 10
    message = Message.objects.get(subject=AccountMail.objects.get().subject)
    assert kind_of(message.kind).mail(message).address == ALBA


@pytest.mark.sqlite
def test_afterwards_the_old_key_is_not_needed(everything, settings):
    assert_all_opens(everything)  # the portal is in use: both keys open
    assert {key for counts in depends().values() for key in counts} == {"test"}
    left = rotate(silent)
    assert {key for counts in left.values() for key in counts} == {"next"}
    settings.MASTER_KEYS = [NEW]
    assert_all_opens(everything)
    assert {label for label, counts in left.items() if counts} >= OURS
    started, finished = Event.objects.filter(object_type="master key").order_by("number")
    assert (started.verb, finished.verb, started.object_ref) == (
        "keys.rotation_started",
        "keys.rotation_finished",
        "next",
    )
    assert finished.facts["changed"]["documents.DataKey"] == DataKey.objects.count()


@pytest.mark.parametrize("where", ["between batches", "within a batch"])
def test_it_goes_on_where_it_was_killed(everything, settings, monkeypatch, where):
    """Killed after each row in turn: what was committed stays done, and nothing is done twice or lost."""
    monkeypatch.setattr(rotation, "BATCH", 1 if where == "between batches" else 2)
    before, runs, done = sum(sum(counts.values()) for counts in depends().values()), 0, []
    reseal = rotation._resealed
    changed = []

    def killed(row, kept):
        if len(changed) == 1:
            raise KeyboardInterrupt
        changed.append(row)
        return reseal(row, kept)

    while True:
        runs, changed[:] = runs + 1, []
        try:
            with monkeypatch.context() as patch:
                patch.setattr(rotation, "_resealed", killed)
                rotate(silent)
            break
        except KeyboardInterrupt:
            done.append(sum(counts["next"] for counts in depends().values()))
            if where == "within a batch":  # which is rolled back as a whole; the next run gets further
                rotate(silent)
    if where == "between batches":
        assert done == list(range(1, before))
    settings.MASTER_KEYS = [NEW]
    assert_all_opens(everything)


def test_what_is_saved_meanwhile_is_not_lost(everything, settings, monkeypatch):
    """Somebody renames a search between the look and the change; a process that still runs with the old key first saves
    a row that was changed already: that one is found, and the next run has it."""
    seen = rotation._needs_it

    def meanwhile(row, kept):
        if isinstance(row, SavedSearch) and not getattr(row, "looked", False):
            mine = SavedSearch.objects.of(everything).get()
            mine.seal_content(name="Renamed", query="q=juba")
            mine.save()
        return seen(row, kept)

    with monkeypatch.context() as patch:
        patch.setattr(rotation, "_needs_it", meanwhile)
        rotate(silent)
    assert [search.name for search in searches_of(everything)] == ["Renamed"]
    settings.MASTER_KEYS = [OLD, NEW]
    save_search(by=everything, name="Renamed", query="q=yei")
    settings.MASTER_KEYS = [NEW, OLD]
    assert depends()["incidents.SavedSearch"] == {"test": 1}
    rotate(silent)
    settings.MASTER_KEYS = [NEW]
    assert [search.query for search in searches_of(everything)] == ["q=yei"]


def said(*args) -> str:
    out = io.StringIO()
    call_command("rotate_keys", *args, stdout=out)
    return out.getvalue()


def test_the_command_says_what_depends_on_which_key(everything, settings):
    keys = DataKey.objects.count()
    before = said("--check")
    assert f"documents.DataKey: {keys} under test\n" in before
    assert "Active: next." in before
    assert DataKey.objects.filter(wrapped__startswith=b"\x01\x04next").count() == 0, "looking changes nothing"
    after = said()
    assert f"documents.DataKey: {keys} looked at, {keys} sealed anew\n" in after
    assert " under test" not in after
    settings.MASTER_KEYS = [NEW]
    assert f"documents.DataKey: {keys} under next\n" in said("--check")


def test_what_no_key_opens_is_said_and_left_alone(everything, settings):
    """The old key was taken away too early, or a value is damaged: nothing is overwritten, and it is no success."""
    broken = DataKey.objects.order_by("pk").first()
    DataKey.objects.filter(pk=broken.pk).update(wrapped=b"damaged")
    settings.MASTER_KEYS = [NEW]
    before = list(DataKey.objects.order_by("pk").values_list("wrapped", flat=True))
    with pytest.raises(CommandError, match="still depend on another master key, 1 cannot be read at all"):
        said()
    assert list(DataKey.objects.order_by("pk").values_list("wrapped", flat=True)) == before
    assert f"{DataKey.objects.count() - 1} under test, 1 that no key opens" in said("--check")


def test_a_destroyed_key_stays_empty(everything):
    key = DataKey.objects.order_by("pk").first()
    assert DataKey.objects.destroy([key.pk]) == 1
    assert DataKey.objects.destroy([key.pk]) == 0
    rotate(silent)
    assert bytes(DataKey.objects.get(pk=key.pk).wrapped) == b""


def test_every_sealed_column_is_one_that_rotation_knows():
    """A new column of bytes lies under a data key, or its model declares it: else the old key could never go."""
    declared = {f"{model._meta.label}.{kept.column}" for model, kept in kept_under_master_key()}
    columns = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label != "support"
        for field in model._meta.concrete_fields
        if isinstance(field, models.BinaryField)
    }
    rows = {f"{model._meta.label}.sealed" for model in apps.get_models() if issubclass(model, SealedRow)}
    assert columns - declared == UNDER_A_DATA_KEY | rows
    assert declared - columns == SEALED_TEXT


def test_every_use_of_the_master_key_is_known():
    def seals(tree):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = node.func
                is_seal = isinstance(name, ast.Name) and name.id == "seal"
                is_seal |= (
                    isinstance(name, ast.Attribute)
                    and name.attr == "seal"
                    and isinstance(name.value, ast.Name)
                    and name.value.id == "crypto"
                )
                if is_seal and "key" not in {keyword.arg for keyword in node.keywords}:
                    return True
        return False

    assert {name for name, tree in CODE.items() if seals(tree)} == SEALS_UNDER_THE_MASTER_KEY


def test_what_the_former_secret_signed_stays_good(settings):
    """Links in mails of a year, sessions: as long as the former SECRET_KEY stands beside the new one."""
    link = stop_link(7, DIGEST).rstrip("/").rpartition("/")[2]
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another-secret-" * 4
    assert read_stop(link) is None
    settings.SECRET_KEY_FALLBACKS = [former]
    assert read_stop(link).user_id == 7
