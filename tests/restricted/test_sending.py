"""Support first, two short forms, who reads it chosen by name; nothing else is kept (C10, journey 6)."""

import uuid
from datetime import UTC, datetime

import pytest
import time_machine
from django.db import connection
from django.test import Client

from audit.models import Event
from documents.models import DataKey
from notifications.models import Message
from organisations.models import Membership, Standing
from restricted.actions.filing import MOST_OPEN, withdraw_report
from restricted.codes import HANDLER_ROLE, Consent
from restricted.contents import consents_of, sent_at
from restricted.handlers import offered_to, readers_of
from restricted.models import Report
from tests.cast import LONG_AGO
from tests.factories.at_once import at_once
from tests.factories.restricted import ALBA, BENU, CANARY, HANDLER, IN_CHAD, SECOND, a_handler, a_report, a_service

pytestmark = pytest.mark.django_db
SUPPORT, REPORT, CALL = "/support/", "/support/report/", "/support/call/"
RIGHT_TO_LEFT = "ليلى حداد"


def pk_of(cast, email=HANDLER, by=ALBA):
    return next(one.pk for one in offered_to(cast[by]) if one.name == str(cast[email]))


def form_of(cast, **changes) -> dict:
    """The form as a browser sends it: everything left open, one handler."""
    codes = dict.fromkeys(("harm", "affected", "month", "staff", "sex", "medical", "wish", "language"), "unsaid")
    empty = {"area": "", "reach": "", "when": "", "consents": []}
    return {"submission": str(uuid.uuid4()), **codes, **empty, "readers": [pk_of(cast)], **changes}


def call_of(cast, **changes) -> dict:
    return {"submission": str(uuid.uuid4()), "reach": f"+211 9 {CANARY}", "readers": [pk_of(cast)], **changes}


def all_reports():
    return Report.objects.for_system("test").select_related("data_key")


def test_support_comes_first_for_everybody_who_is_signed_in(cast, sign_in):
    a_service(cast, "Clinic of the lake", telephone="+41 22 000")
    a_service(cast, "Hospital of Juba", area=cast.areas["south-sudan"])
    for person in (
        ALBA,
        "hq@suspended.example",
        "applicant@dune.example",
        "admin@portal.example",
        "nobody@elsewhere.example",
    ):
        page = sign_in(cast[person]).get(SUPPORT).content.decode()
        assert "In the first 72 hours" in page, person
        assert "PEP" in page, person
        assert "Clinic of the lake" in page
        assert "+41 22 000" in page
        assert page.index("In the first 72 hours") < page.index("Call me"), person
        assert str(cast[HANDLER]) in page, person
        assert "<title>Support –" in page.replace("\n", "")
        assert "Hospital of Juba" in page


def test_every_page_leads_there_and_so_does_the_report_form(cast, sign_in):
    client = sign_in(cast[ALBA])
    assert 'href="/support/"' in client.get("/").content.decode()
    form = client.get("/incidents/report/").content.decode()
    assert form.index("do not write it here") < form.index('href="/support/"')


def test_without_handlers_the_page_says_so_and_offers_no_form(cast, sign_in):
    Membership.objects.filter(role=HANDLER_ROLE).delete()
    client = sign_in(cast[ALBA])
    for path in (SUPPORT, REPORT, CALL):
        page = client.get(path).content.decode()
        assert "Nobody could read what you send here now" in page
        assert 'name="reach"' not in page
        assert 'href="/support/call/"' not in page
    assert client.post(CALL, {"submission": str(uuid.uuid4()), "reach": "1", "readers": ["1"]}).status_code == 422
    assert not all_reports().exists()


