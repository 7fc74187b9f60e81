"""Which reports a desk is shown as possibly about the same event: of what it may read and has a desk for (I10)."""

import pytest

from accounts.models import User
from sharing.search import token_of, words_of
from tests.factories.desk import FIELD, HQ
from tests.factories.same_event import published, say, together, told

pytestmark = pytest.mark.django_db
FAR = {"what": "staff arrested at dawn", "place": "Wau", "consequences": "", "actions_taken": "", "actor_name": ""}
FAR |= {"exact_place": "", "persons": "", "position": None}


@pytest.fixture(autouse=True)
def today(now, cast):
    User.objects.update(language="en")


@pytest.fixture
def likely(cast, sign_in):
    """What the page of the desk suggests for a report, to somebody at it."""

    def ask(item, email=FIELD):
        return sign_in(cast[email]).get(f"/incidents/{item.ref}/desk/").context["likely"]

    return ask


def items(found) -> list:
    return [one.facts.release.item for one in found]


def test_the_likeliest_first_with_reasons(cast, likely):
    one = told(cast)
    unlike = told(cast, "benu", hours=1, texts=FAR)
    alike = told(cast, "lake", hours=3)
    found = likely(one)
    assert items(found) == [alike, unlike]
    words = len({token_of(word) for word in words_of("CANARY WHAT vehicles were stopped")})
    assert words > 0
    assert found[0].reasons[:4] == ["same area", "3 hours apart", "same category", "names the same place"]
    assert found[0].reasons[4].endswith("words in common")
    assert found[1].reasons == ["same area", "1 hour apart", "same category"]


@pytest.mark.parametrize(
    ("other", "is_near"),
    [
        ({"hours": 49}, True),
        ({"hours": 51}, False),
        ({"hours": -49}, True),
        ({"hours": -51}, False),
        ({"hours": -70, "precision": "day"}, True),
        ({"hours": -80, "precision": "day"}, False),
        ({"hours": -500, "precision": "month"}, True),
        ({"hours": -900, "precision": "month"}, False),
        ({"precision": "year"}, False),
        ({"area": "chad", "by": "hq@benu.example", "organisation": "benu"}, False),
        ({"coded": {"category": "robbery"}}, False),
        ({"coded": {"category": "unknown"}}, True),
        ({"coded": {"category": "unknown"}, "texts": FAR}, False),
    ],
)
def test_near_in_time_place_and_kind(cast, likely, other, is_near):
    one, second = told(cast), told(cast, **other)
    assert items(likely(one, HQ)) == ([second] if is_near else [])
    assert items(likely(second, HQ)) == ([one] if is_near else [])


def test_only_what_this_person_may_read_and_has_a_desk_for(cast, likely):
    one = told(cast)
    told(cast, "benu", choices=["dss_headquarters"])
    told(cast, "benu", choices=["partners_of_area"])
    assert items(likely(one)) == []
    assert len(likely(one, HQ)) == 1
    public = published(cast)
    assert items(likely(one)) == [public]
    assert likely(one)[0].reasons[1] == "may have been at the same time"


def test_neither_what_is_merged_nor_what_was_told_apart(cast, likely):
    one, other, third, fourth = (told(cast, hours=hours) for hours in range(4))
    together(cast, other, third)
    together(cast, one, other)
    assert items(likely(one)) == [fourth]
    say(cast, FIELD, fourth, one, "not-the-same")
    assert items(likely(one)) == []
    assert set(items(likely(fourth))) == {other, third}


def test_hidden_reports_make_no_word_rarer(cast, likely):
    one, other = told(cast), told(cast, "benu", hours=1)
    before = [(row.score, row.reasons) for row in likely(one)]
    for _ in range(3):
        told(cast, "lake", hours=1, choices=["dss_headquarters"])
    assert [(row.score, row.reasons) for row in likely(one)] == before
    assert items(likely(one)) == [other]


def test_at_most_five(cast, likely, sign_in):
    one = told(cast)
    for hours in range(7):
        told(cast, "benu", hours=hours)
    assert len(likely(one)) == 5
    page = sign_in(cast[FIELD]).get(f"/incidents/{one.ref}/desk/").content.decode()
    assert "5 other reports may be about the same event." in page


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(("path", "queries"), [("desk/", 12), ("", 12), ("same-event/", 9)])
def test_questions_asked_of_the_database(cast, sign_in, django_assert_num_queries, number, path, queries):
    one = told(cast)
    for hours in range(number):
        together(cast, one, told(cast, "benu", hours=hours))
        told(cast, "lake", hours=hours)
    client = sign_in(cast[FIELD])
    client.get(f"/incidents/{one.ref}/{path}")
    with django_assert_num_queries(queries):
        client.get(f"/incidents/{one.ref}/{path}")
