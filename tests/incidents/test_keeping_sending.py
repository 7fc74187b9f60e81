"""Never lose a word: two tabs, sending that goes wrong, and a session that ended meanwhile (I1)."""

import re
import uuid
from html import unescape
from urllib.parse import quote

import pytest
from django.test import Client

from accounts.rules import RULES_VERSION
from documents.models import DataKey
from incidents import actions
from incidents.drafts import MOST_DRAFTS, keep_token, save_draft
from incidents.models import Report
from organisations.models import Membership
from tests.factories.incidents import file_report, typed

from .conftest import rows_written
from .keeping import AUTHOR, FORM, SAVE, Page, drafts, follow_up, kept_texts, same_form
from .test_drafts import values_of

pytestmark = pytest.mark.django_db


class TestTwoTabs:
    """Both texts are kept, whichever saves last."""

    def test_with_the_script(self, page):
        page.types(what="begun")
        other = same_form(page)
        page.types(what="first tab")
        said = other.types(what="second tab").json()["said"]
        assert said == "Saved 14:00 as a draft of its own: this form was changed elsewhere."
        assert kept_texts() == ["first tab", "second tab"]
        assert page.post["submission"] != other.post["submission"]

    def test_each_goes_on_as_its_own(self, page):
        page.types(what="begun")
        other = same_form(page)
        for text in "abc":
            page.types(what=f"first {text}")
            other.types(what=f"second {text}")
        assert kept_texts() == ["first c", "second c"]

    def test_the_same_text_twice_is_one_draft(self, page, send):
        page.types(what="begun")
        for _ in "12":
            send.client.post(SAVE, page.post | {"what": "the same"})
        assert kept_texts() == ["the same"]

    def test_a_second_tab_that_missed_its_answer_goes_on_as_the_draft_of_its_own(self, page):
        page.types(what="begun")
        other = same_form(page)
        other.post["page"] = "b"
        page.types(what="first tab")
        before = dict(other.post)
        other.types(what="second tab")
        other.post = before
        other.types(what="second tab, later")
        assert kept_texts() == ["first tab", "second tab, later"]

    @pytest.mark.parametrize("last", [0, 1])
    def test_without_the_script(self, send, cast, last):
        post = typed(cast, what="begun")
        send.client.post(SAVE, post)
        tabs = [post | {"revision": "1", "what": text} for text in ("first tab", "second tab")]
        for tab in (tabs[1 - last], tabs[last]):
            assert send.client.post(SAVE, tab).status_code == 302
        assert kept_texts() == ["first tab", "second tab"]

    def test_one_with_and_one_without(self, page, send):
        page.types(what="begun")
        other = dict(page.post)
        page.types(what="typed with the script")
        answer = send.client.post(SAVE, other | {"what": "saved by hand"}, follow=True)
        assert "saved by hand" in answer.content.decode()
        assert kept_texts() == ["saved by hand", "typed with the script"]

    def test_sending_one_leaves_what_the_other_wrote(self, page, send):
        page.types(what="begun")
        other = same_form(page)
        other.types(what="the other tab")
        send(page.post | {"what": "sent"}).filed()
        assert kept_texts() == ["the other tab"]
        assert DataKey.objects.count() == 2  # of the report and of what the other tab wrote

    def test_sending_one_leaves_what_the_other_goes_on_writing(self, page, send):
        page.types(what="begun")
        other = same_form(page)
        send(page.post | {"what": "sent"}).filed()
        assert not drafts().exists()
        other.types(what="written afterwards")
        assert kept_texts() == ["written afterwards"]
        send(other.post).filed()
        assert Report.objects.for_system("test").count() == 2

    def test_sending_leaves_what_another_tab_wrote_under_the_same_revision(self, page, send):
        """Discarded in one tab and begun again there: the revision counts from one again."""
        page.types(what="begun")
        page.types(what="begun twice")
        other = same_form(page)
        send.client.post(f"{SAVE}{page.post['submission']}/discard/")
        page.post["revision"] = ""
        page.types(what="begun anew")
        send(other.post | {"what": "sent"}).filed()
        assert kept_texts() == ["begun anew"]

    def test_an_answer_that_was_lost_on_the_line_is_no_second_tab(self, page):
        """The server saved it, the phone never heard: the page goes on with the revision it knows."""
        page.post["page"] = "a"
        page.types(what="one")
        before = dict(page.post)
        page.types(what="one two")
        page.post = before
        answer = page.types(what="one two three")
        assert answer.json()["said"] == "Saved 14:00"
        assert kept_texts() == ["one two three"]

    def test_one_of_two_tabs_that_missed_its_answer_overwrites_nothing_of_the_other(self, page):
        page.post["page"] = "a"
        page.types(what="begun")
        other = same_form(page)
        other.post["page"] = "b"
        page.types(what="first tab")
        before = dict(page.post)
        page.types(what="first tab, unheard")
        page.post = before
        other.types(what="second tab")
        page.types(what="first tab, again")
        assert kept_texts() == ["first tab, again", "second tab"]

    def test_sending_after_an_answer_that_was_lost(self, page, send):
        page.post["page"] = "a"
        page.types(what="one")
        before = dict(page.post)
        page.types(what="one two")
        send(before | {"what": "one two three"}).filed()
        assert not drafts().exists()


