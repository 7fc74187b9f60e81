"""The pages on which a report is kept back: the choice, the question that is asked again, the warning (C5)."""

import re

import pytest
import time_machine

from accounts.models import User
from incidents.models import Draft, IncidentRelease, Withholding
from notifications.models import Message
from sharing.models import Item
from tests.documents.test_pdf import text_of
from tests.factories.incidents import TEXTS, file_report, typed
from tests.factories.withholding import WORDS, withheld_report

from .controlling import ALBA, BENU, BENU_HQ, DESK, LAKE, WFP, fresh
from .exporting import download, made, read_as
from .test_drafts import values_of

pytestmark = pytest.mark.django_db
FORM = "/incidents/report/"
GRAVE = {"category": "abduction", "exact_place": TEXTS["exact_place"], "persons": TEXTS["persons"]}
KEPT = {"is_withheld": "on", "ground": "duty", "audience": None}
WARNING = {
    "warning-text": WORDS,
    "warning-marking": "TLP:AMBER+STRICT",
    "warning-audience": ["dss_desks", "un_of_area"],
}


@pytest.fixture(autouse=True)
def today(now, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    User.objects.update(language="en")


def items():
    return Item.objects.for_system("test").order_by("pk")


def again(asking, **more) -> dict:
    """The page that asks again as a browser sends it."""
    page = asking.content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)">', page))
    assert "csrfmiddlewaretoken" not in asking.context["hidden"]
    return hidden | WARNING | more


def shared_of(item):
    rows = IncidentRelease.objects.for_system("test").with_release()
    return rows.get(release__item=item, release__depth=1)


def documents_of(cast, sign_in, email) -> str:
    """The text of the dossier of everything that somebody reads."""
    answer = download(cast, sign_in, made(cast, email, format="pdf"), email)
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return " ".join(" ".join(text_of(content)).split())


