"""The keys of backups: dropped one by one for ever, and sealed anew."""

import pytest

from documents.models import DataKey
from operations.backup_keys import LEDGER, destroy_keys, rewrite_keys
from slt_portal.crypto import SealBroken
from tests.factories.incidents import file_report
from tests.operations.drill import plain_files, restore

pytestmark = [pytest.mark.slow, pytest.mark.owner]


@pytest.fixture
def db(own_databases):
    """No transaction that is rolled back: pg_dump would see nothing of it."""


@pytest.mark.sqlite
def test_what_was_destroyed_since_stays_destroyed(portal, elsewhere_later):
    """Its key goes from the keys of every backup, and an older copy of a key file does not bring it back."""
    first = portal.backup()
    older_copy = portal.key_file(first).read_bytes()
    other = file_report(portal.cast).incident.item
    key = portal.item.data_key
    assert destroy_keys(portal.keys, [key]) == 1
    assert destroy_keys(portal.keys, [key]) == 0
    assert len((portal.keys / LEDGER).read_text().splitlines()) == 1
    assert str(key.created_at.year) not in (portal.keys / LEDGER).read_text()
    second = portal.backup()  # as one that was under way
    portal.key_file(first).write_bytes(older_copy)
    for backup in (first, second):
        with elsewhere_later():
            said = restore(backup)
            assert "1 keys were destroyed since" in said
            with pytest.raises(SealBroken):
                DataKey.objects.get(pk=key.pk).unseal(b"x", context="x")
            assert DataKey.objects.get(pk=key.pk).wrapped in (b"", memoryview(b""))
            for left in DataKey.objects.exclude(pk=key.pk):
                left.seal(b"x", context="x")
            assert plain_files()
    assert other.data_key.seal(b"x", context="x")


def test_keys_of_old_backups_can_be_sealed_anew(portal, elsewhere_later):
    backup = portal.backup()
    rewrite_keys(portal.keys, lambda row: {**row, "wrapped": bytes(row["wrapped"])})
    rewrite_keys(portal.keys, lambda row: {**row, "wrapped": b"new " + row["wrapped"]})
    with elsewhere_later():
        restore(backup)
        assert all(bytes(key.wrapped).startswith(b"new ") for key in DataKey.objects.all())
