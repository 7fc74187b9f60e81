"""Data keys: each wrapped under the master key, each opening only what it sealed, for the place it was sealed for."""

import pytest

from documents.models import DataKey
from slt_portal import crypto
from slt_portal.crypto import SealBroken

pytestmark = pytest.mark.django_db
FIRST = "first:" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
SECOND = "second:" + "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI="


@pytest.mark.parametrize(
    "value", [{}, [], "", 0, None, {"what": "انفجار 🔥\x00"}, {"deep": [{"list": [1.5, True, None]}]}, "x" * 100_000]
)
def test_what_was_sealed_opens(value):
    key = DataKey.objects.make()
    sealed = key.seal_json(value, context="a place")
    assert DataKey.objects.get(pk=key.pk).open_json(sealed, context="a place") == value
    assert DataKey.objects.get(pk=key.pk).open_json(memoryview(sealed), context="a place") == value


def test_only_for_its_own_place_and_by_its_own_key():
    key, other = DataKey.objects.make(), DataKey.objects.make()
    sealed = key.seal_json({"what": "x"}, context="a place")
    for opener, context in [(key, "another place"), (key, ""), (other, "a place")]:
        with pytest.raises(SealBroken):
            opener.open_json(sealed, context=context)


def test_a_key_is_not_in_its_row():
    made = [DataKey.objects.make() for _ in range(3)]
    plain = {crypto.unseal(key.wrapped, context="data key") for key in made}
    assert len(plain) == 3
    assert {len(key) for key in plain} == {32}
    assert not any(secret in bytes(row.wrapped) for secret in plain for row in made)


def test_a_swapped_key_opens_nothing():
    """A wrapped key copied into another row opens, but nothing that the other key had sealed."""
    one, other = DataKey.objects.make(), DataKey.objects.make()
    sealed = other.seal_json("secret", context="a place")
    DataKey.objects.filter(pk=other.pk).update(wrapped=one.wrapped)
    with pytest.raises(SealBroken):
        DataKey.objects.get(pk=other.pk).open_json(sealed, context="a place")


@pytest.mark.parametrize("wrapped", [b"", b"\x01", b"x" * 80])
def test_a_broken_wrapping_is_said(wrapped):
    key = DataKey.objects.make()
    sealed = key.seal_json("secret", context="a place")
    key.wrapped = wrapped
    with pytest.raises(SealBroken):
        key.open_json(sealed, context="a place")


def test_a_new_master_key_in_front_keeps_the_old_readable(settings):
    settings.MASTER_KEYS = [FIRST]
    old = DataKey.objects.make()
    sealed = old.seal_json("secret", context="a place")
    settings.MASTER_KEYS = [SECOND, FIRST]
    new = DataKey.objects.make()
    assert old.open_json(sealed, context="a place") == "secret"
    settings.MASTER_KEYS = [SECOND]
    assert new.open_json(new.seal_json("x", context=""), context="") == "x"
    with pytest.raises(SealBroken, match="not configured"):
        old.open_json(sealed, context="a place")


def test_its_name_tells_nothing():
    assert str(DataKey(pk=7)) == "data key 7"
