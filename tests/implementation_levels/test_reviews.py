"""The review of levels: it opens by itself, asks partner organisations, ends its consultation, says what is late."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from areas.models import Area
from audit.models import Event
from implementation_levels.actions import reviews as actions
from implementation_levels.actions.reviews import (
    AlreadyInReview,
    ask_for_review,
    close_consultation,
    next_cycle_on,
    open_due,
    open_early,
)
from implementation_levels.models import Review, ReviewedArea, ReviewRequest
from notifications.models import Message
from notifications.outbox import drain
from partners.queues import queue_of
from sharing.access import access_of
from slt_portal.states import StaleState
from tests.factories.levels import CHAD, SOUTH_SUDAN, a_level, a_review, a_reviewed_area, area
from tests.factories.partnership import CANARY, DSS_CHAIR, GISF, HQ, ICVA, WFP, bodies

pytestmark = pytest.mark.django_db
ALBA_HQ, ALBA, BENU_HQ, BENU, CEDAR, LAKE = (
    "hq@alba.example",
    "field@alba.example",
    "hq@benu.example",
    "field@benu.example",
    "field@cedar.example",
    "io@lake.example",
)
FIELD, CSFP, SECURITY, OCHA, DO = (
    "dss.field@un.example",
    "csfp@un.example",
    "wfp.security@un.example",
    "ocha@un.example",
    "do@un.example",
)
ASKED_IN_SOUTH_SUDAN = {ALBA_HQ, ALBA, BENU_HQ, BENU, LAKE, FIELD, SECURITY}
ASKED_IN_CHAD = {BENU_HQ, BENU, CEDAR, CSFP}
READERS = {DSS_CHAIR, GISF, WFP, ICVA, HQ, OCHA}
DAY = date(2026, 8, 31)


@pytest.fixture
def people(cast):
    """The cast, who read English here, and the bodies."""
    User.objects.update(language="en")
    bodies(cast)
    return cast


def at(day):
    return time_machine.travel(datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=9), tick=False)


def told(event):
    """The addresses of the people to whom a message of this kind was queued."""
    rows = Message.objects.filter(kind=f"implementation_levels.{event}")
    return {message.recipient.email for message in rows.select_related("recipient")}


def now_of(row):
    return type(row).objects.for_system("a test looks").get(pk=row.pk)


def cycles():
    return Review.objects.for_system("a test looks").filter(kind="cycle")


# --- The cycle ---------------------------------------------------------------------------------------------------


@pytest.mark.sqlite
def test_the_first_cycle_opens_when_there_is_something_to_review_and_asks_everybody_once(people):
    Area.objects.filter(code="kenya").update(valid_to=DAY - timedelta(days=1))  # it is over: not reviewed
    with at(DAY):
        assert (next_cycle_on(DAY), open_due()) == (None, None)
        a_level(people)
        request = ask_for_review(area=area(CHAD), level="reinforced", why=CANARY, party="dss", by=people[CSFP])
        review = open_due()
        assert open_due() is None
    assert (review.kind, review.cycle, review.state, review.opened_on) == ("cycle", 1, "consulting", DAY)
    assert (review.consult_until, review.recommend_by, review.due_on) == (
        date(2026, 9, 21), date(2026, 10, 5), date(2026, 10, 19),
    )  # fmt: skip
    rows = ReviewedArea.objects.for_system("test").filter(review=review)
    assert dict(rows.values_list("area__code", "level_before")) == {SOUTH_SUDAN: "reinforced", CHAD: "normal"}
    request = now_of(request)
    assert (request.state, request.review_id, request.settled_by_id) == ("taken_up", review.pk, None)
    assert told("consultation") == ASKED_IN_SOUTH_SUDAN | ASKED_IN_CHAD
    assert told("request_settled") == {CSFP}
    assert Message.objects.filter(kind="implementation_levels.consultation").count() == 9  # two work in both
    event = Event.objects.filter(verb="implementation_levels.review_opened").get()
    assert event.facts == {"kind": "cycle", "areas": 2, "urgent": False}


@pytest.mark.parametrize(
    ("done_on", "opens_on"),
    [
        (None, None),  # the same is not asked twice
        (date(2026, 10, 19), date(2027, 2, 28)),  # 31 August and six months
        (date(2026, 11, 18), date(2027, 2, 28)),  # decided thirty days late
    ],
)
def test_the_next_cycle_opens_six_months_later_however_long_the_worker_was_away(people, done_on, opens_on):
    with at(DAY):
        a_level(people)
        first = open_due()
    if done_on is None:
        with at(date(2027, 9, 1)):
            assert open_due() is None
        return
    since = datetime.combine(done_on, datetime.min.time(), UTC)
    Review.objects.for_system("test").filter(pk=first.pk).update(state="done", state_since=since)
    with at(opens_on - timedelta(days=1)):
        assert (open_due(), next_cycle_on(opens_on)) == (None, opens_on)
    with at(opens_on + timedelta(days=400)):  # two are missed: one comes
        assert open_due().cycle == 2
        assert open_due() is None
    with at(DAY - timedelta(days=30)):  # the clock was set back
        assert open_due() is None


def test_two_beats_open_one_cycle(people, monkeypatch):
    a_level(people)
    first = open_due()
    monkeypatch.setattr(actions, "next_cycle_on", lambda day: day)  # what the other beat saw a moment ago
    ReviewedArea.objects.for_system("test").update(state="overtaken")
    Review.objects.for_system("test").filter(pk=first.pk).update(cycle=2)  # the number that it counts to is taken
    assert actions.open_cycle() is None
    assert cycles().count() == 1


def test_an_area_in_an_early_review_is_left_out_of_the_cycle(people):
    a_level(people)
    early = open_early(areas=[area(CHAD)], why=CANARY, by=people[HQ])
    cycle = open_due()
    rows = ReviewedArea.objects.for_system("test")
    assert set(rows.filter(review=cycle).values_list("area__code", flat=True)) == {SOUTH_SUDAN, "kenya"}
    with pytest.raises(AlreadyInReview) as found:
        open_early(areas=[area(SOUTH_SUDAN)], why=CANARY, by=people[HQ])
    assert found.value.review == cycle
    urgent = {"areas": [area(SOUTH_SUDAN)], "why": CANARY, "by": people[HQ], "is_urgent": True}
    assert open_early(**urgent).kind == "early"  # urgency waits for no cycle
    with pytest.raises(AlreadyInReview):
        open_early(**urgent)
    rows.filter(review=early).update(state="overtaken")
    assert open_early(areas=[area(CHAD)], why=CANARY, by=people[GISF]).kind == "early"


# --- Consultation, and what is late ------------------------------------------------------------------------------


def test_the_mail_names_the_areas_of_its_reader_and_no_level(people):
    a_level(people)
    open_due()
    drain()
    mails = {message.to[0]: message for message in mail.outbox if "the level of your areas" in message.subject}
    assert set(mails) == ASKED_IN_SOUTH_SUDAN | ASKED_IN_CHAD
    body = mails[BENU_HQ].body
    assert ("South Sudan" in body, "Chad" in body, "Kenya" in body) == (True, True, False)
    assert ("South Sudan" in mails[CEDAR].body, "Chad" in mails[CEDAR].body) == (False, True)
    assert "einforced" not in "".join(str(message.message()) for message in mails.values())
    assert CANARY not in "".join(str(message.message()) for message in mails.values())
    ref = cycles().get().ref
    assert re.search(rf"https?://\S+/levels/consultation/{ref}/\s", body)


def test_the_tick_reminds_closes_and_says_once_what_is_late(people):
    with at(DAY):
        review = a_review(people)
        row = ReviewedArea.objects.for_system("test").get(review=review, area__code=CHAD)
        cedar = people.organisations["cedar"]
        actions.answer(row, organisation=cedar, is_headquarters=False, view="keep", text="", by=people[CEDAR])
    steps = [
        (review.consult_until - timedelta(days=4), "consulting", set()),
        (review.consult_until - timedelta(days=3), "consulting", {"consultation_ending"}),
        (review.consult_until, "consulting", {"consultation_ending"}),
        (review.consult_until + timedelta(days=1), "recommending", {"consultation_closed"}),
        (review.recommend_by, "recommending", {"consultation_closed"}),
        (review.recommend_by + timedelta(days=1), "recommending", {"review_late"}),
        (review.due_on + timedelta(days=1), "recommending", {"review_overdue"}),
    ]
    known = set()
    for day, state, events in steps:
        with at(day):
            open_due()
            open_due()
        assert now_of(review).state == state, day
        known |= events
        kinds = set(Message.objects.values_list("kind", flat=True))
        assert kinds == {f"implementation_levels.{event}" for event in known}, day
    assert told("consultation_ending") == (ASKED_IN_SOUTH_SUDAN | ASKED_IN_CHAD) - {CEDAR}  # who has answered
    assert told("consultation_closed") == told("review_late") == {ICVA}
    assert told("review_overdue") == {ICVA, DSS_CHAIR, GISF, WFP}
    with at(review.due_on + timedelta(days=1)):
        drain()
    sent = {(message.to[0], message.subject) for message in mail.outbox}
    assert (GISF, f"{review.ref}: the review of levels is overdue") in sent
    assert not any("answer by" in subject for _to, subject in sent)  # nobody is asked any more
    assert CANARY not in "".join(str(message.message()) for message in mail.outbox)


def test_only_in_urgency_the_working_group_need_not_wait(people, sign_in):
    calm, urgent = a_review(people, codes=[CHAD]), a_review(people, kind="early", is_urgent=True, codes=[SOUTH_SUDAN])
    group, committee = sign_in(people[ICVA]), sign_in(people[GISF])
    path = "/levels/reviews/{}/close/"
    assert group.get(path.format(calm.ref)).status_code == 404
    assert committee.get(path.format(urgent.ref)).status_code == 404
    assert group.get(path.format(urgent.ref)).status_code == 200
    for by in (people[GISF], people[HQ]):
        with pytest.raises(PermissionDenied):
            close_consultation(urgent, reason="x", by=by)
    assert group.post(path.format(urgent.ref), {"reason": " "}).status_code == 200
    assert group.post(path.format(urgent.ref), {"reason": "An attack."}).status_code == 302
    assert (now_of(urgent).state, now_of(urgent).texts["closed_early"]) == ("recommending", "An attack.")
    assert group.post(path.format(urgent.ref), {"reason": "An attack."}).status_code == 302  # a second click
    again = group.post(path.format(urgent.ref), {"reason": "Typed by somebody else."})
    assert ("Typed by somebody else." in again.text, again.status_code) == (True, 200)
    assert "An attack." in committee.get(f"/levels/reviews/{urgent.ref}/").text
    with pytest.raises(StaleState):
        close_consultation(urgent, by=None)


# --- Opening early -----------------------------------------------------------------------------------------------


def test_who_opens_an_early_review_and_what_becomes_of_the_request(people, sign_in):
    asked = ask_for_review(area=area(SOUTH_SUDAN), level="reinforced", why=CANARY, party="dss", by=people[FIELD])
    for email in (WFP, ICVA, OCHA, FIELD):
        status = sign_in(people[email]).get("/levels/reviews/open/").status_code
        assert status == (200 if email in READERS - {OCHA} else 404), email
    with pytest.raises(PermissionDenied):
        open_early(areas=[area()], why="x", by=people[OCHA])
    group = sign_in(people[ICVA])
    page = group.get(f"/levels/reviews/open/?request={asked.ref}")
    assert (CANARY in page.text, page.context["form"].initial["area"]) == (True, SOUTH_SUDAN)
    typed = {"area": SOUTH_SUDAN, "second": SOUTH_SUDAN, "why": "Shots at two convoys.", "is_urgent": "on"}
    wrong = group.post("/levels/reviews/open/", typed | {"area": "", "why": "x" * 4000})
    assert set(wrong.context["form"].errors) == {"area", "why"}
    answer = group.post(f"/levels/reviews/open/?request={asked.ref}", typed)
    review = Review.objects.for_system("test").get()
    assert answer.url == f"/levels/reviews/{review.ref}/"
    day = timezone.now().date()
    assert (review.is_urgent, review.consult_until - day, review.due_on - day) == (
        True, timedelta(days=2), timedelta(days=6),
    )  # fmt: skip
    assert (now_of(asked).state, now_of(asked).settled_by) == ("taken_up", people[ICVA])
    assert group.post("/levels/reviews/open/", typed).url == answer.url  # a second click
    other = group.post("/levels/reviews/open/", typed | {"why": "Something else."})
    assert ("Something else." in other.text, review.ref in other.text) == (True, True)
    assert Review.objects.for_system("test").count() == 1
    with pytest.raises(StaleState):
        open_early(areas=[area(CHAD)], why="x", by=people[ICVA], requests=[asked])
    drain()
    assert "Shots" not in "".join(str(message.message()) for message in mail.outbox)


# --- Pages -------------------------------------------------------------------------------------------------------


def test_reviews_are_for_the_bodies_and_the_secretariat(people, sign_in):
    review = a_review(people)
    for email in (WFP, OCHA, FIELD, DO, ALBA_HQ):  # the walk over all pages asks for everybody
        client = sign_in(people[email])
        status = {client.get(path).status_code for path in ("/levels/reviews/", f"/levels/reviews/{review.ref}/")}
        assert status == ({200} if email in READERS else {404}), email
    assert sign_in(people[ICVA]).get("/levels/reviews/REV-00000/").status_code == 404


@pytest.mark.sqlite
def test_the_page_of_a_review_counts_the_newest_answers_and_filters(people, sign_in):
    a_level(people)
    review = a_review(people, codes=[CHAD])
    row = a_reviewed_area(review, SOUTH_SUDAN, level_before="reinforced")
    for key, email, view in (("alba", ALBA, "normal"), ("alba", ALBA, "keep"), ("lake", LAKE, "normal")):
        side = {"organisation": people.organisations[key], "is_headquarters": False}
        actions.answer(row, **side, view=view, text=CANARY, by=people[email])
    alba = {"organisation": people.organisations["alba"], "is_headquarters": True}
    actions.answer(row, **alba, view="no_view", text="", by=people[ALBA_HQ])
    client = sign_in(people[GISF])
    page = client.get(f"/levels/reviews/{review.ref}/").text
    assert "1 for this level, 1 against, 1 without a view" in re.sub(r"\s+", " ", page)
    said = re.sub(r"canaryword why", "", page)  # why it was opened is theirs to read
    assert CANARY not in said
    shown = {
        which: [line.area.code for line in client.get(f"/levels/reviews/{review.ref}/?show={which}").context["items"]]
        for which in ("all", "reinforced", "change", "open", "nonsense")
    }
    assert shown == {
        "all": [CHAD, SOUTH_SUDAN],
        "reinforced": [SOUTH_SUDAN],
        "change": [SOUTH_SUDAN],
        "open": [CHAD, SOUTH_SUDAN],
        "nonsense": [CHAD, SOUTH_SUDAN],
    }


def test_the_pages_ask_the_same_however_much_there_is(people, sign_in):
    client, paths = sign_in(people[ICVA]), ["/levels/reviews/", "/levels/reviews/{}/"]

    def count(review):
        found = []
        for path in paths:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path.format(review.ref)).status_code == 200
            found.append(len(queries))
        return found

    review = a_review(people, codes=[CHAD])
    ask_for_review(area=area("kenya"), level="reinforced", why="x", party="working_group", by=people[ICVA])
    a_review(people, codes=[], state="done")
    one = count(review)
    ask_for_review(area=area("kenya"), level="reinforced", why="x", party="oversight_committee", by=people[GISF])
    for code in (SOUTH_SUDAN, "kenya"):
        a_reviewed_area(review, code)
    for state in ("consulting", "deciding", "done", "done"):
        a_review(people, codes=[], state=state)
    ask_for_review(area=area("kenya"), level="reinforced", why="x", party="dss_headquarters", by=people[HQ])
    assert count(review) == one
    assert max(one) <= 12, one


@pytest.mark.long
def test_a_review_of_all_areas_is_light(people, sign_in):
    Area.objects.bulk_create(
        Area(code=f"area-{n}", name_en=f"Area of the north {n}", name_fr=f"Zone du nord {n}", kind="country")
        for n in range(240)
    )
    a_level(people)
    review = open_due()
    response = sign_in(people[ICVA]).get(f"/levels/reviews/{review.ref}/")
    assert len(response.context["rows"]) == 243
    assert len(response.content) <= 100_000


# --- What waits --------------------------------------------------------------------------------------------------


@pytest.mark.sqlite
def test_what_waits_stands_in_the_queues(people, django_assert_num_queries):
    asking, ready = a_review(people), a_review(people, codes=["kenya"], state="recommending")
    request = ask_for_review(area=area("kenya"), level="normal", why=CANARY, party="dss_headquarters", by=people[HQ])
    ReviewRequest.objects.for_system("test").filter(pk=request.pk).update(state="open", review=None, settled_at=None)
    row = ReviewedArea.objects.for_system("test").get(review=asking, area__code=SOUTH_SUDAN)
    alba = people.organisations["alba"]
    actions.answer(row, organisation=alba, is_headquarters=False, view="keep", text="", by=people[ALBA])
    group = {("level_request.open", request.ref), ("level_review.recommending", ready.ref)}
    mine = {("own.consultation", asking.ref)}
    for email in (ICVA, HQ, ALBA, ALBA_HQ, CEDAR, SECURITY, DO, GISF, "local@nngo.example"):
        access = access_of(people[email])
        queue = queue_of(access)
        found = {(line.row.turn, line.row.ref) for line in queue.mine}
        wanted = group if email == ICVA else mine if email in ASKED_IN_SOUTH_SUDAN | ASKED_IN_CHAD else set()
        assert found == (wanted if email != ALBA else set()), email
        assert {(line.row.turn, line.row.ref) for line in queue.others} == (group if email == HQ else set()), email
        assert all(line.href.startswith("/levels/") and line.by_when for line in queue.mine if line.row.due)
    access = access_of(people[LAKE])
    with django_assert_num_queries(1):
        queue_of(access)
