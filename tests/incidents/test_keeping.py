"""Never lose a word: what a form's script saves without a session, on the word of its token (I1)."""

import uuid
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import time_machine
from django.core import signing
from django.utils import timezone

from accounts.models import User
from incidents.drafts import MOST_DRAFTS, keep_token, read_token, save_draft
from organisations.models import Membership
from tests.factories.incidents import file_report, typed

from .keeping import AUTHOR, FORM, KEEP, SAVE, Page, drafts, follow_up, kept_texts
from .test_encryption import secrets_in, whole_database

pytestmark = pytest.mark.django_db
SALT = "incidents.draft"
NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
TEXTS = [
    "a\x00b",
    "\u200fهجوم على قافلة\u202e txet\u202c ✓",
    "<script>alert(1)</script>",
    "\ufdd0\uffff",
    "😀" * 2000,
]


class TestTheScript:
    """What it sends and what it is told: writing only, on the word of the form's token."""

    def test_saves_without_a_session_and_sets_no_cookie(self, page, cast):
        answer = page.types(what="CANARY-TYPED")
        draft = drafts().get()
        assert (draft.owner, draft.typed["what"], draft.item) == (cast[AUTHOR], ["CANARY-TYPED"], None)
        assert (answer.status_code, dict(answer.cookies), dict(page.client.cookies)) == (200, {}, {})
        assert "no-store" in answer["Cache-Control"]
        assert {"keep", "csrfmiddlewaretoken", "revision"}.isdisjoint(draft.typed)

    def test_the_answer_holds_nothing_of_the_text(self, page):
        answer = page.types(what="CANARY-TYPED", persons="CANARY-TYPED", place="CANARY-TYPED")
        assert set(answer.json()) == {"said", "revision", "submission", "keep"}
        seen = answer.content.decode() + str(answer.headers) + str(signing.loads(answer.json()["keep"], salt=SALT))
        assert "CANARY" not in seen

    @pytest.mark.parametrize(
        ("language", "zone", "said"), [("en", "Africa/Juba", "Saved 14:00"), ("fr", "America/New_York", "08:00")]
    )
    def test_says_the_time_in_the_language_and_on_the_clock_of_the_person(self, page, cast, language, zone, said):
        User.objects.filter(pk=cast[AUTHOR].pk).update(language=language, time_zone=zone)
        assert said in page.types().json()["said"]

    def test_saving_again_is_the_same_draft(self, page):
        page.types(what="one")
        page.types(what="one two")
        assert (kept_texts(), drafts().get().revision) == (["one two"], 2)

    def test_what_it_kept_is_there_after_signing_in(self, page, cast, sign_in):
        page.types(what="half a sent", place="Torit")
        answer = sign_in(cast[AUTHOR]).get(f"{FORM}?draft={page.post['submission']}")
        text = answer.content.decode()
        assert "half a sent" in text
        assert 'value="Torit"' in text
        assert answer.context["form"]["revision"].value() == 1

    def test_a_session_of_somebody_else_changes_nothing(self, page, cast, sign_in):
        page.client = sign_in(cast["hq@benu.example"])
        assert page.types().status_code == 200
        assert drafts().get().owner == cast[AUTHOR]

    @pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
    def test_reads_nothing(self, page, method):
        page.types()
        answer = getattr(page.client, method)(KEEP, {"keep": page.post["keep"]})
        assert answer.status_code == (302 if method == "get" else 405)
        assert page.post["what"] not in answer.content.decode()


FORGED = {
    "none": lambda user, form: None,
    "empty": lambda user, form: "",
    "nonsense": lambda user, form: "x:y:z",
    "NUL": lambda user, form: "\x00",
    "another purpose": lambda user, form: signing.dumps([user.pk, str(form), 1_900_000_000, ""], salt="stop"),
    "Django's own": lambda user, form: signing.dumps([user.pk, str(form), 1_900_000_000, ""]),
    "changed": lambda user, form: "A" + keep_token(user, form)[1:],
    "cut short": lambda user, form: keep_token(user, form)[:-1],
    "another key": lambda user, form: signing.dumps([user.pk, str(form), 1_900_000_000, ""], salt=SALT, key="other"),
}


