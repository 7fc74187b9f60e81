"""The difference attack: whoever keeps everything that is published, and adds and subtracts it, finds nobody (G1, C4).

The attacker has all figures of all times (quarters, halves, years, any months in between), the statistics pages of
readers with their filters, and knows the rules. They bound each number by all sums (tests/overview/attack.py). It must
not get narrower than four numbers, unless a reader knows as much from incidents that they may open anyway; and of the
known incidents of the demonstration nobody can tell that one of them is there.

Zero is a figure (decision 0026): where a quarter with five or more says 0, there is nothing.
"""

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
import time_machine

from demo.incidents import STORIES
from incidents.codes import Category, Outcome
from overview.disclosure import band
from overview.figures.counted_incidents import count, quarters_of
from overview.figures.quarters import Quarter, published
from overview.figures.registry import Period, figure_of
from overview.figures.values import bounds
from overview.statistics import Question, Sources, tables
from overview.statistics_page import sheet
from sharing.access import access_of
from tests.factories.incidents import an_account, file_report

from .attack import DIMENSIONS, KEYS, Bounds, Cell, Incident, World

FEWEST = 4  # numbers that stay possible
FIGURES = dict(zip(DIMENSIONS, ("by_area", "by_category", "by_consequence", "directions"), strict=True))


def a_world(seed: int, quarters: int = 4) -> World:
    """Few or many incidents, some areas and codes rare; one reader sees few or nearly all of them."""
    chance = random.Random(seed)
    rate, sees = chance.choice([4, 7, 12, 25, 60]), chance.choice([0.2, 0.6, 0.95])
    weights = {"area": [6, 3, 1], "category": [5, 3, 2, 1], "consequence": [5, 2, 1], "side": [6, 1]}
    return World(
        [
            Incident(
                chance.randrange(quarters * 3),
                *(chance.choices(KEYS[name], weights[name])[0] for name in DIMENSIONS),
                frozenset({"reader"} if chance.random() < sees else ()),
            )
            for _ in range(rate * quarters)
        ],
        quarters,
    )


def narrowed(world: World, found: Bounds, reader: str = "") -> list:
    """The numbers of which fewer than four stay possible, and which the reader does not know to be so large already."""
    wrong = []
    for cell in world.cells():
        number, (low, high) = world.number(cell), found.of[cell]
        assert low <= number <= high
        if low and high - low < FEWEST - 1 and low > (world.number(cell, reader) if reader else 0):
            wrong.append((cell, number, low, high))
    return wrong


def attack(seeds) -> None:
    """Worlds by their seeds, from outside and by a reader; a new incident leaves all other quarters as they were."""
    for seed in seeds:
        world = a_world(seed)
        assert narrowed(world, world.attacked()) == [], seed
        assert narrowed(world, world.attacked("reader"), "reader") == [], seed
        later = World([*world.incidents, world.incidents[0]._replace(month=11)], world.quarters)
        assert later.published()[:3] == world.published()[:3]


def test_nothing_follows_from_all_that_is_published():
    attack(range(60))


def in_plain_steps(first, counted):
    """Each number in a step of five, whatever the sums say."""
    tables = {name: {key: band(number, 5) for key, number in table.items()} for name, table in counted.items()}
    return Quarter(first, tables, band(sum(counted["side"].values()), 5))


def test_the_attack_finds_what_plain_steps_give_away():
    worlds = [World(world.incidents, world.quarters, in_plain_steps) for world in map(a_world, range(20))]
    assert sum(bool(narrowed(world, world.attacked())) for world in worlds) > 5


@pytest.mark.long
def test_nothing_follows_in_many_worlds():
    attack(range(60, 600))


def compositions(total, cells):
    """Every way to write `total` as so many numbers."""
    if cells == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in compositions(total - first, cells - 1):
            yield (first, *rest)


def every_world(shape, most):
    """By what is published: the numbers of every world of this shape there is, its sums first."""
    seen = defaultdict(list)
    places = list(product(*(range(size) for size in shape)))
    for total in range(most + 1):
        for inner in compositions(total, len(places)):
            counted = {
                str(at): {
                    key: sum(number for number, place in zip(inner, places, strict=True) if place[at] == key)
                    for key in range(size)
                }
                for at, size in enumerate(shape)
            }
            quarter = published(date(2026, 1, 1), counted)
            form = (quarter.total, *(figure for table in quarter.tables.values() for figure in table.values()))
            seen[form].append([total, *(number for table in counted.values() for number in table.values()), *inner])
    return {form: worlds for form, worlds in seen.items() if form[0].high <= most}


@pytest.mark.parametrize(
    ("shape", "most"),
    [
        ((2, 2), 14),
        ((2, 1), 29),
        pytest.param((2, 2), 29, marks=pytest.mark.long),
        pytest.param((2, 2, 2), 10, marks=pytest.mark.long),
        pytest.param((3, 2), 14, marks=pytest.mark.long),
        pytest.param((4, 1), 24, marks=pytest.mark.long),
    ],
)
def test_who_knows_the_rules_and_tries_every_world_finds_no_more(shape, most):
    """Neither of the sums nor of what is inside (an area and a category): nothing is known to be there but within four
    numbers."""
    for form, worlds in every_world(shape, most).items():
        for values in zip(*worlds, strict=True):
            assert 0 in values or len(set(values)) >= FEWEST, (form, set(values))


# --- the demonstration, whose answers are known ---

