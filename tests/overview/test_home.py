"""The home page of everybody: what waits for them, the newest in their areas, and nothing of what they may not see."""

import re
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from incidents.desk import acknowledge
from incidents.drafts import save_draft
from incidents.models import ReferenceRecord
from notifications.actions import follow
from notifications.models import Message
from organisations.models import Standing
from sharing.models import Release
from tests.factories.desk import asked, desk_of_area, proposed
from tests.factories.incidents import an_account, file_report
from tests.incidents.test_lists import make_reference

pytestmark = pytest.mark.django_db
MOST_QUERIES = 12


def home(client) -> str:
    response = client.get("/")
    assert response.status_code == 200
    return response.content.decode()


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.fixture
def english(cast):
    User.objects.update(language="en")
    return cast


@pytest.fixture
def busy(english):
    """Something of every kind: reports in both areas, a draft, a failed mail, public incidents, a follower."""
    file_report(english)
    file_report(english, by="field@benu.example", organisation="benu", area="chad")
    file_report(english, by="dss.field@un.example", organisation="dss", marking="TLP:CLEAR", choices=["everyone"])
    save_draft(by=english["field@alba.example"], submission=uuid.uuid4(), typed={"what": ["x"]})
    follow(english.areas["south-sudan"], by=english["dss.hq@un.example"])
    Message.objects.filter(pk=Message.objects.first().pk).update(state="failed")
    listed = Release.objects.for_system("test").get(item__ref=make_reference(3)[0])
    ReferenceRecord.objects.create(source="awsd", source_id="1", digest="x", year=2020, killed=2, release=listed)
    ReferenceRecord.objects.create(source="awsd", source_id="2", digest="y", year=2020, killed=5)
    return english


@pytest.mark.slow
def test_every_home_page_asks_at_most_twelve_questions_and_shows_no_more_than_their_list(busy, sign_in):
    """Every reference on a home page is in that person's list as well, and no text is on any."""
    asked = {}
    for email, user in busy.people.items():
        client = sign_in(user)
        with CaptureQueriesContext(connection) as queries:
            page = home(client)
        asked[email] = len(queries)
        listed = {row.release.item.ref for row in client.get("/incidents/").context["items"]}
        assert set(re.findall(r"INC-\w{6}", page)) <= listed, email
        assert "CANARY" not in page
    print("\nQueries of the home page:", *(f"{number:4} {email}" for email, number in sorted(asked.items())), sep="\n")
    assert max(asked.values()) <= MOST_QUERIES


@pytest.mark.parametrize(
    ("email", "shown", "absent"),
    [
        (
            "field@alba.example",
            ["Draft: x ", "New, lives may be at risk: ", "Report an incident", "Field focal point"],
            [],
        ),
        (
            "field@benu.example",
            ["New, lives may be at risk: Attack on a vehicle or on the road, South Sudan"],
            ["Draft: "],
        ),
        ("dss.hq@un.example", ["Messages could not be sent", "Acknowledge: ", "DSS headquarters"], ["Draft: "]),
        ("admin@portal.example", ["Messages could not be sent", "Administrator"], ["Newest in your areas", "INC-"]),
        ("hq@alba.example", ["No incidents in your areas.", "Nothing waits for you."], ["INC-"]),
        ("do@un.example", ["New, lives may be at risk: ", "Designated Official"], ["Report an incident"]),
        ("wg@icva.example", ["No incidents in your areas.", "Working Group member"], ["INC-", "Report an incident"]),
        ("hq@suspended.example", ["INGO Suspended is suspended."], ["INC-", "Draft: "]),
        ("applicant@dune.example", ["Applicant", "Nothing waits for you."], ["Newest in your areas", "INC-"]),
        ("nobody@elsewhere.example", ["You have an account and no membership."], ["Nothing waits", "INC-"]),
        ("local@nngo.example", ["Report an incident", "Focal point of a local arrangement"], []),
    ],
)
def test_each_role_finds_its_own(busy, sign_in, email, shown, absent):
    page = words(home(sign_in(busy[email])))
    assert [phrase for phrase in shown if phrase not in page] == []
    assert [phrase for phrase in absent if phrase in page] == []


def test_suspended_in_one_area_only(busy, sign_in):
    benu, area = busy.organisations["benu"], busy.areas["chad"]
    Standing.objects.create(organisation=benu, area=area, kind="suspended")
    page = words(home(sign_in(busy["field@benu.example"])))
    assert "INGO Benu is suspended in Chad." in page
    assert "New, lives may be at risk: Attack on a vehicle or on the road, South Sudan" in page


