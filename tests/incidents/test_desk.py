"""The desk: what waits there, receiving, grading, noting, answering, proposing a text; and who sees none of it (I2)."""

import uuid

import pytest
from django.core import mail
from django.db import DatabaseError, connection, transaction

from accounts.models import User
from incidents import desk as desks
from incidents.control import share_with, sharing_of, take_back
from incidents.desk_queue import PAGE
from incidents.models import DeskEntry, IncidentRelease, Question
from notifications.outbox import drain
from organisations.models import Membership, Standing
from sharing.models import Item
from tests.factories.desk import asked, desk_of_area, worked_on
from tests.factories.incidents import USUAL, file_report
from tests.sampling import some

pytestmark = pytest.mark.django_db
ALBA, ALBA_HQ, BENU, LAKE = "field@alba.example", "hq@alba.example", "field@benu.example", "io@lake.example"
DESK, HQ, CSFP, DO, OCHA = (
    "dss.field@un.example",
    "dss.hq@un.example",
    "csfp@un.example",
    "do@un.example",
    "ocha@un.example",
)
BENU_HQ = "hq@benu.example"
SECRETS = ["CANARY-REASONS", "CANARY-NOTE", "CANARY-QUESTION", "CANARY-ANSWER", "CANARY-PROPOSED"]


@pytest.fixture(autouse=True)
def today(now):
    """The cast is there in the tests' today."""


@pytest.fixture
def report(cast):
    User.objects.update(language="en")
    return file_report(cast)


@pytest.fixture
def item(report) -> Item:
    return report.incident.item


def queue(client, **query):
    return [row.release.item.ref for row in client.get("/incidents/desk/", query).context["items"]]


def acknowledge(cast, item, by=DESK, key="dss", area="south-sudan"):
    desks.acknowledge(item, by=cast[by], desk=desk_of_area(cast, key, area))


def sent() -> dict[str, list]:
    mail.outbox.clear()
    drain()
    found = {}
    for message in mail.outbox:
        found.setdefault(message.to[0], []).append(message)
    return found


def entries(item):
    return list(DeskEntry.objects.for_system("test").filter(incident__item=item).order_by("pk"))


# What waits


def test_each_desk_has_its_own_queue(cast, item, sign_in):
    chad = file_report(cast, by=BENU, organisation="benu", area="chad").incident.item.ref
    file_report(cast, choices=["partners_of_area"])
    headquarters = file_report(cast, choices=["dss_headquarters"]).incident.item.ref
    assert {email: queue(sign_in(cast[email])) for email in (DESK, CSFP, HQ)} == {
        DESK: [item.ref],
        CSFP: [chad],
        HQ: [item.ref, chad, headquarters],
    }


def test_what_a_desk_received_waits_no_more(cast, item, sign_in):
    acknowledge(cast, item)
    assert [queue(sign_in(cast[email])) for email in (DESK, HQ)] == [[], []]


def test_what_headquarters_received_still_waits_at_the_desk_of_the_area(cast, item, sign_in):
    acknowledge(cast, item, by=HQ, area=None)
    assert [queue(sign_in(cast[email])) for email in (DESK, HQ)] == [[item.ref], []]


def test_never_its_own_nor_what_is_not_shared_with_it(cast, sign_in):
    file_report(cast, by=DESK, organisation="dss")
    file_report(cast, choices=["un_of_area"])  # the desk reads the shared text, as a UN security officer
    withdrawn = file_report(cast).incident.item
    take_back(withdrawn, by=cast[ALBA], version=1)
    assert [queue(sign_in(cast[email])) for email in (DESK, HQ, CSFP)] == [[], [], []]


def test_oldest_first_page_by_page(cast, sign_in):
    refs = [file_report(cast).incident.item.ref for _ in range(PAGE + 2)]
    client = sign_in(cast[DESK])
    page = client.get("/incidents/desk/").context["page"]
    assert [row.release.item.ref for row in page.rows] == refs[:PAGE]
    rest = client.get("/incidents/desk/", {"before": page.older}).context["page"]
    assert ([row.release.item.ref for row in rest.rows], rest.older) == (refs[PAGE:], "")
    assert len(queue(client, before="made-up")) == PAGE
    other = client.get("/incidents/").context["older"]
    assert queue(client, before=other) == refs[:PAGE]