class TestSending:
    """What is kept when sending goes wrong, and that nothing is left when it goes well."""

    def test_a_form_that_was_filed_meanwhile_goes_on_as_its_own_draft(self, page, send):
        send(page.post | {"what": "sent"}).filed()
        answer = page.types(what="another incident")
        assert answer.json()["submission"] != Report.objects.for_system("test").get().submission
        page.types(what="another incident, later")
        assert kept_texts() == ["another incident, later"]

    @pytest.mark.parametrize("by_script", [True, False])
    def test_what_is_wrong_is_kept_and_goes_on_as_one_draft(self, page, send, by_script):
        if by_script:
            page.types()
        post = {name: value for name, value in page.post.items() if by_script or name != "keep"}
        answer = send(post | {"what": "", "place": "kept"})
        text = answer.refused("what")
        form = answer.response.context["form"]
        assert form["submission"].value() == page.post["submission"]
        assert form["revision"].value() == str(drafts().get().revision)
        assert "What you typed is kept as a draft." in text
        again = post | {name: form[name].value() for name in ("submission", "revision")}
        send.client.post(SAVE, again | {"place": "kept again"})
        assert [draft.typed["place"] for draft in drafts()] == [["kept again"]]
        send(again | {"revision": "", "what": "now it is there"}).filed()
        assert not drafts().exists()

    def test_the_page_of_a_refused_form_goes_on_saving(self, send, cast):
        answer = send(typed(cast, what=""))
        text = answer.refused("what")
        token = unescape(re.search(r'name="keep" value="([^"]+)"', text)[1])
        form = answer.response.context["form"]
        known = {name: form[name].value() for name in ("submission", "revision")}
        Page(typed(cast) | known, token).types(what="typed after it was refused")
        assert kept_texts() == ["typed after it was refused"]

    def test_a_double_click_is_one_report_and_no_draft(self, page, send):
        page.types()
        first, second = send(page.post), send(page.post)
        assert first.response.url == second.response.url
        assert (Report.objects.for_system("test").count(), drafts().count()) == (1, 0)

    def test_a_double_click_on_a_further_report(self, send, cast):
        report = file_report(cast)
        path = f"/incidents/{report.incident.item.ref}/follow-up/"
        post = follow_up(report.incident.item)
        assert [send(post, path).response.status_code for _ in "12"] == [302, 302]
        assert (Report.objects.for_system("test").count(), drafts().count()) == (2, 0)

    def test_an_error_of_ours_leaves_the_draft(self, send, cast, monkeypatch):
        def broken(*args, **kwargs):
            raise RuntimeError("the outbox is broken")

        monkeypatch.setattr(actions, "announce", broken)
        send.client.raise_request_exception = False
        before = rows_written()
        assert send.client.post(FORM, typed(cast, what="not lost")).status_code == 500
        assert (kept_texts(), rows_written()) == (["not lost"], before)

    def test_an_error_of_ours_in_a_further_report_leaves_the_draft(self, send, cast, monkeypatch):
        def broken(*args, **kwargs):
            raise RuntimeError("the log is broken")

        report = file_report(cast)
        monkeypatch.setattr(actions, "record", broken)
        send.client.raise_request_exception = False
        path = f"/incidents/{report.incident.item.ref}/follow-up/"
        assert send.client.post(path, follow_up(report.incident.item, news="not lost")).status_code == 500
        assert [draft.typed["news"] for draft in drafts()] == [["not lost"]]
        monkeypatch.undo()
        post = follow_up(report.incident.item, news="not lost", submission=str(drafts().get().submission), revision="1")
        assert send(post, path).response.status_code == 302
        assert not drafts().exists()

    def test_text_changed_after_it_was_sent_is_kept_too(self, send, cast):
        post = typed(cast, what="sent")
        send(post).filed()
        answer = send(post | {"what": "changed after going back"})
        assert answer.response.status_code == 422
        assert "What you typed is kept as a draft." in answer.page
        assert kept_texts() == ["changed after going back"]
        form = answer.response.context["form"]
        assert form["submission"].value() == str(drafts().get().submission)
        known = {name: form[name].value() for name in ("submission", "revision")}
        send(post | known | {"what": "changed after going back"}).filed()
        assert not drafts().exists()

    def test_a_further_report_changed_after_it_was_sent_is_kept_too(self, send, cast):
        item = file_report(cast).incident.item
        path, post = f"/incidents/{item.ref}/follow-up/", follow_up(item)
        assert send(post, path).response.status_code == 302
        answer = send(post | {"news": "changed after going back"}, path)
        assert answer.response.status_code == 422
        draft = drafts().get()
        assert (draft.item, draft.typed["news"]) == (item, ["changed after going back"])
        page = send.client.get(f"{FORM}?draft={draft.submission}", follow=True)
        assert page.redirect_chain == [(f"{path}?draft={draft.submission}", 302)]
        assert "changed after going back" in page.content.decode()

    def test_a_further_report_that_was_overtaken_is_kept(self, send, send_as, cast):
        report = file_report(cast)
        path = f"/incidents/{report.incident.item.ref}/follow-up/"
        assert (
            send_as("hq@alba.example")(follow_up(report.incident.item, news="a colleague"), path).response.status_code
            == 302
        )
        answer = send(follow_up(report.incident.item, news="mine"), path)
        assert answer.response.status_code == 422
        assert [draft.typed["news"] for draft in drafts()] == [["mine"]]
        form = answer.response.context["form"]
        known = {name: form[name].value() for name in ("submission", "revision", "after")}
        assert send(follow_up(report.incident.item, news="mine") | known, path).response.status_code == 302
        assert not drafts().exists()

    def test_an_update_that_came_after_the_final_report_is_kept_once(self, send, cast):
        report = file_report(cast)
        path = f"/incidents/{report.incident.item.ref}/follow-up/"
        assert send(follow_up(report.incident.item, kind="final"), path).response.status_code == 302
        answer = send(follow_up(report.incident.item, after="2", news="mine"), path)
        assert answer.response.status_code == 422
        form = answer.response.context["form"]
        known = {name: form[name].value() for name in ("submission", "revision")}
        send.client.post(SAVE, follow_up(report.incident.item, after="2", news="mine, later") | known)
        assert [draft.typed["news"] for draft in drafts()] == [["mine, later"]]


