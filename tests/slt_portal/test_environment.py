"""Settings from the environment: from files too, and a sentence that says what to set."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from slt_portal import cursors, environment
from slt_portal.local_secrets import local_secret
from slt_portal.references import ALPHABET, new_reference


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in ("SLT_X", "SLT_X_FILE"):
        monkeypatch.delenv(name, raising=False)


def test_text_comes_from_the_variable_then_the_file_then_the_default(monkeypatch, tmp_path):
    assert environment.text("SLT_X", "default") == "default"
    (tmp_path / "secret").write_text("from the file ✓\n", encoding="utf-8")
    monkeypatch.setenv("SLT_X_FILE", str(tmp_path / "secret"))
    assert environment.text("SLT_X", "default") == "from the file ✓"
    monkeypatch.setenv("SLT_X", "from the variable")
    assert environment.text("SLT_X", "default") == "from the variable"
    monkeypatch.setenv("SLT_X", "")
    assert environment.text("SLT_X", "default") == ""


def test_what_is_missing_is_named(monkeypatch, tmp_path):
    with pytest.raises(ImproperlyConfigured, match="Set SLT_X .or SLT_X_FILE"):
        environment.text("SLT_X")
    monkeypatch.setenv("SLT_X_FILE", str(tmp_path / "nothing"))
    with pytest.raises(ImproperlyConfigured, match="SLT_X_FILE: .*/nothing cannot be read: No such file"):
        environment.text("SLT_X", "default")


@pytest.mark.parametrize("word", ["1", "true", "YES", "On"])
def test_yes(monkeypatch, word):
    monkeypatch.setenv("SLT_X", word)
    assert environment.flag("SLT_X", False) is True


@pytest.mark.parametrize("word", ["0", "false", "No", "OFF", ""])
def test_no(monkeypatch, word):
    monkeypatch.setenv("SLT_X", word)
    assert environment.flag("SLT_X", True) is False


def test_defaults():
    assert environment.flag("SLT_X", True) is True
    assert environment.flag("SLT_X", False) is False
    assert environment.number("SLT_X", 7) == 7
    assert environment.words("SLT_X", "a,b") == ["a", "b"]


@pytest.mark.parametrize("word", ["maybe", "2", "yes please"])
def test_neither_yes_nor_no(monkeypatch, word):
    monkeypatch.setenv("SLT_X", word)
    with pytest.raises(ImproperlyConfigured, match="set it to yes or no"):
        environment.flag("SLT_X", True)


def test_numbers(monkeypatch):
    monkeypatch.setenv("SLT_X", "8000")
    assert environment.number("SLT_X", 1) == 8000
    for word in ("", "8000.5", "eight", "0x10"):
        monkeypatch.setenv("SLT_X", word)
        with pytest.raises(ImproperlyConfigured, match="set it to a whole number"):
            environment.number("SLT_X", 1)


def test_words(monkeypatch):
    monkeypatch.setenv("SLT_X", " a, b ,,c,")
    assert environment.words("SLT_X") == ["a", "b", "c"]


def test_a_local_secret_is_made_once_and_for_its_owner_only(tmp_path):
    path = tmp_path / "deep" / "secret"
    first = local_secret(path)
    assert local_secret(path) == first
    assert len(first) == 44
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert local_secret(tmp_path / "other") != first
    assert [entry.name for entry in path.parent.iterdir()] == ["secret"]


def test_references():
    made = {new_reference("INC") for _ in range(500)}
    assert len(made) == 500
    assert all(ref.startswith("INC-") and len(ref) == 10 and set(ref[4:]) <= set(ALPHABET) for ref in made)
    assert not set("01258BILOSUVZ") & set(ALPHABET)
    assert len(new_reference("MEM", 8)) == 12


@given(st.lists(st.integers() | st.text(max_size=20) | st.none(), max_size=4))
def test_cursors_come_back(values):
    word = cursors.pack(*values)
    assert word.replace("-", "").replace("_", "").isalnum()
    assert cursors.unpack(word) == values


@given(st.text(max_size=60) | st.binary(max_size=40).map(lambda raw: raw.hex()))
def test_no_cursor(word):
    assert cursors.unpack(word) is None
