"""The pages of the recommendation: who has them, what they say, what is never lost, and what nobody else reads (L3)."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.models import Decision
from implementation_levels.actions.recommendations import keep_the_rest, put
from implementation_levels.levels import today
from implementation_levels.models import Level, LevelDecision, ReviewedArea
from notifications.outbox import drain
from tests.factories.deciding import closed_by_chairs, closed_by_silence, now_of, say
from tests.factories.levels import CHAD, SOUTH_SUDAN, a_level, a_review, area
from tests.factories.partnership import CANARY, DSS_CHAIR, GISF, HQ, ICVA, WFP, bodies

from .test_recommend import ADD, IN_A_WEEK, KENYA, row_of, say_it

pytestmark = pytest.mark.django_db
ALBA_HQ, BENU, DO = "hq@alba.example", "field@benu.example", "do@un.example"
ADMIN, OCHA = "admin@portal.example", "ocha@un.example"
READERS = {ICVA, DSS_CHAIR, GISF, WFP, HQ, OCHA}
ALL = (*READERS, ALBA_HQ, BENU, DO, ADMIN)


@pytest.fixture
def review(cast):
    """A review of three areas with the Working Group; one of them is reinforced."""
    get_user_model().objects.update(language="en")
    bodies(cast)
    a_level(cast, Level.REINFORCED, code=CHAD)
    return a_review(cast, codes=(SOUTH_SUDAN, CHAD, KENYA), state="recommending")


def url(review, tail=""):
    """A page of the review."""
    return f"/levels/reviews/{review.ref}/{tail}"


def text_of(response) -> str:
    """What it says, without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def said(review, **fields):
    """What the form of one area sends."""
    known = row_of(review).recommended_at
    return {
        "verdict": ADD,
        "effective_from": "",
        "reasons": "Fighting since May.",
        "internal": f"{CANARY} internal",
        "known": known.isoformat() if known else "",
        **fields,
    }


def test_from_the_recommendation_to_the_level_on_the_pages(cast, review, sign_in):
    group = sign_in(cast[ICVA])
    assert "3 without a recommendation" in text_of(group.get(url(review)))
    form = url(review, "areas/south-sudan/recommend/")
    assert "remove" not in group.get(form).content.decode()  # what is normal is not removed
    day = (today() + IN_A_WEEK).isoformat()
    assert group.post(form, said(review, effective_from=day)).status_code == 302
    asked = group.get(url(review, "keep/"))
    assert "Keep the level of 2 areas" in text_of(asked)
    assert str(area()) in text_of(asked)
    assert group.post(url(review, "keep/")).status_code == 302
    summary = text_of(group.get(url(review, "put/")))
    assert f"{area()}" in summary
    assert "asked about 3 areas" in summary
    assert CANARY not in summary
    assert group.post(url(review, "put/")).status_code == 302
    again = group.post(url(review, "put/"), follow=True)
    assert "It is before the Oversight Committee." in text_of(again)
    decision = Decision.objects.for_system("test").get(question="implementation_levels.list")
    chair = sign_in(cast[GISF])
    page = chair.get(f"/decisions/{decision.ref}/")
    assert url(review) in page.content.decode()
    assert CANARY not in text_of(page)
    out = url(review, "areas/chad/take-out/")
    assert out in chair.get(url(review)).content.decode()
    assert chair.post(out, {"seat": "", "text": ""}).status_code == 422
    seat = re.search(r'name="seat" value="(\d+)"', chair.get(out).content.decode()).group(1)
    done = chair.post(out, {"seat": seat, "text": "Look closer."}, follow=True)
    assert "Look closer." in text_of(done)
    assert f"Implementation level: {area(CHAD)}" in text_of(done)
    assert chair.post(out, {"seat": seat, "text": "Look closer."}).status_code == 302  # a double click
    late = chair.post(out, {"seat": seat, "text": "Typed too late."})
    assert (late.status_code, "Typed too late." in text_of(late)) == (409, True)
    closed_by_silence(decision)
    assert "Decided: reinforced from" in text_of(chair.get(url(review, "areas/south-sudan/")))
    assert LevelDecision.objects.get(area=area()).reasons == "Fighting since May."


FORMS = [
    ({"verdict": ""}, "verdict"),
    ({"verdict": "remove"}, "verdict"),
    ({"reasons": ""}, "reasons"),
    ({"reasons": "x" * 2001}, "reasons"),
    ({"internal": "x" * 10_000}, "internal"),
    ({"effective_from": "2020-01-01"}, "effective_from"),
    ({"effective_from": "tomorrow"}, "effective_from"),
]


@pytest.mark.parametrize(("fields", "where"), FORMS)
def test_what_is_wrong_stands_at_its_field_and_comes_back(cast, review, sign_in, fields, where):
    response = sign_in(cast[ICVA]).post(
        url(review, "areas/south-sudan/recommend/"), said(review, **{"internal": "typed خطة", **fields})
    )
    assert (response.status_code, set(response.context["form"].errors)) == (422, {where})
    assert "typed خطة" in response.content.decode() or where == "internal"
    assert row_of(review).state == "waiting"


