"""Journeys 3 and 12 through the pages: the lists of a platform, and a suspension that ends access this minute.

What comes by mail is followed from the mail. Only the ticks are called, and the clock is moved.
"""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from partners import tasks
from tests.factories.incidents import file_report
from tests.factories.partnership import DSS_CHAIR as CHAIR
from tests.factories.partnership import GISF, HQ
from tests.factories.partnership import ICVA as WG

from .visitor import Post, link_in, visit, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PLATFORM, DSS, DO, OCHA = "platform@southsudan.example", "dss.field@un.example", "do@un.example", "ocha@un.example"
ALBA, BENU, FIELD = "field@alba.example", "hq@benu.example", "field@benu.example"
SECRET = "internalcanary"
FIRST_LIST = (
    "name,acronym,type\nAlba,,INGO\nBenu International,,INGO\nNational NGO Nhial,,\nCedar,,INGO\n"
    "Unheard Relief,UR,\nINGO Suspended,,INGO\n"
)
SECOND_LIST = (
    "name,acronym,type\nAlba,,INGO\nCedar,,INGO\nINGO Suspended,,INGO\nNational NGO Nhial,,\nJuba Youth,,NNGO\n"
)


def test_a_platform_lists_its_members_twice(people, clock):
    """Journey 3: every row has an outcome, nobody is listed or dropped but by DSS, and the second list is compared."""
    post = Post()
    platform = visit(PLATFORM, "/partnership/").follow("Member lists").follow("Bring a list")
    platform.send("Send the list", {"file": SimpleUploadedFile("members.csv", FIRST_LIST.encode())})
    listed = platform.path
    platform.again()
    assert platform.path == listed, "the same file twice is one list"
    assert platform.has("Benu International INGO 3 likely", "Unheard Relief (UR) 6 with DSS", "6, of which recorded: 0")
    platform.follow("Benu International").send("It is this one", {"organisation": "INGO Benu"})
    dss = visit(DSS, link_in(post.to(DSS), "LST-"))
    assert dss.has("National NGO Nhial 4 national", "Cedar INGO 5 known", "Unheard Relief (UR) 6 unclear")
    before = registered()
    assert {"INGO Cedar", "Unheard Relief"}.isdisjoint(before)
    dss.follow("Unheard Relief").send("Add it", {"kind": "international NGO"})
    dss.go(listed).follow("Cedar").send("Ask the Working Group", {"why": "Does it still work with WFP here?"})
    assert dss.has("Cedar INGO 5 referred")
    assert registered() == before, "nobody is listed before DSS says so"
    dss.follow("See and record the known ones").send("Record these").again()
    assert registered() == {*before, "Unheard Relief"}
    letters = post.come()
    visit(WG, link_in(letters[WG][0], "/cases/")).send(
        "Answer", {"verdict": "eligible in this area", "reasons": "WFP confirmed it."}
    )
    for _ in range(2):
        tasks.look_after_member_lists()
    assert set(post.come()) == {DSS}
    assert visit(PLATFORM, listed).has("6, of which recorded: 6", "Cedar INGO 5 recorded")
    now = registered()
    assert now == {*before, "Unheard Relief", "INGO Cedar"}
    assert "National NGO Nhial" not in now
    assert visit(DSS, "/partnership/register/areas/south-sudan/").follow("Local arrangements").has("Nhial")
    a_second_list(listed, now, post, clock)


def a_second_list(listed, before, post, clock):
    """Half a year later the platform is reminded; what is missing on its new list stays until DSS ends it."""
    clock.shift(timedelta(days=183))
    for _ in range(2):
        tasks.look_after_member_lists()
    letters = post.come()
    assert {to: len(rows) for to, rows in letters.items()} == {PLATFORM: 1, DSS: 1}
    platform = visit(PLATFORM, link_in(letters[PLATFORM][0], "LST-")).follow("Bring a newer list")
    platform.send("Send the list", {"file": SimpleUploadedFile("members.csv", SECOND_LIST.encode())})
    assert platform.has("1 new, 0 under another name, 2 not on it any more", "Unheard Relief (UR) – missing")
    assert visit(PLATFORM, listed).has("A newer list has replaced this one")
    dss = visit(DSS, link_in(post.to(DSS), "LST-"))
    assert dss.has("3 rows wait for DSS", "Juba Youth NNGO 6 national", "Benu International INGO – missing")
    assert registered() == before, "nobody is dropped before DSS says so"
    new = dss.path
    dss.follow("Benu International").send("Keep it")
    dss.go(new).follow("Unheard Relief").send("End it")
    dss.go(new).follow("Juba Youth").send("Record it").again()
    assert registered() == before - {"Unheard Relief"}
    assert dss.go("/partnership/register/areas/south-sudan/").follow("Local arrangements").has("Nhial", "Juba Youth")
    assert post.to(PLATFORM).subject.startswith("Your member list is settled")


def registered() -> set[str]:
    """The partner organisations on the list of South Sudan, as DSS there reads it."""
    page = visit(DSS, "/partnership/register/areas/south-sudan/").page
    return {words_of(row.find("th")).partition(" (")[0] for row in page.iterfind(".//main//tbody/tr")}


