"""Logs are JSON, carry a request id, and never what people wrote."""

import io
import json
import logging

import pytest
import structlog
import time_machine
from django.http import HttpResponse
from django.urls import ResolverMatch

from notifications.models import Message
from notifications.tasks import drain_outbox
from slt_portal import logs
from tests.factories.incidents import typed
from tests.notifications.post_office import post_office

CANARY = "canary-7f3a"


@pytest.fixture
def lines():
    """The log lines written since the last call, as dictionaries."""
    root = logging.getLogger()
    kept, level = list(root.handlers), root.level
    logs.configure({"level": "INFO"})
    stream = io.StringIO()
    root.handlers[0].setStream(stream)

    def read() -> list[dict]:
        text = stream.getvalue()
        assert CANARY not in text
        stream.seek(0)
        stream.truncate()
        return [json.loads(line) for line in text.splitlines()]

    yield read
    root.handlers = kept
    root.setLevel(level)


def fail() -> None:
    try:
        raise ValueError(f"DETAIL: Key (narrative)=({CANARY}) already exists")
    except ValueError as error:
        raise RuntimeError(CANARY) from error


def test_arguments_of_other_libraries_are_left_out(lines):
    logging.getLogger("django.request").warning("Not Found: %s", f"/invitations/{CANARY}/")
    (line,) = lines()
    assert (line["event"], line["logger"], line["level"]) == ("Not Found: %s", "django.request", "warning")


def test_the_text_of_an_exception_is_left_out_and_its_place_kept(lines):
    for log in (logging.getLogger("django.request"), structlog.get_logger("incidents")):
        try:
            fail()
        except RuntimeError:
            log.exception("failed")
        (line,) = lines()
        assert line["raised"] == ["builtins.ValueError", "builtins.RuntimeError"]
        assert line["frames"][-1].endswith(" fail")


def test_a_jobs_name_and_id_are_kept_without_its_result(lines):
    job = {"id": "1234", "name": "notifications.tasks.drain_outbox", "return_value": CANARY}
    message = "Task %(name)s[%(id)s] raised unexpected: %(return_value)s"
    logging.getLogger("celery.app.trace").error(message, job, extra={"data": job})
    (line,) = lines()
    assert (line["job"], line["job_id"]) == (job["name"], "1234")


def answer(rf, view, **headers):
    request = rf.get(f"/incidents/{CANARY}/?q={CANARY}", headers=headers)
    request.resolver_match = ResolverMatch(view, (), {}, "detail", namespaces=["incidents"])
    return logs.RequestLog(view)(request)


@pytest.mark.parametrize(("status", "count"), [(200, 0), (503, 1)])
def test_a_probe_is_a_line_only_when_it_is_refused(rf, lines, status, count):
    request = rf.get("/readyz")

    def view(request):
        request.resolver_match = ResolverMatch(view, (), {}, "readyz")
        return HttpResponse(status=status)

    logs.RequestLog(view)(request)
    assert len(lines()) == count


def test_a_request_is_one_line_with_the_name_of_its_url(rf, lines):
    response = answer(rf, lambda request: HttpResponse(CANARY))
    (line,) = lines()
    assert (line["view"], line["method"], line["status"]) == ("incidents:detail", "GET", 200)
    assert response["X-Request-ID"] == line["request_id"]


@pytest.mark.parametrize(
    ("offered", "taken"),
    [("00000000-0000-4000-8000-000000000001", True), (f"{CANARY}\nforged", False), ("", False), ("x" * 10_000, False)],
)
def test_a_request_id_is_taken_only_if_it_is_a_uuid(rf, lines, offered, taken):
    def view(request):
        structlog.get_logger("incidents").info("inside")
        return HttpResponse()

    response = answer(rf, view, **{"X-Request-ID": offered})
    assert (response["X-Request-ID"] == offered) is taken
    assert {line["request_id"] for line in lines()} == {response["X-Request-ID"]}


@pytest.mark.slow
def test_a_report_and_its_mails_leave_no_word_of_it_in_the_log(cast, sign_in, lines, settings):
    """A real request and the real job that it nudges, also where sending, rendering and the address are refused."""
    words = f'Gunmen {CANARY} </script>\n{{"event": "forged"}} %(x)s \' OR 1=1'
    browser = sign_in(cast["field@alba.example"])
    with time_machine.travel("2026-03-20T12:00:00Z", tick=True):
        answer = browser.post(f"/incidents/report/?q={CANARY}", typed(cast, what=words))
        assert "/receipt/" in answer.url
        browser.get(f"/incidents/{CANARY}/")
        with post_office() as (office, port):
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
            refusals = iter([f"550 5.1.1 {CANARY}", f"451 {CANARY}"])
            office.at_text = lambda mail: next(refusals, "250 OK")
            drain_outbox()
    found = lines()  # which itself looks for the canary
    said = json.dumps(found)
    reference = answer.url.split("/")[2]
    secrets = {*words.split()} - {'{"event":'} | {reference, "field@alba.example", "Alba", "South Sudan", "forged"}
    assert {secret for secret in secrets if secret in said} == set()
    assert {"request", "job"} <= {line["event"] for line in found}
    assert Message.objects.filter(state="sent").exists()
