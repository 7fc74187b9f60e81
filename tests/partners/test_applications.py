"""An application on the side of its applicant: saved, sent once, answered, withdrawn, and nothing internal shown."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from documents.models import StoredFile
from governance.models import Decision
from notifications.models import Message, Subject
from notifications.outbox import drain
from organisations.models import Membership, OrganisationName
from partners.actions.applications import (
    CannotApply,
    Incomplete,
    answer,
    note_names,
    open_application,
    save_draft,
    submit,
    withdraw,
)
from partners.clock import PUBLIC, clock_of, clock_when_sent
from partners.criteria import missing_of
from partners.forms.application_page import ApplicationForms
from partners.messages.applications import ApplicationReceived
from partners.models import Application, Check, Inquiry, Memorandum, MemorandumTemplate, Note, Recommendation
from slt_portal.states import StaleState
from tests.cast import signed_in
from tests.factories.applications import ANSWERS, complete, typed
from tests.factories.partnership import CANARY, DUNE, HQ, a_decision, an_application, bodies

pytestmark = pytest.mark.django_db
WG, COMMITTEE = "wg@icva.example", "dss.chair@un.example"
SECRET = "internalcanary"
State = Application.State


@pytest.fixture
def dune(cast, sign_in):
    """The applicant, signed in, with the bodies there."""
    bodies(cast)
    return sign_in(cast[DUNE])


def of(application, tail=""):
    return f"/partnership/applications/{application.ref}/{tail}"


def now(application) -> Application:
    return Application.objects.for_system("test").get(pk=application.pk)


def a_question(cast, application, number=1) -> Inquiry:
    row = Inquiry(application=application, number=number, subject=Subject.objects.create(), asked_by=cast[WG])
    row.write({"question": f"{CANARY} question {number}"})
    row.save(force_insert=True)
    return row


def recommended(cast, verdict="refuse", **fields) -> Application:
    """Before the Committee, with everything internal there is."""
    application = an_application(cast, "recommended", **fields)
    committee, _ = bodies(cast)
    decision = a_decision(cast, body=committee, proposal=verdict, concerns=application.organisation)
    rows = [
        (Check(application=application, criterion="un_link", verdict="not_met", by=cast[WG]), "comment"),
        (Note(application=application, by=cast[WG]), "text"),
        (Recommendation(application=application, verdict=verdict, decision=decision, by=cast[WG]), "reasons"),
    ]
    for row, name in rows:
        row.write({name: SECRET})
        row.save(force_insert=True)
    return application


def recipients(kind) -> set[str]:
    return set(Message.objects.filter(kind=f"partners.{kind}").values_list("recipient__email", flat=True))


def test_a_draft_is_saved_half_done_and_comes_back_as_typed(cast, dune):
    application = an_application(cast, "draft")
    half = typed(cast, **{"signatory-name": "", "risk-medical_declared": None, "contacts-1-name": "نور حداد"})
    assert dune.post(of(application, "edit/"), half).status_code == 302
    kept = now(application)
    assert (kept.revision, kept.is_exception, kept.state) == (2, False, "draft")
    assert kept.texts["presence"] == ANSWERS["presence"]
    assert kept.texts["risk_management"]["medical"]["declared"] is None
    agreement = kept.agreements.get()
    assert (agreement.entity.acronym, agreement.starts_on, agreement.ends_on) == ("WFP", date(2026, 1, 1), None)
    assert agreement.texts == {"reference": f"{CANARY} reference"}
    forms = ApplicationForms(kept)
    with CaptureQueriesContext(connection) as queries:
        page = dune.get(of(application, "edit/")).content.decode()
    assert len(queries) <= 12
    assert all(words in page for words in ("نور حداد", f"{CANARY} water", f"{CANARY} reference", 'value="2014"'))
    # Sent back as it was shown, nothing changes.
    again = {form.add_prefix(name): form[name].value() for form in forms.forms for name in form.fields}
    again |= {name: value for name, value in half.items() if name.endswith("_FORMS")} | {"revision": "2"}
    again = {name: value for name, value in again.items() if value not in (None, False)}
    assert dune.post(of(application, "edit/"), again).status_code == 302
    assert now(application).texts == kept.texts


def test_a_button_adds_a_row_without_a_script_and_saves_nothing(cast, dune):
    application = an_application(cast, "draft")
    sent = typed(cast, more="presence", **{"presence-0-since": "not a year", "identity-legal_name": "Typed just now"})
    page = dune.post(of(application, "edit/"), sent).content.decode()
    assert 'name="presence-1-area"' in page
    assert "not a year" in page
    assert "Typed just now" in page
    assert "error-summary" not in page
    assert now(application).revision == 1
    full = typed(cast, more="contacts", **{"contacts-TOTAL_FORMS": "3", "contacts-2-name": "Three"})
    assert 'name="contacts-3-name"' not in dune.post(of(application, "edit/"), full).content.decode()


WRONG = {
    "agreements-0-entity": "",
    "agreements-0-starts_on": "2026-02-31",
    "presence-0-since": "2099",
    "contacts-0-email": "ana@gmail.com",
    "identity-website": "javascript:alert(1)",
    "signatory-title": "x" * 300_000,
    "commitments-commitments": ["all"],
}


def test_errors_stand_at_their_fields_and_nothing_is_saved(cast, dune):
    application = an_application(cast, "draft")
    answered = dune.post(of(application, "edit/"), typed(cast, **WRONG))
    assert answered.status_code == 422
    page = answered.content.decode()
    for name in WRONG:
        assert f'href="#id_{name}' in page, name
    twice = {"presence-TOTAL_FORMS": "2", "presence-1-area": "chad", "contacts-1-email": "ana@dune.example"}
    page = dune.post(of(application, "edit/"), typed(cast, **twice)).content.decode()
    assert all(f'href="#id_{name}"' in page for name in ("presence-1-area", "contacts-1-email"))
    both = typed(cast, **{"exception-is_exception": "on"})
    assert "do not ask for an exception" in dune.post(of(application, "edit/"), both).content.decode()
    assert now(application).revision == 1


def test_two_saves_do_not_cross(cast, dune):
    application = an_application(cast, "draft")
    dune.post(of(application, "edit/"), typed(cast))
    late = dune.post(of(application, "edit/"), typed(cast, **{"signatory-name": "The second"}))
    assert late.status_code == 409
    page = late.content.decode()
    assert "A colleague saved this draft meanwhile" in page
    assert "The second" in page
    assert now(application).texts["signatory"]["name"] == "Tuya"
    again = typed(cast, revision=re.search(r'name="revision" value="(\d+)"', page)[1], **{"signatory-name": "Second"})
    assert dune.post(of(application, "edit/"), again).status_code == 302
    assert now(application).texts["signatory"]["name"] == "Second"


def test_what_is_missing_leads_to_its_field(cast, dune):
    application = open_application(organisation=cast.organisations["dune"], language="en", by=cast[HQ])
    missing = missing_of(application)
    page = dune.get(of(application, "send/")).content.decode()
    form = dune.get(of(application, "edit/")).content.decode()
    assert len(missing) == 1 + 1 + 1 + 5 + 4 + 3 + 6
    for item in missing:
        assert f'#{item.target}"' in page, item
        assert f'id="{item.target}"' in form, item
    assert dune.post(of(application, "send/"), {"revision": "1"}).status_code == 422
    with pytest.raises(Incomplete):
        submit(now(application), by=cast[DUNE])
    assert missing_of(complete_of(application, cast)) == []


def complete_of(application, cast):
    save_draft(application, answers=ANSWERS, agreements=[], revision=1, is_exception=True, by=cast[DUNE])
    return now(application)


def test_nobody_says_to_be_called_like_another(cast):
    """A list that names Alba means Alba, whatever an applicant writes of itself."""
    said = {"legal_name": "Alba", "other_names": "Dune Aid\nINGO ALBA\nalba", "acronym": "ALB"}
    note_names(cast.organisations["dune"], said, by=cast[DUNE])
    assert set(OrganisationName.objects.values_list("name", flat=True)) == {"Dune Aid", "ALB"}


def test_it_is_sent_once_whoever_presses_twice(cast, dune):
    application = complete(cast)
    Membership.objects.create(user=cast["hq@benu.example"], organisation=application.organisation, role="applicant")
    assert f"{CANARY} water" in dune.get(of(application, "send/")).content.decode()
    early = dune.post(of(application, "send/"), {"revision": "1"}, follow=True)
    assert "Read it once more" in early.content.decode()
    assert now(application).state == "draft"
    assert dune.post(of(application, "send/"), {"revision": "2"}).status_code == 302
    twice = dune.post(of(application, "send/"), {"revision": "2"}, follow=True)
    assert twice.status_code == 200
    assert "Checked by the Working Group" in twice.content.decode()
    with pytest.raises(StaleState):
        submit(application, by=cast[DUNE])
    sent = now(application)
    assert (sent.state, sent.submitted_by) == ("submitted", cast[DUNE])
    assert [entry.state for entry in sent.entries.all()] == ["draft", "submitted"]
    names = OrganisationName.objects.filter(organisation=sent.organisation).values_list("name", flat=True)
    assert set(names) == {f"INGO Dune {CANARY}", "Dune Aid", "Dunes"}
    assert recipients("application_received") == {DUNE, "hq@benu.example"}
    assert recipients("application_sent") == {WG, HQ}
    expected = clock_when_sent(sent).until
    Application.objects.for_system("the Committee was faster than the mail").filter(pk=sent.pk).update(state="refused")
    assert (clock_of(now(application)).until, expected - sent.submitted_at) == (None, timedelta(days=42))
    message = Message.objects.filter(kind="partners.application_received").first()
    assert ApplicationReceived().context(message)["clock"].until == expected
    Application.objects.for_system("back").filter(pk=sent.pk).update(state="submitted")
    drain()
    assert len(mail.outbox) == 4
    for message in mail.outbox:
        assert CANARY not in f"{message.subject} {message.body}"
        assert "Dune" not in message.subject
    late = dune.post(of(application, "edit/"), typed(cast, **{"presence-0-activity": "what I typed too late"}))
    assert late.status_code == 409
    assert "what I typed too late" in late.content.decode()
    assert dune.get(of(application, "edit/")).status_code == 404


def test_a_national_ngo_never_has_one_and_nobody_has_two(cast):
    for key in ("nngo", "wfp", "platform", "alba"):
        with pytest.raises(CannotApply):
            open_application(organisation=cast.organisations[key], language="en", by=cast[HQ])
    open_application(organisation=cast.organisations["dune"], language="en", by=cast[HQ])
    with pytest.raises(CannotApply, match="open application already"):
        open_application(organisation=cast.organisations["dune"], language="en", by=cast[HQ])


TAILS = ("", "edit/", "send/", "withdraw/", "questions/1/", "files/")


@pytest.mark.parametrize("state", ["draft", "questioned", "recommended"])
def test_nobody_else_has_these_pages(cast, sign_in, state):
    bodies(cast)
    application = an_application(cast, state)
    a_question(cast, application)
    others = ["hq@alba.example", "hq@suspended.example", "admin@portal.example", WG, COMMITTEE, HQ, "ocha@un.example"]
    for email in others:
        client = sign_in(cast[email])
        assert {client.get(of(application, tail)).status_code for tail in TAILS} == {404}, email
        assert client.post(of(application, "withdraw/")).status_code == 404
    assert now(application).state == state
    own = sign_in(cast[DUNE])
    shown = {tail for tail in TAILS if own.get(of(application, tail)).status_code == 200}
    assert (
        shown
        == {
            "draft": {"", "edit/", "send/", "withdraw/", "files/"},
            "questioned": {"", "withdraw/", "questions/1/", "files/"},
            "recommended": {"", "withdraw/"},
        }[state]
    )


def test_the_headquarters_of_a_suspended_organisation_still_sees_its_own(cast, sign_in):
    application = an_application(cast, "submitted", key="suspended", by="hq@suspended.example")
    assert sign_in(cast["hq@suspended.example"]).get(of(application)).status_code == 200


def test_nothing_internal_is_read_whatever_was_recommended(cast, dune):
    pages = []
    with time_machine.travel(timezone.now(), tick=False):
        for verdict in ("refuse", "approve"):
            application = recommended(cast, verdict)
            with CaptureQueriesContext(connection) as queries:
                page = dune.get(of(application)).content.decode()
            asked = " ".join(query["sql"] for query in queries)
            for table in ("check", "note", "recommendation", "confirmation"):
                assert f"partners_{table}" not in asked
            assert "governance_" not in asked
            assert len(queries) <= 12
            assert SECRET not in page
            assert "Before the Oversight Committee" in page
            pages.append(re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.replace(application.ref, "")))
            Application.objects.for_system("test").filter(pk=application.pk).update(state="withdrawn")
    assert pages[0] == pages[1]


@pytest.mark.parametrize("state", State.values)
def test_every_state_says_whose_turn_it_is_and_until_when(cast, dune, state):
    application = an_application(cast, state)
    page = dune.get(of(application)).content.decode()
    public = PUBLIC[state]
    assert str(public.name) in page
    assert str(public.next_step) in page
    assert (str(public.turn) in page) or not public.turn
    assert ("As a rule until" in page) == bool(public.days)
    if public.days:
        with time_machine.travel(timezone.now() + timedelta(days=200)):
            assert "longer than usual" in signed_in(cast[DUNE]).get(of(application)).content.decode()


def test_questions_are_answered_once_and_with_the_last_it_goes_on(cast, dune):
    application = an_application(cast, "questioned")
    one, two = (a_question(cast, application, number) for number in (1, 2))
    assert f"{CANARY} question 2" in dune.get(of(application)).content.decode()
    assert dune.post(of(application, "questions/1/"), {"text": ""}).status_code == 422
    assert dune.post(of(application, "questions/1/"), {"text": f"{CANARY} first"}).status_code == 302
    assert now(application).state == "questioned"
    twice = dune.post(of(application, "questions/1/"), {"text": "a second answer"})
    assert "a second answer" in twice.content.decode()
    with pytest.raises(StaleState):
        answer(one, text="again", by=cast[DUNE])
    answer(two, text="second", by=cast[DUNE])
    assert now(application).state == "submitted"
    one.refresh_from_db()
    assert one.texts == {"question": f"{CANARY} question 1", "answer": f"{CANARY} first"}
    assert recipients("application_answered") == {WG, HQ}
    assert f"{CANARY} first" in dune.get(of(application)).content.decode()
    late = dune.post(of(application, "questions/2/"), {"text": "words that came too late"})
    assert "words that came too late" in late.content.decode()


def test_withdrawing_leaves_nothing_open(cast, dune):
    application = recommended(cast)
    Decision.objects.for_system("test").filter(concerns=application.organisation).update(question="partners.admission")
    assert dune.get(of(application, "withdraw/")).status_code == 200
    assert dune.post(of(application, "withdraw/")).status_code == 302
    assert now(application).state == "withdrawn"
    assert Decision.objects.for_system("test").get().state == "cancelled"
    assert recipients("application_withdrawn") >= {WG, HQ, COMMITTEE}
    assert DUNE not in recipients("application_withdrawn")
    with pytest.raises(StaleState):
        withdraw(application, by=cast[DUNE])
    signing = an_application(cast, "concluding")
    template = MemorandumTemplate.objects.create(version=99, text_en="x", text_fr="x")
    memorandum = Memorandum.objects.create(
        number="MOU-2026-0099",
        application=signing,
        template=template,
        subject=Subject.objects.create(),
        issued_by=cast[HQ],
    )
    stale = now(signing)
    withdraw(signing, by=cast[DUNE])
    memorandum.refresh_from_db()
    assert (memorandum.state, now(signing).state) == ("void", "withdrawn")
    with pytest.raises(StaleState):
        withdraw(stale, by=cast[DUNE])
    assert not StoredFile.objects.exists()
