"""What the log says of signing in and of what was refused: who and which request, never an address or a word."""

import json
import re

import pytest
import structlog
from django.test import Client

from demo.actions import PASSWORD
from tests.accounts.test_account import by_typing

HQ = "hq@alba.example"


@pytest.fixture
def said():
    """The events of the security log, in order."""
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        yield lambda: [line for line in lines if line["event"] != "request"]


def names(lines):
    return [line["event"] for line in lines]


def test_the_way_in_and_out(cast, said):
    client = by_typing(cast[HQ])
    client.post("/accounts/logout/")
    lines = said()
    assert names(lines) == ["second_factor_passed", "signed_in", "signed_out"]
    assert {line["user"] for line in lines} == {cast[HQ].pk}
    assert len({line["request_id"] for line in lines}) == 2
    assert not re.search(f"{HQ}|Aoife|{PASSWORD}", json.dumps(lines))


def test_failures_and_limits_can_be_counted_by_account_without_its_address(cast, said):
    for number in range(11):
        Client().post("/accounts/login/", {"login": HQ, "password": f"guess {number}"})
    lines = said()
    assert names(lines) == ["sign_in_failed"] * 10 + ["sign_in_limited"]
    assert len({line["address"] for line in lines}) == 1
    assert {line["network"] for line in lines} == {"127.0.0.1"}
    assert not re.search("alba|guess", json.dumps(lines))


def test_a_wrong_code_and_one_used_twice(cast, said):
    client = Client()
    client.post("/accounts/login/", {"login": HQ, "password": PASSWORD})
    client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert [(line["event"], line["user"]) for line in said()] == [("second_factor_failed", cast[HQ].pk)]


def test_changes_of_an_account(cast, said, django_capture_on_commit_callbacks):
    client = by_typing(cast[HQ])
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/accounts/2fa/recovery-codes/generate/")
    new = {"oldpassword": PASSWORD, "password1": "a new long sentence", "password2": "a new long sentence"}
    client.post("/accounts/password/change/", new)
    changes = [(line["user"], line["change"]) for line in said() if line["event"] == "account_changed"]
    assert changes == [(cast[HQ].pk, "recovery_codes_generated"), (cast[HQ].pk, "password_changed")]


def test_who_looks_for_what_is_not_theirs(cast, sign_in, said):
    sign_in(cast[HQ]).get("/incidents/INC-AAAAAA/")
    [line] = said()
    assert (line["event"], line["user"], line["view"]) == ("not_found", cast[HQ].pk, "incidents:detail")
    assert "AAAAAA" not in json.dumps(line)


def test_a_form_from_another_site_is_logged_without_its_sender(cast, sign_in, said):
    """Whoever reported must not stand in a log with the hour."""
    client = sign_in(cast[HQ])
    client.handler.enforce_csrf_checks = True
    client.post("/incidents/report/", {"what": "secret words"})
    [line] = said()
    assert line["event"] == "form_refused"
    assert "user" not in line
    assert "secret" not in json.dumps(line)
