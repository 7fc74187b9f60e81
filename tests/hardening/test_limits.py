"""How often one may try, wherever it comes from: counted in the shared cache, by account as well as by address."""

import json
import multiprocessing
import pickle
import re

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.core.cache import caches
from django.test import Client

from accounts.forms import MOST_WRONG_CODES
from accounts.models import User
from demo.actions import PASSWORD
from notifications.models import PasswordResetAsked

LOGIN, CODE = "/accounts/login/", "/accounts/2fa/authenticate/"
RESET = "/accounts/password/reset/"


@pytest.fixture
def person(db):
    user = User.objects.create_user("guarded@alba.example", PASSWORD, name="Guarded")
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    return user


def from_address(number):
    return Client(REMOTE_ADDR=f"198.51.{number // 250}.{number % 250 + 1}")


def errors_of(response):
    return [error.code for error in response.context["form"].non_field_errors().as_data()]


def test_guessing_a_password_from_one_address_ends_after_ten(person):
    client = from_address(0)
    told = [errors_of(client.post(LOGIN, {"login": person.email, "password": "x"})) for _ in range(12)]
    assert told[9] != told[10] == told[11]
    right = client.post(LOGIN, {"login": person.email, "password": PASSWORD})
    assert right.status_code == 200  # not even the right one
    assert from_address(1).post(LOGIN, {"login": person.email, "password": PASSWORD}).status_code == 302


def test_guessing_from_many_addresses_ends(person, settings):
    by_address, by_account = settings.ACCOUNT_RATE_LIMITS["login_failed"].split(",")
    assert by_account == "100/h/key"
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": f"{by_address},3/h/key"}  # a hundred take long
    for number in range(3):
        answer = from_address(number).post(LOGIN, {"login": person.email, "password": "x"})
    before = errors_of(answer)
    after = from_address(101).post(LOGIN, {"login": f" {person.email.upper()}", "password": PASSWORD})
    assert after.status_code == 200
    assert errors_of(after) != before
    # An address without an account is counted in the same way.
    for number in range(200, 204):
        answer = from_address(number).post(LOGIN, {"login": "nobody@nowhere.example", "password": "x"})
    assert errors_of(answer) == errors_of(after)