def test_the_queue_is_for_desks(cast, item, sign_in):
    for email in cast.people:
        expected = 200 if email in {DESK, HQ, CSFP} else 404
        assert sign_in(cast[email]).get("/incidents/desk/").status_code == expected, email


def test_a_suspended_focal_point_has_no_desk_there(cast, sign_in):
    item = file_report(cast, by=BENU, organisation="benu", area="chad").incident.item
    Standing.objects.create(organisation=cast.organisations["unhcr"], kind="suspended", area=cast.areas["chad"])
    client = sign_in(cast[CSFP])
    assert item.ref not in client.get("/incidents/desk/").content.decode()
    assert client.post(f"/incidents/{item.ref}/desk/acknowledge/").status_code == 404


def test_the_queue_asks_the_same_few_questions(cast, item, sign_in, django_assert_num_queries):
    client = sign_in(cast[DESK])
    client.get("/incidents/desk/")
    asked(cast, item)
    acknowledge(cast, file_report(cast).incident.item)
    for more in (0, 2):
        for _ in range(more):
            asked(cast, file_report(cast).incident.item)
            acknowledge(cast, file_report(cast).incident.item)
        with django_assert_num_queries(QUEUE_QUERIES):
            client.get("/incidents/desk/")


QUEUE_QUERIES = 8


# Receiving


def test_the_reporter_learns_which_office_and_when(cast, item, sign_in):
    sent()
    client = sign_in(cast[DESK])
    answers = [client.post(f"/incidents/{item.ref}/desk/acknowledge/").status_code for _ in range(3)]
    assert (answers, len(entries(item))) == ([302] * 3, 1)
    found = sent()
    assert set(found) == {ALBA}
    [notice] = found[ALBA]
    assert notice.subject == f"[TLP:AMBER+STRICT] {item.ref} · South Sudan: received by DSS"
    said = " ".join(notice.body.split())
    assert f"Department of Safety and Security, South Sudan has received {item.ref}." in said
    text = sign_in(cast[ALBA]).get(f"/incidents/{item.ref}/").content.decode()
    assert "Received by United Nations Department of Safety and Security" in text
    assert "Received by" not in sign_in(cast[LAKE]).get(f"/incidents/{item.ref}/").content.decode()


def test_when_the_reporter_has_left_their_organisation_learns_it(cast, item):
    sent()
    Membership.objects.filter(user=cast[ALBA]).delete()
    acknowledge(cast, item)
    assert set(sent()) == {ALBA_HQ}


@pytest.mark.parametrize("statement", ["UPDATE incidents_deskentry SET at = now()", "DELETE FROM incidents_deskentry"])
def test_an_entry_stays_as_it_is(cast, item, statement):
    acknowledge(cast, item)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


# Who may


ACTS = ["acknowledge", "grade", "note"]
ONCE = {"grade-submission": str(uuid.uuid4()), "note-submission": str(uuid.uuid4())}
GOOD = {"acknowledge": {}, "grade": {"grade-credibility": "2"} | ONCE, "note": {"note-text": "CANARY-NOTE"} | ONCE}


def test_only_desks_that_may_see_it_act(cast, item, sign_in):
    for email in cast.people:
        client, is_desk = sign_in(cast[email]), email in {DESK, HQ}
        answers = [client.post(f"/incidents/{item.ref}/desk/{act}/", GOOD[act]).status_code for act in ACTS]
        answers.append(client.get(f"/incidents/{item.ref}/desk/text/").status_code)
        assert answers == ([302, 302, 302, 200] if is_desk else [404] * 4), email
        page = client.get(f"/incidents/{item.ref}/desk/").status_code
        assert page == (200 if is_desk or email in {ALBA, ALBA_HQ} else 404), email


def test_without_the_originators_leave_there_is_no_desk(cast, sign_in):
    item = file_report(cast, choices=["un_of_area", "partners_of_area"]).incident.item
    for email in (DESK, HQ, CSFP):
        client = sign_in(cast[email])
        answers = {client.post(f"/incidents/{item.ref}/desk/{act}/", GOOD[act]).status_code for act in ACTS}
        assert (answers, client.get(f"/incidents/{item.ref}/desk/").status_code) == ({404}, 404), email