def test_what_somebody_else_recommended_is_not_overwritten_unread(cast, review, sign_in):
    group, form = sign_in(cast[ICVA]), url(review, "areas/south-sudan/recommend/")
    data = said(review, reasons="Typed at length.")
    say_it(cast, review, ADD, reasons="Said meanwhile.")
    response = group.post(form, data)
    assert response.status_code == 409
    assert "Typed at length." in response.content.decode()
    known = re.search(r'name="known" value="([^"]+)"', response.content.decode()).group(1)
    assert group.post(form, {**data, "known": known}).status_code == 302
    assert group.post(form, {**data, "known": known}).status_code == 302  # a double click
    assert row_of(review).reasons == "Typed at length."
    keep_the_rest(review, by=cast[ICVA])
    put(review, by=cast[ICVA])
    late = group.post(form, {**data, "reasons": "Typed too late."})
    assert (late.status_code, "Typed too late." in late.content.decode()) == (409, True)
    assert group.get(form).status_code == 302


def test_who_has_which_page(cast, review, sign_in):
    clients = {who: sign_in(cast[who]) for who in ALL}

    def have(tail):
        return {who for who, client in clients.items() if client.get(url(review, tail)).status_code == 200}

    say_it(cast, review, ADD)
    assert have("areas/south-sudan/") == READERS
    assert have("areas/south-sudan/recommend/") == {ICVA}
    assert clients[ICVA].get(url(review, "areas/nowhere/recommend/")).status_code == 404
    for tail in ("areas/south-sudan/recommend/", "keep/", "put/"):
        codes = {clients[who].post(url(review, tail), said(review)).status_code for who in (GISF, HQ, ALBA_HQ)}
        assert codes == {404}
    assert have("put/") == {ICVA}
    keep_the_rest(review, by=cast[ICVA])
    decision = put(review, by=cast[ICVA])
    assert have("areas/south-sudan/take-out/") == {DSS_CHAIR, GISF, WFP}
    say(cast, decision, "wfp", "recuse")
    assert have("areas/south-sudan/take-out/") == {DSS_CHAIR, GISF}
    assert have("areas/south-sudan/") == READERS - {WFP}
    page = clients[WFP].get(url(review))
    assert "Your seat recused itself" in text_of(page)
    for word in (f"{CANARY} internal", "Fighting", str(area()), decision.ref):
        assert word not in text_of(page)
    assert clients[WFP].post(url(review, "areas/south-sudan/take-out/"), {"text": "x"}).status_code == 404


def test_the_comment_for_the_bodies_goes_nowhere_else(cast, review, sign_in, mailoutbox):
    say_it(cast, review, ADD)
    assert CANARY in text_of(sign_in(cast[OCHA]).get(url(review, "areas/south-sudan/")))
    keep_the_rest(review, by=cast[ICVA])
    closed_by_chairs(cast, put(review, by=cast[ICVA]), "approve")
    drain()
    assert mailoutbox
    for mail in mailoutbox:
        assert CANARY not in mail.subject + mail.body + "".join(part[0] for part in mail.alternatives)
    for who in (ALBA_HQ, DO):
        page = sign_in(cast[who]).get("/levels/areas/south-sudan/")
        assert page.status_code == 200
        assert "Fighting since May." in text_of(page)
        assert CANARY not in text_of(page)


def test_why_it_went_back_is_read_by_the_working_group(cast, review, sign_in):
    keep_the_rest(review, by=cast[ICVA])
    decision = put(review, by=cast[ICVA])
    closed_by_chairs(cast, decision, "return", "Chad needs another look.")
    page = text_of(sign_in(cast[ICVA]).get(url(review)))
    assert "Chad needs another look." in page
    assert "Put it to the Oversight Committee" in page
    assert now_of(decision).outcome == "return"
    assert sign_in(cast[GISF]).get(f"/decisions/{decision.ref}/").status_code == 200
    put(review, by=cast[ICVA])
    assert "Level stays" in text_of(sign_in(cast[GISF]).get(f"/decisions/{decision.ref}/"))  # also after it came again


def test_pages_ask_as_much_for_one_area_as_for_three(cast, sign_in):
    bodies(cast)
    client, asked = sign_in(cast[ICVA]), []
    for codes in ((SOUTH_SUDAN,), (SOUTH_SUDAN, CHAD, KENYA)):
        review, counts = a_review(cast, codes=codes, state="recommending"), {}
        for tail in ("", "keep/", "areas/south-sudan/", "areas/south-sudan/recommend/", "put/"):
            if tail == "put/":
                keep_the_rest(review, by=cast[ICVA])
            client.get(url(review, tail))
            with CaptureQueriesContext(connection) as queries:
                assert client.get(url(review, tail)).status_code == 200
            counts[tail] = len(queries)
        asked.append(counts)
    assert asked[0] == asked[1]
    assert max(asked[0].values()) <= 12, asked


def test_the_page_of_an_open_list_asks_few_questions(cast, review, sign_in):
    keep_the_rest(review, by=cast[ICVA])
    decision = put(review, by=cast[ICVA])
    for path in (url(review), url(review, "areas/chad/take-out/"), f"/decisions/{decision.ref}/"):
        client = sign_in(cast[GISF])
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        assert len(queries) <= 12, path
    assert ReviewedArea.objects.for_system("test").filter(state="put").count() == 3
