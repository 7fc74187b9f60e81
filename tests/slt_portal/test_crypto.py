"""Sealing: what was changed, moved or sealed by others does not open, and says nothing of what it holds."""

import base64

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from slt_portal.crypto import SealBroken, keyed_digest, new_key, parse_master_keys, seal, unseal

KEY = b"k" * 32
GOOD = base64.urlsafe_b64encode(KEY).decode()


@given(plain=st.binary(max_size=200), context=st.text(max_size=20), own=st.booleans())
def test_what_was_sealed_opens(plain, context, own):
    key = KEY if own else None
    sealed = seal(plain, context=context, key=key)
    assert unseal(sealed, context=context, key=key) == plain
    assert len(plain) < 4 or plain not in sealed


@given(st.data())
def test_any_change_is_noticed(data):
    sealed = bytearray(seal(b"secret text", context="here"))
    position = data.draw(st.integers(0, len(sealed) - 1))
    sealed[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealBroken) as broken:
        unseal(bytes(sealed), context="here")
    assert "secret" not in str(broken.value)


@given(st.binary(max_size=80))
def test_anything_else_is_no_sealed_value(rubbish):
    for key in (None, KEY):
        with pytest.raises(SealBroken):
            unseal(rubbish, context="here", key=key)
        with pytest.raises(SealBroken):
            unseal(b"\x01" + rubbish, context="here", key=key)


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_cut_value_does_not_open(cut):
    with pytest.raises(SealBroken):
        unseal(seal(b"secret text", context="here")[:-cut], context="here")


def test_another_context_or_key():
    sealed = seal(b"x", context="here", key=KEY)
    for context, key in [("there", KEY), ("here", new_key()), ("here", None), ("here ", KEY)]:
        with pytest.raises(SealBroken):
            unseal(sealed, context=context, key=key)


def test_the_same_text_is_never_sealed_alike():
    assert len({seal(b"x", context="") for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([], "at least one"),
        (["no colon"], "different id|base64"),
        ([":" + GOOD], "different id"),
        (["a:" + GOOD, "a:" + GOOD], "different id"),
        (["a:" + GOOD[:-8]], "different id|base64"),
        (["a:x"], "base64"),
        (["a:" + base64.urlsafe_b64encode(b"k" * 31).decode()], "32-byte"),
        (["a:" + base64.urlsafe_b64encode(b"k" * 33).decode()], "32-byte"),
        (["a" * 33 + ":" + GOOD], "different id"),
        (["a:ключ"], "base64|32-byte"),
    ],
)
def test_master_keys_that_are_none(entries, words):
    with pytest.raises(ImproperlyConfigured, match=words) as refused:
        parse_master_keys(entries)
    assert GOOD not in str(refused.value)


def test_master_keys_keep_their_order():
    assert list(parse_master_keys([f"{name}:{GOOD}" for name in "zab"])) == ["z", "a", "b"]


def test_digests(settings):
    digest = keyed_digest("one", "value")
    assert digest == keyed_digest("one", "value")
    others = {keyed_digest("two", "value"), keyed_digest("one", "Value"), keyed_digest("onev", "alue")}
    assert digest not in others
    assert len(others) == 3
    assert len(digest) == 64
    settings.SECRET_KEY, settings.MASTER_KEYS = "another", []
    assert keyed_digest("one", "value") == digest
    settings.DIGEST_KEY = "another"
    assert keyed_digest("one", "value") != digest
