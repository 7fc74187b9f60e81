"""Drafts: kept as typed, right or wrong, readable by nobody else and by no one who only has the database."""

import re
from html import escape, unescape

import pytest
from django.db import connection
from django.http import QueryDict

from documents.models import DataKey
from incidents.models import Draft, Report
from incidents.typed import initial_of, typed_in
from organisations.models import Membership
from tests.factories.incidents import an_account, file_report, typed

from .keeping import AUTHOR, follow_up

pytestmark = pytest.mark.django_db
SAVE = "/incidents/drafts/"
WRONG = {  # as somebody leaves it in the middle
    "occurred_on": "yesterday",
    "occurred_at": "25:61",
    "what": 'CANARY "quoted" <b>bold</b>\r\nsecond line',
    "position": "north of the river",
    "persons": "CANARY-PERSON",
    "named_persons": "x@y.example\r\nnobody",
    "category": "robbery",
    "is_near_miss": "on",
    "shows_originator": "on",
    "marking": "TLP:GREEN",
    "audience": ["community", "ocha"],
    "affected-0-count": "many",
    "affected-0-outcome": "killed",
    "affected-2-count": "3",
}


def drafts():
    return Draft.objects.for_system("test")


def values_of(page: str) -> dict[str, list[str]]:
    """What a browser would send of a page's form: values of inputs, ticked boxes, chosen options, texts."""
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        is_ticked = " checked" in tag or not re.search(r'type="(radio|checkbox)"', tag)
        if name and is_ticked:
            found.setdefault(name[1], []).append(unescape(value[1]) if value else "")
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', page, re.S):
        found[name] = [unescape(v) for v in re.findall(r'<option value="([^"]*)" selected', options)] or [""]
    for name, text in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>\n?(.*?)</textarea>', page, re.S):
        found[name] = [unescape(text)]
    return found


def test_saved_and_resumed_with_everything(send, cast):
    refs = [cast.organisations["benu"].ref]
    post = typed(cast, **WRONG, organisations=refs)
    response = send.client.post(SAVE, post, follow=True)
    assert response.redirect_chain == [(f"/incidents/report/?draft={post['submission']}", 302)]
    page = response.content.decode()
    assert "Your draft is saved. Nobody else can see it." in page
    assert f"/incidents/drafts/{post['submission']}/discard/" in page
    kept = values_of(page)
    for name, value in post.items():
        wanted = value if isinstance(value, list) else [value]
        if name == "affected-2-count":  # groups that say nothing are left out
            name = "affected-1-count"
        if name not in {"affected-TOTAL_FORMS", "affected-INITIAL_FORMS"}:
            assert sorted(kept[name]) == sorted(wanted), name
    assert kept["affected-0-outcome"] == ["killed"]


def test_what_was_resumed_can_be_filed(send, cast):
    post = typed(cast, **{"affected-0-count": "2", "affected-0-outcome": "wounded", "what": "Draft ✓"})
    page = send.client.post(SAVE, post, follow=True).content.decode()
    again = {name: values for name, values in values_of(page).items() if name not in {"language", "next"}}
    report = send(again).filed()
    assert str(report.submission) == post["submission"]
    assert not drafts().exists()
    assert send.client.get(f"/incidents/report/?draft={post['submission']}").status_code == 404


def test_saving_again_replaces(send, cast):
    post = typed(cast, what="one")
    send.client.post(SAVE, post)
    send.client.post(SAVE, post | {"what": "two"})
    assert drafts().get().typed["what"] == ["two"]


def test_what_is_kept_is_everything_but_the_token(send, cast):
    send.client.post(SAVE, typed(cast, what="x") | {"csrfmiddlewaretoken": "secret"})
    assert "csrfmiddlewaretoken" not in drafts().get().typed


def test_nothing_of_it_is_readable_in_the_database(send, cast):
    send.client.post(SAVE, typed(cast, **WRONG))
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM incidents_draft")
        stored = b" ".join(
            bytes(value) if isinstance(value, memoryview | bytes) else str(value).encode()
            for value in cursor.fetchone()
        )
    assert b"CANARY" not in stored
    assert b"robbery" not in stored


@pytest.mark.parametrize("email", ["hq@alba.example", "field@benu.example", "dss.hq@un.example", "io@lake.example"])
def test_somebody_elses_draft_is_not_there(send, send_as, cast, email):
    post = typed(cast, what="mine")
    send.client.post(SAVE, post)
    other = send_as(email).client
    paths = (f"/incidents/report/?draft={post['submission']}", f"{SAVE}{post['submission']}/discard/")
    assert [other.get(path).status_code for path in paths] == [404, 404]
    assert other.post(paths[1]).status_code == 404
    assert drafts().get().typed["what"] == ["mine"]


def test_the_same_id_in_two_hands_is_two_drafts(send, send_as, cast):
    post = typed(cast, what="mine")
    send.client.post(SAVE, post)
    send_as("field@benu.example").client.post(SAVE, post | {"what": "theirs"})
    assert {draft.owner.email: draft.typed["what"] for draft in drafts()} == {
        "field@alba.example": ["mine"],
        "field@benu.example": ["theirs"],
    }