class TestTheToken:
    """Who may write, and for how long."""

    @pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
    def test_forged(self, page, cast, forged):
        token = forged(cast[AUTHOR], uuid.UUID(page.post["submission"]))
        page.post["keep"] = token
        if token is None:
            del page.post["keep"]
        assert (page.types().status_code, drafts().count()) == (404, 0)

    def test_lives_24_hours_however_often_it_is_renewed(self, page):
        with time_machine.travel(NOON, tick=False) as clock:
            page.post["keep"] = keep_token(*read_token(page.post["keep"])[:2])
            for _ in range(3):
                clock.shift(timedelta(hours=8))
                assert page.types(what=f"typed at {timezone.now()}").status_code == 200
            clock.shift(timedelta(seconds=1))
            assert page.types(what="too late").status_code == 404
        assert "too late" not in kept_texts()[0]

    @pytest.mark.parametrize(
        ("whose", "change"),
        [
            (User, {"is_active": False}),
            (User, {"expires_at": NOON}),
            (User, {"is_mailbox": True, "password": "!"}),
            (Membership, {"ends_at": NOON + timedelta(seconds=1)}),
            (Membership, {"role": "designated_official"}),
        ],
        ids=["closed", "expired", "a mailbox now", "membership ended", "files no more"],
    )
    def test_of_somebody_who_may_not_file_any_more(self, page, cast, whose, change):
        page.types(what="before")
        rows = User.objects if whose is User else Membership.objects
        assert rows.filter(**{"pk" if whose is User else "user": cast[AUTHOR].pk}).update(**change) == 1
        with time_machine.travel(NOON + timedelta(minutes=1)):
            assert page.types(what="after").status_code == 404
        assert kept_texts() == ["before"]

    def test_writes_one_form_only(self, page, cast):
        """The id of another form beside the token is not looked at."""
        save_draft(by=cast[AUTHOR], submission=uuid.uuid4(), typed={"what": ["another"]})
        other = drafts().get()
        page.types(what="mine", submission=str(other.submission), revision="1")
        assert kept_texts() == ["another", "mine"]

    def test_a_stolen_one_makes_one_more_draft_and_leaves_room_for_its_owner(self, page, cast, send):
        page.types(what="the owner's", page="owner")
        thief = Page(page.post | {"page": "thief", "revision": ""}, page.post["keep"])
        answers = [thief.types(what="theirs")]
        for number in range(3):  # under the ids of the first form, as if the answer had not come, or of the new one
            for known in ({}, {"submission": str(uuid.uuid4())}, {"submission": answers[0].json()["submission"]}):
                thief.post = page.post | {"page": f"thief {number}", "revision": ""} | known
                answers.append(thief.types(what=f"theirs {number}"))
        assert [answer.status_code for answer in answers] == [200] + [404] * 9
        assert kept_texts() == ["the owner's", "theirs"]
        assert send.client.post(SAVE, typed(cast, what="a new one")).status_code == 302
        assert "a new one" in kept_texts()

    @pytest.mark.parametrize("others", [0, MOST_DRAFTS - 1])
    def test_tells_nobody_whether_a_guess_of_the_text_is_right(self, page, cast, others):
        page.types(what="they took a colleague", page="owner")
        for _ in range(others):
            save_draft(by=cast[AUTHOR], submission=uuid.uuid4(), typed={"what": ["another"]})
        first = {draft.pk for draft in drafts()}
        answers = []
        for guess in ("they took nobody", "they took a colleague"):
            answer = Page(page.post | {"page": "thief", "revision": ""}, page.post["keep"]).types(what=guess)
            answers.append((answer.status_code, answer.json() | {"keep": ""}))
            drafts().exclude(pk__in=first).delete()
        assert answers[0] == answers[1]
        assert (answers[0][0], "they took a colleague" in kept_texts()) == (409 if others else 200, True)

    def test_is_no_door_to_incidents(self, page, cast):
        """Neither the form nor a token for a strange reference tells whether there is such an incident."""
        known = file_report(cast, by="field@benu.example", organisation="benu", area="chad").incident.item.ref
        answers = []
        for ref in (known, "INC-NOTONE"):
            token = keep_token(cast[AUTHOR], uuid.uuid4(), ref=ref)
            answers.append(Page(typed(cast, ref=ref), token).types())
        assert [answer.status_code for answer in answers] == [200, 200]
        assert [draft.item for draft in drafts()] == [None, None]
        assert len({tuple(answer.json()) for answer in answers}) == 1
        assert len({answer.json()["said"] for answer in answers}) == 1

    def test_saving_by_hand_is_no_door_either(self, send, cast):
        known = file_report(cast, by="field@benu.example", organisation="benu", area="chad").incident.item.ref
        for ref in (known, "INC-NOTONE", "\x00", "x" * 300):
            post = typed(cast, ref=ref, see="yes")
            assert send.client.post(SAVE, post).url == f"{SAVE}{post['submission']}/see-as/"
        assert {draft.item for draft in drafts()} == {None}

    def test_of_a_further_report_the_draft_is_its_incidents(self, now, cast):
        report = file_report(cast)
        post = follow_up(report.incident.item)
        token = keep_token(cast[AUTHOR], uuid.UUID(post["submission"]), ref=report.incident.item.ref)
        page = Page({name: value for name, value in post.items() if name != "ref"}, token)
        assert page.types(news="first").status_code == page.types(news="second").status_code == 200
        draft = drafts().get()
        assert (draft.item, draft.typed["news"], draft.revision) == (report.incident.item, ["second"], 2)