QUARTER, NOW = date(2026, 1, 1), datetime(2026, 7, 10, tzinfo=UTC)
READERS = ("dss.hq@un.example", "dss.field@un.example", "io@lake.example", "field@benu.example", "hq@alba.example")
PERIODS = [  # from, to, and the column in which the quarter is; in the other quarters there is nothing
    (date(2026, 1, 1), date(2026, 3, 31), 0),
    (date(2026, 4, 1), date(2026, 6, 30), 1),
    (date(2026, 1, 1), date(2026, 6, 30), 0),
    (date(2025, 7, 1), date(2026, 6, 30), 0),
    (date(2025, 2, 11), date(2026, 6, 30), 0),
]


@pytest.fixture
def demo(cast):
    """The stories of the demonstration, as they were reported on the 20th of March."""
    with time_machine.travel("2026-03-20T12:00:00Z", tick=False):
        for story in STORIES:
            when = datetime(2026, 3, 20, tzinfo=UTC) - timedelta(hours=story.hours)
            file_report(
                cast,
                by=story.author,
                organisation=story.organisation,
                area=story.area,
                marking=story.marking,
                choices=story.choices,
                organisations=story.organisations,
                persons=story.persons,
                account=an_account(coded=dict(story.coded), groups=list(story.groups), occurred_from=when),
            )
    return cast


def codes_of(story, cast):
    """What figures count a story as: its keys in the order of DIMENSIONS."""
    account = an_account(coded=dict(story.coded), groups=list(story.groups))
    is_of_un = cast.organisations[story.organisation].kind == "unsms_entity"
    return story.area, str(account.category), str(account.consequence), "un" if is_of_un else "partners"


@pytest.mark.django_db
def test_no_figure_tells_that_a_story_of_the_demonstration_is_there(demo):
    """For each there is a world without it, and with no other of its codes in its place, that looks the same."""
    stories = [codes_of(story, demo) for story in STORIES]
    exact = count([QUARTER], NOW)[QUARTER]
    assert {name: sum(table.values()) for name, table in exact.items()} == dict.fromkeys(DIMENSIONS, len(stories))
    [shown] = quarters_of([QUARTER], NOW)
    others = list(product({story[0] for story in stories}, Category.values, Outcome.values, ["partners", "un"]))
    for known in stories:
        assert any(looks_the_same(exact, shown, known, other) for other in [None, *others] if other != known), known


def looks_the_same(exact, shown, known, other):
    """Whether the quarter is published like this with `other` (None: nothing) instead of `known`."""
    changed = {name: dict(table) for name, table in exact.items()}
    for name, key in zip(DIMENSIONS, known, strict=True):
        changed[name][key] -= 1
    for name, key in zip(DIMENSIONS, other or (), strict=False):
        changed[name][key] = changed[name].get(key, 0) + 1
    return published(QUARTER, changed) == shown


@pytest.mark.django_db
def test_nobody_finds_a_story_with_the_pages_they_may_open(demo):
    """All figures of five times, and the real statistics page with each area and category as a filter: what follows of
    the quarter beyond what a reader may open is none, or one of four numbers."""
    told = [
        (Cell(0, name, key), *bounds(values[column]))
        for first, last, column in PERIODS
        for name, code in FIGURES.items()
        for key, values in figure_of(f"incidents.{code}").count(Period(first, last, NOW))
    ]
    exact = count([QUARTER], NOW)[QUARTER]
    areas = {area.pk: code for code, area in demo.areas.items()}
    for reader in READERS:
        found, own = _concluded(told, access_of(demo[reader]), demo)
        for cell, (low, high) in found.of.items():
            if cell.dimension:
                assert low <= exact[cell.dimension].get(cell.key, 0) <= high
            assert not low or high - low >= FEWEST - 1 or low <= _opened(own, cell, areas), (reader, cell, low, high)


def _concluded(told, access, cast):
    """What a reader concludes from what is told and from their pages, and what they may open."""
    found, areas = Bounds(), {area.pk: code for code, area in cast.areas.items()}
    for cell, low, high in told:
        found.learn([cell], low, high)
    for name in FIGURES:
        found.equal([Cell(0, name, key) for key in _keys(name, cast)], Cell(0))
    categories = sorted({str(story.coded["category"]) for story in STORIES})
    questions = [Question(area=area) for area in cast.areas.values()] + [Question(category=code) for code in categories]
    for question in (Question(), *questions):
        _read(found, access, question, areas)
    return found.conclude(), tables(access, Question())


def _keys(name, cast):
    return {"area": list(cast.areas), "category": Category.values, "consequence": Outcome.values}.get(
        name, KEYS["side"]
    )


def _read(found, access, question, areas):
    """A statistics page: of what it is narrowed to there is at least its total, and the sum of its months; of each row
    of the whole page at least its figure."""
    page = sheet(tables(access, question), question, {}, Sources((), (), None), is_filtered=question != Question())
    narrowed_to = Cell(0)
    if question.area:
        narrowed_to = Cell(0, "area", areas[question.area.pk])
    elif question.category:
        narrowed_to = Cell(0, "category", question.category)
    found.learn([narrowed_to], page.total.figures["shared"]["incidents"].low or 0)
    found.learn([narrowed_to], sum(row.figures["shared"]["incidents"].low or 0 for row in page.rows["period"]))
    if narrowed_to == Cell(0):
        for name in ("area", "category", "consequence"):
            for row in page.rows[name]:
                cell = Cell(0, name, areas.get(row.key, row.key))
                found.learn([cell], row.figures["shared"]["incidents"].low or 0)


def _opened(own, cell, areas) -> int:
    """How many of a cell the reader may open; of a side, of which no page speaks, at most all of them."""
    table = getattr(own, cell.dimension or "category", own.category).shared
    numbers = {areas.get(key, key): row["incidents"] for key, row in table.items()}
    return numbers.get(cell.key, 0) if cell.dimension not in {"", "side"} else sum(numbers.values())
