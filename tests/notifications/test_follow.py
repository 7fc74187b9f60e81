"""Following an area: from its page, by POST, by anybody signed in, and only for oneself."""

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from notifications.actions import follow, unfollow
from notifications.models import Subscription

ALBA, BENU = "field@alba.example", "field@benu.example"


def _choices():
    return set(Subscription.objects.values_list("user__email", "area__code", "choice"))


def test_following_twice_keeps_the_last_choice_and_unfollowing_ends_it(cast):
    area, alba, benu = cast.areas["kenya"], cast[ALBA], cast[BENU]
    follow(area, by=alba)
    follow(area, by=benu)
    follow(area, by=alba, choice="life_safety")
    assert _choices() == {
        (ALBA, "kenya", "life_safety"),
        (BENU, "kenya", "follow"),
    }
    unfollow(area, by=alba)
    unfollow(area, by=alba)
    assert _choices() == {(BENU, "kenya", "follow")}


def test_an_unknown_choice_is_refused(cast):
    with pytest.raises(ValueError, match="everything"):
        follow(cast.areas["kenya"], by=cast[ALBA], choice="everything")
    assert _choices() == set()


@pytest.mark.parametrize(
    ("name", "data", "expected", "told"),
    [
        ("follow", {}, {(ALBA, "kenya", "follow")}, "You now follow Kenya"),
        ("follow", {"choice": "life_safety"}, {(ALBA, "kenya", "life_safety")}, "life is at risk"),
        ("unfollow", {}, set(), "You no longer follow Kenya"),
    ],
)
def test_the_buttons_of_the_area_page(cast, sign_in, name, data, expected, told):
    client = sign_in(cast[ALBA])
    answer = client.post(reverse(f"overview:{name}", args=["kenya"]), data)
    assert (answer.status_code, answer["Location"]) == (302, reverse("areas:detail", args=["kenya"]))
    assert _choices() == expected
    assert told in " ".join(str(message) for message in get_messages(answer.wsgi_request))


def test_what_is_no_choice_no_area_or_no_post_changes_nothing(cast, sign_in):
    client = sign_in(cast[ALBA])
    link = reverse("overview:follow", args=["kenya"])
    assert client.post(link, {"choice": "all"}).status_code == 400
    assert client.post(reverse("overview:follow", args=["nowhere"])).status_code == 404
    assert client.get(link).url == reverse("overview:told_area", args=["kenya"])
    assert _choices() == set()


@pytest.mark.parametrize("name", ["follow", "unfollow"])
def test_who_is_not_signed_in_is_asked_to(cast, client, name):
    answer = client.post(reverse(f"overview:{name}", args=["kenya"]))
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, reverse("account_login"))


NOBODY = "nobody@elsewhere.example"


@pytest.mark.parametrize("name", ["follow", "unfollow"])
def test_who_is_no_member_cannot_ask_which_areas_there_are(cast, sign_in, name):
    client = sign_in(cast[NOBODY])
    answers = [client.post(reverse(f"overview:{name}", args=[code])) for code in ("kenya", "nowhere")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert _choices() == set()
    assert "Kenya" not in client.get(reverse("overview:told")).content.decode()


def test_who_is_no_member_any_more_stops_following(cast, sign_in):
    follow(cast.areas["kenya"], by=cast[NOBODY])
    answer = sign_in(cast[NOBODY]).post(reverse("overview:unfollow", args=["kenya"]))
    assert (answer.status_code, answer["Location"]) == (302, reverse("overview:told"))
    assert _choices() == set()
