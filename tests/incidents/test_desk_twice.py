"""A double click is one act, at the desk and at the originator's; and a grade makes another version (I2, C6)."""

import re
import uuid

import pytest

from accounts.models import User
from incidents import desk as desks
from incidents.exports import Gone, fetch
from incidents.models import DeskEntry, Proposal
from incidents.proposals import decide
from notifications.models import Message
from sharing.access import access_of
from sharing.models import Item, Reading, Release
from tests.factories.desk import asked, desk_of_area, proposed
from tests.factories.incidents import file_report

from .exporting import made

pytestmark = pytest.mark.django_db
ALBA, BENU, LAKE = "field@alba.example", "field@benu.example", "io@lake.example"
DESK, HQ = "dss.field@un.example", "dss.hq@un.example"
NOTE = {"note-text": "rang them"}
GRADE = {"grade-reliability": "B", "grade-credibility": "2", "grade-reasons": "known for years"}


@pytest.fixture(autouse=True)
def today(now, settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def item(cast) -> Item:
    User.objects.update(language="en")
    return file_report(cast).incident.item


def entries(item) -> list[str]:
    return [entry.kind for entry in DeskEntry.objects.for_system("test").filter(incident__item=item).order_by("pk")]


def form_id(client, item, name) -> dict:
    """The hidden field of one of the forms on the page of the desk."""
    field = f"{name}-submission"
    page = client.get(f"/incidents/{item.ref}/desk/").content.decode()
    [value] = re.findall(f'name="{field}" value="([^"]+)"', page)
    return {field: value}


def versions(item) -> list[int]:
    rows = Release.objects.for_system("test").filter(item=item).order_by("depth")
    return list(rows.values_list("version", flat=True))


@pytest.mark.parametrize(("act", "typed"), [("note", NOTE), ("grade", GRADE)])
def test_at_the_desk(cast, item, sign_in, act, typed):
    client, path = sign_in(cast[DESK]), f"/incidents/{item.ref}/desk/{act}/"
    form = form_id(client, item, act)
    answers = [client.post(path, typed | form) for _ in range(2)]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [
        (302, f"/incidents/{item.ref}/desk/")
    ] * 2
    assert entries(item) == [{"note": "noted", "grade": "graded"}[act]]
    told = Message.objects.filter(kind="incidents.desk_did", recipient=cast[ALBA]).count()
    assert (told, versions(item)) == ((1, [1, 1]) if act == "note" else (0, [2, 2]))


@pytest.mark.parametrize(("act", "typed", "field"), [("note", NOTE, "note-text"), ("grade", GRADE, "grade-reasons")])
def test_back_and_other_words_is_another_entry(cast, item, sign_in, act, typed, field):
    """Never “saved” for words that are not there; nor is the form of one incident that of another, or of somebody."""
    client, other = sign_in(cast[DESK]), file_report(cast).incident.item
    form = form_id(client, item, act)
    for ref, words, who in (
        (item.ref, typed[field], client),
        (item.ref, "they rang back", client),
        (other.ref, typed[field], client),
        (item.ref, typed[field], sign_in(cast[HQ])),
    ):
        assert who.post(f"/incidents/{ref}/desk/{act}/", typed | form | {field: words}).status_code == 302
    assert (len(entries(item)), len(entries(other))) == (3, 1)


@pytest.mark.parametrize("sent", [{}, {"note-submission": "x"}, {"note-submission": "\x00"}])
def test_a_damaged_form_keeps_what_was_typed(cast, item, sign_in, sent):
    answer = sign_in(cast[DESK]).post(f"/incidents/{item.ref}/desk/note/", NOTE | sent)
    assert (answer.status_code, "rang them" in answer.content.decode(), entries(item)) == (422, True, [])


def test_a_proposed_text(cast, item, sign_in):
    client, path = sign_in(cast[DESK]), f"/incidents/{item.ref}/desk/text/"
    typed = {"version": "1", "what": "a vehicle was stopped"}
    assert [client.post(path, typed).status_code for _ in range(2)] == [302, 302]
    assert Proposal.objects.for_system("test").count() == 1
    assert client.post(path, typed | {"what": "another text"}).status_code == 409
    assert sign_in(cast[HQ]).post(path, typed).status_code == 409


def test_a_damaged_proposal_is_no_match(cast, item, sign_in):
    made_before = proposed(cast, item)
    Proposal.objects.for_system("test").filter(pk=made_before.pk).update(sealed=b"x" * 60)
    typed = {"version": "1", "what": "CANARY-PROPOSED a vehicle was stopped"}
    assert sign_in(cast[DESK]).post(f"/incidents/{item.ref}/desk/text/", typed).status_code == 409


@pytest.mark.parametrize(
    ("answer", "said"), [({"answer": "agree"}, "Agreed."), ({"answer": "refuse", "reason": "too long"}, "Refused.")]
)
def test_the_originators_answer(cast, item, sign_in, answer, said):
    row = proposed(cast, item)
    client, path = sign_in(cast[ALBA]), f"/incidents/{item.ref}/text/"
    for _ in range(2):
        page = client.post(path, {"proposal": str(row.subject_id), **answer}, follow=True)
        assert page.redirect_chain == [(f"/incidents/{item.ref}/", 302)]
        assert said in page.content.decode()
    assert Message.objects.filter(kind="incidents.proposal_decided").count() == 1
    other = {"agree": "refuse", "refuse": "agree"}[answer["answer"]]
    late = client.post(path, {"proposal": str(row.subject_id), "answer": other}, follow=True)
    assert "This proposal does not wait any more" in late.content.decode()


def test_the_answer_to_a_question(cast, item, sign_in):
    question = asked(cast, item)
    client, path = sign_in(cast[DESK]), f"/incidents/{item.ref}/desk/answer/{question.subject_id}/"
    field = f"answer-{question.subject_id}-text"
    assert [client.post(path, {field: "yes"}).status_code for _ in range(2)] == [
        302,
        302,
    ]
    assert client.post(path, {field: "yes, and more"}).status_code == 409
    assert sign_in(cast[HQ]).post(path, {field: "yes"}).status_code == 409
    assert Message.objects.filter(kind="incidents.answered").count() == 1


# What a grade changes


def grade(cast, item, reliability="", credibility=""):
    desks.grade(item, by=cast[DESK], desk=desk_of_area(cast), reliability=reliability, credibility=credibility)


def test_what_was_exported_before_a_grade_is_no_longer_handed_out(cast, item):
    export, own = made(cast, BENU, ref=item.ref), made(cast, ALBA, ref=item.ref)
    grade(cast, item, reliability="B")  # readers who do not see whose report it is get the same as before
    assert fetch(export, access=access_of(cast[BENU]))
    with pytest.raises(Gone):
        fetch(own, access=access_of(cast[ALBA]))
    grade(cast, item, credibility="5")
    with pytest.raises(Gone):
        fetch(export, access=access_of(cast[BENU]))


def test_the_reader_log_says_which_grade_was_read(cast, item, sign_in):
    client = sign_in(cast[LAKE])
    for credibility in ("2", "5"):
        client.get(f"/incidents/{item.ref}/")
        grade(cast, item, credibility=credibility)
    client.get(f"/incidents/{item.ref}/")
    read = Reading.objects.filter(item_ref=item.ref, reader=cast[LAKE].pk).order_by("pk")
    assert list(read.values_list("version", flat=True)) == [1, 2, 3]


@pytest.mark.parametrize("grades", [{"reliability": "B"}, {"credibility": "2"}])
def test_a_proposed_text_can_still_be_agreed_to(cast, item, grades):
    row = proposed(cast, item)
    grade(cast, item, **grades)
    row.refresh_from_db()
    decide(row, by=cast[ALBA], agrees=True)
    assert Proposal.objects.for_system("test").get().state == Proposal.State.AGREED


def test_a_text_typed_while_somebody_graded_is_sent_again(cast, item, sign_in):
    client, path = sign_in(cast[DESK]), f"/incidents/{item.ref}/desk/text/"
    grade(cast, item, credibility="2")
    kept = client.post(path, {"version": "1", "what": "a vehicle was stopped"})
    assert kept.status_code == 409
    form = kept.context["form"]
    assert client.post(path, {name: form[name].value() or "" for name in ("version", "what")}).status_code == 302


def test_the_same_words_from_two_forms_are_two_entries(cast, item):
    for form in (uuid.uuid4(), uuid.uuid4(), None, None):
        desks.note(item, by=cast[DESK], desk=desk_of_area(cast), text="rang them", submission=form)
    assert len(entries(item)) == 4