@pytest.mark.parametrize("path", [REPORT, CALL])
def test_both_forms_say_first_what_helps_what_happens_and_who_reads(cast, sign_in, path):
    a_service(cast, "Clinic of the lake")
    page = sign_in(cast[ALBA]).get(path).content.decode()
    form = page.index('name="reach"')
    for words in (
        "In the first 72 hours",
        "Clinic of the lake",
        "You get no mail",
        "Only whoever has the machine and its keys could.",
        str(cast[HANDLER]),
        "Leave this page",
    ):
        assert page.index(words) < form, words
    assert page.count("checked") == (2 if path == REPORT else 1)  # the handler, and that nothing is wished


def test_a_report_of_nothing_but_its_handler_is_taken(cast, sign_in):
    client = sign_in(cast[ALBA])
    answer = client.post(REPORT, form_of(cast))
    report = all_reports().get()
    assert (answer.status_code, answer["Location"]) == (302, f"/support/mine/{report.ref}/")
    assert (report.state, consents_of(report)) == ("new", frozenset())
    assert [one.name for one in readers_of(report)] == [str(cast[HANDLER])]
    page = client.get(answer["Location"])
    assert page["Cache-Control"] == "private, no-store"
    assert "Nobody has opened it yet." in page.content.decode()


def test_call_me_asks_for_a_number_and_agrees_to_be_called_only(cast, sign_in):
    client = sign_in(cast[ALBA])
    refused = client.post(CALL, call_of(cast, reach="  "))
    assert refused.status_code == 422
    assert "otherwise nobody can call you" in refused.content.decode()
    client.post(CALL, call_of(cast))
    report = all_reports().get()
    assert consents_of(report) == {Consent.CONTACT}
    assert report.texts["form"] == "call"
    assert "harm" not in report.texts


def test_in_the_clear_stands_nothing_but_reference_state_and_month(cast, sign_in):
    """Every column of every table is looked through for what was written, for the sender and for the area."""
    area = cast.areas["south-sudan"]
    said = {
        "reach": f"+211 {CANARY}",
        "when": RIGHT_TO_LEFT,
        "wish": "call",
        "consents": ["contact"],
        "area": area.code,
    }
    sign_in(cast[ALBA]).post(REPORT, form_of(cast, harm="rape", affected="self", **said))
    report = all_reports().get()
    assert report.texts["when"] == RIGHT_TO_LEFT
    assert report.texts["harm"] == "rape"
    with connection.cursor() as cursor:
        for table in (
            "restricted_report",
            "restricted_handler",
            "restricted_choice",
            "notifications_message",
            "audit_event",
        ):
            cursor.execute(f"SELECT * FROM {table}")
            rows = [tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in cursor.fetchall()]
            text = repr(rows)
            for word in (CANARY, RIGHT_TO_LEFT, "rape", "contact'", area.code):
                assert word not in text, (table, word)
        columns = {field.column for field in Report._meta.fields}
    assert columns == {
        *("id", "uid", "ref", "submission", "sender", "state", "month", "ended_in", "reminded", "sealed"),
        *("data_key_id", "subject_id"),
    }
    assert report.month.day == 1
    assert str(cast[ALBA].pk) != report.sender
    assert len(report.sender) == 64


def test_nothing_that_its_sender_does_is_in_the_audit_chain(cast, sign_in):
    """Between the named events of others it would tell when they sat there."""
    a_handler(cast)
    client, events = sign_in(cast[ALBA]), Event.objects.count()
    own = client.post(REPORT, form_of(cast, area="south-sudan", reach="+211 1", consents=["contact"]))["Location"]
    second = pk_of(cast, SECOND)
    for page, form in (
        ("choices/", {"consents": ["contact", "count"]}),
        ("contact/", {"reach": "+211 2", "language": "fr"}),
        ("readers/", {"readers": [second]}),
        ("withdraw/", {}),
    ):
        assert client.post(own + page, form).status_code == 302, page
    assert all_reports().get().state == "withdrawn"
    assert Event.objects.count() == events


