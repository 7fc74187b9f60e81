"""Sessions: begun anew at each proof, ended in time and everywhere, and of no use to who has copied the database."""

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Session, User
from accounts.sessions import SessionStore, digest_of, end_sessions, sessions_of
from audit.models import Event
from demo.actions import PASSWORD
from notifications.models import Message
from organisations.models import Membership
from tests.accounts.test_account import by_typing
from tests.accounts.test_second_factor import code_now
from tests.cast import signed_in

HQ = "hq@alba.example"
PAGE = "/accounts/profile/"


def key_of(client):
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def with_cookie(value):
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = value
    return client


def is_in(client):
    return client.get(PAGE).status_code == 200


def strings_of_the_database():
    """Every word of eight characters or more in any column of any table."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                for value in row:
                    text = bytes(value).decode("latin-1") if isinstance(value, memoryview | bytes) else str(value)
                    found |= {text, *re.findall(r"[\w+/=-]{8,}", text)}
    return found


def test_a_copy_of_the_database_opens_no_session(cast):
    """Neither the real way of signing in nor an authenticator that is being set up leaves anything that can be used."""
    victim = by_typing(cast[HQ])
    fresh = User.objects.create_user("new@alba.example", PASSWORD, name="New")
    half = Client()
    half.post("/accounts/login/", {"login": fresh.email, "password": PASSWORD})
    half.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/accounts/2fa/totp/activate/"})
    secret = half.get("/accounts/2fa/totp/activate/").context["form"].secret
    stolen = strings_of_the_database()
    assert is_in(victim)
    assert len(stolen) > 100
    assert digest_of(key_of(victim)) in stolen
    assert not {key_of(victim), key_of(half), secret} & stolen
    assert not [word for word in stolen if secret in word or key_of(victim) in word]
    for word in stolen:
        if len(word) <= 200 and SESSION_KEY in SessionStore(word):
            pytest.fail("a word of the database is the key of a session")
    assert not is_in(with_cookie(digest_of(key_of(victim))))


def test_what_a_session_remembers_does_not_open_in_another_row(cast):
    """Whoever can write into the table cannot make somebody else's session their own."""
    mine, theirs = signed_in(cast["nobody@elsewhere.example"]), signed_in(cast[HQ])
    data = Session.objects.get(pk=digest_of(key_of(theirs))).session_data
    Session.objects.filter(pk=digest_of(key_of(mine))).update(session_data=data)
    assert not is_in(mine)
    assert is_in(theirs)


def test_a_key_that_somebody_planted_is_not_taken_over(cast):
    """Session fixation: the key before signing in, and a made-up one, open nothing afterwards."""
    client = with_cookie("planted-by-somebody-else")
    client.post("/accounts/login/", {"login": HQ, "password": PASSWORD})
    before = key_of(client)
    assert before != "planted-by-somebody-else"
    factor = Authenticator.objects.get(user=cast[HQ], type=Authenticator.Type.RECOVERY_CODES)
    client.post("/accounts/2fa/authenticate/", {"code": factor.wrap().get_unused_codes()[0]})
    assert is_in(client)
    assert key_of(client) not in {before, "planted-by-somebody-else"}
    assert not is_in(with_cookie(before))


@pytest.mark.parametrize(
    ("path", "proof"),
    [("/accounts/reauthenticate/", {"password": PASSWORD}), ("/accounts/2fa/reauthenticate/", {"code": "a code"})],
)
def test_proving_oneself_again_changes_the_key(cast, path, proof):
    client = by_typing(cast[HQ])
    before = key_of(client)
    started = Session.objects.get(pk=digest_of(before)).started_at
    if "code" in proof:
        factor = Authenticator.objects.get(user=cast[HQ], type=Authenticator.Type.RECOVERY_CODES)
        proof = {"code": factor.wrap().get_unused_codes()[0]}
    assert client.post(path, proof).status_code == 302
    assert is_in(client)
    assert not is_in(with_cookie(before))
    assert Session.objects.get(pk=digest_of(key_of(client))).started_at == started  # and lasts no longer


def test_a_tab_that_asked_just_before_takes_no_new_key_away(cast):
    """Its answer comes late and may not have the browser forget the key that another tab was given meanwhile."""
    client = by_typing(cast[HQ])
    late = with_cookie(key_of(client))
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    answer = late.get(PAGE)
    assert answer.status_code == 302
    assert settings.SESSION_COOKIE_NAME not in answer.cookies
    assert is_in(client)


def test_an_hour_without_a_request_ends_it(cast):
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        idle, busy = signed_in(cast[HQ]), signed_in(cast[HQ])
    for minutes in range(0, 150, 30):
        with time_machine.travel(now + timedelta(minutes=minutes), tick=False):
            assert is_in(busy)
    with time_machine.travel(now + timedelta(minutes=121), tick=False):
        assert is_in(busy)
        assert not is_in(idle)


def test_twelve_hours_end_it_whatever_is_done(cast):
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        client = signed_in(cast[HQ])
    for minutes in range(0, 720, 45):
        with time_machine.travel(now + timedelta(minutes=minutes), tick=False):
            assert is_in(client), minutes
    with time_machine.travel(now + timedelta(minutes=719, seconds=59), tick=False):
        assert is_in(client)
    with time_machine.travel(now + timedelta(hours=12), tick=False):
        assert not is_in(client)


def test_reading_writes_nothing_for_five_minutes(cast, django_assert_num_queries):
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        client = signed_in(cast[HQ])
    with time_machine.travel(now + timedelta(minutes=5), tick=False), django_assert_num_queries(1):
        assert SESSION_KEY in SessionStore(key_of(client)).load()
    with time_machine.travel(now + timedelta(minutes=6), tick=False), django_assert_num_queries(2):
        assert SESSION_KEY in SessionStore(key_of(client)).load()