@pytest.mark.parametrize(
    ("email", "filed"),
    [
        (
            "field@cedar.example",
            {"marking": "TLP:RED", "choices": ["named_persons"], "persons": ["field@cedar.example"]},
        ),
        ("dss.hq@un.example", {"by": "hq@alba.example", "area": "kenya"}),
    ],
)
def test_what_one_was_told_of_waits_wherever_it_happened(english, sign_in, email, filed):
    ref = file_report(english, **filed).incident.item.ref
    assert ref in home(sign_in(english[email])).split("Newest in your areas")[0]
    assert ref not in home(sign_in(english["ocha@un.example"]))


def test_what_was_read_waits_no_longer(english, sign_in):
    ref = file_report(english).incident.item.ref
    client = sign_in(english["io@lake.example"])
    assert ref in home(client).split("Newest in your areas")[0]
    client.get(f"/incidents/{ref}/")
    page = home(client)
    assert ref not in page.split("Newest in your areas")[0]
    assert ref in page.split("Newest in your areas")[1]


def test_ones_own_report_does_not_wait_for_oneself(english, sign_in):
    ref = file_report(english).incident.item.ref
    assert ref not in home(sign_in(english["field@alba.example"])).split("Newest in your areas")[0]


def test_what_is_old_waits_no_longer(english, sign_in):
    file_report(english)
    with time_machine.travel(timezone.now() + timedelta(days=15)):
        assert "Nothing waits for you." in home(sign_in(english["io@lake.example"]))


def test_what_is_new_about_lives_comes_first_then_the_newest_and_more_is_said(english, sign_in):
    harmless = {"coded": {"category": "robbery"}, "groups": []}
    refs = {}
    for name in ("grave", "first", "second", "third", "fourth", "fifth"):
        account = an_account() if name == "grave" else an_account(**harmless)
        refs[name] = file_report(english, account=account).incident.item.ref
    reader = english["io@lake.example"]
    save_draft(by=reader, submission=uuid.uuid4(), typed={})
    page = home(sign_in(reader)).split("Newest in your areas")[0]
    assert re.findall(r"INC-\w{6}(?=</p>)", page) == [
        refs[name] for name in ("grave", "fifth", "fourth", "third", "second")
    ]
    said = words(page)
    assert said.count("lives may be at risk") == 1
    assert (
        said.index("New, lives may be at risk: Attack on a vehicle")
        < said.index("Finish your draft report")
        < said.index("New: ")
    )
    assert "More is new: see all that was shared with you, read or not" in page


def test_how_long_a_question_and_a_proposal_wait(english, sign_in):
    with time_machine.travel(timezone.now() - timedelta(days=3)):
        item = file_report(english).incident.item
        acknowledge(item, by=english["dss.field@un.example"], desk=desk_of_area(english))
    asked(english, item)
    proposed(english, item)
    for email, title in (
        ("dss.field@un.example", "Answer a question"),
        ("field@alba.example", "Compare a proposed text"),
    ):
        [task] = [task for task in sign_in(english[email]).get("/").context["tasks"] if title in task.title]
        assert timezone.now() - task.since < timedelta(hours=1), email


def test_following_an_area_brings_it_to_the_home_page(english, sign_in):
    ref = file_report(english).incident.item.ref
    client = sign_in(english["hq@benu.example"])
    assert ref not in home(client)
    follow(english.areas["south-sudan"], by=english["hq@benu.example"])
    assert ref in home(client)


def test_the_gravest_is_said_even_where_much_waits_at_the_desk(english, sign_in):
    for number in range(6):
        file_report(english, account=an_account(texts={"what": str(number)}, coded={"category": "robbery"}, groups=[]))
    ref = file_report(english).incident.item.ref
    page = home(sign_in(english["dss.field@un.example"]))
    assert page.count("Acknowledge: ") == 5
    assert ref in page.partition("Newest in your areas")[0]
    assert 'href="/incidents/desk/">More waits at your desk' in page


def test_public_incidents_come_with_their_credit(busy, sign_in):
    page = home(sign_in(busy["io@lake.example"]))
    assert "Aid Worker Security" in page
    assert "2 aid workers killed" in words(page)  # what is counted only would stand out against the list (C10)
    assert "Aid Worker Security" not in home(sign_in(busy["nobody@elsewhere.example"]))


def test_a_text_that_cannot_be_opened_closes_no_home_page(english, sign_in):
    file_report(english, account=an_account(texts={"what": "x"}))
    draft = save_draft(by=english["io@lake.example"], submission=uuid.uuid4(), typed={})
    type(draft).objects.for_system("test").update(sealed=b"broken")
    assert "Finish your draft report" in home(sign_in(english["io@lake.example"]))


def test_strangers_are_sent_to_sign_in(db):
    assert Client().get("/").url == "/accounts/login/?next=/"


def test_healthz_asks_nothing(django_assert_num_queries, db):
    with django_assert_num_queries(0):
        response = Client().get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok")


def test_a_dead_cache_closes_no_home(english, sign_in, settings):
    client = sign_in(english["field@alba.example"])
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }
    assert "Home" in home(client)
