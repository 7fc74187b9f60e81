"""Asking an office for its view: in words that tell nothing of who asks, and never whoever is complained about (F3)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from feedback.actions.handling import escalate, propose
from feedback.actions.inquiries import answer, ask, withdraw_inquiry
from feedback.anonymity import tells_case, tells_sender
from feedback.case_page import page_of
from feedback.concerned import note
from feedback.models import Concerned, Inquiry
from feedback.naming import Names
from feedback.offices import askable, people_asked
from notifications.models import Message
from notifications.outbox import drain
from organisations.models import Membership, OrganisationName
from sharing.access import access_of
from slt_portal.states import StaleState
from tests.factories.at_once import at_once
from tests.factories.feedback import ALBA_HQ, BENU_FIELD, CANARY, DSS_HQ, GISF, ICVA, a_case, an_inquiry

pytestmark = pytest.mark.django_db
DO, WFP, BENU_HQ = "do@un.example", "wfp@un.example", "hq@benu.example"
QUESTION = "How often does the office of the area call partners to a meeting?"


def asked(case, by, question=QUESTION, *, level=0, **fields):
    return ask(case, level=askable(case)[level], question=question, **{"names_sender": False, "by": by, **fields})


def told(kind):
    return sorted(Message.objects.filter(kind=kind).values_list("recipient__email", flat=True))


def now_of(inquiry):
    return Inquiry.objects.for_system("a test looks").select_related("case__data_key").get(pk=inquiry.pk)


def test_an_office_is_asked_answers_once_and_only_those_who_handle_the_case_read_it(cast):
    case, uid = a_case(cast, "handling"), uuid4()
    inquiry = asked(case, cast[ICVA], uid=uid)
    assert asked(case, cast[ICVA], uid=uid) == inquiry
    assert (inquiry.principal, told("feedback.inquiry_asked")) == (f"designated_official:{case.area_id}", [DO])
    for who in (GISF, BENU_FIELD):
        with pytest.raises(PermissionDenied):
            answer(inquiry, text="Hm.", by=cast[who])
    answer(inquiry, text=f"{CANARY} answer", by=cast[DO])
    with pytest.raises(StaleState):
        answer(inquiry, text="Again.", by=cast[DO])
    assert now_of(inquiry).texts == {"question": QUESTION, "answer": f"{CANARY} answer"}
    assert told("feedback.inquiry_answered") == sorted([DSS_HQ, GISF, ICVA])
    case.refresh_from_db()
    (for_handlers,) = page_of(access_of(cast[GISF]), case).asked
    assert (for_handlers.question, for_handlers.answer) == (QUESTION, f"{CANARY} answer")
    assert f"{CANARY} answer" not in repr(page_of(access_of(cast[BENU_FIELD]), case))


def test_only_who_handles_it_asks_and_only_while_they_have_it(cast):
    case = a_case(cast, "handling")
    inquiry = asked(case, cast[GISF])
    for who in (BENU_FIELD, WFP, DO):
        with pytest.raises(PermissionDenied):
            asked(case, cast[who])
        with pytest.raises(PermissionDenied):
            withdraw_inquiry(inquiry, by=cast[who])
    withdraw_inquiry(inquiry, by=cast[ICVA])
    for act in (lambda: withdraw_inquiry(inquiry, by=cast[ICVA]), lambda: answer(inquiry, text="Late.", by=cast[DO])):
        with pytest.raises(StaleState):
            act()
    with pytest.raises(ValueError, match="named"):
        asked(case, cast[ICVA], names_sender=True)
    propose(case, text="A proposal.", uid=uuid4(), by=cast[ICVA])
    with pytest.raises(StaleState):
        asked(case, cast[ICVA])
    assert told("feedback.inquiry_withdrawn") == [DO]


def test_never_is_a_person_asked_about_themselves(cast, sign_in):
    case = a_case(cast, "handling", concerned=[DO])
    inquiry = an_inquiry(case, by=cast[ICVA])  # they turned out to be concerned after it was asked
    assert [level.principal for level in askable(case)] == ["dss_world"]
    client = sign_in(cast[DO])
    assert client.get(f"/feedback/questions/{inquiry.ref}/").status_code == 404
    assert client.post(f"/feedback/questions/{inquiry.ref}/", {"text": "Hm."}).status_code == 404
    with pytest.raises(PermissionDenied):
        answer(inquiry, text="Hm.", by=cast[DO])
    Membership.objects.create(
        user=cast[WFP], organisation=cast.organisations["wfp"], role="designated_official", area=case.area
    )
    asked(case, cast[ICVA])
    assert told("feedback.inquiry_asked") == [WFP]
    withdraw_inquiry(inquiry, by=cast[ICVA])
    assert told("feedback.inquiry_withdrawn") == [WFP]


def test_an_organisation_that_it_is_about_is_asked_through_its_own_people(cast, sign_in):
    """They are concerned and read nothing of the case; who answers for them is asked all the same."""
    alba = cast.organisations["alba"]
    case = a_case(cast, "handling", about="organisation", about_organisation=alba, office="")
    note([Concerned(case=case, organisation=alba)])
    level = f"applicant:{alba.pk}"
    assert level in [each.principal for each in askable(case)]
    inquiry = an_inquiry(case, by=cast[ICVA], principal=level)
    people = people_asked(inquiry)
    assert people
    for email, person in cast.people.items():
        status = sign_in(person).get(f"/feedback/questions/{inquiry.ref}/").status_code
        assert status == (200 if person.pk in people else 404), email
    assert cast[ALBA_HQ].name not in Names(case).people  # a lesson may hold the words that are names of others there


def test_when_nobody_can_be_asked_the_page_says_what_to_do(cast, sign_in):
    case = a_case(cast, "handling", office="dss_headquarters", is_dss_concerned=True, to_dss=False)
    Concerned.objects.create(case=case, user=cast["dss.chair@un.example"])
    page = sign_in(cast[GISF]).get(f"/feedback/cases/{case.ref}/ask/").content.decode()
    assert "Nobody can be asked" in page
    assert "<textarea" not in page


def test_the_asked_office_reads_the_question_and_nothing_of_the_case(cast, sign_in):
    case = a_case(cast, "handling")
    inquiry = asked(case, cast[ICVA])
    client, path = sign_in(cast[DO]), f"/feedback/questions/{inquiry.ref}/"
    with CaptureQueriesContext(connection) as queries:
        page = client.get(path).content.decode()
    assert len(queries) <= 12
    drain()
    (mailed,) = [one for one in mail.outbox if one.to == [DO]]
    secret = (case.ref, CANARY, "Benu", cast[BENU_FIELD].name, BENU_FIELD, cast[ICVA].name, "ICVA")
    for text in (page, mailed.subject + mailed.body + mailed.alternatives[0][0]):
        assert not [word for word in secret if word in text]
        assert inquiry.ref in text
    assert QUESTION in page
    assert [word for word in (QUESTION, "South Sudan") if word in mailed.body] == []
    assert client.post(path, {"text": "Once a month."}).url == path
    assert client.post(path, {"text": "Once a month."}).url == path, "a second click"
    other = client.post(path, {"text": "Twice."}).content.decode()
    assert [word in other for word in ("Somebody else changed this first", "Twice.", "Once a month.")] == [True] * 3
    assert client.get(f"/feedback/cases/{case.ref}/").status_code == 404


def test_where_the_sender_agreed_the_office_may_learn_who_they_are(cast, sign_in):
    case = a_case(cast, "handling", is_named_to_area=True)
    client, path = sign_in(cast[GISF]), f"/feedback/cases/{case.ref}/ask/"
    said = {"uid": uuid4(), "level": "dss_world", "question": "What does Benu get from your office?"}
    assert "not to be named" in client.post(path, said).content.decode()
    assert client.post(path, {**said, "names_sender": "on"}).status_code == 302
    (inquiry,) = Inquiry.objects.asked_of(cast[DSS_HQ])
    page = sign_in(cast[DSS_HQ]).get(f"/feedback/questions/{inquiry.ref}/").content.decode()
    assert cast[BENU_FIELD].name in page
    assert case.ref not in page
    refused = client.post(path, {**said, "uid": uuid4(), "names_sender": "on", "question": f"About {case.ref.lower()}"})
    assert "Take out the reference" in refused.content.decode()


TELLS = [
    "We heard it from INGO BENU.",
    "abakar youssouf hassane says so",
    "Ask Hassane.",
    "Write to Field@Benu.example",
    "someone at benu.example",
    "Benu gets nothing.",
    "ONG Bénou gets nothing",
    "as BNU said",
]
HARMLESS = ["How often do you meet partners?", "a bnu of benus, hassaneh", "The fields of Abakars", ""]


def test_what_tells_who_sends_is_found_in_the_words_of_a_question(cast):
    case = a_case(cast, "handling")
    OrganisationName.objects.create(organisation=case.organisation, name="ONG Bénou")
    OrganisationName.objects.create(organisation=case.organisation, name="BNU", kind="acronym")
    assert [text for text in TELLS if not tells_sender(text, case)] == []
    assert [text for text in HARMLESS if tells_sender(text, case)] == []
    assert tells_case(f"In {case.ref.lower()}, …", case)
    assert not tells_case(QUESTION, case)


def test_the_form_refuses_such_a_question_at_its_field_and_keeps_it(cast, sign_in):
    case = a_case(cast, "handling")
    client, path = sign_in(cast[GISF]), f"/feedback/cases/{case.ref}/ask/"
    assert "names_sender" not in client.get(path).content.decode()
    level = f"designated_official:{case.area_id}"
    said = {"uid": uuid4(), "level": level, "question": "What does Benu get?", "names_sender": "on"}
    page = client.post(path, said).content.decode()
    assert ["Take out what tells who sent the case: Benu." in page, "What does Benu get?" in page] == [True, True]
    for level in ("dss_world:1", "dss:9", ""):
        assert client.post(path, {**said, "question": QUESTION, "level": level}).status_code == 200
    assert Inquiry.objects.for_system("a test looks").count() == 0
    for _ in range(2):
        assert client.post(path, {**said, "question": QUESTION}).status_code == 302
    assert Inquiry.objects.for_system("a test looks").get().names_sender is False


def test_late_answers_are_wanted_still_and_shown_as_late(cast, sign_in):
    case = a_case(cast, "handling")
    inquiry = an_inquiry(case, by=cast[ICVA], due_at=timezone.now() - timedelta(days=1))
    page = sign_in(cast[DO]).get(f"/feedback/questions/{inquiry.ref}/").content.decode()
    assert "The day for the answer has passed" in page
    assert page_of(access_of(cast[GISF]), case).asked[0].is_overdue
    answer(inquiry, text="Late, but here.", by=cast[DO])
    assert not page_of(access_of(cast[GISF]), case).asked[0].is_overdue


def test_the_button_that_withdraws_a_question_is_of_those_who_handle_the_case(cast, sign_in):
    case = a_case(cast, "committee")
    inquiry, other = an_inquiry(case, by=cast[ICVA]), an_inquiry(a_case(cast, "handling"), by=cast[ICVA])
    path = f"/feedback/cases/{case.ref}/questions/{inquiry.ref}/withdraw/"
    for who in (BENU_FIELD, BENU_HQ, DO, WFP):
        assert sign_in(cast[who]).post(path).status_code == 404
    client, page = sign_in(cast[GISF]), f"/feedback/cases/{case.ref}/"
    assert path in client.get(page).content.decode()
    assert path not in sign_in(cast[WFP]).get(page).content.decode(), "the Committee reads along"
    assert client.get(path).status_code == 302
    assert client.post(path.replace(inquiry.ref, other.ref)).status_code == 404
    assert [client.post(path).status_code for _ in range(2)] == [302, 302]
    assert (now_of(inquiry).state, now_of(other).state) == ("withdrawn", "open")


@pytest.mark.django_db(transaction=True)
def test_an_answer_and_the_end_of_the_case_at_the_same_moment(cast):
    case = a_case(cast, "handling")
    inquiry = an_inquiry(case, by=cast[ICVA])
    raised = at_once(
        lambda: answer(inquiry, text="One.", by=cast[DO]),
        lambda: withdraw_inquiry(inquiry, by=cast[GISF]),
        lambda: escalate(case, proposal="P", why="W", uid=uuid4(), by=cast[ICVA]),
    )
    assert raised == [StaleState]
    assert now_of(inquiry).state in {"answered", "withdrawn"}
