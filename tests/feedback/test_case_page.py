"""The page of a case and the home page: who reads what of it, in whose words, and what it costs (F1-F4)."""

import re
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from documents.models import DataKey
from feedback import handlers
from feedback.case_buttons import buttons_of
from feedback.case_page import RELATED, page_of
from feedback.models import Case, CaseLink, CaseReading, CaseStep, Concerned
from sharing.access import access_of
from tests.cast import signed_in
from tests.factories.feedback import (
    ALBA_HQ,
    BENU_FIELD,
    CANARY,
    DSS_HQ,
    GISF,
    ICVA,
    a_case,
    a_lesson,
    an_entry,
    an_inquiry,
)

pytestmark = pytest.mark.django_db
BENU_HQ, ADMIN, DO, DSS_FIELD = "hq@benu.example", "admin@portal.example", "do@un.example", "dss.field@un.example"
HOME = "/feedback/"
HOME_QUERIES, PAGE_QUERIES = {BENU_HQ: 8, ICVA: 7, DO: 6}, 12


@pytest.fixture(autouse=True)
def english(db):
    User.objects.update(language="en")


def path_of(case) -> str:
    return f"{HOME}cases/{case.ref}/"


def read(cast, email, path) -> str:
    answer = signed_in(cast[email]).get(path)
    assert answer.status_code == 200, (email, path)
    return answer.content.decode()


def seen(cast, email, case):
    rows = Case.objects.visible_to(cast[email]).select_related(*RELATED)
    return page_of(access_of(cast[email]), rows.get(pk=case.pk))


def talked_about(cast, **fields) -> Case:
    """A case with something of everything that can be said in it."""
    case = a_case(cast, "handling", **fields)
    an_entry(case, by=cast[ICVA], side="handler", text="to the sender")
    an_entry(case, by=cast[DSS_HQ], side="handler", text="from the records")
    an_entry(case, by=cast[ICVA], side="handler", kind="note", is_internal=True, text=f"{CANARY} inside")
    an_entry(case, by=cast[BENU_HQ], text="ليلى حداد")
    inquiry = an_inquiry(case, by=cast[ICVA])
    inquiry.write({"question": f"{CANARY} question", "answer": f"{CANARY} answer"})
    inquiry.save()
    CaseLink.objects.create(case=case, kind="incident", target="INC-12345", by=cast[ICVA])
    return case


def test_the_sender_reads_offices_and_nothing_from_inside(cast):
    case = talked_about(cast)
    text = read(cast, BENU_FIELD, path_of(case))
    assert all(words in text for words in ("The Working Group", "DSS headquarters", "ليلى حداد", "to the sender"))
    inside = (f"{CANARY} inside", f"{CANARY} question", f"{CANARY} answer", "INC-12345")
    names = [cast[email].name for email in (ICVA, DSS_HQ, GISF)]
    assert not [words for words in (*inside, *names) if words in text]
    assert [said.who for said in seen(cast, BENU_FIELD, case).said] == [
        "the Working Group",
        "DSS headquarters",
        f"\u2068{cast[BENU_HQ].name}\u2069",
    ]


def test_who_handles_it_reads_names_notes_and_answers(cast):
    case = talked_about(cast)
    page = seen(cast, ICVA, case)
    assert [said.who for said in page.said][:2] == [
        f"\u2068{cast[ICVA].name}\u2069, the Working Group",
        f"\u2068{cast[DSS_HQ].name}\u2069, DSS headquarters",
    ]
    text = read(cast, ICVA, path_of(case))
    expected = (f"{CANARY} inside", f"{CANARY} question", f"{CANARY} answer", "INC-12345", cast[BENU_FIELD].name)
    assert all(words in text for words in (*expected, "the sender is not named", f"{CANARY} persons"))


def test_taking_it_in_is_the_next_step_until_somebody_leads_it(cast):
    case = a_case(cast, "received")
    assert [button.name for button in buttons_of(seen(cast, DSS_HQ, case))["next_steps"]] == ["take", "hand_over"]
    Case.objects.for_system("test").filter(pk=case.pk).update(owner=cast[DSS_HQ])
    assert [button.name for button in buttons_of(seen(cast, DSS_HQ, case))["next_steps"]] == ["hand_over"]


def test_who_leads_a_case_is_not_taken_for_whose_turn_it_is(cast):
    case = a_case(cast, "proposed", owner=cast[ICVA])
    assert "<dd>The sender</dd>" in (text := read(cast, ICVA, path_of(case)))
    assert f"<dt>Who leads it</dt><dd><bdi>{cast[ICVA].name}</bdi></dd>" in text


def test_the_sender_sees_when_each_office_opened_it_and_it_is_noted_once_a_day(cast):
    case = a_case(cast, "handling")
    assert "Nobody yet." in read(cast, BENU_FIELD, path_of(case))
    for email in (DSS_HQ, DSS_HQ, ICVA, GISF):
        read(cast, email, path_of(case))
    assert sorted(CaseReading.objects.values_list("party", "how")) == sorted(
        [("sender", "opened"), ("intake", "opened"), ("intake", "opened"), ("handler", "opened")]
    )
    opened = [office for office, _ in seen(cast, BENU_FIELD, case).opened_by]
    assert opened == ["DSS headquarters", "the Working Group", "the desk of Global Interagency Security Forum"]
    assert seen(cast, ICVA, case).opened_by == []


TURNS = [  # state, whose turn it is for the sender, the steps of the sender's side
    ("received", "DSS headquarters and the desk of Global Interagency Security Forum", ["withdraw"]),
    ("handling", "the Working Group", ["withdraw"]),
    ("proposed", "you", ["accept", "refuse", "withdraw"]),
    ("committee", "the Oversight Committee", []),
    ("closed", "nobody: it is closed", ["reopen"]),
]