def test_nobody_else_sees_what_desks_wrote(cast, item, sign_in):
    """Neither on the page, nor by searching, nor anywhere; the originator does not see who asked."""
    worked_on(cast, item)
    question = Question.objects.for_system("test").select_related("incident__item__data_key").get()
    here = {"by": cast[DESK], "desk": desk_of_area(cast)}
    desks.answer(question, **here, text="CANARY-ANSWER yes")
    expected = dict.fromkeys(cast.people, set()) | {
        DESK: set(SECRETS),
        HQ: set(SECRETS),
        ALBA: {"CANARY-REASONS", "CANARY-NOTE", "CANARY-PROPOSED"},
        ALBA_HQ: {"CANARY-REASONS", "CANARY-NOTE", "CANARY-PROPOSED"},
        BENU_HQ: {"CANARY-QUESTION", "CANARY-ANSWER"},
    }
    for email in {*some(cast.people, 2), ALBA, BENU_HQ}:
        client, text = sign_in(cast[email]), ""
        for name in ("", "desk/", "text/", "question/", "receipt/"):
            text += client.get(f"/incidents/{item.ref}/{name}").content.decode()
        assert {word for word in SECRETS if word in text} == expected[email], email
        if email in {ALBA, ALBA_HQ}:
            assert "INGO Benu" not in client.get(f"/incidents/{item.ref}/desk/").content.decode()
    for email, word in zip((LAKE, BENU_HQ, ALBA, DESK, DO), SECRETS, strict=True):
        assert not sign_in(cast[email]).get("/incidents/", {"q": word}).context["items"], (email, word)


def test_what_desks_write_is_encrypted(cast, item):
    worked_on(cast, item)
    for table in ("incidents_deskentry", "incidents_question", "incidents_proposal", "audit_event"):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT t::text FROM {table} t")
            rows = str(cursor.fetchall())
        assert "CANARY" not in rows, table
        assert b"CANARY".hex() not in rows, table


# Grading


@pytest.mark.parametrize(
    ("reliability", "credibility"), [("B", "2"), ("B", ""), ("", "2")], ids=["both", "source", "content"]
)
def test_grades(cast, item, sign_in, reliability, credibility):
    post = {"grade-reliability": reliability, "grade-credibility": credibility, "grade-reasons": "CANARY-REASONS"}
    assert sign_in(cast[DESK]).post(f"/incidents/{item.ref}/desk/grade/", post | ONCE).status_code == 302
    shown = {}
    for email in (LAKE, ALBA, HQ):
        text = sign_in(cast[email]).get(f"/incidents/{item.ref}/").content.decode()
        shown[email] = ("B: usually reliable" in text, "2: probably true" in text)
    has = (bool(reliability), bool(credibility))
    assert shown == {LAKE: (False, has[1]), ALBA: has, HQ: has}


def test_a_grade_left_as_it_is_stays(cast, item):
    """The form says “leave as it is”: grading the source alone does not take away how credible it is."""
    here = {"by": cast[DESK], "desk": desk_of_area(cast)}
    desks.grade(item, **here, reliability="B", credibility="2")
    desks.grade(item, **here, reliability="D", credibility="")
    desks.grade(item, **here, reliability="", credibility="5")
    rows = IncidentRelease.objects.for_system("test").filter(release__item=item).order_by("release__depth")
    assert list(rows.values_list("reliability", "credibility")) == [("", "5"), ("D", "5")]


def test_how_reliable_is_shown_where_the_name_is(cast, sign_in):
    User.objects.update(language="en")
    item = file_report(cast, shows_originator=True).incident.item
    desks.grade(item, by=cast[DESK], desk=desk_of_area(cast), reliability="B", credibility="")
    assert "usually reliable" in sign_in(cast[LAKE]).get(f"/incidents/{item.ref}/").content.decode()


@pytest.mark.parametrize(
    "post",
    [
        {},
        {"grade-reliability": "", "grade-credibility": ""},
        {"grade-reliability": "Z"},
        {"grade-credibility": "7"},
        {"grade-credibility": "2", "grade-reasons": "x" * 2001},
    ],
)
def test_bad_grades(cast, item, sign_in, post):
    answer = sign_in(cast[DESK]).post(f"/incidents/{item.ref}/desk/grade/", post | ONCE)
    assert (answer.status_code, entries(item)) == (422, [])
    assert 'class="error-summary"' in answer.content.decode()


# Notes


