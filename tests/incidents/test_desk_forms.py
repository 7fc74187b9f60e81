"""The page of the desk sends all its forms; one is done with, what is typed in the others stays (I2)."""

import re
import uuid
from html import unescape

import pytest

from accounts.models import User
from incidents.models import DeskEntry
from tests.factories.desk import asked
from tests.factories.incidents import file_report

pytestmark = pytest.mark.django_db
DESK = "dss.field@un.example"


@pytest.fixture
def item(cast, now):
    User.objects.update(language="en")
    return file_report(cast).incident.item


@pytest.fixture
def questions(cast, item):
    """Two that wait for an answer."""
    return [asked(cast, item).subject_id for _ in range(2)]


def name(question) -> str:
    return f"answer-{question}-text"


def shown(answer) -> dict[str, str]:
    """What each text field of the page holds."""
    found = re.findall(r'<textarea name="([^"]+)"[^>]*>([^<]*)</textarea>', answer.content.decode())
    return {field: unescape(text).strip() for field, text in found}


@pytest.fixture
def everything(questions):
    """Typed in every form, nothing sent yet."""
    return {
        "grade-submission": str(uuid.uuid4()),
        "note-submission": str(uuid.uuid4()),
        "note-text": "CANARY-NOTE",
        "grade-reliability": "B",
        "grade-credibility": "2",
        "grade-reasons": "CANARY-REASONS",
        name(questions[0]): "CANARY-FIRST",
        name(questions[1]): "CANARY-SECOND",
    }


def texts_of(everything) -> dict[str, str]:
    return {field: text for field, text in everything.items() if text.startswith("CANARY")}


@pytest.mark.parametrize("act", ["note", "grade", "answer"])
def test_what_is_typed_in_the_other_forms_stays(cast, item, questions, everything, sign_in, act):
    path, done = {
        "note": ("note/", "note-text"),
        "grade": ("grade/", "grade-reasons"),
        "answer": (f"answer/{questions[1]}/", name(questions[1])),
    }[act]
    answer = sign_in(cast[DESK]).post(f"/incidents/{item.ref}/desk/{path}", everything)
    page = answer.content.decode()
    left = shown(answer)
    gone = left.pop(done, "")
    expected = texts_of(everything)
    del expected[done]
    assert (answer.status_code, gone, left) == (200, "", expected)
    assert "It is not saved yet." in page
    assert 'data-changed="yes"' in page
    assert ('<option value="B" selected>' in page) is (act != "grade")
    assert DeskEntry.objects.for_system("test").count() == (act != "answer")


@pytest.mark.parametrize("act", ["note", "grade", "answer"])
def test_also_when_the_one_that_is_sent_is_wrong(cast, item, questions, everything, sign_in, act):
    path, wrong = {
        "note": ("note/", {"note-text": ""}),
        "grade": ("grade/", {"grade-reliability": "", "grade-credibility": ""}),
        "answer": (f"answer/{questions[0]}/", {name(questions[0]): ""}),
    }[act]
    answer = sign_in(cast[DESK]).post(f"/incidents/{item.ref}/desk/{path}", everything | wrong)
    expected = {field: wrong.get(field, text) for field, text in texts_of(everything).items()}
    assert (answer.status_code, shown(answer)) == (422, expected)
    assert not DeskEntry.objects.for_system("test").exists()


def test_one_after_the_other(cast, item, questions, everything, sign_in):
    """As the page comes back it is sent again, until nothing is left; each is done once."""
    client = sign_in(cast[DESK])
    post = dict(everything)
    for path in ("note/", "grade/", f"answer/{questions[0]}/", f"answer/{questions[1]}/"):
        answer = client.post(f"/incidents/{item.ref}/desk/{path}", post)
        if answer.status_code == 200:
            forms = [answer.context["note_form"], answer.context["grade_form"]]
            forms += [form for _row, _texts, form in answer.context["questions"] if form]
            post = {bound.html_name: bound.value() or "" for form in forms for bound in form}
    assert answer.url == f"/incidents/{item.ref}/desk/"
    page = client.get(answer.url).content.decode()
    assert [page.count(text) for text in texts_of(everything).values()] == [1, 1, 1, 1]


def test_no_field_has_the_id_of_another(cast, item, questions, sign_in):
    page = sign_in(cast[DESK]).get(f"/incidents/{item.ref}/desk/").content.decode()
    ids = re.findall(r' id="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))
