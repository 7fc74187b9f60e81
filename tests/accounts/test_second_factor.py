"""The second factor: everybody has one, no page is reached without it, its secrets are not readable in the database."""

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from accounts.models import User
from accounts.second_factor import ALWAYS_OPEN, OPEN_FOR_PASSING, OPEN_FOR_SET_UP
from slt_portal.crypto import SealBroken

PASSWORD = "correct horse battery staple"
SET_UP = "/accounts/2fa/totp/activate/"
PASS = "/accounts/2fa/reauthenticate/"
ARGUMENTS = {"ref": "INC-ABCDEF", "code": "kenya", "token": "0" * 40, "uidb36": "a", "key": "b", "pk": "0", "name": "x"}


@pytest.fixture
def person(db):
    return User.objects.create_user("new@alba.example", PASSWORD, name="Newly Invited")


def code_now(secret):
    counters = list(yield_hotp_counters_from_time())
    return format_hotp_value(hotp_value(secret, counters[len(counters) // 2]))


def with_password_only(user):
    client = Client()
    client.force_login(user, backend="accounts.backends.SignIn")
    return client


def _argument(name, converter):
    kind = type(converter).__name__
    return {"UUIDConverter": "00000000-0000-4000-8000-000000000000", "IntConverter": 1}.get(kind) or ARGUMENTS.get(
        name, "x"
    )


def addresses(resolver=None, namespace=""):
    """(name, path) of every page of the portal, from the resolver itself."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if hasattr(pattern, "url_patterns"):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from addresses(pattern, inner)
        elif pattern.name:
            name = f"{namespace}{pattern.name}"
            ways = pattern.pattern.converters or dict.fromkeys(pattern.pattern.regex.groupindex)
            yield name, reverse(name, kwargs={key: _argument(key, way) for key, way in ways.items()})


@pytest.mark.parametrize("method", ["get", "post"])
def test_without_an_authenticator_every_page_leads_to_setting_one_up(person, method):
    pages = dict(addresses())
    assert {"home", "incidents:list", "areas:list", "organisations:people", "mfa_view_recovery_codes"} <= set(pages)
    led = {}
    for name, path in pages.items():
        response = getattr(with_password_only(person), method)(path, content_type="application/json")
        led[name] = response.status_code == 302 and response.url == SET_UP
    # The set-up page itself asks for the password again, and is therefore among those that are let through.
    assert {name for name, is_led in led.items() if not is_led} == OPEN_FOR_SET_UP & set(pages)


@pytest.mark.parametrize("method", ["get", "post"])
def test_with_an_authenticator_but_without_its_code_every_page_asks_for_it(person, method):
    TOTP.activate(person, "JBSWY3DPEHPK3PXP")
    pages = dict(addresses())
    led = {}
    for name, path in pages.items():
        response = getattr(with_password_only(person), method)(path, content_type="application/json")
        led[name] = response.status_code == 302 and response.url.startswith(PASS)
    assert {name for name, is_led in led.items() if not is_led} == OPEN_FOR_PASSING & set(pages)


def test_pages_open_before_the_second_factor_say_nothing_of_the_domain():
    assert {name.partition(":")[0] for name in ALWAYS_OPEN | OPEN_FOR_SET_UP | OPEN_FOR_PASSING} == {
        "account_logout",
        "account_reauthenticate",
        "set_language",
        "healthz",
        "readyz",
        "demo",
        "mfa_activate_totp",
        "mfa_reauthenticate",
    }


def test_a_new_person_signs_in_sets_it_up_and_is_in(person):
    client = Client()
    response = client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    assert response.status_code == 302
    assert client.get("/").url == SET_UP
    assert client.get(SET_UP).url.startswith("/accounts/reauthenticate/")
    response = client.post(f"/accounts/reauthenticate/?next={SET_UP}", {"password": PASSWORD, "next": SET_UP})
    assert response.url == SET_UP
    page = client.get(SET_UP)
    assert page.status_code == 200
    secret = page.context["form"].secret
    response = client.post(SET_UP, {"code": code_now(secret)})
    assert response.url == "/accounts/2fa/recovery-codes/"
    assert secret not in str(dict(client.session))
    codes = client.get(response.url)
    assert codes.status_code == 200
    assert len(codes.context["unused_codes"]) == 10
    assert client.get("/accounts/profile/").status_code == 200


def test_the_key_stays_the_same_until_it_is_used(person):
    """A telephone loads the page again when one comes back from the app that has the key by then."""
    client = Client()
    client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    client.post(f"/accounts/reauthenticate/?next={SET_UP}", {"password": PASSWORD, "next": SET_UP})
    secret = client.get(SET_UP).context["form"].secret
    again = client.get(SET_UP)
    assert (again.context["form"].secret, secret in again.content.decode()) == (secret, True)
    assert client.post(SET_UP, {"code": "wrong"}).context["form"].secret == secret
    assert client.post(SET_UP, {"code": code_now(secret)}).status_code == 302
    assert "mfa.totp.secret" not in client.session


def test_signing_in_says_nothing_of_success(person):
    client = Client()
    client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    client.post(f"/accounts/reauthenticate/?next={SET_UP}", {"password": PASSWORD, "next": SET_UP})
    assert "uccess" not in client.get(SET_UP).content.decode()


def test_password_and_code_open_the_portal(person):
    secret = "JBSWY3DPEHPK3PXP"
    TOTP.activate(person, secret)
    client = Client()
    response = client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    assert response.url == "/accounts/2fa/authenticate/"
    assert client.get("/accounts/profile/").url.startswith("/accounts/login/")
    assert client.post(response.url, {"code": "000000"}).status_code == 200
    assert client.post(response.url, {"code": code_now(secret)}).status_code == 302
    assert client.get("/accounts/profile/").status_code == 200


def _sign_in(email, code):
    """The status of the answer to `code`: 302 in, 200 refused."""
    client = Client()
    client.post("/accounts/login/", {"login": email, "password": PASSWORD})
    return client.post("/accounts/2fa/authenticate/", {"code": code}).status_code


@pytest.mark.parametrize(("seconds", "status"), [(-61, 200), (-30, 302), (30, 302), (61, 200)])
def test_a_clock_half_a_minute_wrong_or_a_slow_line_keeps_nobody_out(person, seconds, status):
    secret = "JBSWY3DPEHPK3PXP"
    TOTP.activate(person, secret)
    now = timezone.now()
    with time_machine.travel(now + timedelta(seconds=seconds), tick=False):
        code = code_now(secret)
    with time_machine.travel(now, tick=False):
        assert _sign_in(person.email, code) == status


def test_a_code_works_once_for_as_long_as_it_is_valid(person):
    secret = "JBSWY3DPEHPK3PXP"
    TOTP.activate(person, secret)
    code = code_now(secret)
    assert _sign_in(person.email, code) == 302
    cache.delete(f"allauth.mfa.totp.used?user={person.pk}&code={code}")  # as it is after 30 of its 90 seconds
    assert _sign_in(person.email, code) == 200
    assert _sign_in(person.email, f"{code[:3]} {code[3:]}") == 200
    client = cache._cache.get_client()
    assert 80 < client.ttl(cache.make_key(f"code-used:{person.pk}:{code}")) <= 90


def test_passing_leads_back_to_the_page_asked_for(person):
    secret = "JBSWY3DPEHPK3PXP"
    TOTP.activate(person, secret)
    client = with_password_only(person)
    asked = client.get("/accounts/profile/?tab=1").url
    assert asked == f"{PASS}?next=%2Faccounts%2Fprofile%2F%3Ftab%3D1"
    response = client.post(asked, {"code": code_now(secret), "next": "/accounts/profile/?tab=1"})
    assert response.url == "/accounts/profile/?tab=1"
    assert client.get(response.url).status_code == 200


def test_a_recovery_code_works_once(person):
    TOTP.activate(person, "JBSWY3DPEHPK3PXP")
    code = RecoveryCodes.activate(person).get_unused_codes()[0]
    for status in (302, 200):
        client = Client()
        client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
        assert client.post("/accounts/2fa/authenticate/", {"code": code}).status_code == status
    assert client.get("/accounts/profile/").status_code == 302


def test_who_removes_the_last_authenticator_is_led_to_set_up(cast, sign_in):
    client = sign_in(cast["hq@alba.example"])
    assert client.get("/accounts/profile/").status_code == 200
    Authenticator.objects.filter(user=cast["hq@alba.example"], type=Authenticator.Type.TOTP).delete()
    assert client.get("/accounts/profile/").url == SET_UP


def test_secrets_are_not_readable_in_the_database(person):
    secret = "JBSWY3DPEHPK3PXP"
    TOTP.activate(person, secret)
    seed = RecoveryCodes.activate(person)
    codes = seed.generate_codes()
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        stored = " ".join(str(row) for row in cursor.fetchall())
    assert secret not in stored
    assert not [code for code in codes if code in stored]
    assert not re.search(r"seed\W+[0-9a-f]{80}", stored)  # the seed as allauth makes it
    assert TOTP(Authenticator.objects.get(user=person, type="totp")).validate_code(code_now(secret))


def test_a_changed_secret_is_refused_not_guessed(person):
    TOTP.activate(person, "JBSWY3DPEHPK3PXP")
    row = Authenticator.objects.get(user=person)
    row.data["secret"] = row.data["secret"][:-4] + "AAA="
    row.save()
    with pytest.raises(SealBroken):
        TOTP(row).validate_code("123456")


def test_an_account_past_its_date_is_signed_out_at_the_next_request(cast, sign_in):
    person = cast["hq@alba.example"]
    client = sign_in(person)
    assert client.get("/accounts/profile/").status_code == 200
    User.objects.filter(pk=person.pk).update(expires_at=timezone.now())
    response = client.get("/accounts/profile/", follow=True)
    assert response.redirect_chain == [("/accounts/login/", 302)]
    assert "This account has ended." in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_deactivated_account_is_signed_out_at_the_next_request(cast, sign_in):
    client = sign_in(cast["hq@alba.example"])
    User.objects.filter(email="hq@alba.example").update(is_active=False)
    assert client.get("/accounts/profile/").url == "/accounts/login/?next=/accounts/profile/"


def test_an_address_that_allauth_never_verified_does_not_lock_anybody_out(person):
    """A password reset leaves such a row; without an authenticator its owner must still reach the set-up page."""
    EmailAddress.objects.create(user=person, email=person.email, verified=False, primary=True)
    answer = with_password_only(person).get(SET_UP)
    # The password is asked for once more; without the setting allauth would send back to where one just came from.
    assert answer.url.startswith(reverse("account_reauthenticate"))
