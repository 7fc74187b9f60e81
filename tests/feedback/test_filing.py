"""Sending feedback: the question first, one form, who is never told, what the sender does afterwards (F1-F3, C10)."""

import json
import logging
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from audit.models import Event
from feedback.actions import filing
from feedback.models import Case, CaseFile, CaseReading, CaseStep, Concerned, Entry
from feedback.policies import files_feedback
from notifications.models import Message
from sharing.access import access_of
from slt_portal.states import StaleState
from tests.cast import signed_in
from tests.documents.hostile_files import a_jpeg
from tests.factories.feedback import ALBA_HQ, BENU_FIELD, CANARY, DSS_HQ, GISF, ICVA, a_case, an_entry
from tests.factories.partnership import bodies

pytestmark = pytest.mark.django_db
BENU_HQ, ADMIN, CEDAR, DSS_CHAIR, WFP = (
    "hq@benu.example",
    "admin@portal.example",
    "field@cedar.example",
    "dss.chair@un.example",
    "wfp@un.example",
)
START, FILE = "/feedback/new/", "/feedback/new/case/"
RIGHT_TO_LEFT = "ليلى حداد"


def form_of(**changes) -> dict:
    """The form as a browser sends it: a concern about how people work together in South Sudan, to both."""
    return {
        "submission": str(uuid.uuid4()),
        "kind": "concern",
        "about": "area",
        "area": "south-sudan",
        "office": "",
        "about_organisation": "",
        "about_text": "",
        "title": f"{CANARY} title",
        "text": f"{CANARY} text",
        "route": ["dss"],
        "persons": [],
        "persons_text": "",
        "named": "no",
        "headquarters": "yes",
        **changes,
    }


def the_case() -> Case:
    return Case.objects.for_system("test").get()


def concerned(case) -> set:
    rows = Concerned.objects.for_system("test").filter(case=case, through=None)
    return {row.user.email if row.user_id else row.principal or row.organisation.name for row in rows}


@pytest.fixture(autouse=True)
def english(db):
    User.objects.update(language="en")


@pytest.fixture
def desk(cast):
    """How the GISF desk is called in the form; both bodies have their seats."""
    bodies(cast)
    return f"desk-{cast.organisations['gisf'].ref}"


# --- The question before all others ------------------------------------------------------------------------------


def test_a_yes_is_answered_with_the_channels_and_nothing_stays_of_it(cast, settings, caplog):
    settings.MANDATORY_CHANNELS = ("Hotline of Benu | speakup@benu.example", "A desk")
    client, before = signed_in(cast[BENU_FIELD]), Event.objects.count()
    assert "stored" in client.get(START).content.decode()
    with caplog.at_level(logging.INFO):
        page = client.post(START, {"answer": "yes"})
    assert (page.status_code, page["Cache-Control"]) == (200, "private, no-store")
    text = page.content.decode()
    assert all(words in text for words in ("Hotline of Benu", "speakup@benu.example", "A desk", "focal point"))
    assert "request" not in caplog.text
    assert "feedback:start" not in caplog.text
    assert (Event.objects.count(), Message.objects.count()) == (before, 0)
    assert not Case.objects.for_system("test").exists()
    assert not CaseReading.objects.exists()
    assert client.post(START, {"answer": "no"})["Location"] == FILE
    assert "Choose one of the two." in client.post(START, {}).content.decode()


@pytest.mark.parametrize("email", [ADMIN, DSS_CHAIR, ICVA, "do@un.example", "nobody@elsewhere.example"])
def test_for_who_sends_nothing_there_is_no_form(cast, email):
    client = signed_in(cast[email])
    assert not files_feedback(access_of(cast[email]))
    assert {client.get(START).status_code, client.get(FILE).status_code, client.post(FILE, form_of()).status_code} == {
        404
    }


# --- The form ----------------------------------------------------------------------------------------------------


