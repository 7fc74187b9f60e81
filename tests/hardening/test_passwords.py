"""Which passwords people may choose, how they are kept, and who hears of a change."""

import re

import pytest
from django.conf import settings
from django.contrib.auth import hashers
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.models import User
from tests.accounts.test_account import by_typing


@pytest.mark.parametrize(
    "password",
    [
        "short words",
        "passwordpassword",
        "password password password",
        "P@ssw0rd2026!",
        "iloveyou1234",
        "1234iloveyou",
        "qwertyuiop12",
        "123456789012",
        "aaaaaaaaaaaa",
        "sunshine2019summer",
        "Saving-Lives-2026",
        "sltportal20260101",
        "UNDSSsecurity!!",
        "aoife.ni.bhriain",
        "hq@alba.example",
    ],
)
def test_what_is_guessed_first_is_refused(password):
    user = User(email="hq@alba.example", name="Aoife Ni Bhriain")
    with pytest.raises(ValidationError):
        validate_password(password, user)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "847261950384",
        "only small letters here",
        "ONLYCAPITALSXK",
        "!!##%%&&//((==",
        "пароль из слов",
        "三个很长的密码词语还要更长",
        "x9" * 64,
        "many words, and nobody has to put a digit or a capital in them " * 3,
    ],
)
def test_any_kind_of_character_and_any_length_is_allowed(password):
    validate_password(password, User(email="hq@alba.example", name="Aoife"))


def test_a_password_counts_as_typed(db):
    """With blanks at its ends, in capitals, all of its characters."""
    typed = "  Blanks And CAPITALS " + "and more " * 20 + "x"
    user = User.objects.create_user("exact@alba.example", typed, name="Exact")
    for other in (typed.strip(), typed.lower(), typed[:-1]):
        answer = Client().post("/accounts/login/", {"login": user.email, "password": other})
        assert answer.status_code == 200
    assert Client().post("/accounts/login/", {"login": user.email, "password": typed}).status_code == 302


def test_the_fields_let_password_managers_work(cast):
    client = by_typing(cast["hq@alba.example"])
    pages = {"/accounts/password/change/": client, "/accounts/login/": Client()}
    for path, who in pages.items():
        fields = re.findall(r"<input[^>]*password[^>]*>", who.get(path).content.decode())
        fields = [field for field in fields if 'type="hidden"' not in field]
        assert fields
        for field in fields:
            assert 'type="password"' in field
            assert re.search('autocomplete="(current|new)-password"', field)
            assert "maxlength" not in field
            assert "onpaste" not in field


def test_passwords_are_kept_slow_to_try():
    """In production: Django's own choice, PBKDF2 with SHA-256 and as many rounds as are recommended, or more."""
    from slt_portal.settings import base

    assert not hasattr(base, "PASSWORD_HASHERS")
    assert hashers.PBKDF2PasswordHasher.iterations >= 600_000
    assert "MD5" in settings.PASSWORD_HASHERS[0], "only tests hash quickly"


def test_the_old_password_is_asked_for(cast):
    client = by_typing(cast["hq@alba.example"])
    new = {"password1": "a new long sentence", "password2": "a new long sentence"}
    for old in ({}, {"oldpassword": "wrong"}):
        assert client.post("/accounts/password/change/", {**new, **old}).status_code == 200
    assert not User.objects.get(email="hq@alba.example").check_password("a new long sentence")
