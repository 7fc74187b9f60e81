"""The pages of the areas: who reaches them, what they say, how much they ask the database."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from areas.models import Area
from areas.reference import load_reference
from notifications.models import Subscription
from organisations.models import Membership

# Session, user, second factor, membership for the policy and for the head; areas, countries, subscriptions,
# levels.
LIST_QUERIES = 8
MEMBERS = {
    "dss.hq@un.example",
    "dss.field@un.example",
    "csfp@un.example",
    "do@un.example",
    "ocha@un.example",
    "dss.chair@un.example",
    "chair@gisf.example",
    "wfp@un.example",
    "wfp.security@un.example",
    "wg@icva.example",
    "hq@alba.example",
    "field@alba.example",
    "hq@benu.example",
    "field@benu.example",
    "field@cedar.example",
    "io@lake.example",
    "platform@southsudan.example",
    "local@nngo.example",
    "handler@un.example",
}


def test_active_members_reach_them_and_nobody_else(cast, sign_in):
    for path in ("/areas/", "/areas/chad/"):
        statuses = {email: sign_in(person).get(path).status_code for email, person in cast.people.items()}
        assert {email for email, status in statuses.items() if status == 200} == MEMBERS
        assert {status for email, status in statuses.items() if email not in MEMBERS} == {404}
        assert Client().get(path).status_code == 302


def test_a_partner_no_longer_has_no_areas_and_no_way_to_them(cast, sign_in):
    """Names and addresses of DSS are for members: a membership that nobody ended yet does not keep them open."""
    client = sign_in(cast["field@alba.example"])
    assert "/areas/" in client.get("/").content.decode()
    cast.organisations["alba"].standings.update(ends_at=timezone.now())
    assert client.get("/areas/south-sudan/").status_code == 404
    assert 'href="/areas/' not in client.get("/accounts/profile/").content.decode()


def test_an_ended_membership_closes_them_at_the_next_request(cast, sign_in):
    client = sign_in(cast["hq@alba.example"])
    assert client.get("/areas/").status_code == 200
    Membership.objects.filter(user=cast["hq@alba.example"]).update(ends_at=timezone.now())
    assert client.get("/areas/").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_number_of_questions_for_one_row_and_for_three(
    cast, sign_in, django_assert_num_queries, count
):
    client = sign_in(cast["hq@alba.example"])
    Area.objects.exclude(code__in=list(cast.areas)[:count]).update(valid_to=date(2000, 1, 1))
    client.get("/areas/")
    with django_assert_num_queries(LIST_QUERIES):
        response = client.get("/areas/")
    assert len(response.context["items"]) == count


def test_the_whole_list_comes_in_pages_and_within_a_hundred_kilobytes(cast, sign_in):
    load_reference()
    client = sign_in(cast["hq@alba.example"])
    seen = []
    for number in range(1, 7):
        response = client.get(f"/areas/?page={number}")
        assert len(response.content) < 100_000
        seen += [area.code for area, *_ in response.context["items"]]
        if not response.context["page"].has_next():
            break
    assert sorted(seen) == sorted(Area.objects.current().values_list("code", flat=True))


@pytest.mark.parametrize("page", ["0", "-1", "9999", "x", "\x00"])
def test_a_page_that_is_not_there_is_a_page_all_the_same(cast, sign_in, page):
    assert sign_in(cast["hq@alba.example"]).get("/areas/", {"page": page}).status_code == 200


@pytest.mark.parametrize("words", ["a\x00b", "x" * 101])
def test_words_that_cannot_be_looked_for_are_refused_at_the_field(cast, sign_in, words):
    response = sign_in(cast["hq@alba.example"]).get("/areas/", {"q": words})
    assert response.status_code == 200
    assert list(response.context["filter_form"].errors) == ["q"]


def test_a_search(cast, sign_in):
    response = sign_in(cast["hq@alba.example"]).get("/areas/?q=tchad")
    assert [area.code for area, *_ in response.context["items"]] == ["chad"]
    assert "No area of this name." in sign_in(cast["hq@alba.example"]).get("/areas/?q=zzz").content.decode()


def test_an_area_says_whom_to_call(cast, sign_in):
    client = sign_in(cast["field@alba.example"])
    south_sudan = client.get("/areas/south-sudan/").content.decode()
    assert "Josephine Achol Deng" in south_sudan
    assert "dss.field@un.example" in south_sudan
    assert "Mahamat Idriss Saleh" not in south_sudan
    assert "DSS of the area" in south_sudan
    chad = client.get("/areas/chad/").content.decode()
    assert "Mahamat Idriss Saleh" in chad
    assert "DSS has no office there" in chad
    assert "Nobody is recorded" in client.get("/areas/kenya/").content.decode()


def test_who_has_left_is_not_called_any_more(cast, sign_in):
    now = timezone.now()
    Membership.objects.filter(role="dss_field").update(starts_at=now - timedelta(days=9), ends_at=now)
    assert "Josephine" not in sign_in(cast["field@alba.example"]).get("/areas/south-sudan/").content.decode()


def test_notes_on_status_parts_and_dates(cast, sign_in):
    load_reference()
    client = sign_in(cast["field@alba.example"])
    assert "resolution 1244 (1999)" in client.get("/areas/kosovo/").content.decode()
    assert "Gaza" in client.get("/areas/occupied-palestinian-territory/").content.decode()
    assert "Occupied Palestinian Territory" in client.get("/areas/gaza/").content.decode()
    assert "since 9 Jan 2023" in client.get("/areas/northwest-syria-cross-border/").content.decode()


def test_no_area_no_page(cast, sign_in):
    assert sign_in(cast["hq@alba.example"]).get("/areas/atlantis/").status_code == 404


def test_following_from_the_page(cast, sign_in):
    person = cast["hq@alba.example"]
    client = sign_in(person)
    Subscription.objects.filter(user=person).delete()
    steps = [
        ("/notifications/areas/kenya/follow/", {"choice": "follow"}, "You follow this area", ["life_safety"]),
        ("/notifications/areas/kenya/follow/", {"choice": "life_safety"}, "only when life is at risk.", ["follow"]),
        ("/notifications/areas/kenya/unfollow/", {}, "You do not follow this area.", ["follow", "life_safety"]),
    ]
    for path, typed, told, offered in steps:
        response = client.post(path, typed, follow=True)
        page = response.content.decode()
        assert told in page
        assert [choice for choice in ("follow", "life_safety") if f'value="{choice}"' in page] == offered
        assert ("No longer follow" in page) == (path.endswith("/follow/"))


def test_the_official_who_is_named_below_is_not_unknown_above(cast, sign_in):
    client, role = sign_in(cast["hq@alba.example"]), {"role": "designated_official"}
    assert Membership.objects.filter(area__code="south-sudan", **role).exists()
    for area, is_unknown in (("south-sudan", False), ("kenya", True)):
        page = client.get(f"/areas/{area}/")
        labels = [fact["label"] for fact in page.context["facts"]]
        assert ("Designated Official" in labels) is is_unknown, area
    Area.objects.filter(code="south-sudan").update(designated_official_post="Humanitarian Coordinator")
    assert "Humanitarian Coordinator" in client.get("/areas/south-sudan/").content.decode()


def test_whoever_works_there_is_not_told_what_if_they_did(cast, sign_in):
    person = cast["field@alba.example"]
    Subscription.objects.filter(user=person).delete()
    client = sign_in(person)
    here, elsewhere = (client.get(f"/areas/{area}/").content.decode() for area in ("south-sudan", "kenya"))
    assert ("because you work there" in here, "If you work there" in here) == (True, False)
    assert ("because you work there" in elsewhere, "If you work there" in elsewhere) == (False, True)
    for area, said in (
        ("south-sudan", "You work there: you still get mails"),
        ("kenya", "You no longer follow Kenya."),
    ):
        answer = client.post(f"/notifications/areas/{area}/unfollow/", follow=True).content.decode()
        assert (said in answer, "If you work there, you still" in answer) == (True, False)


@pytest.mark.parametrize(
    ("zone", "text"),
    [("Africa/Juba", "UTC+2)"), ("Asia/Kolkata", "UTC+5:30)"), ("America/Caracas", "UTC-4)"), ("Africa/Accra", "UTC)")],
)
def test_how_far_an_area_is_from_utc(cast, sign_in, zone, text):
    Area.objects.filter(code="kenya").update(time_zone=zone)
    assert text in sign_in(cast["hq@alba.example"]).get("/areas/kenya/").content.decode()