def test_its_key_was_made_and_destroyed_in_some_moment_of_the_month(cast, monkeypatch):
    monkeypatch.setattr("restricted.actions.filing.SystemRandom.random", lambda _self: 0.5)
    with time_machine.travel(datetime(2026, 11, 21, 9, 10, 11, tzinfo=UTC), tick=False):
        report = a_report(cast)
        withdraw_report(report, by=cast[ALBA])
    key = DataKey.objects.get(pk=report.data_key_id)
    assert key.created_at == key.destroyed_at == datetime(2026, 11, 11, 4, 35, 5, 500_000, tzinfo=UTC)
    assert sent_at(report) == datetime(2026, 11, 21, 9, 10, 11, tzinfo=UTC)


def test_what_helps_now_is_open_to_anybody(cast):
    """Without an account, or from another one's telephone: no handler's name, no form, nothing of an area."""
    a_service(cast, "Clinic of the lake", telephone="+41 22 000")
    a_service(cast, "Hospital of Juba", area=cast.areas["south-sudan"])
    client = Client()
    answer = client.get(SUPPORT)
    page = answer.content.decode()
    assert answer["Cache-Control"] == "private, no-store"
    for words in ("In the first 72 hours", "PEP", "Clinic of the lake", "+41 22 000", "handler, handler@un.example"):
        assert words in page, words
    assert "<title>Support –" in page.replace("\n", "")
    for words in ("Hospital of Juba", str(cast[HANDLER]), "/support/call/", "/support/mine/", "UNFPA"):
        assert words not in page, words
    assert 'href="/accounts/login/?next=/support/"' in page
    assert 'href="/support/"' in client.get("/accounts/login/").content.decode()
    for path in (REPORT, CALL, "/support/mine/", "/support/channels/"):
        assert client.get(path).status_code == 302, path
    assert not client.session.items()


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"readers": []}, "readers", "Leave at least one name ticked"),
        ({"wish": "call"}, "reach", "otherwise nobody can answer you"),
        ({"reach": "+211 1"}, "consents", "have not agreed to be contacted"),
        ({"wish": "none", "reach": "+211 1"}, "reach", "You ask not to be contacted, and wrote how to reach you."),
        ({"wish": "none", "consents": ["contact"], "reach": "+211 1"}, "wish", "Choose one of the two"),
        ({"affected": "unaware", "consents": ["pass_on"]}, "consents", "Only the person it happened to"),
        ({"affected": "unaware", "consents": ["employer"]}, "consents", "Only the person it happened to"),
        ({"harm": "' OR 1=1"}, "harm", "Select a valid choice"),
        ({"month": "2999-01"}, "month", "Select a valid choice"),
        ({"area": "atlantis"}, "area", "Select a valid choice"),
        ({"reach": "x" * 81, "consents": ["contact"]}, "reach", "at most 80"),
        ({"reach": "a\x00b", "consents": ["contact"]}, "reach", "Null characters"),
        ({"readers": ["999999"]}, "readers", "no handler any more"),
        ({"submission": "x"}, "submission", ""),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(cast, sign_in, changes, field, sentence):
    before = DataKey.objects.count()
    answer = sign_in(cast[ALBA]).post(REPORT, form_of(cast, **changes))
    assert answer.status_code == 422
    form = answer.context["form"]
    assert sentence in str(form.errors[field])
    assert not all_reports().exists()
    assert DataKey.objects.count() == before
    assert not Message.objects.filter(kind="notifications.matter_waits").exists()


def test_what_was_typed_comes_back_in_the_form_only(cast, sign_in):
    client = sign_in(cast[ALBA])
    answer = client.post(REPORT, form_of(cast, when=CANARY, wish="call", harm="threat"))
    page = answer.content.decode()
    assert page.count(CANARY) == 1
    assert 'autocomplete="off"' in page
    assert '<option value="threat" selected>' in page
    assert answer["Cache-Control"] == "private, no-store"
    assert CANARY not in client.get(REPORT).content.decode()
    assert CANARY not in str(dict(client.session))


def test_pasted_lines_become_one(cast, sign_in):
    sign_in(cast[ALBA]).post(CALL, call_of(cast, when="Monday\r\n\r\n  evening"))
    assert all_reports().get().texts["when"] == "Monday evening"


