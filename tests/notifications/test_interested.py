"""Who is told, and when: every combination of what people can choose, against a rule written by another hand."""

from itertools import product

import pytest

from areas.models import Area
from notifications.actions import choose
from notifications.models import Subscription
from notifications.subscriptions import Interested, interested

pytestmark = pytest.mark.django_db

CHOICES = [None, "follow", "life_safety"]
CATEGORIES = [[], ["robbery"], ["robbery", "threat"]]
LEAST = [0, 2]
DELIVERIES = ["at_once", "digest"]
OWN = [None, *product(["follow", "life_safety"], CATEGORIES, LEAST, DELIVERIES)]
THINGS = list(product([True, False], ["", "robbery", "access"], [None, 0, 2, 4]))  # life safety, category, severity


@pytest.fixture
def part(cast):
    return Area.objects.create(code="jonglei", name_en="Jonglei", kind="part", parent=cast.areas["south-sudan"])


def expected(works_there, row, life_safety, category, severity):
    """What the rule says, as a decision list: "at_once", "digest" or nothing."""
    if row is None:
        return "at_once" if works_there else None
    choice, categories, least, delivery = row
    if life_safety:
        return "at_once"
    if choice == "life_safety":
        return None
    unwanted = category not in categories if categories and category else False
    too_small = severity < least if severity is not None else False
    return None if unwanted or too_small else delivery


def answer(user, **asked):
    told = interested({user.pk}, **asked)
    assert not told.at_once & told.digest
    assert told.at_once | told.digest <= {user.pk}
    return "at_once" if told.at_once else "digest" if told.digest else None


@pytest.mark.parametrize("works_there", [True, False])
@pytest.mark.parametrize("row", OWN, ids=str)
def test_every_choice_against_everything_that_can_happen(cast, works_there, row):
    user, area = cast["hq@benu.example"], cast.areas["kenya"]
    if row:
        choice, categories, least, delivery = row
        choose(area, by=user, choice=choice, categories=categories, min_severity=least, delivery=delivery)
    for life_safety, category, severity in THINGS:
        got = answer(
            user,
            area_ids=area.places,
            working_there={user.pk} if works_there else set(),
            life_safety=life_safety,
            category=category,
            severity=severity,
        )
        assert got == expected(works_there, row, life_safety, category, severity), (life_safety, category, severity)


SOME = [None, ("follow", [], 0, "at_once"), ("follow", ["threat"], 0, "digest"), ("life_safety", [], 0, "digest")]


@pytest.mark.parametrize("of_part", SOME, ids=str)
@pytest.mark.parametrize("of_whole", SOME, ids=str)
@pytest.mark.parametrize("life_safety", [True, False])
def test_what_one_chose_for_the_part_goes_before_the_whole_in_every_respect(cast, part, of_part, of_whole, life_safety):
    user = cast["hq@benu.example"]
    for area, row in ((part, of_part), (cast.areas["south-sudan"], of_whole)):
        if row:
            choose(area, by=user, choice=row[0], categories=row[1], min_severity=row[2], delivery=row[3])
    asked = {"area_ids": part.places, "life_safety": life_safety, "category": "robbery", "severity": 1}
    got = answer(user, working_there=set(), **asked)
    assert got == expected(False, of_part or of_whole, life_safety, "robbery", 1)


def test_only_those_asked_about_and_each_for_themselves(cast):
    kenya = cast.areas["kenya"]
    alba, benu, cedar = (cast[f"field@{name}.example"] for name in ("alba", "benu", "cedar"))
    lake = cast["io@lake.example"]
    choose(kenya, by=alba, choice="follow", delivery="digest")
    choose(kenya, by=benu, choice="follow")
    choose(kenya, by=lake, choice="follow")
    told = interested(
        {alba.pk, benu.pk, cedar.pk}, area_ids=kenya.places, working_there={cedar.pk, lake.pk}, life_safety=False
    )
    assert told == Interested(at_once={benu.pk, cedar.pk}, digest={alba.pk})


@pytest.mark.parametrize("people", [1, 3])
def test_it_is_one_question_for_one_person_and_for_three(cast, people, django_assert_num_queries):
    chosen = list(cast.people.values())[:people]
    for user in chosen:
        choose(cast.areas["kenya"], by=user, choice="follow")
    with django_assert_num_queries(1):
        interested({user.pk for user in chosen}, area_ids=[1, 2], working_there=set(), life_safety=False)


def test_choosing_again_replaces_all_of_it_and_what_is_unknown_is_refused(cast):
    kenya, user = cast.areas["kenya"], cast["hq@benu.example"]
    choose(kenya, by=user, choice="follow", categories=["b", "a", "b"], min_severity=3, delivery="digest")
    rows = Subscription.objects.values_list("choice", "categories", "min_severity", "delivery")
    assert list(rows) == [("follow", ["a", "b"], 3, "digest")]
    for unknown in ({"choice": "all"}, {"choice": "follow", "delivery": "never"}):
        with pytest.raises(ValueError, match="valid"):
            choose(kenya, by=user, **unknown)
    choose(kenya, by=user, choice="life_safety")
    assert list(rows.all()) == [("life_safety", [], 0, "at_once")]