def test_who_was_kept_out_by_a_stranger_comes_in_with_a_new_password(person, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,2/h/key"}
    for number in range(3):
        from_address(number).post(LOGIN, {"login": person.email, "password": "x"})
    owner, new = from_address(9), "another long sentence"
    assert owner.post(LOGIN, {"login": person.email, "password": PASSWORD}).status_code == 200
    key = f"{RESET}key/{user_pk_to_url_str(person)}-{default_token_generator.make_token(person)}/"
    form = owner.get(key, follow=True).redirect_chain[-1][0]
    assert owner.post(form, {"password1": new, "password2": new}).status_code == 302
    assert owner.post(LOGIN, {"login": person.email, "password": new}).status_code == 302


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Client-IP", "X-Client-IP"])
def test_a_made_up_address_makes_no_new_count(person, header):
    """The demo trusts no proxy; production takes the last of X-Forwarded-For, which its own proxy writes."""
    for number in range(11):
        headers = {header: f"203.0.113.{number}"}
        answer = Client().post(LOGIN, {"login": f"{number}@nowhere.example", "password": "x"}, headers=headers)
    assert "Too many" in answer.content.decode()


def test_behind_the_proxy_the_last_address_counts(production, person):
    for number in range(11):
        client = production(HTTP_X_FORWARDED_FOR=f"203.0.113.{number}, 192.0.2.66")
        answer = client.post(LOGIN, {"login": f"{number}@nowhere.example", "password": "x"})
    assert "Too many" in answer.content.decode()
    other = production(HTTP_X_FORWARDED_FOR="192.0.2.67").post(LOGIN, {"login": person.email, "password": "x"})
    assert "Too many" not in other.content.decode()


def _try_five_times(results):
    """Runs in another process, with a cache connection of its own."""
    caches.close_all()
    cache = caches.create_connection("default")
    for _ in range(5):
        cache.incr("shared-count")
    results.put(cache.get("shared-count"))


def test_the_counts_are_shared_between_processes(person):
    cache = caches["default"]
    cache.set("shared-count", 0)
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    process = context.Process(target=_try_five_times, args=(results,))
    process.start()
    assert results.get(timeout=10) == 5
    process.join()
    assert cache.get("shared-count") == 5
    # Counts of the limits themselves: what one process counts, a fresh connection of another finds.
    from_address(0).post(LOGIN, {"login": person.email, "password": "x"})
    pattern = f"{settings.CACHES['default']['LOCATION']}"
    fresh = caches.create_connection("default")._cache.get_client()
    assert pattern.startswith("redis://")
    assert [key for key in fresh.keys("*allauth:rl:*") if b"login_failed" in key and b":lock" not in key]


def test_wrong_codes_are_counted_by_account_wherever_they_come_from(person):
    """Many machines with the password together try no more than twenty codes a day; the owner changes the password."""
    codes = RecoveryCodes.activate(person).get_unused_codes()
    for number in range(MOST_WRONG_CODES):
        client = from_address(number)
        client.post(LOGIN, {"login": person.email, "password": PASSWORD})
        assert client.post(CODE, {"code": f"{number:06}"}).status_code == 200
    client = from_address(300)
    client.post(LOGIN, {"login": person.email, "password": PASSWORD})
    refused = client.post(CODE, {"code": codes[0]})
    assert refused.status_code == 200
    assert "Too many" in refused.content.decode()
    person.set_password("another long sentence")
    person.save()
    client = from_address(301)
    client.post(LOGIN, {"login": person.email, "password": "another long sentence"})
    assert client.post(CODE, {"code": codes[1]}).status_code == 302


def test_right_codes_are_not_counted(person):
    codes = RecoveryCodes.activate(person).get_unused_codes()
    for number, code in enumerate(codes):
        client = from_address(number)
        client.post(LOGIN, {"login": person.email, "password": PASSWORD})
        for wrong in ("1", "2")[: 2 if number < 9 else 0]:
            client.post(CODE, {"code": wrong})
        assert client.post(CODE, {"code": code}).status_code == 302


@pytest.mark.parametrize("email", ["guarded@alba.example", "nobody@nowhere.example"])
def test_nobody_s_mailbox_is_filled_with_reset_mails(person, email):
    told = [from_address(number).post(RESET, {"email": email}) for number in range(7)]
    assert [answer.status_code for answer in told] == [302] * 5 + [429] * 2
    assert PasswordResetAsked.objects.count() == 5
    assert "Too many attempts" in told[-1].content.decode()
    assert re.search("no-store", told[-1].headers["Cache-Control"])


def test_the_password_is_not_guessed_from_an_open_session(cast, sign_in):
    client = sign_in(cast["hq@alba.example"])
    told = [client.post("/accounts/reauthenticate/", {"password": str(number)}).status_code for number in range(12)]
    assert told == [200] * 10 + [429] * 2
    change = {"oldpassword": "x", "password1": "a new long sentence", "password2": "a new long sentence"}
    told = [client.post("/accounts/password/change/", change).status_code for _ in range(7)]
    assert told == [200] * 5 + [429] * 2


def test_tokens_in_addresses_cannot_be_tried(db):
    """160 bits: no limit is needed where nothing can be guessed."""
    from accounts.actions import TOKEN_LENGTH

    assert TOKEN_LENGTH * 4 >= 128


def test_what_lies_in_the_cache_is_not_run_when_it_is_read(person):
    """Whoever can write into Redis must not be able to have code run."""
    cache = caches["default"]
    from_address(0).post(LOGIN, {"login": person.email, "password": "x"})
    raw = cache._cache.get_client()
    values = [json.loads(raw.get(key)) for key in raw.keys("*")]
    assert values
    raw.set(cache.make_key("planted"), pickle.dumps(print))
    with pytest.raises(ValueError, match=r"decode|JSON|Expecting"):
        cache.get("planted")
    with pytest.raises(TypeError):
        cache.set("more", object())
