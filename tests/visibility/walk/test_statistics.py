"""Everybody of the cast against the oracle: statistics count what a person may see, and show no more of it."""

from collections import Counter

import pytest
from django.urls import reverse

from overview.disclosure import FEW, SMALLEST_TOTAL
from overview.statistics import Question, tables
from sharing.access import access_of
from tests.sampling import some
from tests.visibility import oracle

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PEOPLE = sorted(oracle.CAST)


def seen(world, person, **wanted):
    """The things that `person` should see, narrowed as a filter does."""
    area = wanted.get("area")
    return [thing for thing in world.things.values() if oracle.depth(person, thing) and area in {None, thing.area}]


def numbers(table, side="shared"):
    return {key: row["incidents"] for key, row in getattr(table, side).items()}


def category_of(thing):
    return "road_attack" if thing.life_safety else "robbery"


@pytest.mark.parametrize("area", [None, oracle.SS, oracle.TD])
@pytest.mark.parametrize("person", some(PEOPLE, 4))
def test_the_numbers_behind_the_page(world, person, area, walked):
    """By area, category and month; of every one exactly the visible ones, each of them once."""
    areas = world.cast.areas
    found = tables(access_of(world.cast[person]), Question(by_year=False, area=areas[area] if area else None))
    things = seen(world, person, area=area)
    assert numbers(found.area) == Counter(areas[thing.area].pk for thing in things)
    assert numbers(found.category) == Counter(category_of(thing) for thing in things)
    assert {key.month: number for key, number in numbers(found.period).items()} == Counter(
        4 if thing.number % 40 > 30 else 3 for thing in things
    )
    for _name, table in found.each():
        assert sum(numbers(table).values()) == len(things)
        assert table.public == {}
    walked("statistics", len(world.things))


@pytest.mark.parametrize("person", some(sorted(oracle.EVERYONE), 4))
def test_what_the_page_shows_of_them(world, person, walked):
    """True, and never exact; nothing of what is hidden from this person changes it."""
    names = {code: area.name_en for code, area in world.cast.areas.items()}
    world.cast[person].language = "en"
    world.cast[person].save()
    for area in (None, oracle.SS, oracle.TD):
        things = seen(world, person, area=area)
        query = {"period": "all", "area": area or ""}
        shown = world.clients[person].get(reverse("overview:statistics"), query).context["shown"]
        total = shown.total.figures["shared"]["incidents"]
        assert total.low <= len(things) <= total.high
        assert not total.is_exact
        assert (total == FEW) == (len(things) < SMALLEST_TOTAL)
        rows = {row.label: row.figures["shared"]["incidents"] for row in shown.rows["area"]}
        if len(things) < SMALLEST_TOTAL:
            assert rows == {}
        else:
            by_area = Counter(names[thing.area] for thing in things)
            assert set(rows) == set(by_area)
            for label, figure in rows.items():
                assert figure.low <= by_area[label] <= figure.high
                assert not figure.is_exact
        walked("statistics page", len(world.things))