class TestHostile:
    """Whatever is sent to the script's address: an answer, and no text lost."""

    def test_ten_megabytes(self, page):
        page.types(what="before")
        assert page.types(what="x" * 10_000_000).status_code == 413
        assert kept_texts() == ["before"]

    def test_more_fields_than_a_form_has(self, page):
        page.types(what="before")
        assert page.types(**{f"f{number}": "x" for number in range(600)}).status_code == 400
        assert kept_texts() == ["before"]

    @pytest.mark.parametrize("revision", ["x", "-1", "1.5", "\x00", "٣", "9" * 30, ""])
    def test_a_damaged_revision_overwrites_what_it_does_not_know_only_if_it_is_the_only_text(self, page, revision):
        page.types(what="one")
        page.post["revision"] = revision
        assert page.types(what="two").status_code == 200
        assert "two" in kept_texts()

    @pytest.mark.parametrize("submission", ["", "x", "\x00", "1" * 40])
    def test_a_damaged_id_goes_by_the_token(self, page, submission):
        wanted = page.post["submission"]
        assert page.types(submission=submission).json()["submission"] == wanted

    @pytest.mark.parametrize("text", TEXTS)
    def test_texts_come_back_as_they_were_typed(self, page, cast, sign_in, text):
        assert page.types(what=text).status_code == 200
        assert kept_texts() == [text]
        answer = sign_in(cast[AUTHOR]).get(f"{FORM}?draft={page.post['submission']}")
        assert answer.status_code == 200
        if text.isprintable():
            assert text in unescape(answer.content.decode())

    def test_names_of_fields_that_no_form_has(self, page, cast, sign_in):
        page.types(**{"__proto__": "x", "affected-999-count": "9", "": "y", "originator": ["a", "b"]})
        assert sign_in(cast[AUTHOR]).get(f"{FORM}?draft={page.post['submission']}").status_code == 200


def test_nothing_of_a_draft_is_readable_in_the_database(page):
    for text in ("CANARY-DRAFT", "CANARY-DRAFT again"):
        page.types(what=text, place=text, **{"affected-0-count": "CANARY-DRAFT"})
    content = whole_database()
    assert page.post["submission"].encode() in content
    assert secrets_in(content) == []
