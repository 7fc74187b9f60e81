"""Drafts are found again: on the home page, on an empty form, in another language; and empty forms leave none (I1)."""

import uuid
from html import unescape
from zoneinfo import ZoneInfo

import pytest

from accounts.models import User
from incidents.drafts import save_draft
from tests.factories.incidents import file_report, typed

from .keeping import AUTHOR, FORM, SAVE, drafts, follow_up

pytestmark = pytest.mark.django_db
EMPTY = {"what": "", "occurred_on": "", "occurred_at": "", "category": "unknown", "affected-0-outcome": "unknown"}


def keep(cast, text="", item=None, **fields):
    """A draft of the author."""
    fields = {name: [value] for name, value in fields.items()}
    return save_draft(by=cast[AUTHOR], submission=uuid.uuid4(), typed={"what": [text], **fields}, item=item)


@pytest.fixture(autouse=True)
def english(now, cast):
    User.objects.update(language="en")


def words(client, path) -> str:
    return unescape(client.get(path).content.decode())


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"text": "  Ambush\n Yei road "}, "Draft: Ambush Yei road<"),
        ({"text": "x" * 90}, f"Draft: {'x' * 39}…<"),
        ({"text": "<b>bold"}, "Draft: <b>bold<"),
        ({"text": " "}, "Finish your draft report<"),
    ],
)
def test_the_home_page_says_how_each_draft_begins(cast, sign_in, fields, expected):
    draft = keep(cast, **fields)
    assert expected in words(sign_in(cast[AUTHOR]), "/")
    asked = words(sign_in(cast[AUTHOR]), f"{SAVE}{draft.submission}/discard/")
    assert (draft.first_words in asked, "<b>" in sign_in(cast[AUTHOR]).get("/").content.decode()) == (True, False)


def test_a_further_report_begins_with_what_is_new(cast, sign_in):
    item = file_report(cast).incident.item
    keep(cast, "CANARY-WHAT as before", item=item, news="Both are safe.")
    page = words(sign_in(cast[AUTHOR]), "/")
    assert ("Draft: Both are safe." in page, item.ref in page) == (True, True)


def test_how_a_draft_begins_asks_nothing_more(cast, sign_in, django_assert_num_queries):
    client = sign_in(cast[AUTHOR])
    keep(cast, "one")
    client.get("/")
    with django_assert_num_queries(HOME_QUERIES):
        client.get("/")
    keep(cast, "two"), keep(cast, "three")
    with django_assert_num_queries(HOME_QUERIES):
        client.get("/")


HOME_QUERIES = 9


def test_an_empty_form_says_which_drafts_one_could_go_on_with(send, cast, django_assert_num_queries):
    for number in range(4):
        last = keep(cast, f"draft {number}")
    keep(cast, "of an incident", item=file_report(cast).incident.item)
    page = unescape(send.client.get(FORM).content.decode())
    assert page.count("go on with it") == 3
    assert [f"draft {number}" in page for number in range(4)] == [False, True, True, True]
    assert page.index(f"{FORM}?draft={last.submission}") < page.index("draft 2")
    assert "of an incident" not in page
    assert "go on with it" not in send.client.get(f"{FORM}?draft={last.submission}").content.decode()
    with django_assert_num_queries(FORM_QUERIES):
        send.client.get(FORM)
    for draft in drafts():
        draft.delete()
    with django_assert_num_queries(FORM_QUERIES):
        send.client.get(FORM)


FORM_QUERIES = 8


def test_today_the_hour_is_enough(send, cast):
    keep(cast, "today")
    old = keep(cast, "old")
    drafts().filter(pk=old.pk).update(saved_at="2026-03-02T08:00Z")
    page = send.client.get(FORM).content.decode()
    hour = drafts().last().saved_at.astimezone(ZoneInfo(cast[AUTHOR].time_zone))
    assert f"You have a draft of {hour:%H:%M}: go on with it" in page
    assert "You have a draft of 2 Mar 2026, " in page


def test_an_empty_follow_up_says_its_own_drafts(cast, sign_in):
    item = file_report(cast).incident.item
    keep(cast, "another incident")
    draft = keep(cast, item=item, news="Both are safe.")
    client, path = sign_in(cast[AUTHOR]), f"/incidents/{item.ref}/follow-up/"
    page = words(client, path)
    assert ("Both are safe." in page, "another incident" in page) == (True, False)
    assert "go on with it" not in words(client, f"{path}?draft={draft.submission}")


def test_a_refused_form_in_another_language_is_the_same_form(send, cast):
    page = unescape(send(typed(cast, what="", place="Torit")).refused("what"))
    back = f"{FORM}?draft={drafts().get().submission}&check=yes"
    assert f'name="next" value="{back}"' in page
    answer = send.client.post("/language/", {"language": "fr", "next": back}, follow=True)
    assert (answer.context["form"]["place"].value(), set(answer.context["form"].errors)) == ("Torit", {"what"})


def test_a_refused_follow_up_too(send, cast):
    item = file_report(cast).incident.item
    path = f"/incidents/{item.ref}/follow-up/"
    answer = send(follow_up(item, news="", what="changed"), path)
    assert answer.response.status_code == 422
    assert f'name="next" value="{path}?draft={drafts().get().submission}&check=yes"' in unescape(answer.page)


def test_an_empty_form_that_is_sent_leaves_no_draft(send, cast):
    answer = send(typed(cast, **EMPTY))
    assert (answer.response.status_code, drafts().count()) == (422, 0)
    assert "is kept as a draft" not in answer.page
    send(answer.response.context["form"].data.dict() | typed(cast, what="now")).filed()


@pytest.mark.parametrize("word", [{"place": "Torit"}, {"affected-0-count": "2"}, {"occurred_on": "2026-03-14"}])
def test_one_word_is_kept(send, cast, word):
    assert send(typed(cast, **{**EMPTY, **word})).response.status_code == 422
    assert drafts().count() == 1


def test_what_was_emptied_on_purpose_is_kept_as_it_is_now(send, cast):
    post = typed(cast, what="", place="Torit")
    revision = send(post).response.context["form"]["revision"].value()
    send(typed(cast, **EMPTY, submission=post["submission"], revision=revision))
    assert [draft.typed["what"] + draft.typed.get("place", []) for draft in drafts()] == [[""]]
