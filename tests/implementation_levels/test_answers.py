"""What partner organisations answer about a level: who is asked, what counts, until when, and who reads it (§5c)."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from implementation_levels.actions.reviews import answer
from implementation_levels.models import Answer, Review, ReviewedArea
from implementation_levels.voices import voices_of
from organisations.models import Standing
from sharing.access import access_of
from slt_portal.states import StaleState
from tests.factories.levels import CHAD, SOUTH_SUDAN, a_level, a_review, a_reviewed_area
from tests.factories.partnership import CANARY, GISF, HQ, ICVA

from .test_reviews import (
    ALBA,
    ALBA_HQ,
    ASKED_IN_CHAD,
    ASKED_IN_SOUTH_SUDAN,
    BENU,
    BENU_HQ,
    CEDAR,
    LAKE,
    SECURITY,
)

pytestmark = pytest.mark.django_db
LIST = "/levels/consultation/"


@pytest.fixture
def review(cast):
    """A review of South Sudan, which is reinforced, and of Chad; everybody reads English here."""
    User.objects.update(language="en")
    a_level(cast)
    row = a_review(cast, codes=[CHAD])
    a_reviewed_area(row, SOUTH_SUDAN, level_before="reinforced")
    return row


def of(review, code=SOUTH_SUDAN):
    return ReviewedArea.objects.for_system("test").get(review=review, area__code=code)


def path(review, code=SOUTH_SUDAN):
    return f"{LIST}{review.ref}/{code}/"


def said():
    return Answer.objects.for_system("test")


def typed(cast, key, view="keep", text="", side="field"):
    return {"view": view, "text": text, "voice": f"{cast.organisations[key].pk}-{side}"}


def close(review):
    Review.objects.for_system("test").filter(pk=review.pk).update(state="recommending")


def test_everybody_has_the_pages_of_their_own_areas_and_no_other(cast, review, sign_in):
    """Whom the walk over all pages does not distinguish: it asks of one area."""
    for email in (ALBA, BENU_HQ, CEDAR, "do@un.example", "hq@suspended.example"):
        client = sign_in(cast[email])
        asked = {code for code, who in ((SOUTH_SUDAN, ASKED_IN_SOUTH_SUDAN), (CHAD, ASKED_IN_CHAD)) if email in who}
        page = client.get(f"{LIST}{review.ref}/")
        assert (page.status_code, client.get(LIST).status_code) == ((200, 200) if asked else (404, 404)), email
        assert not asked or {row.area.code for row, *_rest in page.context["items"]} == asked
        for code in (SOUTH_SUDAN, CHAD):
            assert client.get(path(review, code)).status_code == (200 if code in asked else 404), (email, code)
    assert sign_in(cast[ALBA]).get(f"{LIST}REV-00000/{SOUTH_SUDAN}/").status_code == 404


@pytest.mark.sqlite
def test_two_sides_of_an_organisation_count_apart_and_the_newest_of_each(cast, review, sign_in):
    field, headquarters = sign_in(cast[ALBA]), sign_in(cast[ALBA_HQ])
    page = field.get(path(review))
    assert [choice for choice, _label in page.context["form"].fields["view"].choices] == ["keep", "normal", "no_view"]
    wrong = field.post(path(review), typed(cast, "alba", "normal"))
    assert set(wrong.context["form"].errors) == {"text"}
    wrong = field.post(path(review), typed(cast, "alba", "reinforced", "x" * 10_000))
    assert set(wrong.context["form"].errors) == {"view", "text"}
    assert set(field.post(path(review), typed(cast, "benu")).context["form"].errors) == {"voice"}
    answer_ = field.post(path(review), typed(cast, "alba", "normal", "قرى هادئة"))
    assert answer_.url == f"{LIST}{review.ref}/"
    field.post(path(review), typed(cast, "alba", "normal", "قرى هادئة"))  # a second click
    assert said().count() == 1
    assert field.get(path(review)).context["form"].initial["text"] == "قرى هادئة"
    field.post(path(review), typed(cast, "alba"))
    headquarters.post(path(review), typed(cast, "alba", "no_view", side="hq"))
    assert said().count() == 3
    counted = {(row.is_headquarters, row.view) for row in said().newest()}
    assert counted == {(False, "keep"), (True, "no_view")}
    shown = headquarters.get(path(review)).text
    assert ("You said in the area" in shown, "the level is right" in shown) == (True, True)
    assert "You have answered everything" in headquarters.get(LIST).text


def test_nobody_answers_for_others(cast, review):
    for email, key, side in ((ALBA, "benu", False), (ALBA, "alba", True), (CEDAR, "cedar", False), (HQ, "dss", True)):
        terms = {"organisation": cast.organisations[key], "is_headquarters": side, "by": cast[email]}
        with pytest.raises(PermissionDenied):
            answer(of(review), **terms, view="keep", text="")
    Standing.objects.create(organisation=cast.organisations["alba"], area=cast.areas[SOUTH_SUDAN], kind="suspended")
    assert voices_of(access_of(cast[ALBA])) == []
    assert {voice.name for voice in voices_of(access_of(cast[BENU_HQ]))} == {"INGO Benu"}


def test_who_works_for_two_sides_says_for_which(cast, review, sign_in):
    cast[ALBA].memberships.create(organisation=cast.organisations["benu"], role="partner_headquarters")
    there = [voice for voice in voices_of(access_of(cast[ALBA])) if voice.area_id == cast.areas[SOUTH_SUDAN].pk]
    assert [(voice.name, voice.is_headquarters) for voice in there] == [("INGO Alba", False), ("INGO Benu", True)]
    client = sign_in(cast[ALBA])
    assert "INGO Benu, headquarters" in client.get(path(review)).text
    assert "voice" in client.post(path(review), {"view": "keep", "text": ""}).context["form"].errors
    client.post(path(review), typed(cast, "benu", side="hq"))
    assert said().get().organisation == cast.organisations["benu"]


def test_once_it_is_closed_nothing_is_added_and_what_was_typed_comes_back(cast, review, sign_in):
    client, other = sign_in(cast[ALBA]), sign_in(cast[LAKE])
    client.post(path(review), typed(cast, "alba", "normal", CANARY))
    close(review)
    page = client.get(path(review)).text
    assert (CANARY in page, "Nobody can answer any more" in page, "<textarea" in page) == (True, True, False)
    late = other.post(path(review), typed(cast, "lake", "normal", "Typed too late."))
    assert ("Typed too late." in late.text, "closed before you sent this" in late.text) == (True, True)
    assert said().count() == 1
    lake = {"organisation": cast.organisations["lake"], "is_headquarters": False, "by": cast[LAKE]}
    with pytest.raises(StaleState):
        answer(of(review), **lake, view="keep", text="")
    assert "You are not asked about any level now" in other.get(LIST).text


def test_partners_read_nothing_of_what_others_say_recommend_or_decide(cast, review, sign_in):
    """Every text and number about the area is there, and none of it is on a page of somebody who does not read it."""
    for email, key, side in ((BENU, "benu", False), (BENU_HQ, "benu", True), (LAKE, "lake", False)):
        terms = {"organisation": cast.organisations[key], "is_headquarters": side, "by": cast[email]}
        answer(of(review), **terms, view="normal", text=f"{CANARY} of {key}")
    rows = ReviewedArea.objects.for_system("test").filter(review=review)
    rows.update(state="recommended", verdict="remove", reasons=f"{CANARY} reasons", recommended_by=cast[ICVA])
    for email in (ALBA_HQ, BENU, LAKE, SECURITY):
        client = sign_in(cast[email])
        for page in (LIST, path(review)):
            text = client.get(page).text
            own = {BENU: "of benu", BENU_HQ: "of benu", LAKE: "of lake"}.get(email)
            for line in text.splitlines():
                assert CANARY not in line or (own and own in line), (email, page)
            assert "recommend" not in text.lower().replace("the working group recommends", ""), (email, page)
            assert ("ICVA" not in text, "INGO Benu" not in text or email in {BENU, BENU_HQ}) == (True, True)
        assert client.get(f"/levels/reviews/{review.ref}/").status_code == 404
    mine = Answer.objects.visible_to(access_of(cast[ALBA]))
    assert mine.count() == 0
    assert Answer.objects.visible_to(access_of(cast[BENU])).count() == 2
    assert Answer.objects.visible_to(access_of(cast[GISF])).count() == 3


def test_the_list_asks_the_same_however_many_areas_there_are(cast, review, sign_in):
    Standing.objects.create(organisation=cast.organisations["alba"], area=cast.areas[CHAD], kind="active")
    client, asked = sign_in(cast[ALBA_HQ]), []
    for code in (SOUTH_SUDAN, CHAD, "kenya"):
        if code == "kenya":
            Standing.objects.create(organisation=cast.organisations["alba"], area=cast.areas[code], kind="active")
            a_reviewed_area(review, code)
        client.post(path(review, code), typed(cast, "alba", side="hq"))
        with CaptureQueriesContext(connection) as queries:
            page = client.get(LIST)
        asked.append(len(queries))
    assert len(page.context["items"]) == 3
    assert len(set(asked)) == 1
    assert max(asked) <= 12
    with CaptureQueriesContext(connection) as queries:
        client.get(path(review))
    assert len(queries) <= 12


def test_the_home_page_says_what_waits_until_it_is_answered(cast, review, sign_in):
    client = sign_in(cast[LAKE])
    assert review.ref in client.get("/").text
    client.post(path(review), typed(cast, "lake"))
    assert review.ref not in client.get("/").text
    Review.objects.for_system("test").update(consult_until=review.consult_until - timedelta(days=90))
    assert "overdue" in sign_in(cast[CEDAR]).get("/").text
