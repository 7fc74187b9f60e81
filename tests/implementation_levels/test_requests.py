"""Requests for a review of a level: who may ask, what the Working Group does with them, who reads them (§5d)."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from implementation_levels.actions.reviews import AlreadyAsked, ask_for_review, decline, open_due, open_early
from implementation_levels.models import ReviewRequest
from notifications.outbox import drain
from slt_portal.states import StaleState
from tests.factories.levels import CHAD, SOUTH_SUDAN, a_review, area
from tests.factories.partnership import CANARY, DSS_CHAIR, GISF, HQ, ICVA, WFP, bodies
from tests.factories.queues import PLATFORM

from .test_reviews import ALBA, CSFP, DO, FIELD, READERS, now_of, told

pytestmark = pytest.mark.django_db
THERE = f"/levels/areas/{SOUTH_SUDAN}/request/"
BODIES = {DSS_CHAIR, GISF, WFP, ICVA}
MAY_ASK = {SOUTH_SUDAN: {FIELD, DO, PLATFORM, HQ} | BODIES, CHAD: {CSFP, HQ} | BODIES}


@pytest.fixture
def people(cast):
    """The cast, who read English here, and the bodies."""
    User.objects.update(language="en")
    bodies(cast)
    return cast


def asked(people, email=FIELD, party="dss", **changes):
    terms = {"area": area(), "level": "reinforced", "why": f"{CANARY} why", "party": party, "by": people[email]}
    return ask_for_review(**(terms | changes))


def page_of(request):
    return f"/levels/requests/{request.ref}/"


def test_the_field_the_bodies_and_headquarters_may_ask(people, sign_in):
    for email in (CSFP, DO, PLATFORM, HQ, WFP, ALBA, "ocha@un.example"):
        client = sign_in(people[email])
        for code, who in MAY_ASK.items():
            path = f"/levels/areas/{code}/request/"
            assert client.get(path).status_code == (200 if email in who else 404), (email, code)
        if email not in MAY_ASK[SOUTH_SUDAN]:
            assert client.post(THERE, {"level": "reinforced", "why": "x"}).status_code == 404
    for email, party in ((ALBA, "dss"), (CSFP, "dss"), (FIELD, "working_group")):
        with pytest.raises(PermissionDenied):
            asked(people, email, party)
    assert sign_in(people[HQ]).get("/levels/areas/no-such-area/request/").status_code == 404
    assert not ReviewRequest.objects.for_system("test").exists()


def test_the_working_group_hears_at_once_and_nothing_is_asked_twice(people, sign_in):
    client = sign_in(people[DO])
    wrong = client.post(THERE, {"why": "x" * 4000})
    assert set(wrong.context["form"].errors) == {"level", "why"}
    first = client.post(THERE, {"level": "reinforced", "why": "Shots at two convoys."})
    request = ReviewRequest.objects.for_system("test").get()
    assert (first.url, request.party, request.area.code) == (page_of(request), "designated_official", SOUTH_SUDAN)
    assert client.post(THERE, {"level": "reinforced", "why": "Shots at two convoys."}).url == first.url
    again = client.post(THERE, {"level": "reinforced", "why": "And another thing."})
    assert ("And another thing." in again.text, request.ref in again.text) == (True, True)
    assert client.get(THERE).url == first.url
    assert ReviewRequest.objects.for_system("test").count() == 1
    with pytest.raises(AlreadyAsked):
        asked(people, DO, "designated_official")
    drain()
    (message,) = mail.outbox
    assert (message.to, message.subject) == ([ICVA], f"{request.ref}: a review of a level is asked for")
    assert "Thandiwe Mokoena" in message.body
    assert "Shots" not in str(message.message())
    event = Event.objects.get(verb="implementation_levels.review_requested")
    assert event.facts == {"area": SOUTH_SUDAN, "party": "designated_official"}


def test_who_asked_reads_the_reasons_and_others_of_the_field_read_nothing(people, sign_in):
    request = asked(people)
    for email in (FIELD, DO, HQ, "ocha@un.example", ALBA):
        page = sign_in(people[email]).get(page_of(request))
        assert page.status_code == (200 if email in READERS | {FIELD} else 404), email
        assert (CANARY in page.text) == (email in READERS | {FIELD}), email
    group, committee = sign_in(people[ICVA]), sign_in(people[GISF])
    path = f"{page_of(request)}decline/"
    assert {committee.get(path).status_code, sign_in(people[FIELD]).get(path).status_code} == {404}
    assert committee.post(path, {"answer": "x"}).status_code == 404
    assert set(group.post(path, {"answer": ""}).context["form"].errors) == {"answer"}
    assert group.post(path, {"answer": "It was reviewed last month."}).url == page_of(request)
    assert group.post(path, {"answer": "It was reviewed last month."}).status_code == 302  # a second click
    other = group.post(path, {"answer": "Typed by a colleague."})
    assert ("Typed by a colleague." in other.text, other.status_code) == (True, 200)
    assert now_of(request).texts == {"why": f"{CANARY} why", "answer": "It was reviewed last month."}
    assert "It was reviewed last month." in sign_in(people[FIELD]).get(page_of(request)).text
    mail.outbox.clear()
    drain()
    assert {message.to[0]: message.subject for message in mail.outbox} == {
        FIELD: f"{request.ref}: no early review, for the reasons given"
    }
    assert "last month" not in str(mail.outbox[0].message())
    with pytest.raises(StaleState):
        decline(request, answer="x", by=people[ICVA])
    with pytest.raises(StaleState):
        open_early(areas=[area()], why="x", by=people[ICVA], requests=[request])
    assert asked(people).ref != request.ref  # declined, it may be asked anew


def test_who_has_left_the_office_reads_neither_the_level_nor_the_answer(people, sign_in):
    """The account goes on: the same person is a local focal point from now on, who reads no levels (P8)."""
    request = asked(people)
    held = people[FIELD].memberships
    held.update(ends_at=timezone.now() - timedelta(minutes=1))
    terms = {"organisation": people.organisations["nngo"], "area": area(), "role": "local_focal_point"}
    held.create(**terms, starts_at=timezone.now() - timedelta(days=1))
    decline(request, answer="It was reviewed last month.", by=people[ICVA])
    assert sign_in(people[FIELD]).get(page_of(request)).status_code == 404
    drain()
    assert FIELD not in {address for message in mail.outbox for address in message.to}


def test_while_the_area_is_reviewed_a_request_goes_into_that_review(people, sign_in):
    review = a_review(people)
    request = asked(people)
    assert (now_of(request).state, now_of(request).review) == ("taken_up", review)
    assert asked(people) == request  # a second click
    assert (told("review_requested"), told("request_settled")) == ({ICVA}, {FIELD})
    drain()
    bodies_ = {message.to[0]: message.body for message in mail.outbox}
    assert f"the request went into {review.ref}" in bodies_[ICVA]
    assert review.ref not in bodies_[FIELD]
    assert review.ref not in sign_in(people[FIELD]).get(page_of(request)).text
    assert review.ref in sign_in(people[GISF]).get(page_of(request)).text


def test_the_working_group_is_reminded_once_of_what_waits_for_too_long(people, sign_in):
    request, fresh = asked(people), asked(people, HQ, "dss_headquarters", area=area(CHAD))
    long_ago = timezone.now() - timedelta(days=15)
    ReviewRequest.objects.for_system("test").filter(pk=request.pk).update(asked_at=long_ago)
    open_due()
    open_due()
    assert told("request_waits") == {ICVA}
    drain()
    reminders = [message for message in mail.outbox if "waits for an answer" in message.subject]
    assert [message.subject.partition(":")[0] for message in reminders] == [request.ref]
    rows = sign_in(people[GISF]).get("/levels/reviews/").context["requests"]
    assert [(row.ref, late) for row, _party, late in rows] == [(request.ref, True), (fresh.ref, False)]
    assert CANARY not in sign_in(people[GISF]).get("/levels/reviews/").text
    assert "overdue" in sign_in(people[FIELD]).get(page_of(request)).text
