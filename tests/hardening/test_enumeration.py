"""Nobody learns who has an account: not from words, codes or lengths, nor from work that differs (hence time).

benchmarks/enumeration.py measures the times themselves.
"""

import re
from datetime import timedelta

import pytest
from django.contrib.auth import hashers
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.http import int_to_base36

from accounts.models import User
from demo.actions import PASSWORD
from notifications.models import AccountMail, Message, PasswordResetAsked

UNKNOWN = "unknown"
ACCOUNTS = [UNKNOWN, "known", "inactive", "expired", "mailbox", "no password"]


@pytest.fixture
def address_of(db):
    """The address of an account of each kind, all of one length."""
    for number, kind in enumerate(ACCOUNTS[1:]):
        password = None if kind in {"mailbox", "no password"} else PASSWORD
        user = User.objects.create_user(f"person{number}@alba.example", password, name="Somebody")
        user.is_active, user.is_mailbox = kind != "inactive", kind == "mailbox"
        user.expires_at = timezone.now() - timedelta(days=1) if kind == "expired" else None
        user.save()
    return {kind: f"person{number}@alba.example" for number, kind in enumerate(ACCOUNTS[1:])} | {
        UNKNOWN: "person9@alba.example"
    }


class CountingHasher(hashers.MD5PasswordHasher):
    """A password hasher that counts how often it works."""

    algorithm = "counting"
    worked = 0

    def encode(self, password, salt):
        CountingHasher.worked += 1
        return super().encode(password, salt)


def seen(path, data, address):
    """Everything of an answer that a stranger can see, and how much work it was: queries and hashes."""
    cache.clear()
    client = Client()
    client.get(path)
    CountingHasher.worked = 0
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = client.post(path, data)
    body = response.content.decode().replace(address, "ADDRESS")
    body = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "TOKEN", body)
    headers = {name: value for name, value in response.headers.items() if name not in {"X-Request-ID", "Expires"}}
    cookies = {name: (len(cookie.value), cookie["max-age"]) for name, cookie in response.cookies.items()}
    statements = [re.sub(r"'[^']*'|\d+", "?", query["sql"]) for query in queries.captured_queries]
    return response.status_code, body, headers, cookies, CountingHasher.worked, statements


@pytest.mark.parametrize("kind", ACCOUNTS[1:])
def test_a_wrong_password_says_the_same_of_every_address(address_of, settings, kind):
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    for user in User.objects.filter(password__startswith="md5"):
        user.set_password(PASSWORD)
        user.save()
    found = {
        each: seen("/accounts/login/", {"login": address_of[each], "password": "wrong"}, address_of[each])
        for each in (UNKNOWN, kind)
    }
    assert found[kind] == found[UNKNOWN]
    assert found[kind][4] == 1  # the password was hashed once, account or not


@pytest.mark.parametrize("kind", ACCOUNTS[1:])
def test_a_forgotten_password_says_the_same_of_every_address(address_of, kind):
    found = {
        each: seen("/accounts/password/reset/", {"email": address_of[each]}, address_of[each])
        for each in (UNKNOWN, kind)
    }
    assert found[kind] == found[UNKNOWN]
    # Nothing but a sealed line is written, and of the same length.
    assert (AccountMail.objects.count(), Message.objects.count()) == (0, 0)
    assert len({len(row.sealed) for row in PasswordResetAsked.objects.all()}) == 1
    assert not any(b"alba.example" in bytes(row.sealed) for row in PasswordResetAsked.objects.all())


def test_the_page_for_the_code_is_reached_with_the_password_only(address_of):
    client = Client()
    client.post("/accounts/login/", {"login": address_of["known"], "password": "wrong"})
    assert client.get("/accounts/2fa/authenticate/")["Location"] == "/accounts/login/"


def test_a_link_of_nobody_and_one_that_ran_out_look_alike(cast):
    keys = ("1-set-password", "zzzz-abc-def", f"{int_to_base36(cast['hq@alba.example'].pk)}-abc-def")
    bodies = set()
    for key in keys:
        path = f"/accounts/password/reset/key/{key}/"
        bodies.add(re.sub(r"\w{64}", "TOKEN", Client().get(path).content.decode().replace(path, "PATH")))
    assert len(bodies) == 1