def test_sent_once_however_often_the_button_is_pressed(cast, desk, django_assert_max_num_queries):
    client, form = signed_in(cast[BENU_FIELD]), form_of(route=["dss", desk], title=f"{RIGHT_TO_LEFT} {CANARY}")
    with django_assert_max_num_queries(12):
        page = client.get(FILE).content.decode()
    assert "DSS headquarters (1 person)" in page
    assert "Global Interagency Security Forum, consortium desk (1 person)" in page
    sent = [client.post(FILE, form) for _ in range(2)]
    case = the_case()
    assert [answer["Location"] for answer in sent] == [f"/feedback/cases/{case.ref}/"] * 2
    assert (case.state, case.to_dss, case.desk, case.is_named_to_area) == (
        "received",
        True,
        cast.organisations["gisf"],
        False,
    )
    assert case.headquarters_read
    assert case.due_at
    assert CaseStep.objects.for_system("test").get().state == "received"
    assert case.texts["title"] == f"{RIGHT_TO_LEFT} {CANARY}"
    assert CANARY.encode() not in bytes(case.sealed)
    told = {(row.kind, row.recipient.email) for row in Message.objects.all()}
    assert told == {("feedback.receipt", BENU_FIELD), ("feedback.arrived", DSS_HQ), ("feedback.arrived", GISF)}
    events = Event.objects.filter(object_ref=case.ref)
    assert events.filter(verb="feedback.filed").count() == 1
    assert CANARY not in json.dumps([event.facts for event in events])


WRONG = [
    ({"kind": ""}, "kind"),
    ({"about": "office", "office": ""}, "office"),
    ({"about": "office", "office": "dss_field", "area": ""}, "area"),
    ({"about": "area", "area": ""}, "area"),
    ({"about": "organisation"}, "about_organisation"),
    ({"area": "no-such-area"}, "area"),
    ({"route": []}, "route"),
    ({"about": "office", "office": "dss_headquarters"}, "route"),  # they keep nothing about themselves
    ({"is_dss_concerned": "on"}, "route"),
    ({"persons": ["999999"]}, "persons"),
    ({"named": ""}, "named"),
    ({"title": "x" * 121}, "title"),
    ({"text": "x" * 10_001}, "text"),
    ({"persons_text": "\x00"}, None),  # refused for the whole portal (NoNulls)
]


def test_what_is_wrong_is_said_at_its_field_and_every_word_comes_back(cast, desk):
    client = signed_in(cast[BENU_FIELD])
    for changes, field in WRONG:
        answer = client.post(FILE, form_of(**changes))
        assert answer.status_code in {200, 400}, changes
        if field:
            assert list(answer.context["form"].errors) == [field], changes
            assert f"{CANARY} title" in answer.content.decode() or field == "title"
    assert not Case.objects.for_system("test").exists()


def test_ten_megabytes_of_text_get_a_clean_answer(cast, desk):
    answer = signed_in(cast[BENU_FIELD]).post(FILE, form_of(text="x" * 10 * 1024 * 1024))
    assert answer.status_code in {400, 413}
    assert not Case.objects.for_system("test").exists()


def test_a_partner_is_offered_no_list_of_partners(cast, desk):
    page = signed_in(cast[BENU_FIELD]).get(FILE).content.decode()
    assert str(cast.organisations["benu"]) in page
    assert str(cast.organisations["wfp"]) in page
    assert not any(str(cast.organisations[key]) in page for key in ("alba", "cedar", "suspended", "dune"))


# --- Who is concerned --------------------------------------------------------------------------------------------