def test_a_note(cast, item, sign_in):
    sent()
    answer = sign_in(cast[DESK]).post(
        f"/incidents/{item.ref}/desk/note/", {"note-text": "CANARY-NOTE <b>done</b>"} | ONCE
    )
    assert answer.status_code == 302
    found = sent()
    assert set(found) == {ALBA}
    assert "CANARY" not in found[ALBA][0].body + found[ALBA][0].subject
    text = sign_in(cast[ALBA]).get(f"/incidents/{item.ref}/desk/").content.decode()
    assert "CANARY-NOTE &lt;b&gt;done" in text


@pytest.mark.parametrize("text", ["", "   ", "x" * 3001, "\x00"])
def test_bad_notes_keep_what_was_typed(cast, item, sign_in, text):
    answer = sign_in(cast[DESK]).post(f"/incidents/{item.ref}/desk/note/", {"note-text": text} | ONCE)
    assert (answer.status_code, entries(item)) == (422, [])
    assert len(text) < 100 or text in answer.content.decode()


# Questions


def test_who_may_ask(cast, item, sign_in):
    share_with(item, type(sharing_of(item))(item.marking, [*USUAL, "ocha"]), by=cast[ALBA], version=1)
    for email in cast.people:
        status = sign_in(cast[email]).get(f"/incidents/{item.ref}/question/").status_code
        assert status == (200 if email in {BENU_HQ, OCHA, ALBA_HQ} else 404), email


def test_desk_and_headquarters_are_told_that_a_question_waits(cast, item, sign_in):
    sent()
    client, path = sign_in(cast[BENU_HQ]), f"/incidents/{item.ref}/question/"
    post = {"submission": str(uuid.uuid4()), "text": "CANARY-QUESTION is it true"}
    assert [client.post(path, post).status_code for _ in range(2)] == [302, 302]
    assert Question.objects.for_system("test").count() == 1
    found = sent()
    assert {address: len(messages) for address, messages in found.items()} == {DESK: 1, HQ: 1}
    assert "CANARY" not in found[DESK][0].body
    listed = sign_in(cast[DESK]).get("/incidents/desk/").context["page"].questions
    assert [question.organisation.name for question in listed] == ["INGO Benu"]


def test_answered_once(cast, item, sign_in):
    question = asked(cast, item)
    sent()
    path = f"/incidents/{item.ref}/desk/answer/{question.subject_id}/"
    assert (
        sign_in(cast[DESK]).post(path, {f"answer-{question.subject_id}-text": "CANARY-ANSWER yes"}).status_code == 302
    )
    late = sign_in(cast[HQ]).post(path, {f"answer-{question.subject_id}-text": "CANARY-LATE no", "note-text": "And"})
    assert late.status_code == 409
    text = late.content.decode()
    assert "Somebody answered this question before you." in text
    assert late.context["note_form"]["text"].value() == "And\n\nCANARY-LATE no"
    found = sent()
    assert set(found) == {BENU_HQ}
    own = sign_in(cast[BENU_HQ]).get(f"/incidents/{item.ref}/question/").content.decode()
    assert ("CANARY-ANSWER" in own, "CANARY-LATE" in own) == (True, False)


def test_a_question_of_another_incident_is_none_of_this_one(cast, item, sign_in):
    other = asked(cast, file_report(cast).incident.item)
    for question in (other.subject_id, uuid.uuid4()):
        path = f"/incidents/{item.ref}/desk/answer/{question}/"
        assert sign_in(cast[DESK]).post(path, {f"answer-{question}-text": "x"}).status_code == 404


def test_nobody_at_dss_to_ask(cast, item, sign_in):
    client = sign_in(cast[BENU_HQ])
    path = f"/incidents/{item.ref}/question/"
    Membership.objects.filter(user__in=[cast[DESK], cast[HQ]]).delete()
    answer = client.post(path, {"submission": str(uuid.uuid4()), "text": "CANARY-QUESTION"})
    assert answer.status_code == 422
    assert "Telephone DSS instead." in answer.content.decode()
    assert "CANARY-QUESTION" in answer.content.decode()


def test_who_lost_access_gets_no_answer_by_mail(cast, item):
    question = asked(cast, item)
    desks.answer(question, by=cast[DESK], desk=desk_of_area(cast), text="yes")
    take_back(item, by=cast[ALBA], version=1)
    assert not any("answered" in message.subject for message in sent().get(BENU_HQ, []))