class TestFiling:
    def test_it_is_filed_with_number_and_receipt(self, cast, send, sign_in):
        report = send(typed(cast, category="robbery", **KEPT)).filed()
        item = report.incident.item
        assert (item.state, Message.objects.count()) == ("withheld", 0)
        client = send.client
        page = client.get(f"/incidents/{item.ref}/receipt/").content.decode()
        assert "nobody else gets it or is told" in page
        page = client.get(f"/incidents/{item.ref}/").content.decode()
        assert "Withheld: only your organisation can see it." in page
        assert "We owe confidentiality to somebody else." in page
        assert f"/incidents/{item.ref}/withdraw/" not in page
        assert "<b>withheld</b>" in client.get("/incidents/").content.decode()
        assert client.get(f"/incidents/{item.ref}/audience/").context["is_withheld"]
        for email, user in cast.people.items():
            if "alba" not in email:
                assert sign_in(user).get(f"/incidents/{item.ref}/").status_code == 404, email

    def test_the_ground_is_needed(self, cast, send):
        page = send(typed(cast, is_withheld="on", audience=None)).refused("ground")
        assert "Say on which of the four grounds." in page
        send(typed(cast, **KEPT | {"ground": "other"})).refused("ground")

    def test_who_would_share_with_nobody_is_shown_the_choice(self, cast, send):
        assert "keep it to yourselves below" in send(typed(cast, audience=None)).refused("audience")

    def test_whom_the_form_names_does_not_matter(self, cast, send):
        post = typed(cast, category="robbery", named_persons="nobody@nowhere.example", **KEPT)
        item = send(post | {"audience": ["everyone"]}).filed().incident.item
        assert item.state == "withheld"

    @pytest.mark.parametrize("post", [GRAVE, {"category": "robbery", "others_need_it": "on"}])
    def test_it_asks_again_and_files_nothing(self, cast, send, post):
        answer = send(typed(cast, **post, **KEPT))
        assert (answer.response.status_code, answer.has_written) == (200, False)
        page = answer.page
        assert "Nothing is sent yet." in page
        assert Draft.objects.for_system("test").count() == 1
        assert page.index("Give this warning, without our name") < page.index("Keep it to ourselves, without a warning")

    @pytest.mark.parametrize(
        "forged", [{"answer": "withhold"}, {"answer": "withhold", "asked": "0" * 32}, {"answer": "warn"}]
    )
    def test_a_crafted_answer_is_asked_all_the_same(self, cast, send, forged):
        answer = send(typed(cast, **GRAVE, **KEPT) | WARNING | forged)
        assert (answer.response.status_code, answer.has_written) == (200, False)

    def test_whoever_changes_the_report_is_asked_anew(self, cast, send):
        asked = again(send(typed(cast, **GRAVE, **KEPT)).response, answer="withhold")
        assert not send(asked | {"category": "road_attack"}).has_written
        assert not send(asked | {"ground": "risk"}).has_written
        assert send(asked).filed().incident.item.state == "withheld"
        kept = Withholding.objects.for_system("test").get()
        assert (kept.was_asked_again, kept.gave_warning) == (True, False)

    def test_the_warning_needs_words_and_keeps_them(self, cast, send):
        asked = again(send(typed(cast, **GRAVE, **KEPT)).response, answer="warn")
        answer = send(asked | {"warning-text": ""})
        assert (answer.response.status_code, answer.has_written) == (422, False)
        assert "Write the warning." in answer.page
        answer = send(asked | {"warning-marking": "TLP:RED"})
        assert (answer.response.status_code, answer.has_written) == (422, False)
        assert WORDS in answer.page

    def test_the_warning_names_nobody_unless_somebody_says_so(self, cast, send):
        asked = again(send(typed(cast, **GRAVE, **KEPT)).response, answer="warn")
        named = asked | {"warning-text": "Do not take the road, ask +211 912 345 678, INGO Alba knows more."}
        answer = send(named)
        assert (answer.response.status_code, answer.has_written) == (422, False)
        found = answer.response.context["form"].found
        assert found.count == 2, "a number, and who gives the warning"
        item = send(named | {"may_stay": found.print}).filed().incident.item
        assert "+211 912 345 678" in shared_of(item).texts["what"]

    def test_share_after_all_leads_back_with_everything(self, cast, send):
        asked = again(send(typed(cast, **GRAVE, **KEPT)).response, answer="share")
        answer = send(asked)
        assert (answer.response.status_code, answer.has_written) == (302, False)
        form = send.client.get(answer.response.url)
        values = values_of(form.content.decode())
        assert values["persons"] == [TEXTS["persons"]]
        assert values["warning-text"] == [WORDS]
        assert not form.context["form"]["is_withheld"].value()

    def test_seen_before_it_is_given(self, cast, send):
        asked = again(send(typed(cast, **GRAVE, **KEPT)).response, answer="see")
        answer = send(asked)
        assert (answer.response.status_code, answer.has_written) == (200, False)
        full, warning = answer.response.context["seen"]
        assert [figures.label for figures in full.audiences] == ["Your own organisation"]
        assert len(warning.audiences) == 2
        assert warning.body["texts"] == {"what": WORDS}
        assert warning.total.persons >= 3

    @pytest.mark.parametrize("first", ["warn", "withhold"])
    @pytest.mark.parametrize("second", ["warn", "withhold", "share"])
    def test_two_clicks_make_one_report(self, cast, send, first, second):
        asked = again(send(typed(cast, **GRAVE, **KEPT)).response)
        send(asked | {"answer": first}).filed()
        answer = send(asked | {"answer": second})
        assert items().count() == 1
        assert answer.response.status_code in ({302} if second in {first, "share"} else {422})