def test_a_huge_paste_is_refused_in_a_sentence(cast, sign_in):
    answer = sign_in(cast[ALBA]).post(CALL, call_of(cast, when="x" * 10_000_000))
    assert answer.status_code == 413
    assert not all_reports().exists()


def test_a_double_click_is_one_report_and_one_mail(cast, sign_in):
    client, form = sign_in(cast[ALBA]), form_of(cast)
    assert client.post(REPORT, form)["Location"] == client.post(REPORT, form)["Location"]
    assert all_reports().count() == 1
    assert Message.objects.filter(kind="notifications.matter_waits").count() == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_both_halves_of_a_double_click_at_the_same_moment(cast):
    submission = uuid.uuid4()
    assert at_once(*[lambda: a_report(cast, submission=submission)] * 2) == []
    assert all_reports().count() == 1


def test_the_form_of_somebody_else_is_not_taken(cast, sign_in):
    form = form_of(cast)
    sign_in(cast[ALBA]).post(REPORT, form)
    answer = sign_in(cast[BENU]).post(REPORT, form)
    assert answer.status_code == 422
    assert all_reports().count() == 1
    assert all_reports().get().ref not in answer.content.decode()


def test_nobody_fills_the_track(cast, sign_in):
    for _ in range(MOST_OPEN):
        a_report(cast)
    answer = sign_in(cast[ALBA]).post(REPORT, form_of(cast))
    assert answer.status_code == 422
    assert "open already" in answer.content.decode()
    a_report(cast, BENU)


def test_who_is_offered_and_who_is_ticked(cast):
    a_handler(cast)
    a_handler(cast, IN_CHAD, key="unhcr", area="chad", name="Amina Saleh Mahamat")
    named = {one.name: (one.for_whom, one.is_ticked) for one in offered_to(cast[ALBA])}
    assert named == {
        str(cast[HANDLER]): ("UNFPA", True),
        str(cast[SECOND]): ("WFP", True),
        str(cast[IN_CHAD]): ("UNHCR, Chad", False),
    }
    # Nobody is offered themselves; a colleague is ticked as for everybody else, and marked.
    assert str(cast[SECOND]) not in {one.name for one in offered_to(cast[SECOND])}
    ticked = {by: {one.name for one in offered_to(cast[by]) if one.is_ticked} for by in (ALBA, BENU, "wfp@un.example")}
    assert len({frozenset(names) for names in ticked.values()}) == 1, "whose report it is must not be told by that"
    near = {by: [one.label for one in offered_to(cast[by]) if one.is_near] for by in ticked}
    assert near == {ALBA: [], BENU: [], "wfp@un.example": [f"{cast[SECOND]}, WFP (your organisation)"]}


@pytest.mark.parametrize("is_first", [True, False])
def test_who_has_the_role_for_an_area_too_is_offered_for_the_world(cast, is_first):
    """Whichever was given first; on both databases, which sort nothing first or last."""
    if is_first:
        a_handler(cast, IN_CHAD, key="unhcr", area="chad", name="Amina Saleh Mahamat")
    row = {"organisation": cast.organisations["unhcr"], "role": HANDLER_ROLE, "starts_at": LONG_AGO}
    user = cast[IN_CHAD] if is_first else a_handler(cast, IN_CHAD, key="unhcr", name="Amina Saleh Mahamat")
    Membership.objects.create(user=user, area=None if is_first else cast.areas["chad"], **row)
    [offered] = [one for one in offered_to(cast[ALBA]) if one.user == user.pk]
    assert (offered.for_whom, offered.is_ticked) == ("UNHCR", True)


def test_a_handler_whose_organisation_is_suspended_is_not_offered(cast):
    a_handler(cast)
    Standing.objects.create(organisation=cast.organisations["wfp"], kind="suspended")
    assert [one.name for one in offered_to(cast[ALBA])] == [str(cast[HANDLER])]