class TestTooMany:
    """Somebody's browser makes drafts without end: said kindly, and nothing claimed that is not so."""

    @pytest.fixture(autouse=True)
    def full(self, now, cast):
        for _ in range(MOST_DRAFTS):
            save_draft(by=cast[AUTHOR], submission=uuid.uuid4(), typed={"what": ["old"]})

    def test_by_script(self, page):
        answer = page.types(what="one more")
        assert answer.status_code == 409
        assert answer.json() == {"said": "Not saved: you have too many drafts. Send or discard some of them."}
        assert drafts().count() == MOST_DRAFTS

    def test_by_hand_the_text_is_there_to_be_saved_again(self, send, cast):
        answer = send.client.post(SAVE, typed(cast, what="WORDS that <matter>"))
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "You have too many drafts. What you typed is kept on this page." in page
        drafts().first().delete()
        again = values_of(page)
        assert "keep" not in again
        assert send.client.post(SAVE, again).status_code == 302
        assert "WORDS that <matter>" in kept_texts()

    def test_what_is_wrong_in_a_form_is_shown_and_not_said_to_be_kept(self, send, cast):
        answer = send(typed(cast, what="", place="still here"))
        assert answer.response.status_code == 422
        assert "still here" in answer.page
        assert "is kept as a draft" not in answer.page
        assert "What you typed is still here." in answer.page

    def test_a_report_can_be_sent(self, send, cast):
        send(typed(cast)).filed()
        assert drafts().count() == MOST_DRAFTS

    def test_a_draft_that_is_there_goes_on(self, page):
        draft = drafts().last()
        page.post |= {"keep": keep_token(draft.owner, draft.submission), "revision": "1"}
        assert page.types(what="goes on").status_code == 200
        assert "goes on" in kept_texts()