def test_words_typed_when_it_ends_come_back(cast):
    client = signed_in(cast["field@alba.example"])
    Session.objects.update(expire_date=timezone.now())
    typed = {"body": "three words typed", "submission": "x"}
    page = client.post("/incidents/INC-AAAAAA/desk/note/", typed, headers={"Sec-Fetch-Site": "same-origin"})
    assert page.status_code == 403
    assert "three words typed" in page.content.decode()


def test_signing_out_ends_it_on_the_server(cast):
    client = by_typing(cast[HQ])
    stolen = with_cookie(key_of(client))
    assert is_in(stolen)
    client.post("/accounts/logout/")
    assert not is_in(stolen)
    assert not Session.objects.filter(user=cast[HQ]).exists()


def test_one_of_the_others_is_ended_and_nobody_else_s(cast):
    here, there, third = (by_typing(cast[HQ]) for _ in range(3))
    other = by_typing(cast["hq@benu.example"])
    here.post("/accounts/reauthenticate/", {"password": PASSWORD})
    listed = here.get("/accounts/sessions/").context
    assert {session.digest for session in listed["sessions"]} == {
        digest_of(key_of(each)) for each in (here, there, third)
    }
    assert listed["current"] == digest_of(key_of(here))
    for digest in (digest_of(key_of(there)), digest_of(key_of(other)), "nonsense", "a\x00b"):
        assert here.post("/accounts/sessions/", {"session": digest}).status_code == 302
    assert [is_in(client) for client in (here, there, third, other)] == [True, False, True, True]


def test_a_new_password_ends_all_sessions(cast):
    here, there = by_typing(cast[HQ]), by_typing(cast[HQ])
    new = {"oldpassword": PASSWORD, "password1": "a new long sentence", "password2": "a new long sentence"}
    assert here.post("/accounts/password/change/", new).status_code == 302
    assert [is_in(here), is_in(there)] == [False, False]
    assert sessions_of(User.objects.get(email=HQ)) == []


@pytest.mark.parametrize("change", ["deactivate", "codes"])
def test_a_changed_second_factor_ends_all_other_sessions(cast, change):
    here, there = by_typing(cast[HQ]), by_typing(cast[HQ])
    path = {"deactivate": "/accounts/2fa/totp/deactivate/", "codes": "/accounts/2fa/recovery-codes/generate/"}[change]
    here.post("/accounts/reauthenticate/", {"password": PASSWORD})
    before = key_of(here)
    assert here.post(path).status_code == 302
    assert key_of(here) != before
    assert SESSION_KEY in here.session
    assert not there.session.get(SESSION_KEY)


def test_setting_a_second_factor_up_ends_all_other_sessions(db):
    person = User.objects.create_user("new@alba.example", PASSWORD, name="New")
    here, there = Client(), Client()
    for client in (here, there):
        client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    assert there.session.get(SESSION_KEY)
    here.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/accounts/2fa/totp/activate/"})
    secret = here.get("/accounts/2fa/totp/activate/").context["form"].secret
    assert here.post("/accounts/2fa/totp/activate/", {"code": code_now(secret)}).status_code == 302
    assert is_in(here)
    assert not there.session.get(SESSION_KEY)


@pytest.mark.parametrize("path", ["/accounts/2fa/totp/deactivate/", "/accounts/2fa/recovery-codes/generate/"])
def test_the_second_factor_is_not_changed_without_proving_oneself_again(cast, path):
    client = by_typing(cast[HQ])
    for answer in (client.get(path), client.post(path)):
        assert answer.status_code == 302
        assert "reauthenticate" in answer["Location"]
    assert Authenticator.objects.filter(user=cast[HQ]).count() == 2


def test_a_role_that_ended_opens_nothing_in_an_open_session(cast, sign_in):
    client = sign_in(cast["field@alba.example"])
    assert client.get("/incidents/report/").status_code == 200
    Membership.objects.filter(user=cast["field@alba.example"]).update(ends_at=timezone.now())
    assert client.get("/incidents/report/").status_code == 404


def test_an_operator_ends_somebody_s_sessions_or_everybody_s(cast, capsys):
    one, other = signed_in(cast[HQ]), signed_in(cast["hq@benu.example"])
    call_command("end_sessions", HQ)
    assert capsys.readouterr().out == "1 session ended.\n"
    assert [is_in(one), is_in(other)] == [False, True]
    call_command("end_sessions", all=True)
    assert not is_in(other)


def test_an_operator_removes_a_lost_second_factor(cast, capsys):
    client = signed_in(cast[HQ])
    call_command("reset_second_factor", HQ)
    assert not Authenticator.objects.filter(user=cast[HQ]).exists()
    assert not is_in(client)
    assert Message.objects.filter(recipient=cast[HQ]).count() == 1
    assert Event.objects.order_by("number").last().verb == "accounts.second_factor_reset"
    with pytest.raises(CommandError, match="no account with a second factor"):
        call_command("reset_second_factor", HQ)


def test_ended_sessions_are_removed(cast):
    kept, ended = signed_in(cast[HQ]), signed_in(cast[HQ])
    Session.objects.filter(pk=digest_of(key_of(ended))).update(expire_date=timezone.now() - timedelta(seconds=1))
    SessionStore.clear_expired()
    assert [row.pk for row in Session.objects.all()] == [digest_of(key_of(kept))]


def test_a_session_whose_master_key_is_gone_is_none(cast, settings):
    client = signed_in(cast[HQ])
    settings.MASTER_KEYS = ["other:" + "b3RoZXItbWFzdGVyLWtleS1vZi0zMi1ieXRlcy4uLi4="]
    assert not is_in(client)
    assert end_sessions(cast[HQ]) == 1
