"""Nothing outside of its own pages tells of the restricted track: no log, mail, outbox, session, count (C7, C10)."""

import io
import json
import logging
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from documents.models import DataKey
from notifications.models import Message
from notifications.outbox import drain
from operations import retention
from restricted.actions.handling import take_on
from restricted.actions.ticks import erase_report, remind
from restricted.contents import consents_of
from restricted.models import Handler, Opening, Report
from slt_portal import logs
from tests.factories.restricted import ALBA, CANARY, HANDLER, HQ, SECOND, a_handler, a_report, taken
from tests.test_architecture import CODE, apps_imported

from .test_sending import CALL, call_of

pytestmark = pytest.mark.django_db
TELLING = ("sexual", "violence", "restricted", "support", "SUP-", "rape", CANARY, "South Sudan", "report")


def fresh(report):
    return Report.objects.for_system("test").select_related("data_key").get(pk=report.pk)


@pytest.fixture
def log_lines():
    """What was logged, as one text."""
    root = logging.getLogger()
    kept, level = list(root.handlers), root.level
    logs.configure({"level": "DEBUG"})
    stream = io.StringIO()
    root.handlers[0].setStream(stream)
    yield stream.getvalue
    root.handlers, root.level = kept, level


def test_no_log_tells_that_somebody_was_there(cast, sign_in, log_lines):
    client, handler = sign_in(cast[ALBA]), sign_in(cast[HANDLER])
    client.get("/support/")
    client.post(CALL, call_of(cast, reach=""))
    client.post(CALL, call_of(cast))
    report = Report.objects.for_system("test").get()
    client.get(f"/support/mine/{report.ref}/")
    client.get(f"/support/track/{report.ref}/")
    handler.get(f"/support/track/{report.ref}/")
    client.get("/areas/")
    lines = [json.loads(line) for line in log_lines().splitlines()]
    assert {line.get("view") for line in lines if line["event"] == "request"} == {"areas:list"}
    assert "user" not in {key for line in lines for key in line}
    assert not any(word in log_lines() for word in (CANARY, report.ref, "/support"))


def test_a_fault_of_ours_is_logged_all_the_same(cast, sign_in, log_lines, monkeypatch):
    monkeypatch.setattr("restricted.views.support.offered_to", None)
    client = sign_in(cast[ALBA])
    client.raise_request_exception = False
    assert client.get("/support/").status_code == 500
    assert '"status": 500' in log_lines()


def test_what_was_typed_comes_back_on_no_other_page(cast, sign_in):
    headers = {"HTTP_ORIGIN": "http://testserver"}
    form = call_of(cast, when=f"a b {CANARY}")
    gone = Client().post(CALL, form, **headers)  # the session has ended
    assert gone.status_code == 302
    assert gone["Location"].endswith("?next=/support/call/")
    for path in ("/support/mine/SUP-000000/withdraw/", "/support/track/SUP-000000/note/"):
        answer = sign_in(cast[ALBA]).post(path, form, **headers)
        assert answer.status_code == 404
        assert CANARY not in answer.content.decode()
    old_token = Client(enforce_csrf_checks=True)
    old_token.cookies.update(sign_in(cast[ALBA]).cookies)
    answer = old_token.post(CALL, form, **headers)
    assert answer.status_code == 403
    assert CANARY not in answer.content.decode()


def test_it_is_open_before_the_rules_are_acknowledged(cast, sign_in):
    from accounts.rules import RULES_VERSION

    assert RULES_VERSION
    report = a_report(cast)
    with time_machine.travel(timezone.now() + timedelta(days=800)):
        client = sign_in(cast[ALBA])
        assert client.get("/areas/").status_code == 302
        for path in ("/support/", CALL, "/support/report/", f"/support/mine/{report.ref}/"):
            assert client.get(path).status_code == 200, path
        assert sign_in(cast[HANDLER]).get(f"/support/track/{report.ref}/").status_code == 302


def test_the_mail_says_that_something_waits_and_nothing_else(cast):
    a_report(cast)
    drain()
    (sent,) = mail.outbox
    assert sent.to == [HANDLER]
    parts = " ".join([sent.subject, sent.body, *[str(body) for body, _ in getattr(sent, "alternatives", [])]])
    for word in TELLING:
        assert word.lower() not in parts.lower(), word
    assert "http://testserver/" in sent.body
    assert "http://testserver/s" not in sent.body
    row = Message.objects.get(recipient=cast[HANDLER])
    assert row.kind == "notifications.matter_waits"
    assert not any(word.lower() in f"{row.kind} {row.event_key}".lower() for word in TELLING)


def test_the_sender_gets_no_mail_ever(cast):
    report = taken(cast, a_report(cast))
    remind(timezone.now() + timedelta(days=9))
    erase_report(report)
    drain()
    assert not Message.objects.filter(recipient=cast[ALBA]).exists()
    assert {to for sent in mail.outbox for to in sent.to} <= {HANDLER}


def test_the_outbox_page_tells_neither_kind_nor_hour(cast, sign_in):
    a_report(cast)
    Message.objects.update(state="failed")
    page = sign_in(cast[HQ]).get("/outbox/").content.decode()
    assert "matter" not in page
    assert HANDLER in page