class TestSignedOut:
    """The session ended while somebody wrote, without JavaScript: sent by its button, the text is kept."""

    @pytest.mark.parametrize("path", [FORM, SAVE])
    @pytest.mark.parametrize("by_csrf", [True, False], ids=["a form of an old session", "signed out"])
    def test_it_is_kept_and_there_after_signing_in(self, page, cast, sign_in, path, by_csrf):
        client = Client(enforce_csrf_checks=by_csrf)
        answer = client.post(path, page.post | {"what": "kept ✓", "csrfmiddlewaretoken": "old"})
        where = f"{FORM}?draft={page.post['submission']}"
        assert (answer.status_code, answer.url) == (302, f"/accounts/login/?next={quote(where)}")
        assert "Your session had ended. What you typed is kept" in client.get(answer.url).content.decode()
        assert "kept ✓" in sign_in(cast[AUTHOR]).get(where).content.decode()
        assert not Report.objects.for_system("test").exists()

    @pytest.mark.parametrize("by_csrf", [True, False], ids=["a form of an old session", "signed out"])
    def test_a_further_report(self, now, cast, sign_in, by_csrf):
        report = file_report(cast)
        ref = report.incident.item.ref
        post = follow_up(report.incident.item, news="kept ✓")
        token = keep_token(cast[AUTHOR], uuid.UUID(post["submission"]), ref=ref)
        answer = Client(enforce_csrf_checks=by_csrf).post(f"/incidents/{ref}/follow-up/", post | {"keep": token})
        assert answer.status_code == 302
        back = sign_in(cast[AUTHOR]).get(f"{FORM}?draft={post['submission']}", follow=True)
        assert back.redirect_chain == [(f"/incidents/{ref}/follow-up/?draft={post['submission']}", 302)]
        assert "kept ✓" in back.content.decode()

    def test_signed_in_anew_in_another_tab(self, page, cast, sign_in):
        """The form's CSRF token is of the session before: kept, and straight back to the form."""
        signed = sign_in(cast[AUTHOR])
        client = Client(enforce_csrf_checks=True)
        client.cookies = signed.cookies
        answer = client.post(FORM, page.post | {"what": "kept ✓", "csrfmiddlewaretoken": "old"}, follow=True)
        assert answer.redirect_chain[-1][0] == f"{FORM}?draft={page.post['submission']}"
        assert "kept ✓" in answer.content.decode()

    def test_somebody_else_signed_in_on_that_machine(self, page, cast, sign_in):
        signed = sign_in(cast["field@benu.example"])
        client = Client(enforce_csrf_checks=True)
        client.cookies = signed.cookies
        answer = client.post(FORM, page.post | {"what": "CANARY", "csrfmiddlewaretoken": "old"}, follow=True)
        assert answer.status_code == 404
        assert "CANARY" not in answer.content.decode()
        assert (drafts().get().owner, kept_texts()) == (cast[AUTHOR], ["CANARY"])

    @pytest.mark.parametrize("token", [None, "", "x:y:z"])
    def test_without_a_good_token_the_ordinary_page(self, page, token):
        del page.post["keep"]
        post = page.post if token is None else page.post | {"keep": token}
        answer = Client().post(FORM, post)
        assert (answer.status_code, answer.url) == (302, f"/accounts/login/?next={FORM}")
        assert Client(enforce_csrf_checks=True).post(FORM, post).status_code == 403
        assert not drafts().exists()

    def test_without_a_good_token_saving_leads_to_a_page_that_is_there(self, page, cast, sign_in):
        answer = Client().post(SAVE, page.post | {"keep": "x"})
        assert answer.status_code == 302
        after = answer.url.partition("next=")[2]
        assert sign_in(cast[AUTHOR]).get(after).status_code == 200

    def test_of_somebody_who_may_not_file_any_more(self, page, cast):
        Membership.objects.filter(user=cast[AUTHOR]).update(role="designated_official")
        assert Client().post(FORM, page.post).url == f"/accounts/login/?next={FORM}"
        assert not drafts().exists()


def test_rules_that_changed_and_were_not_acknowledged_yet_do_not_close_the_form(page, send, cast, monkeypatch):
    monkeypatch.setattr("accounts.rules.RULES_VERSION", RULES_VERSION + 1)
    assert send.client.get("/incidents/").status_code == 302  # reading is closed
    assert send.client.get(FORM).status_code == 200
    assert page.types(what="kept").status_code == 200
    where = f"{FORM}?draft={page.post['submission']}"
    assert send.client.post(SAVE, page.post | {"what": "kept again"}).url == where
    assert "kept again" in send.client.get(where).content.decode()
    assert send.client.get(f"{SAVE}{page.post['submission']}/see-as/").status_code == 200
    report = send(page.post | {"revision": "2", "what": "sent"}).filed()
    path = f"/incidents/{report.incident.item.ref}/follow-up/"
    assert send.client.get(path).url.startswith("/accounts/rules/")  # it shows what was reported: that is reading
    refused = send(follow_up(report.incident.item, news="One more word"), path)
    assert (refused.response.status_code, refused.shows("One more word")) == (403, True)
