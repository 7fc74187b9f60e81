"""The desk's queue: lives at risk first, and what needs another look after it was acknowledged; one desk page (I2)."""

import re

import pytest

from accounts.models import User
from incidents import desk as desks
from incidents.codes import LIFE_SAFETY_CATEGORIES, Category, Outcome
from incidents.desk_queue import MOST_AGAIN, PAGE
from incidents.models import IncidentRelease
from sharing.models import Item, Reading
from tests.factories.desk import asked, desk_of_area, worked_on
from tests.factories.incidents import an_account, file_report, followed_up

pytestmark = pytest.mark.django_db
ALBA, DESK, HQ, CSFP = "field@alba.example", "dss.field@un.example", "dss.hq@un.example", "csfp@un.example"
MINOR = {"coded": {"category": "information"}, "groups": []}


@pytest.fixture(autouse=True)
def today(now, cast):
    """The cast is there in the tests' today, and reads English."""
    User.objects.update(language="en")


def filed(cast, **account) -> Item:
    return file_report(cast, account=an_account(**account)).incident.item


def acknowledge(cast, item, by=DESK, key="dss", area="south-sudan"):
    desks.acknowledge(item, by=cast[by], desk=desk_of_area(cast, key, area))


def refs(rows) -> list[str]:
    return [row.release.item.ref for row in rows]


def work(client, **query):
    return client.get("/incidents/desk/", query).context["page"]


# Lives at risk first


def test_lives_at_risk_go_first_then_the_oldest(cast, sign_in):
    calm, grave, quiet, unknown = (
        filed(cast, **MINOR).ref,
        filed(cast).ref,
        filed(cast, **MINOR).ref,
        filed(cast, coded={"category": "unknown"}, groups=[]).ref,
    )
    client = sign_in(cast[DESK])
    assert refs(work(client).rows) == [grave, unknown, calm, quiet]
    page = client.get("/incidents/desk/").content.decode()
    assert page.count("lives may be at risk") == 2
    row = next(row for row in page.split("<tr") if grave in row)
    assert "lives may be at risk" in row
    assert "20 Mar 2026" in row
    assert "just now" in row


@pytest.mark.parametrize("near_miss", [True, False])
@pytest.mark.parametrize("category", Category)
def test_at_risk_is_what_is_told_at_once(cast, category, near_miss):
    """The column says of every report what its author's account said when it was told (G8)."""
    for outcome in (None, Outcome.UNHARMED, Outcome.THREATENED, Outcome.DETAINED, Outcome.KILLED):
        if (category in LIFE_SAFETY_CATEGORIES) is near_miss and outcome is None:
            continue
        groups = [{"outcome": outcome, "staff_of": "ingo", "count": 1}] if outcome else []
        account = an_account(coded={"category": category, "is_near_miss": near_miss}, groups=groups)
        facts = IncidentRelease(category=category, is_near_miss=near_miss, severity=account.severity)
        release = file_report(cast).incident.item
        rows = IncidentRelease.objects.for_system("test").filter(release__item=release)
        rows.update(category=facts.category, is_near_miss=facts.is_near_miss, severity=facts.severity)
        assert {row.lives_at_risk for row in rows.with_lives_at_risk()} == {account.is_life_safety}, outcome


def test_page_by_page_across_the_two_kinds(cast, sign_in):
    calm = [filed(cast, **MINOR).ref for _ in range(3)]
    grave = [filed(cast).ref for _ in range(PAGE - 1)]
    client = sign_in(cast[DESK])
    first = work(client)
    assert refs(first.rows) == [*grave, calm[0]]
    assert refs(work(client, before=first.older).rows) == calm[1:]
    filed_now = [filed(cast).ref for _ in range(2)]
    first = work(client)
    assert refs(work(client, before=first.older).rows) == [filed_now[1], *calm]


# Another look


def test_acknowledged_and_not_graded(cast, sign_in):
    item = filed(cast)
    client = sign_in(cast[DESK])
    assert work(client).again == []
    acknowledge(cast, item)
    assert refs(work(client).again) == [item.ref]
    page = client.get("/incidents/desk/").content.decode()
    assert ("not graded" in page, "news since</td>" in page) == (True, False)
    desks.grade(item, by=cast[DESK], desk=desk_of_area(cast), reliability="", credibility="2")
    assert work(client).again == []


