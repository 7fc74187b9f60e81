"""The status page: who may, what it says, what it must not say; and what people see while the database is gone."""

import time
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.db import connections
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.actions import record
from demo.cast import PEOPLE
from notifications.models import Message, Subject
from operations.models import Tick
from operations.views import age_in_steps, in_steps
from tests.factories.incidents import typed

PAGE = "/status/"
QUERIES = 12
ADMINISTRATOR = "admin@portal.example"
MAY = {ADMINISTRATOR, "dss.hq@un.example"}


@pytest.fixture
def client(cast, sign_in):
    """The administrator's browser."""
    return sign_in(cast[ADMINISTRATOR])


@pytest.fixture
def failure(cast):
    """Makes a message about an incident that failed."""

    def make(then="failed", **fields):
        return Message.objects.create(
            kind="incidents.desk_did",
            subject=Subject.objects.create(),
            event_key=str(uuid.uuid4()),
            recipient=cast["field@alba.example"],
            state=then,
            **fields,
        )

    return make


@pytest.mark.parametrize("email", [person.email for person in PEOPLE])
def test_it_exists_for_administrators_and_dss_headquarters_only(email, cast, sign_in):
    browser = sign_in(cast[email])
    assert browser.get(PAGE).status_code == (200 if email in MAY else 404)
    assert (f'href="{PAGE}"' in browser.get("/accounts/profile/").content.decode()) == (email in MAY)


def test_everything_works(client):
    page = client.get(PAGE).content.decode()
    assert "Everything works." in page
    assert "does not run" not in page


def test_what_is_wrong_comes_with_what_to_do(client, settings):
    settings.DISK_ALARM_MB = 10**9
    page = client.get(PAGE).content.decode()
    assert "Something needs attention." in page
    assert "The disk is nearly full." in page
    assert "Make room where the data folder lies" in page


def test_it_says_nothing_of_content(client, failure):
    old = timezone.now() - timedelta(minutes=17)
    failure(last_error="550 canary", priority=0, created_at=timezone.now() - timedelta(hours=3))
    failure(then="queued", created_at=old, next_attempt_at=old)
    Tick.note("notifications.tasks.drain_outbox", failed_at=timezone.now(), error="LookupError")
    page = client.get(PAGE).content.decode()
    for text in ("fewer than 10", "less than an hour", "LookupError", "could not be sent", "does not leave"):
        assert text in page
    for text in ("canary", "alba", "desk_did", "17"):
        assert text not in page.partition("<main")[2].partition("<table")[0]


@pytest.mark.parametrize("failures", [1, 3])
def test_it_costs_the_same_for_one_failure_and_three(failures, failure, client, django_assert_num_queries):
    for _ in range(failures):
        failure(priority=0)
    record("thing.done", by=None, object_type="thing", object_ref="T-1")
    client.get(PAGE)
    with django_assert_num_queries(QUERIES):
        client.get(PAGE)


def test_steps():
    assert [in_steps(number) for number in (0, 1, 9, 10, 999, 1000)] == [
        "none",
        "fewer than 10",
        "fewer than 10",
        "fewer than 100",
        "fewer than 1,000",
        "1,000 or more",
    ]
    now = timezone.now()
    ages = [age_in_steps(now, now - timedelta(minutes=minutes)) for minutes in (9, 59, 61, 1500)]
    assert ages == ["less than ten minutes", "less than an hour", "less than a day", "a day or more"]
    assert age_in_steps(now, None) == ""


@pytest.fixture
def without_database(django_db_blocker, settings):
    """A browser with a session; nobody listens where the database should be."""
    with django_db_blocker.unblock():
        own = connections["default"]
        dead = own.copy()
        nowhere = {"HOST": "127.0.0.1", "PORT": "1"} if own.vendor == "postgresql" else {"NAME": "/nowhere/portal"}
        dead.settings_dict |= nowhere
        connections["default"] = dead
        browser = Client(raise_request_exception=False)
        browser.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
        yield browser
        connections["default"] = own


def test_without_a_database_any_page_is_a_sentence(without_database):
    for path in ("/", "/incidents/", "/accounts/login/"):
        answer = without_database.get(path)
        page = answer.content.decode()
        assert (answer.status_code, answer["Retry-After"]) == (503, "60")
        assert "The portal cannot be reached for the moment" in page
        assert "momentanément inaccessible" in page
        assert "Traceback" not in page
    assert Client().get("/healthz").status_code == 200, "a probe has no session"


def test_what_was_sent_while_the_database_is_gone_comes_back(without_database):
    words = {"narrative": "Two shots were heard <b>near</b> the gate", "password": "one two three"}
    own = {"HTTP_ORIGIN": "http://testserver", "HTTP_SEC_FETCH_SITE": "same-origin"}
    answer = without_database.post("/incidents/report/", words, **own)
    assert answer.status_code == 503
    assert "Two shots were heard &lt;b&gt;near&lt;/b&gt; the gate" in answer.content.decode()
    assert "one two three" not in answer.content.decode()
    other = without_database.post("/incidents/report/", words, HTTP_SEC_FETCH_SITE="cross-site")
    assert "Two shots" not in other.content.decode(), "words of another site are not shown here"


@pytest.fixture
def dead_redis(settings, dead_broker):
    """Nobody listens where cache and broker should be."""
    backend = "django.core.cache.backends.redis.RedisCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": dead_broker}}


@pytest.mark.parametrize(("language", "sentence"), [("en", "Signing in, codes and passwords do not work"), ("fr", "")])
def test_without_redis_nobody_signs_in_and_the_address_stays(cast, dead_redis, language, sentence):
    browser = Client(headers={"accept-language": language})
    typed = {"login": "field@alba.example", "password": "wrong"}
    answer = browser.post("/accounts/login/?next=/incidents/", typed)
    page = answer.content.decode()
    assert (answer.status_code, answer["Content-Language"]) == (503, language)
    assert 'value="field@alba.example"' in page
    assert "wrong" not in page
    assert sentence in page
    assert 'action="/accounts/login/?next=/incidents/"' in page
    assert "_auth_user_id" not in browser.session


def test_without_redis_no_code_is_accepted(cast, dead_redis, sign_in):
    browser = sign_in(cast["field@alba.example"])
    answer = browser.post("/accounts/2fa/reauthenticate/", {"code": "123456"})
    assert answer.status_code == 503


@pytest.mark.slow
def test_without_redis_who_is_signed_in_works_and_reports(cast, dead_redis, sign_in):
    browser = sign_in(cast["field@alba.example"])
    assert browser.get("/").status_code == 200
    assert browser.get("/incidents/").status_code == 200
    started = time.monotonic()
    with time_machine.travel("2026-03-20T12:00:00Z", tick=True):
        answer = browser.post("/incidents/report/", typed(cast))
    assert answer.status_code == 302
    assert "/receipt/" in answer.url
    assert time.monotonic() - started < 2
    assert browser.get(answer.url).status_code == 200
    assert Message.objects.filter(state="queued").exists(), "it waits in the outbox for the minute tick"


def test_without_redis_an_account_is_asked_nothing_more(cast, dead_redis):
    assert User.objects.filter(email="field@alba.example").exists()
    assert Client().get("/accounts/login/").status_code == 200
