"""The evidence about an area in a review: figures without incidents, for the bodies and nobody else (L3, C4)."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from documents.models import DataKey
from implementation_levels.models import Answer, ReviewedArea, ReviewRequest
from incidents.models import IncidentRelease
from notifications.models import Subject
from organisations.models import Standing
from overview.level_incidents import portal_began, trend_of
from sharing.models import Audience, Item
from tests.factories.coordination import an_assignment
from tests.factories.incidents import file_report
from tests.factories.levels import a_level, a_review, area
from tests.factories.statistics import make_incidents

pytestmark = pytest.mark.django_db
HQ, FIELD, OCHA, CHAIR, GISF, WG = (
    "dss.hq@un.example", "dss.field@un.example", "ocha@un.example", "dss.chair@un.example", "chair@gisf.example",
    "wg@icva.example",
)  # fmt: skip
READERS = {HQ, GISF, WG}  # everybody in the walk of the visibility
OTHERS = {FIELD, "do@un.example", "hq@alba.example", "platform@southsudan.example", "applicant@dune.example"}
QUERIES = 12
OPENED = date(2026, 8, 10)


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel("2026-08-10T12:00:00Z", tick=True):
        yield


def page(review, code="south-sudan"):
    return f"/levels/reviews/{review.ref}/areas/{code}/evidence/"


def reviewed(review, code="south-sudan"):
    return (
        ReviewedArea.objects.for_system("test").select_related("review__data_key").get(review=review, area__code=code)
    )


def shared(cast, number, at, key="alba", came="2026-07-01"):
    """So many incidents in South Sudan on a day, that Alba shared by another."""
    items = make_incidents(
        [{"area": area()}] * number, originator=cast.organisations[key], at=datetime.fromisoformat(f"{at}T00:00Z")
    )
    moment = datetime.fromisoformat(f"{came}T00:00Z")
    Item.objects.for_system("test").filter(pk__in=[item.pk for item in items]).update(created_at=moment)
    return items


def shown(opened=OPENED):
    """The figures of the half-years: {first day: (public, shared)}, and of all."""
    trend = trend_of(area(), opened, portal_began()[0]["created_at"])
    return {half.begins: (str(half.public), str(half.shared)) for half in trend.halves}, str(trend.shared)


def an_answer(cast, review, key, *, is_headquarters=True, view="reinforced", text="text"):
    row = Answer(
        reviewed=reviewed(review), organisation=cast.organisations[key], is_headquarters=is_headquarters, view=view,
        by=cast["hq@alba.example"],
    )  # fmt: skip
    row.write({"text": text})
    row.save(force_insert=True)


def a_request(cast, why, *, code="south-sudan", by=FIELD):
    row = ReviewRequest(
        area=area(code), level="reinforced", party="dss", asked_by=cast[by], data_key=DataKey.objects.make(),
        subject=Subject.objects.create(),
    )  # fmt: skip
    row.write({"why": why})
    row.save(force_insert=True)


def test_the_bodies_read_it_and_nobody_else(cast, sign_in):
    review = a_review(cast)
    found = {who: sign_in(cast[who]).get(page(review)).status_code for who in READERS | OTHERS}
    assert found == dict.fromkeys(READERS, 200) | dict.fromkeys(OTHERS, 404)
    client = sign_in(cast[WG])
    assert client.get(page(review, "kenya")).status_code == 404  # not in this review
    assert client.get("/levels/reviews/REV-00000/areas/chad/evidence/").status_code == 404


def test_everybody_reads_the_same_figures_no_word_of_an_incident_and_no_way_to_one(cast, sign_in):
    """Whatever the reader could open elsewhere: nothing here leads there."""
    for item in [file_report(cast).incident.item, *shared(cast, 12, "2026-02-01")]:
        Item.objects.for_system("test").filter(pk=item.pk).update(created_at=datetime(2026, 7, 1, tzinfo=UTC))
    Audience.objects.for_system("test").filter(principal="everyone").update(principal=f"dss:{area().pk}")
    review, trends = a_review(cast), set()
    for who in READERS:
        response = sign_in(cast[who]).get(page(review))
        trends.add((tuple(response.context["trend"].halves), str(response.context["trend"].shared)))
        text = response.content.decode().partition("<main")[2]
        for word in ("CANARY", "INC-", "/incidents/", "Alba"):
            assert word not in text
    [(_halves, total)] = trends
    assert total == "10–14"


def test_half_years_by_the_day_on_which_it_happened(cast):
    shared(cast, 6, "2026-06-30")
    shared(cast, 11, "2025-07-01")
    shared(cast, 40, "2023-06-30")  # before the six half-years
    make_incidents([{"area": area()}] * 2, at=datetime(2026, 1, 1, tzinfo=UTC))
    figures, total = shown()
    assert figures[date(2026, 1, 1)] == ("2", "5–9")
    assert figures[date(2025, 7, 1)][1] == "10–14"
    assert (len(figures), total) == (6, "15–19")


def test_fewer_than_five_look_like_none(cast):
    nothing = shown()
    items = shared(cast, 4, "2026-02-01")
    assert shown() == nothing
    IncidentRelease.objects.for_system("test").filter(release__item=items[0]).update(time_precision="year")
    assert shown() == nothing  # no row of its own for what is not dated to the month
    assert nothing[1] == "0–4"
    shared(cast, 1, "2026-02-01")
    assert shown()[1] == "5–9"


def test_four_single_ones_cannot_be_told_apart(cast):
    """Each half-year with one: steps of five would give them away together with the sum; none is exact."""
    for at in ("2024-02-01", "2024-08-01", "2025-02-01", "2025-08-01", "2026-02-01"):
        shared(cast, 1, at)
    figures, _total = shown()
    assert not {words for _public, words in figures.values()} & {"1", "2", "3"}


def test_the_page_of_a_review_says_the_same_on_each_of_its_days(cast):
    shared(cast, 9, "2026-02-01", came="2026-07-31")
    before = shown()
    shared(cast, 1, "2026-02-01", came="2026-08-05")
    shared(cast, 3, "2026-08-01", came="2026-08-09")
    assert shown() == before == shown(date(2026, 8, 31))
    assert shown(date(2026, 9, 1))[1] == "10–14"


def test_what_was_taken_back_or_withheld_is_not_counted(cast):
    items = shared(cast, 6, "2026-02-01")
    Audience.objects.for_system("test").filter(release__item=items[0]).update(principal="originator:1")
    Item.objects.for_system("test").filter(pk=items[1].pk).update(state="withdrawn")
    assert shown()[1] == "0–4"


def test_where_no_public_source_reaches_nothing_is_no_figure(cast):
    assert {public for public, _shared in shown()[0].values()} == {"no data"}
    make_incidents([{"area": area("chad")}], at=datetime(2026, 2, 1, tzinfo=UTC))
    figures, _total = shown()
    assert figures.pop(date(2026, 1, 1))[0] == "0"  # a source says something of that half-year, of another place
    assert {public for public, _shared in figures.values()} == {"no data"}


def test_the_rest_of_the_view(cast, sign_in):
    a_level(cast, begins=OPENED)
    an_assignment(cast)
    review = a_review(cast, state="recommending")
    an_answer(cast, review, "alba", view="normal", text="said before")
    an_answer(cast, review, "alba", text="<i>Alba thinks")
    an_answer(cast, review, "benu", is_headquarters=False, view="keep", text="")
    a_request(cast, "shots at night")
    a_request(cast, "of another area", code="chad")
    response = sign_in(cast[WG]).get(page(review))
    text = response.content.decode()
    for words in ("&lt;i&gt;Alba thinks", "INGO Benu", "shots at night"):
        assert words in text
    for words in ("said before", "of another area"):
        assert words not in text
    assert response.context["recommend_url"].endswith("/recommend/")
    response = sign_in(cast[GISF]).get(page(review))
    assert response.context["recommend_url"] == ""
    assert [(str(view), at_hq, in_field) for view, at_hq, in_field in response.context["said"]] == [
        ("the level is right", 0, 1), ("it should be normal", 0, 0), ("it should be reinforced", 1, 0),
        ("we have no view", 0, 0),
    ]  # fmt: skip
    assert response.context["reviewed"].partners == 3
    assert response.context["register_url"] == "/partnership/register/areas/south-sudan/"
    assert len(response.content) < 100_000
    Standing.objects.create(organisation=cast.organisations["alba"], area=area(), kind="suspended")
    assert sign_in(cast[WG]).get(page(review)).context["reviewed"].partners == 2


def test_nobody_recommends_while_partner_organisations_can_answer(cast, sign_in):
    review = a_review(cast)
    User.objects.filter(pk=cast[WG].pk).update(language="en")
    client = sign_in(cast[WG])
    assert client.get(page(review)).context["recommend_url"] == ""
    response = client.get(page(review).replace("/evidence/", "/recommend/"), follow=True)
    assert "Partner organisations can still answer" in response.content.decode()


def test_the_questions_do_not_grow(cast, sign_in):
    review = a_review(cast)
    client = sign_in(cast[WG])
    an_assignment(cast)
    counts = []
    for key, number in (("alba", 1), ("benu", 2)):
        for at in range(number):
            an_answer(cast, review, key, is_headquarters=at == 0)
            shared(cast, 3, "2026-02-01")
            a_level(cast)
            a_request(cast, "shots", by=[FIELD, HQ, WG][len(counts) + at])
        with CaptureQueriesContext(connection) as found:
            client.get(page(review))
        counts.append(len(found))
    assert counts == [QUERIES, QUERIES]