def test_suspended_this_minute_and_back(people, clock):
    """Journey 12: heard, agreed by three, closed at the next click in one area only; lifted, as before."""
    theirs, own, chad = (
        f"/incidents/{file_report(people, by=by, organisation=key, area=area).incident.item.ref}/"
        for by, key, area in ((ALBA, "alba", "south-sudan"), (FIELD, "benu", "south-sudan"), (FIELD, "benu", "chad"))
    )
    post = Post()
    post.forget()
    open_session = visit(FIELD, theirs)
    case = link_in(opens(post), "SUS-")
    benu = visit(BENU, case).follow("Answer").send("Send the answer", {"text": "It was the agency's own page."})
    benu.again()
    assert benu.has("You have answered", "you see what you saw before")
    official = visit(DO, link_in(post.to(DO), "SUS-"))
    assert official.has("It was the agency's own page.")
    official.follow("Ask for agreement").send("Ask them").again()
    letters = post.come()
    for seat in (DSS, OCHA, PLATFORM):
        open_session.go(theirs)
        visit(seat, link_in(letters[seat][0], "DEC-")).send("Take this position", {"position-choice": "Agree"})
    open_session.go(theirs, 404).go(own).go(chad)
    assert open_session.go("/").has("INGO Benu is suspended in South Sudan")
    open_session.go("/incidents/report/")
    letters = post.come()
    assert set(letters) >= {BENU, FIELD, DO, DSS, HQ, OCHA, PLATFORM}
    benu.go(link_in(letters[BENU][0], "SUS-"))
    assert benu.has("An alert was published.", "Notice: suspended", "If you do not agree", "Oversight Committee")
    assert not any(words in benu.words for words in (SECRET, "Josephine", "Grace", "DEC-"))
    clock.shift(timedelta(days=20))
    visit(DO, case).follow("Lift the suspension").send("Lift the suspension", {"reason": "Trust is back."}).again()
    assert visit(BENU, case).has("You see again what you saw before", "Trust is back.")
    visit(FIELD, theirs).go(own).go(chad)
    post.forget()
    without_consensus(theirs, own, chad, post, clock)


def opens(post):
    """The Designated Official opens a procedure, with a double click."""
    official = visit(DO, "/partnership/suspensions/").follow("Open")
    why = {"cause": "confidentiality", "reasons": "An alert was published.", "internal": SECRET}
    official.send("Open it and ask for an answer", {"organisation": "INGO Benu", **why}).again()
    letters = post.come()
    assert {to: len(rows) for to, rows in letters.items()} == {BENU: 1, FIELD: 1}
    return letters[BENU][0]


def without_consensus(theirs, own, chad, post, clock):
    """A second time; one objects, so it goes up, and what the Committee decides only the Committee takes back."""
    case = link_in(opens(post), "SUS-")
    clock.shift(timedelta(days=8))
    for _ in range(2):
        tasks.remind_of_hearings()
    visit(DO, link_in(post.to(DO), "SUS-")).follow("Ask for agreement").send("Ask them")
    decision = link_in(post.last(OCHA), "DEC-")
    visit(OCHA, decision).send("Take this position", {"position-choice": "Object", "position-reasons": SECRET})
    reader = visit(FIELD, theirs)
    record = is_a_case_now(case)
    wg = visit(WG, link_in(post.last(WG), "SUS-")).follow("Recommend")
    wg.send("Send to the Committee", {"verdict": "Suspend the organisation", "reasons": SECRET})
    decision = link_in(post.last(CHAIR), "DEC-")
    closes = {"closing-outcome": "suspend", "closing-reasons": "Published twice against the marking."}
    for seat in (GISF, CHAIR):
        chair = visit(seat, decision).send("Take this position", {"position-choice": "Agree"})
    chair.send("Propose this closing", closes)
    reader.go(theirs)
    visit(GISF, link_in(post.to(GISF), "DEC-")).send("Confirm these words and close")
    reader.go(theirs, 404).go(own).go(chad)
    benu = visit(BENU, link_in(post.last(BENU), "SUS-"))
    assert benu.has("Published twice against the marking.", "If you do not agree", case.split("/")[3])
    assert not any(words in benu.words for words in (SECRET, "DEC-", "Whitfield", "Working Group"))
    visit(DO, case).go(f"{case}lift/", 404)
    assert visit(WG, record).has("Decided by the Oversight Committee", "Published twice against the marking.")
    assert "FBK-" not in visit(BENU, "/feedback/").go(record, 404).go("/feedback/").words
    refers_a_un_entity(post)


def is_a_case_now(case) -> str:
    """§12: with the Working Group, with its history and a deadline; its steps are taken on the suspension's page."""
    group = visit(WG, "/feedback/intake/").follow("FBK-")
    assert group.has("With the Working Group", "INGO Benu, South Sudan", "By when", "on the page of the suspension")
    assert not any(step in group.words for step in ("Propose a resolution", "Put it to the Oversight"))
    record = group.path
    assert group.follow("Open its page").path == case
    return record


def refers_a_un_entity(post):
    """A UN entity cannot be chosen for suspension: its breach is recorded and goes nowhere by itself."""
    official = visit(DO, "/partnership/suspensions/open/")
    assert "World Food Programme" not in official.words
    breach = {
        "entity": "World Food Programme",
        "area": "South Sudan",
        "cause": "confidentiality",
        "to": "Its focal point",
    }
    official.follow("A UN entity or its staff").send("Record it", {**breach, "what": "A list was passed on."})
    assert official.has("Recorded. It cannot be changed any more.", "A list was passed on.")
    visit("wfp.security@un.example").go(official.path, 404)
    assert post.come() == {}
