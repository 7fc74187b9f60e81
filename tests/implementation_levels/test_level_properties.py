"""The level on a day is what replaying the decisions says, whatever the history: no day between two levels, no area
that another one changes, and whoever had not read the newest decision writes nothing (L2, L8).
"""

from datetime import UTC, date, datetime, time, timedelta

import hypothesis
import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from areas.models import Area
from governance.models import Decision
from implementation_levels.actions.levels import Overtaken, record_level
from implementation_levels.levels import history_of, last_number, levels_on, reinforced_on
from implementation_levels.models import Level, LevelDecision
from tests.factories.partnership import a_decision, bodies
from tests.sampling import THOROUGH

pytestmark = pytest.mark.django_db
START = date(2024, 2, 20)  # before a leap day
CODES = ("south-sudan", "chad", "one", "another")
OPTIONS = hypothesis.settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
    max_examples=hypothesis.settings.default.max_examples // (1 if THOROUGH else 2),
)
# One step: so many days later the Committee decides on an area, from so many days after that on (None: at once);
# "stale" is decided by somebody who had not read the newest decision.
steps = st.tuples(
    st.integers(0, 9),
    st.sampled_from(CODES),
    st.sampled_from(Level.values),
    st.one_of(st.none(), st.integers(-3, 12)),
    st.booleans(),
)
histories = st.lists(steps, max_size=14)


@pytest.fixture
def decision(cast) -> Decision:
    """Something that the Committee decided."""
    committee, _group = bodies(cast)
    for code in CODES[2:]:
        Area.objects.create(code=code, name_en=code, name_fr=code, kind=Area.Kind.MISSION)
    with time_machine.travel(datetime.combine(START, time(8), UTC), tick=False):
        return a_decision(cast, body=committee, question="implementation_levels.area", proposal="reinforced")


def replayed(told: list[tuple], code: str, on: date) -> tuple[str, date | None]:
    """Level and since when, by going through the days from the beginning: what was decided last and has begun holds.

    `told` are (area, level, first day) in the order in which they were decided.
    """
    level, since = Level.NORMAL, None
    day = START
    while day <= on:
        begun = [row for row in told if row[0] == code and row[2] <= day]
        if begun:
            now = begun[-1][1]
            if since is None or now != level:
                level, since = now, day
        day += timedelta(days=1)
    return level, since


def live(history, decision) -> tuple[list[tuple], date]:
    """Play a history through the action; returns what was written, and the last day of it."""
    told, today = [], START
    places = {area.code: area for area in Area.objects.filter(code__in=CODES)}
    for days, code, level, ahead, is_stale in history:
        today += timedelta(days=days)
        with time_machine.travel(datetime.combine(today, time(9), UTC), tick=False):
            newest = last_number(places[code])
            seen = newest - 1 if is_stale and newest else newest
            begins = None if ahead is None else today + timedelta(days=ahead)
            try:
                record_level(
                    area=places[code], level=level, decision=decision, seen=seen, effective_from=begins, by=None
                )
            except Overtaken:
                assert is_stale
                assert newest
                continue
            assert seen == newest, "whoever had not read the newest decision has written"
            told.append((code, level, max(begins or today, today)))
    return told, today


def days_to_ask(told: list[tuple]) -> list[date]:
    """In a long run every day, else those on both sides of each beginning, and long after."""
    last = START + timedelta(days=150)
    if THOROUGH:
        return [START + timedelta(days=day) for day in range(151)]
    return sorted({last, *(first - timedelta(days=back) for _code, _level, first in told for back in (0, 1))})[-10:]


# Normal and back to reinforced within one day: at the end of each of the days it was reinforced.
THERE_AND_BACK = [
    (days, CODES[0], level, None, False)
    for days, level in ((0, "normal"), (0, "reinforced"), (1, "normal"), (0, "reinforced"))
]


@OPTIONS
@example(history=THERE_AND_BACK)
@given(history=histories)
def test_the_level_on_a_day_is_what_replaying_the_decisions_says(decision, history):
    places = list(Area.objects.filter(code__in=CODES))
    with transaction.atomic():
        told, _today = live(history, decision)
        assert LevelDecision.objects.count() == len(told)
        for on in days_to_ask(told):
            found = {row.area.code: (row.level, row.since) for row in levels_on(places, on)}
            assert found == {code: replayed(told, code, on) for code in CODES}, on
            listed = {row.area.code for row in reinforced_on(on)}
            assert listed == {code for code, (level, _since) in found.items() if level == Level.REINFORCED}
        numbers_have_no_gap_and_changes_are_changes(places)
        transaction.set_rollback(True)


def numbers_have_no_gap_and_changes_are_changes(places):
    """Of what was written about each area."""
    for place in places:
        rows = list(reversed(history_of(place)))
        assert [row.number for row in rows] == list(range(1, len(rows) + 1))
        for row in rows:
            earlier = [other for other in rows if other.number < row.number]
            begun = [other for other in earlier if other.effective_from <= row.effective_from]
            before = begun[-1].level if begun else Level.NORMAL
            assert row.is_change == (before != row.level)


@OPTIONS
@given(history=histories)
def test_a_day_that_is_gone_never_changes(decision, history):
    """What was true of yesterday is true of it for good, whatever is decided later."""
    places = list(Area.objects.filter(code__in=CODES))
    with transaction.atomic():
        before: dict[date, dict] = {}
        today = START
        for step in history:
            today += timedelta(days=step[0])
            live_one = (0, *step[1:])
            yesterday = today - timedelta(days=1)
            before[yesterday] = {row.area.code: row.level for row in levels_on(places, yesterday)}
            _play_at(today, live_one, decision)
        for day, levels in before.items():
            assert {row.area.code: row.level for row in levels_on(places, day)} == levels
        transaction.set_rollback(True)


def _play_at(today, step, decision):
    _days, code, level, ahead, _stale = step
    place = Area.objects.get(code=code)
    with time_machine.travel(datetime.combine(today, time(9), UTC), tick=False):
        begins = None if ahead is None else today + timedelta(days=ahead)
        record_level(
            area=place, level=level, decision=decision, seen=last_number(place), effective_from=begins, by=None
        )