def test_whoever_is_ticked_or_named_is_never_told_and_never_sees_it(cast, desk):
    ticked, words = cast[DSS_HQ], f"Gauthier-Lavoie  NOEMIE, of ICVA\n<{WFP}>;\nRobert"
    form = form_of(
        route=["dss", desk],
        persons=[str(ticked.pk)],
        persons_text=words,
        about="organisation",
        about_text="  wfp ",
        office="dss_field",
    )
    signed_in(cast[BENU_FIELD]).post(FILE, form)
    case = the_case()
    assert case.about_organisation == cast.organisations["wfp"]
    assert concerned(case) == {DSS_HQ, ICVA, WFP, f"dss:{cast.areas['south-sudan'].pk}", str(cast.organisations["wfp"])}
    assert {row.recipient.email for row in Message.objects.all()} == {BENU_FIELD, GISF}
    for email in (DSS_HQ, "dss.field@un.example", "wfp.security@un.example"):
        client = signed_in(cast[email])
        for path in ("", "message/", "withdraw/", f"files/{uuid.uuid4()}/"):
            assert client.get(f"/feedback/cases/{case.ref}/{path}").status_code == 404, (email, path)
        assert case.ref not in client.get("/feedback/").content.decode()


def test_about_dss_headquarters_it_lies_with_the_desk_alone(cast, desk):
    signed_in(cast[BENU_FIELD]).post(FILE, form_of(route=[desk], about="office", office="dss_headquarters"))
    case = the_case()
    assert case.is_dss_concerned
    assert concerned(case) == {"dss_world", str(cast.organisations["dss"])}
    assert {row.recipient.email for row in Message.objects.all()} == {BENU_FIELD, GISF}


@pytest.mark.parametrize(
    ("route", "named", "words"),
    [("desk", "Hannah Whitfield", "Nobody there could handle it"), ("dss", DSS_HQ, "Nobody there could handle it")],
)
def test_where_only_those_concerned_could_take_it_in_it_goes_elsewhere(cast, desk, route, named, words):
    form = form_of(route=[desk if route == "desk" else "dss"], persons_text=named)
    client = signed_in(cast[BENU_FIELD])
    answer = client.post(FILE, form)
    assert list(answer.context["form"].errors) == ["route"]
    assert words in answer.content.decode()
    assert not Case.objects.for_system("test").exists()
    assert not Message.objects.exists()
    client.post(FILE, {**form, "route": ["dss", desk]})
    assert the_case().state == "received"


def test_the_submission_of_somebody_else_is_refused(cast, desk):
    form = form_of()
    signed_in(cast[BENU_FIELD]).post(FILE, form)
    answer = signed_in(cast[CEDAR]).post(FILE, {**form, "area": "chad"})
    assert "sent by somebody else" in answer.content.decode()
    assert the_case().sender.email == BENU_FIELD