def test_discarding_asks_first_and_takes_the_key_with_it(send, cast):
    post = typed(cast)
    send.client.post(SAVE, post)
    keys = DataKey.objects.count()
    path = f"{SAVE}{post['submission']}/discard/"
    assert "Discard the draft?" in send.client.get(path).content.decode()
    assert drafts().count() == 1
    response = send.client.post(path, follow=True)
    assert response.redirect_chain == [("/", 302)]
    assert "The draft is gone." in response.content.decode()
    assert (drafts().count(), DataKey.objects.count()) == (0, keys - 1)
    assert send.client.post(path).status_code == 404


def test_the_home_page_reminds_of_it(send, cast):
    post = typed(cast)
    send.client.post(SAVE, post)
    page = send.client.get("/").content.decode()
    assert "Draft: Two vehicles were stopped." in page
    assert escape(f"/incidents/report/?draft={post['submission']}") in page


@pytest.mark.parametrize("word", ["", "x", "\x00", "1" * 40, "00000000-0000-4000-8000-000000000000"])
def test_there_is_no_such_draft(send, word):
    assert send.client.get("/incidents/report/", {"draft": word}).status_code == (200 if word == "" else 404)
    assert send.client.get(f"{SAVE}{word or 'x'}/discard/").status_code == 404


@pytest.mark.parametrize("word", [None, "", "x", "\x00"])
def test_a_draft_without_a_proper_id_is_kept_under_a_new_one(send, cast, word):
    response = send.client.post(SAVE, typed(cast, submission=word, what="kept ✓"), follow=True)
    assert response.status_code == 200
    assert "kept ✓" in response.content.decode()


def test_what_was_typed_comes_back_whatever_it_was():
    post = QueryDict(mutable=True)
    for name, value in [("what", "a"), ("what", "b"), ("affected-7-count", "1"), ("affected-7x-count", "1")]:
        post.appendlist(name, value)
    post.setlist("audience", [])
    initial, rows = initial_of(typed_in(post))
    assert initial == {"what": "b", "affected-7x-count": "1", "audience": [], "organisations": []}
    assert rows == [{"count": "1"}]


def test_nothing_is_filed_by_saving(send, cast):
    send.client.post(SAVE, typed(cast))
    assert not Report.objects.for_system("test").exists()


def test_a_draft_that_was_tampered_with_is_said(send, cast):
    post = typed(cast)
    send.client.post(SAVE, post)
    drafts().update(sealed=b"broken")
    response = send.client.get(f"/incidents/report/?draft={post['submission']}", follow=True)
    assert response.redirect_chain == [("/", 302)]
    assert "This draft cannot be opened" in response.content.decode()
    assert send.client.post(f"{SAVE}{post['submission']}/discard/").status_code == 302
    assert not drafts().exists()


class TestOfWhoMovedOn:
    """A further report whose author works elsewhere now: their words are theirs, the incident is not."""

    @pytest.fixture
    def item(self, now, cast):
        texts = {"what": "As reported.", "persons": "Two drivers", "position": [4.41, 32.57]}
        return file_report(cast, account=an_account(texts=texts)).incident.item

    @pytest.fixture
    def moved(self, cast, item, send):
        """Opens a page of Alba's field focal point, who has a draft on `item` and was sent to another area."""
        post = follow_up(item, news="Own  WORDS", what="As\r\nreported.", persons="Two drivers", position="4.41, 32.57")
        post |= {"place": "Own place"}
        send.client.post(SAVE, post)
        Membership.objects.filter(user=cast[AUTHOR]).update(area=cast.areas["chad"])
        where = f"/incidents/report/?draft={post['submission']}"
        return lambda path=where: send.client.get(path)

    def test_reads_their_own_words_and_nothing_of_the_incident(self, moved, item):
        answer = moved()
        page = answer.content.decode()
        assert answer.status_code == 200
        assert answer.context["words"] == ["Own  WORDS", "Own place"]
        assert f"{drafts().get().submission}/discard/" in page
        assert [word for word in (item.ref, "As\r\nreported", "Two drivers") if word in page] == []

    def test_home_leads_there_and_names_nothing(self, moved, item):
        page = moved("/").content.decode()
        assert "Copy or discard your unsent text" in page
        assert f"draft={drafts().get().submission}" in page
        assert [word for word in (item.ref, "reported.") if word in page.partition("<main")[2]] == []

    def test_what_readers_get_is_the_same_page(self, moved):
        path = f"{SAVE}{drafts().get().submission}/see-as/"
        assert "Own  WORDS" in moved(path).content.decode()

    def test_one_that_cannot_be_opened_is_said(self, moved):
        drafts().update(sealed=b"broken")
        assert moved().url == "/"

    def test_back_in_the_area_it_goes_on(self, moved, cast, item):
        Membership.objects.filter(user=cast[AUTHOR]).update(area=cast.areas["south-sudan"])
        assert moved().url.startswith(f"/incidents/{item.ref}/follow-up/?draft=")


def test_a_form_that_was_sent_and_is_kept_afterwards_is_a_new_draft(send, cast):
    """Back in the browser and “Save draft”: under the old id, sending it would only lead to the old receipt."""
    post = typed(cast)
    send(post).filed()
    send.client.post(SAVE, post | {"what": "another incident"})
    draft = drafts().get()
    assert str(draft.submission) != post["submission"]
    assert draft.typed["submission"] == [str(draft.submission)]


def test_a_draft_shows_no_more_groups_than_the_form_takes():
    post = QueryDict(mutable=True)
    for number in range(400):
        post[f"affected-{number}-count"] = "1"
    assert len(initial_of(typed_in(post))[1]) == 12