def test_news_since_until_the_desk_does_something(cast, sign_in):
    report = file_report(cast)
    item, client = report.incident.item, sign_in(cast[DESK])
    acknowledge(cast, item)
    desks.grade(item, by=cast[DESK], desk=desk_of_area(cast), reliability="B", credibility="2")
    followed_up(cast, report)
    [row] = work(client).again
    assert (row.has_news, row.is_graded) == (True, True)
    assert "news since" in client.get("/incidents/desk/").content.decode()
    desks.note(item, by=cast[DESK], desk=desk_of_area(cast), text="rang them")
    assert work(client).again == []


def test_what_headquarters_did_does_not_hide_news_from_the_desk_of_the_area(cast, sign_in):
    report = file_report(cast)
    item = report.incident.item
    acknowledge(cast, item)
    desks.grade(item, by=cast[DESK], desk=desk_of_area(cast), reliability="B", credibility="2")
    followed_up(cast, report)
    desks.note(item, by=cast[HQ], desk=desk_of_area(cast, area=None), text="rang them")
    assert [refs(work(sign_in(cast[email])).again) for email in (DESK, HQ)] == [[item.ref], []]


def test_only_what_the_own_desk_acknowledged(cast, sign_in):
    item = filed(cast)
    acknowledge(cast, item, by=HQ, area=None)
    found = {email: refs(work(sign_in(cast[email])).again) for email in (DESK, HQ, CSFP)}
    assert found == {DESK: [], HQ: [item.ref], CSFP: []}  # at the desk of the area it still waits


def test_the_oldest_and_no_more(cast, sign_in):
    items = [filed(cast, **MINOR) for _ in range(MOST_AGAIN + 1)]
    for item in items:
        acknowledge(cast, item)
    client = sign_in(cast[DESK])
    page = work(client)
    assert (refs(page.again), page.has_more_again) == ([item.ref for item in items[:MOST_AGAIN]], True)
    assert f"The {MOST_AGAIN} oldest; there are more." in client.get("/incidents/desk/").content.decode()


# The page of one incident


def primary_buttons(page: str) -> list[str]:
    return re.findall(r'<(?:button|a) class="button button-primary"[^>]*>([^<]*)', page)


def test_the_report_is_on_the_page_and_reading_it_is_logged(cast, sign_in):
    item = filed(cast)
    for email in (DESK, ALBA):
        before = Reading.objects.count()
        page = sign_in(cast[email]).get(f"/incidents/{item.ref}/desk/").content.decode()
        assert ("CANARY-WHAT" in page, "CANARY-PERSONS" in page) == (True, True)
        reading = Reading.objects.latest("at")
        assert (Reading.objects.count() - before, reading.reader, reading.how) == (1, cast[email].pk, "opened")
    assert "Propose another text" not in page  # of one's own report


def test_one_primary_button(cast, sign_in):
    item, client = filed(cast), sign_in(cast[DESK])
    path = f"/incidents/{item.ref}/desk/"
    page = client.get(path).content.decode()
    assert primary_buttons(page) == ["Save the note"]
    assert f"/incidents/{item.ref}/desk/text/" in page
    asked(cast, item)
    asked(cast, item)
    assert primary_buttons(client.get(path).content.decode()) == ["Send the answer"]
    assert primary_buttons(sign_in(cast[ALBA]).get(path).content.decode()) == []


def test_the_page_asks_few_questions(cast, sign_in, django_assert_num_queries):
    item, client = worked_on(cast, filed(cast)), sign_in(cast[DESK])
    path = f"/incidents/{item.ref}/desk/"
    client.get(path)
    for more in (0, 2):
        for _ in range(more):
            asked(cast, item)
            desks.note(item, by=cast[DESK], desk=desk_of_area(cast), text="again")
        with django_assert_num_queries(PAGE_QUERIES):
            client.get(path)


PAGE_QUERIES = 12