def test_files_are_kept_sealed_and_served_as_attachments(cast, desk, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    client = signed_in(cast[BENU_FIELD])
    refused = client.post(FILE, form_of(files=[SimpleUploadedFile("macro.docx", b"PK\x03\x04 not a picture")]))
    assert list(refused.context["form"].errors) == ["files"]
    assert not Case.objects.for_system("test").exists()
    client.post(FILE, form_of(files=[SimpleUploadedFile(f"{CANARY}.jpg", a_jpeg())]))
    case, row = the_case(), CaseFile.objects.for_system("test").select_related("file").get()
    path = f"/feedback/cases/{case.ref}/files/{row.file_id}/"
    answer = client.get(path)
    assert answer["Content-Disposition"] == f'attachment; filename="{case.ref}-{row.file.pk.hex[:6]}.jpg"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert CaseReading.objects.get(how="downloaded").case_ref == case.ref
    assert signed_in(cast[ALBA_HQ]).get(path).status_code == signed_in(cast[ICVA]).get(path).status_code == 404


# --- What the sender does afterwards -----------------------------------------------------------------------------


def test_the_sender_accepts_once(cast):
    case = a_case(cast, "proposed")
    client, form = signed_in(cast[BENU_FIELD]), {"uid": str(uuid.uuid4()), "text": ""}
    page = f"/feedback/cases/{case.ref}/accept/"
    assert client.get(page).status_code == 200
    assert [client.post(page, form).status_code for _ in range(2)] == [302, 302]
    case.refresh_from_db()
    assert (case.state, case.outcome, Entry.objects.for_system("test").count()) == ("closed", "resolved", 1)
    told = {row.recipient.email for row in Message.objects.filter(kind="feedback.accepted")}
    assert told == {DSS_HQ, GISF, ICVA}


def test_who_refuses_says_why_and_who_comes_too_late_keeps_it(cast):
    case = a_case(cast, "proposed")
    client, page = signed_in(cast[BENU_FIELD]), f"/feedback/cases/{case.ref}/refuse/"
    assert list(client.post(page, {"uid": str(uuid.uuid4()), "text": " "}).context["form"].errors) == ["text"]
    assert client.post(page, {"uid": str(uuid.uuid4()), "text": CANARY}).status_code == 302
    case.refresh_from_db()
    assert case.state == "handling"
    assert Entry.objects.for_system("test").get().kind == "refused"
    late = client.post(page, {"uid": str(uuid.uuid4()), "text": "my second thoughts"})
    assert "my second thoughts" in late.content.decode()
    assert "Somebody else changed this first" in late.content.decode()
    with pytest.raises(StaleState):
        filing.accept(case, text="", uid=uuid.uuid4(), by=cast[BENU_FIELD])


def test_withdrawn_and_opened_again_it_is_with_the_working_group(cast):
    case, client = a_case(cast), signed_in(cast[BENU_FIELD])
    page = f"/feedback/cases/{case.ref}/"
    assert client.post(f"{page}withdraw/").status_code == 302
    case.refresh_from_db()
    assert (case.state, case.outcome) == ("closed", "withdrawn")
    assert signed_in(cast[ICVA]).get(page).status_code == 404
    said = {"uid": str(uuid.uuid4()), "text": "It happened again."}
    assert [client.post(f"{page}reopen/", said).status_code for _ in range(2)] == [302, 302]
    case.refresh_from_db()
    assert case.state == "handling"
    assert case.handed_over_at
    assert case.outcome == ""
    assert signed_in(cast[ICVA]).get(page).status_code == 200
    told = {row.recipient.email for row in Message.objects.filter(kind="feedback.reopened")}
    assert told == {DSS_HQ, GISF, ICVA, BENU_HQ}


def test_each_side_writes_to_the_other_and_notes_stay_inside(cast):
    case = a_case(cast, "handling")
    page, forms = f"/feedback/cases/{case.ref}/message/", iter(range(9))

    def write(email, **said):
        Message.objects.all().delete()
        form = {"uid": str(uuid.UUID(int=next(forms))), "text": "Words.", **said}
        statuses = [signed_in(cast[email]).post(page, form).status_code for _ in range(2)]
        return statuses, {row.recipient.email for row in Message.objects.all()}

    assert write(BENU_FIELD) == ([302, 302], {DSS_HQ, GISF, ICVA})
    assert write(ICVA) == ([302, 302], {BENU_FIELD, BENU_HQ})
    assert write(ICVA, is_internal="on") == ([302, 302], set())
    assert write(BENU_FIELD, is_internal="on")[1] == {DSS_HQ, GISF, ICVA}  # a sender has no notes
    assert write(ALBA_HQ) == ([404, 404], set())
    assert write(BENU_FIELD, text=" ")[0] == [422, 422]
    rows = Entry.objects.for_system("test").order_by("pk").values_list("kind", "side", "is_internal")
    assert list(rows) == [
        ("message", "sender", False),
        ("message", "handler", False),
        ("note", "handler", True),
        ("message", "sender", False),
    ]


def test_nothing_is_said_in_a_closed_case_nor_under_the_name_of_another(cast):
    closed, case = a_case(cast, "closed"), a_case(cast, "handling")
    client = signed_in(cast[BENU_FIELD])
    late = client.post(f"/feedback/cases/{closed.ref}/message/", {"uid": str(uuid.uuid4()), "text": "late words"})
    assert late.status_code == 422
    assert "late words" in late.content.decode()
    other = an_entry(case, by=cast[ICVA], side="handler")
    stolen = client.post(f"/feedback/cases/{case.ref}/message/", {"uid": str(other.uid), "text": "stolen"})
    assert stolen.status_code == 422
    assert Entry.objects.for_system("test").count() == 1