def test_handlers_are_reminded_within_the_hours_that_count(cast):
    """The last time with a day left of the 72 hours of PEP."""
    a_handler(cast)
    report, now = a_report(cast, readers=(HANDLER, SECOND)), timezone.now()
    told = []
    for hours in (3, 5, 6, 23, 25, 47, 49, 200):
        told.append(remind(now + timedelta(hours=hours)))
        assert remind(now + timedelta(hours=hours)) == 0
    assert told == [0, 1, 0, 0, 1, 0, 1, 0]
    assert Message.objects.count() == 8
    drain()
    assert len(mail.outbox) == 8
    assert len({sent.subject for sent in mail.outbox}) == 1
    assert fresh(report).reminded == 3


def test_what_passed_while_nobody_looked_is_told_once_and_not_when_it_is_taken(cast):
    a_report(cast)
    other = a_report(cast)
    take_on(other, by=cast[HANDLER])
    assert remind(timezone.now() + timedelta(days=30)) == 1
    assert Message.objects.filter(event_key__endswith=":3").count() == 1


def test_a_mail_that_is_still_waiting_goes_to_nobody_after_withdrawing(cast, sign_in):
    report = a_report(cast)
    sign_in(cast[ALBA]).post(f"/support/mine/{report.ref}/withdraw/")
    drain()
    assert mail.outbox == []


def _rule(code):
    return next(rule for rule in retention.RULES if rule.code == code)


def test_a_closed_one_is_destroyed_after_its_time(cast, sign_in):
    report = taken(cast, a_report(cast, consents=("contact", "count")))
    sign_in(cast[HANDLER]).post(f"/support/track/{report.ref}/close/")
    new = a_report(cast)
    for days, gone in ((300, 0), (400, 1), (401, 0)):
        assert retention.sweep([_rule("restricted")], now=timezone.now() + timedelta(days=days))["restricted"] == gone
    row = fresh(report)
    assert (row.state, row.sender, row.texts, consents_of(row)) == ("erased", "", {}, frozenset())
    assert row.data_key.destroyed_at
    assert not Handler.objects.for_system("test").filter(report=row).exists()
    assert fresh(new).texts
    assert sign_in(cast[ALBA]).get(f"/support/mine/{report.ref}/").status_code == 404
    assert Opening.objects.count() == 1


def test_what_nobody_closed_does_not_lie_there_for_ever(cast):
    """A year where no handler can read it, two years in any case; the same setting as for what was closed."""
    orphan, forgotten = a_report(cast), taken(cast, a_report(cast))
    Handler.objects.for_system("test").filter(report=orphan).update(removed_in=orphan.month)
    rules = [_rule("unread"), _rule("unclosed")]
    for days, gone in ((360, (0, 0)), (400, (1, 0)), (720, (0, 0)), (770, (0, 1)), (771, (0, 0))):
        done = retention.sweep(rules, now=timezone.now() + timedelta(days=days))
        assert (done["unread"], done["unclosed"]) == gone, days
    for report in (orphan, forgotten):
        row = fresh(report)
        assert (row.state, row.sender, row.texts) == ("erased", "", {})
        assert row.ended_in.day == 1


def test_of_a_withdrawn_one_nothing_leads_to_its_sender_after_a_while(cast, sign_in):
    report = a_report(cast)
    sign_in(cast[ALBA]).post(f"/support/mine/{report.ref}/withdraw/")
    assert retention.sweep([_rule("withdrawn")]) == {"withdrawn": 0}
    assert retention.sweep([_rule("withdrawn")], now=timezone.now() + timedelta(days=62)) == {"withdrawn": 1}
    assert (fresh(report).state, fresh(report).sender) == ("erased", "")


def test_a_row_that_came_back_without_its_key_says_so(cast, sign_in):
    """An older backup was restored after the key was destroyed."""
    report = a_report(cast)
    DataKey.objects.destroy([report.data_key_id])
    handler = sign_in(cast[HANDLER])
    for client, path in (
        (handler, "/support/track/"),
        (handler, f"/support/track/{report.ref}/"),
        (sign_in(cast[ALBA]), f"/support/mine/{report.ref}/"),
    ):
        assert client.get(path).status_code == 200, path
    assert "Its text is destroyed." in handler.get("/support/track/").content.decode()
    assert remind(timezone.now() + timedelta(days=9)) == 0
    assert handler.post(f"/support/track/{report.ref}/take/").status_code == 409
    mine = f"/support/mine/{report.ref}"
    assert sign_in(cast[ALBA]).post(f"{mine}/choices/", {"consents": ["count"]}).status_code == 302
    assert sign_in(cast[ALBA]).post(f"{mine}/withdraw/").status_code == 302
    assert fresh(report).state == "withdrawn"


def test_who_may_import_it():
    """No other part of the portal can ask a question about it."""
    importers = {name for name in CODE if "restricted" in apps_imported(name)} - {
        name for name in CODE if name.startswith("restricted/")
    }
    assert {name for name in importers if not name.startswith("demo/")} == {
        "feedback/views/filing.py",  # where allegations against aid staff go: words of the settings
        "operations/retention_questions.py",
        "overview/navigation.py",  # the name of the role, for the menu of handlers
        "overview/waiting_always.py",  # the same, for a line of their home page that is always there
    }


def test_for_ever_only_when_the_operator_says_so(settings):
    assert _rule("restricted").days() == 365
    settings.RETENTION_RESTRICTED_MONTHS = 0
    assert {_rule(code).days() for code in ("restricted", "unread", "unclosed")} == {-1}