class TestWarned:
    @pytest.fixture
    def item(self, cast, send):
        asked = again(
            send(typed(cast, what=TEXTS["what"], place=TEXTS["place"], **GRAVE, **KEPT)).response, answer="warn"
        )
        return send(asked).filed().incident.item

    def test_nothing_else_of_it_is_anywhere(self, cast, item, sign_in):
        assert shared_of(item).texts == {"what": WORDS}
        for email in (DESK, WFP, "dss.hq@un.example"):
            client = sign_in(cast[email])
            pages = [f"/incidents/{item.ref}/", "/incidents/", "/", "/incidents/?q=plover"]
            if email == DESK:
                pages += [f"/incidents/{item.ref}/desk/", "/incidents/desk/"]
            for path in pages:
                answer = client.get(path)
                text = answer.content.decode()
                assert answer.status_code == 200, (email, path)
                assert "CANARY" not in text, (email, path)
                assert "Alba" not in text, (email, path)
            assert item.ref not in client.get("/incidents/?q=canary").content.decode()
            assert item.ref not in client.get("/incidents/?actor=criminal").content.decode()
            assert "Warning: the originator withholds the rest." in client.get(pages[0]).content.decode()
            assert client.get(f"/incidents/{item.ref}/reports/1/").status_code == 404
            assert client.get(f"/incidents/{item.ref}/warning/").status_code == 404
        for email in (BENU, LAKE):
            assert sign_in(cast[email]).get(f"/incidents/{item.ref}/").status_code == 404, "not among the audience"

    def test_the_desk(self, cast, item, sign_in):
        client, path = sign_in(cast[DESK]), f"/incidents/{item.ref}/"
        assert item.ref in client.get("/incidents/desk/").content.decode()
        assert client.post(f"{path}desk/acknowledge/").status_code == 302
        page = client.get(f"{path}desk/").content.decode()
        assert "How reliable is the source" not in page
        assert f"{path}desk/text/" not in page
        assert client.get(f"{path}desk/text/").status_code == 404
        form = client.get(f"{path}desk/").context["grade_form"]
        post = {"grade-submission": str(form["submission"].value()), "grade-reliability": "B", "grade-credibility": "2"}
        assert client.post(f"{path}desk/grade/", post).status_code == 302
        rows = IncidentRelease.objects.for_system("test").filter(release__item=item)
        assert set(rows.values_list("reliability", "credibility")) == {("", "2")}

    def test_an_export(self, cast, item, sign_in):
        [row] = read_as(cast, sign_in, DESK)
        assert (row["Only a warning"], row["Originator"], row["What happened"]) == ("yes", "withheld", WORDS)
        assert not any("CANARY" in cell for cell in row.values())
        sealed = documents_of(cast, sign_in, DESK)
        assert "Warning: the originator withholds the rest." in sealed
        assert "CANARY" not in sealed

    def test_its_originator_changes_and_shares_it(self, cast, item, send, sign_in):
        client, path = send.client, f"/incidents/{item.ref}/"
        page = client.get(path).content.decode()
        assert "Withheld: readers get only this warning, without source." in page
        assert "PLOVER-WARNING" in page
        form = WARNING | {"warning-text": "PLOVER-WARNING it is over", "version": str(fresh(item).version)}
        seen = client.post(f"{path}warning/", form | {"answer": "see"})
        assert (seen.status_code, shared_of(item).texts) == (200, {"what": WORDS})
        for _ in range(2):  # pressed twice
            assert client.post(f"{path}warning/", form | {"answer": "warn"}).status_code == 302
        assert shared_of(item).texts == {"what": "PLOVER-WARNING it is over"}
        assert client.get(f"{path}audience/").context["is_warning"]
        see = client.get(f"{path}follow-up/")
        assert see.status_code == 200
        assert "With DSS you agreed" not in see.content.decode()


class TestWithdrawing:
    @pytest.fixture
    def page(self, cast):
        item = file_report(cast).incident.item
        return f"/incidents/{item.ref}/withdraw/"

    @pytest.fixture
    def asked(self, send, page):
        """The question, as it is answered."""
        post = {"version": "1", "ground": "risk"}
        assert send.client.post(page, post | {"answer": "withhold"}).status_code == 200, "it asks all the same"
        return again(send.client.post(page, post))

    def test_without_a_ground(self, send, page):
        answer = send.client.post(page, {"version": "1"})
        assert (answer.status_code, set(answer.context["form"].errors)) == (422, {"ground"})

    def test_withdrawn_all_the_same(self, cast, send, page, asked):
        assert items().get().state == "shared"
        assert send.client.post(page, asked | {"answer": "withhold"}).status_code == 302
        assert items().get().state == "withdrawn"
        assert "It would put persons at risk." in send.client.get(page.replace("withdraw/", "")).content.decode()

    def test_left_as_it_is(self, send, page, asked):
        assert send.client.post(page, asked | {"answer": "share"}).status_code == 302
        assert items().get().state == "shared"
        assert not Withholding.objects.for_system("test").exists()

    def test_a_warning_instead(self, cast, send, page, asked, sign_in):
        desk, path = sign_in(cast[DESK]), page.replace("withdraw/", "")
        assert "CANARY-PERSONS" in desk.get(path).content.decode()
        assert send.client.post(page, asked | {"answer": "warn"}).status_code == 302
        assert send.client.post(page, asked | {"answer": "warn"}, follow=True).status_code == 200
        assert "CANARY" not in desk.get(path).content.decode()
        assert items().get().state == "shared"
        assert Withholding.objects.for_system("test").count() == 1

    def test_nobody_else(self, cast, page, sign_in):
        for email in (BENU_HQ, DESK, "admin@portal.example"):
            client = sign_in(cast[email])
            assert client.post(page, {"version": "1", "ground": "risk"}).status_code == 404
            assert client.get(page.replace("withdraw", "warning")).status_code == 404


def test_a_report_that_is_shared_has_no_page_for_a_warning(cast, send):
    item = file_report(cast).incident.item
    assert send.client.get(f"/incidents/{item.ref}/warning/").status_code == 404


def test_after_a_month_its_own_people_are_shown_it(cast, send, sign_in):
    item = withheld_report(cast).incident.item
    assert "Still withheld" not in send.client.get("/").content.decode()
    with time_machine.travel("2026-04-25T12:00:00Z"):
        page = sign_in(cast[ALBA]).get("/").content.decode()
    assert "Still withheld" in page
    assert item.ref in page
