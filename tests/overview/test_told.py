"""The page "What I am told": one's own choices, in words, and changing them."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from areas.models import Area
from notifications.actions import choose, follow, stop_mails
from notifications.choices import categories, in_words, least_severities
from notifications.models import Subscription
from notifications.stopping import Stop
from organisations.models import Standing

pytestmark = pytest.mark.django_db
TOLD = "/notifications/"
HQ, FIELD, NOBODY = "hq@benu.example", "field@benu.example", "nobody@elsewhere.example"
# Session, user, second factor, memberships, standings, subscriptions, areas, the stopped summary.
QUERIES = 7


@pytest.fixture(autouse=True)
def english(cast):
    User.objects.update(language="en")
    for user in cast.people.values():
        user.language = "en"


def words(answer) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def form(**changes) -> dict:
    """The form as a browser sends it."""
    return {"choice": "follow", "delivery": "at_once", "min_severity": "0", **changes}


def rows(user) -> dict:
    chosen = Subscription.objects.filter(user=user)
    return {row.area.code: (row.choice, row.categories, row.min_severity, row.delivery) for row in chosen}


def test_it_shows_where_one_works_and_what_one_follows_and_nobody_elses(cast, sign_in):
    follow(cast.areas["kenya"], by=cast[FIELD])
    follow(cast.areas["kenya"], by=cast[HQ], choice="life_safety")
    answer = sign_in(cast[FIELD]).get(TOLD)
    shown = [(told.area.code, told.works_there, told.words) for told in answer.context["items"]]
    everything = "Everything that is shared with you there · at once"
    assert shown == [
        ("chad", True, everything),
        ("kenya", False, everything),
        ("south-sudan", True, everything),
    ]
    assert "When life is at risk you are told at once. That cannot be switched off" in words(answer)


def test_what_holds_without_a_choice_is_visible_and_can_be_changed(cast, sign_in):
    client = sign_in(cast[FIELD])
    page = client.get(f"{TOLD}areas/south-sudan/")
    assert page.context["form"].initial == {
        "choice": "follow",
        "delivery": "at_once",
        "min_severity": 0,
        "categories": [],
    }
    assert "You work there. When life is at risk you are told at once, whatever you choose here." in words(page)
    answer = client.post(
        f"{TOLD}areas/south-sudan/",
        form(categories=["abduction", "threat"], min_severity="2", delivery="digest"),
        follow=True,
    )
    assert answer.redirect_chain == [(TOLD, 302)]
    assert rows(cast[FIELD]) == {"south-sudan": ("follow", ["abduction", "threat"], 2, "digest")}
    expected = "Abduction or disappearance; Threat or intimidation · moderate or worse · in the daily summary"
    assert f"Saved for South Sudan: {expected}" in words(answer)
    page = client.get(f"{TOLD}areas/south-sudan/").content.decode()
    assert re.findall(r'value="([\w-]+)"[^>]* checked', page) == ["follow", "digest", "abduction", "threat"]
    # Back to what holds by itself.
    answer = client.post("/notifications/areas/south-sudan/unfollow/", {"back": "told"})
    assert (answer["Location"], rows(cast[FIELD])) == (TOLD, {})


def test_adding_an_area_leads_to_its_choices_and_only_saving_them_adds_it(cast, sign_in):
    client, user = sign_in(cast[HQ]), cast[HQ]
    follow(cast.areas["chad"], by=user)
    offered = [code for code, _ in client.get(TOLD).context["form"].fields["area"].choices]
    assert offered == ["", "kenya", "south-sudan"]  # not what is on the page already
    answer = client.get(TOLD, {"area": "kenya"})
    assert answer["Location"] == f"{TOLD}areas/kenya/"
    assert "You do not follow it yet." in words(client.get(answer["Location"]))
    assert set(rows(user)) == {"chad"}
    client.post(answer["Location"], form(choice="life_safety"))
    assert rows(user)["kenya"] == ("life_safety", [], 0, "at_once")


def test_all_kinds_are_the_same_as_none(cast, sign_in):
    chosen = [code for code, _ in categories()]
    sign_in(cast[HQ]).post(f"{TOLD}areas/kenya/", form(categories=chosen))
    assert rows(cast[HQ]) == {"kenya": ("follow", [], 0, "at_once")}


HOSTILE = ["", "\x00", "<b>x</b>", "'; DROP TABLE", "9" * 400, "-1", "é漢\u202e", "none", "follow\r\nBcc: x"]


@pytest.mark.parametrize("field", ["choice", "delivery", "min_severity", "categories"])
@pytest.mark.parametrize("value", HOSTILE)
def test_what_is_no_choice_is_told_at_the_field_and_changes_nothing(cast, sign_in, field, value):
    answer = sign_in(cast[HQ]).post(f"{TOLD}areas/kenya/", form() | {field: value})
    assert (answer.status_code, rows(cast[HQ])) == (200, {})
    assert set(answer.context["form"].errors) == {field}
    page = answer.content.decode()
    assert 'role="alert"' in page
    assert "<b>x</b>" not in page


@pytest.mark.parametrize("value", [*HOSTILE, "nowhere"])
def test_what_is_no_area_to_add_is_told_at_the_field(cast, sign_in, value):
    answer = sign_in(cast[HQ]).get(TOLD, {"area": value})
    assert (answer.status_code, set(answer.context["form"].errors)) == (200, {"area"})


def test_what_is_chosen_for_an_area_that_is_not_there(cast, sign_in):
    client = sign_in(cast[HQ])
    for code in ("nowhere", "0", "SOUTH-SUDAN"):
        assert client.get(f"{TOLD}areas/{code}/").status_code == 404
        assert client.post(f"{TOLD}areas/{code}/", form()).status_code == 404
    assert rows(cast[HQ]) == {}


def test_names_of_areas_are_for_members_but_everybody_reaches_their_own_choices(cast, sign_in):
    user = cast[NOBODY]
    client = sign_in(user)
    assert client.get(TOLD).context["form"] is None
    assert client.get(f"{TOLD}areas/kenya/").status_code == 404
    follow(cast.areas["kenya"], by=user)
    assert [told.area.code for told in client.get(TOLD).context["items"]] == ["kenya"]
    assert client.post(f"{TOLD}areas/kenya/", form(choice="life_safety")).status_code == 302
    assert rows(user) == {"kenya": ("life_safety", [], 0, "at_once")}
    assert client.get(f"{TOLD}areas/chad/").status_code == 404


def test_who_is_suspended_keeps_their_own_choices(cast, sign_in):
    follow(cast.areas["kenya"], by=cast[HQ])
    Standing.objects.create(organisation=cast.organisations["benu"], kind="suspended")
    client = sign_in(cast[HQ])
    assert client.get(TOLD).status_code == 200
    assert client.post(f"{TOLD}areas/kenya/", form(choice="life_safety")).status_code == 302
    assert client.get(f"{TOLD}areas/south-sudan/").status_code == 404


def test_who_is_not_signed_in_is_asked_to(cast):
    for path in (TOLD, f"{TOLD}areas/kenya/"):
        assert Client().get(path)["Location"].startswith(reverse("account_login"))


def test_a_stopped_summary_is_said_and_ends_when_one_is_chosen(cast, sign_in):
    client = sign_in(cast[HQ])
    stop_mails(Stop(cast[HQ].pk, None))
    assert "You stopped the daily summary." in words(client.get(TOLD))
    client.post(f"{TOLD}areas/kenya/", form(delivery="digest"))
    assert "You stopped the daily summary." not in words(client.get(TOLD))


@pytest.mark.parametrize("path", ["/areas/kenya/", "/accounts/profile/"])
def test_other_pages_lead_there(cast, sign_in, path):
    choose(cast.areas["kenya"], by=cast[HQ], choice="follow", categories=["threat"])
    page = sign_in(cast[HQ]).get(path)
    assert 'href="/notifications/' in page.content.decode()
    assert ("Threat or intimidation · at once" in words(page)) == (path == "/areas/kenya/")


@pytest.mark.parametrize("number", [1, 3])
def test_the_questions_do_not_grow_with_the_areas(cast, sign_in, number, django_assert_num_queries):
    client = sign_in(cast[HQ])
    for place in range(number):
        area = Area.objects.create(code=f"a{place}", name_en=f"A{place}", name_fr=f"A{place}", kind="country")
        choose(area, by=cast[HQ], choice="follow", categories=["threat"])
    client.get(TOLD)
    with django_assert_num_queries(QUERIES):
        answer = client.get(TOLD)
    assert len(answer.context["items"]) == number


def test_the_words_for_every_choice():
    rows = {
        "Only when life is at risk.": Subscription(choice="life_safety", categories=["threat"]),
        "Everything that is shared with you there · in the daily summary": Subscription(delivery="digest"),
        "Threat or intimidation · severe or worse · at once": Subscription(categories=["threat", "x"], min_severity=3),
    }
    assert {in_words(row, works_there=False) for row in rows.values()} == set(rows)
    assert in_words(None, works_there=False) == "Nothing."
    assert [code for code, _ in least_severities()] == [0, 1, 2, 3, 4]