@pytest.mark.parametrize(("state", "who", "steps"), TURNS)
def test_the_page_says_what_happens_next_by_whom_and_by_when(cast, state, who, steps):
    case = a_case(cast, state, filed_at=timezone.now() - timedelta(days=9))
    page = seen(cast, BENU_FIELD, case)
    assert (page.turn.who, page.steps, page.turn.until is None) == (who, steps, False)
    text = read(cast, BENU_FIELD, path_of(case))
    assert who.split()[0] in text.replace("Nobody", "nobody").replace("You", "you").replace("The", "the")
    assert set(re.findall(rf"/feedback/cases/{case.ref}/(\w+)/", text)) - {"message", "case"} <= {*steps}
    assert ("Overdue" in text) is False
    Case.objects.for_system("test").filter(pk=case.pk).update(due_at=timezone.now() - timedelta(days=1))
    assert ("Overdue" in read(cast, BENU_FIELD, path_of(case))) is (state != "closed")


def test_of_a_diverted_case_the_sender_sees_the_mandatory_channels_and_no_word(cast, settings):
    settings.MANDATORY_CHANNELS = ("Hotline|speakup@benu.example",)
    case = a_case(cast, "closed", outcome="diverted")
    DataKey.objects.filter(pk=case.data_key_id).update(destroyed_at=timezone.now(), wrapped=b"")
    for email in (BENU_FIELD, DSS_HQ):
        text = read(cast, email, path_of(case))
        assert "speakup@benu.example" in text
        assert CANARY not in text
        assert "reopen" not in text


@pytest.mark.parametrize("email", [ALBA_HQ, ADMIN, DSS_FIELD, GISF, BENU_HQ])
def test_for_everybody_else_there_is_no_case_anywhere(cast, email):
    case = a_case(cast, "handling", headquarters_read=False, concerned=[GISF])
    client, other = signed_in(cast[email]), {"uid": str(uuid.uuid4()), "text": "x"}
    for path in ("", "message/", "accept/"):
        assert client.get(f"{path_of(case)}{path}").status_code == 404
    for path in ("message/", "refuse/", "withdraw/"):
        assert client.post(f"{path_of(case)}{path}", other).status_code == 404
    assert case.ref not in client.get(HOME).content.decode()
    assert CaseReading.objects.count() == 0


@pytest.mark.parametrize("email", [BENU_FIELD, ICVA, DSS_HQ])
def test_what_the_page_costs_does_not_grow_with_what_was_said(cast, email, django_assert_max_num_queries):
    counts = []
    for fields in ({}, {"escalated_at": timezone.now()}):
        case = talked_about(cast, **fields)
        for _ in range(3 if counts else 0):
            an_entry(case, by=cast[ICVA], side="handler")
        client = signed_in(cast[email])
        with django_assert_max_num_queries(PAGE_QUERIES) as asked:
            client.get(path_of(case))
        counts.append(len(asked))
    assert counts[1] - counts[0] == (email != BENU_FIELD)  # the decisions


@pytest.mark.parametrize("email", list(HOME_QUERIES))
@pytest.mark.parametrize("number", [1, 3])
def test_the_home_page_costs_the_same_for_one_and_three(cast, django_assert_num_queries, email, number):
    cases = [talked_about(cast) for _ in range(number)]
    lessons = [a_lesson(case, by=cast[ICVA]) for case in cases]
    client = signed_in(cast[email])
    with django_assert_num_queries(HOME_QUERIES[email]):
        text = client.get(HOME).content.decode()
    assert {case.ref in text for case in cases} == {email != DO}
    assert all(lesson.ref in text for lesson in lessons)
    assert text.count("INQ-") >= number * (email == DO)


def test_what_is_late_is_marked_and_a_stranger_has_no_such_page(cast):
    case = a_case(cast, "handling", due_at=timezone.now() - timedelta(days=1))
    an_inquiry(case, by=cast[ICVA], due_at=timezone.now() - timedelta(days=1))
    for email in (BENU_FIELD, ICVA, DO):
        assert "overdue" in read(cast, email, HOME)
    assert signed_in(cast[ADMIN]).get(HOME).status_code == 404
    assert signed_in(cast["local@nngo.example"]).get(HOME).status_code == 404


def test_a_case_of_a_suspension_has_its_history_and_no_steps_of_its_own(cast):
    from tests.factories.partnership import a_suspension

    row = a_suspension(cast, "escalated")
    case = a_case(
        cast,
        "handling",
        kind="suspension",
        suspension=row,
        sender=None,
        organisation=None,
        desk=None,
        to_dss=False,
        about="organisation",
        about_organisation=row.organisation,
        office="",
    )
    Concerned.objects.create(case=case, organisation=row.organisation)
    handlers.entitle(case)
    text = read(cast, ICVA, path_of(case))
    assert row.ref in text
    assert "on the page of the suspension" in text
    assert "Open the suspension</a></div>" in text  # the next step, as a button
    assert not {"propose", "escalate", "divert", "withdraw", "ask"} & set(
        re.findall(rf"/feedback/cases/{case.ref}/(\w+)/", text)
    )
    assert signed_in(cast[ALBA_HQ]).get(path_of(case)).status_code == 404
    assert CaseStep.objects.for_system("test").filter(case=case).count() == 2


def test_the_sender_does_not_read_under_what_those_who_handle_it_file_it(cast):
    """The page on which they say so promises it."""
    case = a_case(cast, "handling", category="conduct")
    label = case.get_category_display().capitalize()
    assert label not in read(cast, BENU_FIELD, path_of(case))
    assert label in read(cast, ICVA, path_of(case))
