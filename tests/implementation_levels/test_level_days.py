"""The level on a day, as decided then: what holds, what is to come, what was taken back, and the periods (L2, L8)."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine

from areas.models import Area, AreaTerritory
from areas.overlaps import overlaps
from implementation_levels.levels import history_of, levels_on
from implementation_levels.pictures import LEFT, RIGHT, WIDTH, time_line
from implementation_levels.timeline import Period, lasting, periods, taken_back
from tests.factories.levels import a_level

pytestmark = pytest.mark.django_db


def day(text: str) -> date:
    return date.fromisoformat(f"2024-{text}")


def decided(cast, *rows: str) -> Area:
    """Decisions about Chad, each as "decided level from": "01-10 reinforced 02-01"."""
    for row in rows:
        decided_on, level, begins = row.split()
        with time_machine.travel(datetime.combine(day(decided_on), time(12), UTC), tick=False):
            a_level(cast, level, code="chad", begins=day(begins), reasons=row)
    return cast.areas["chad"]


NONE = ()
ONCE = ("01-10 reinforced 02-01",)
TWO_AHEAD = ("01-10 reinforced 02-01", "01-12 normal 04-01")
TAKEN_BACK = ("01-10 reinforced 03-01", "01-20 normal 02-15")
EARLIER = ("01-10 reinforced 03-01", "01-20 reinforced 02-01")
SAME_DAY = ("01-10 reinforced 01-10", "01-10 normal 01-10")
STAYS = ("01-10 reinforced 01-10", "03-10 reinforced 03-10", "03-20 normal 03-31")


# history, day; level and since on it, what is to come as one knew on that day
@pytest.mark.parametrize(
    ("rows", "on", "level", "since", "coming"),
    [
        (NONE, "02-29", "default", None, None),
        (ONCE, "01-09", "default", None, None),  # nobody knew yet
        (ONCE, "01-10", "default", None, "reinforced 02-01"),
        (ONCE, "01-31", "default", None, "reinforced 02-01"),
        (ONCE, "02-01", "reinforced", "02-01", None),
        (ONCE, "02-29", "reinforced", "02-01", None),
        (TWO_AHEAD, "01-11", "default", None, "reinforced 02-01"),
        (TWO_AHEAD, "01-12", "default", None, "reinforced 02-01"),  # the next one; the other does not take it back
        (TWO_AHEAD, "02-01", "reinforced", "02-01", "normal 04-01"),
        (TWO_AHEAD, "03-31", "reinforced", "02-01", "normal 04-01"),
        (TWO_AHEAD, "04-01", "normal", "04-01", None),
        (TAKEN_BACK, "01-19", "default", None, "reinforced 03-01"),  # one did not know that it would be taken back
        (TAKEN_BACK, "01-20", "default", None, "normal 02-15"),
        (TAKEN_BACK, "03-01", "normal", "02-15", None),
        (EARLIER, "01-20", "default", None, "reinforced 02-01"),
        (EARLIER, "03-02", "reinforced", "02-01", None),
        (SAME_DAY, "01-09", "default", None, None),
        (SAME_DAY, "01-10", "normal", "01-10", None),
        (STAYS, "03-09", "reinforced", "01-10", None),
        (STAYS, "03-25", "reinforced", "01-10", "normal 03-31"),
        (STAYS, "12-31", "normal", "03-31", None),
    ],
)
def test_the_level_on_a_day(cast, django_assert_num_queries, rows, on, level, since, coming):
    area = decided(cast, *rows)
    with django_assert_num_queries(1):
        found, other = levels_on([area, cast.areas["kenya"]], day(on))
    assert ("default" if found.is_default else found.level) == level
    assert found.since == (day(since) if since else None)
    ahead = found.to_come and f"{found.to_come.level} {found.to_come.effective_from:%m-%d}"
    assert ahead == coming
    assert (other.is_default, other.to_come) == (True, None)  # no area follows from another


@pytest.mark.parametrize(
    ("rows", "expected", "gone"),
    [
        (NONE, ["default"], []),
        (ONCE, ["default 01-31", "reinforced"], []),
        (TWO_AHEAD, ["default 01-31", "reinforced 03-31", "normal"], []),
        (TAKEN_BACK, ["default 02-14", "normal"], ["03-01"]),
        (EARLIER, ["default 01-31", "reinforced"], ["03-01"]),
        (SAME_DAY, ["default 01-09", "normal"], ["01-10"]),
        (STAYS, ["default 01-09", "reinforced 03-30", "normal"], []),
    ],
)
def test_the_history_as_periods(cast, rows, expected, gone):
    history = history_of(decided(cast, *rows))
    found = periods(history)
    words = [
        " ".join(filter(None, ("default" if one.is_default else one.level, one.last and f"{one.last:%m-%d}")))
        for one in found
    ]
    assert words == expected
    assert [one.first for one in found[1:]] == [one.last + timedelta(days=1) for one in found[:-1]]  # no gap
    back = taken_back(history)
    assert [f"{row.effective_from:%m-%d}" for row in history if row.pk in back] == gone
    for on in (day("01-09"), day("02-14"), day("02-20"), day("03-30"), day("03-31")):  # the same as asking for the day
        period = next(one for one in found if (one.first or on) <= on <= (one.last or on))
        level = levels_on([Area.objects.get(code="chad")], on)[0]
        assert (period.level, period.is_default) == (level.level, level.is_default)


@pytest.mark.parametrize(
    ("first", "on", "words"),
    [
        ("2024-02-29", "2024-02-29", ""),
        ("2024-02-29", "2024-02-28", ""),
        ("2024-02-28", "2024-02-29", "1 day"),
        ("2023-08-31", "2024-02-29", "6 months"),
        ("2023-08-31", "2024-02-28", "5 months"),
        ("2024-01-31", "2024-02-29", "1 month"),  # as what is due in a month
        ("2024-01-31", "2024-02-28", "28 days"),
        ("2022-02-28", "2024-02-29", "2 years"),
        ("2022-11-21", "2026-02-01", "3 years, 2 months"),
    ],
)
def test_how_long(first, on, words):
    assert lasting(date.fromisoformat(first), date.fromisoformat(on)) == words


def test_a_time_line_stays_in_its_frame_and_in_order():
    now = date(2026, 11, 21)
    runs = [Period("normal", None, date(1986, 12, 31), is_default=True)]
    for year in range(1987, 2028):
        level = "reinforced" if year % 2 else "normal"
        runs.append(Period(level, date(year, 1, 1), date(year, 12, 31) if year < 2027 else None))
    line = time_line(runs, today=now, on=date(2024, 2, 29), taken_back=[date(2027, 6, 1)])
    assert [bar.is_to_come for bar in line.bars] == [False] * 41 + [True]
    places = [bar.x for bar in line.bars]
    assert places == sorted(places)
    assert places[0] == LEFT
    assert all(bar.x + bar.width <= WIDTH - RIGHT + 1 for bar in line.bars)
    assert len(line.ticks) <= 5
    assert line.on_x < line.today_x < line.crosses[0]
    ended = time_line([*runs[:-2], Period("normal", date(2026, 1, 1), None)], today=now)  # nothing is to come
    assert ended.bars[-1].x + ended.bars[-1].width == ended.today_x == WIDTH - RIGHT
    assert ended.ticks[-1][1] <= 2026
    assert time_line([runs[0]], today=now).on_x is None
    assert time_line(runs, today=now, on=date(1, 1, 1)).on_x is None


def test_which_areas_lie_on_the_same_territory(cast):
    chad, kenya, sudan = (cast.areas[code] for code in ("chad", "kenya", "south-sudan"))

    def make(code, *countries, codes=(), **fields):
        area = Area.objects.create(code=code, name_en=code, name_fr=code, kind="mission", **fields)
        for country in countries:
            AreaTerritory.objects.create(area=area, country_id=country, coverage="part", p_codes=list(codes))
        return area

    border = make("border", "TD", "SS", codes=["TD01"])
    east, west = make("east", "TD", codes=["TD01", "TD02"]), make("west", "TD", codes=["TD09"])
    unknown = make("unknown", "TD")
    basin = make("basin", parent=kenya)
    found = overlaps(Area.objects.order_by("pk").prefetch_related("territories"))
    assert {pk: {area.code for area in areas} for pk, areas in found.items()} == {
        chad.pk: {"border", "east", "west", "unknown"},
        sudan.pk: {"border"},
        border.pk: {"chad", "south-sudan", "east"},  # they name a part in common
        east.pk: {"chad", "border"},
        west.pk: {"chad"},
        unknown.pk: {"chad"},  # of which parts nobody said
        kenya.pk: {"basin"},
        basin.pk: {"kenya"},
    }
