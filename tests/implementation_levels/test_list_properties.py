"""Lists partition time, whatever the history: after a tick the newest list says what the decisions say, each number
comes once, none comes too early, one that comes too late says so, and each of its recipients has one message (L4, L5,
L8).
"""

from datetime import UTC, date, datetime, time, timedelta

import hypothesis
import pytest
import time_machine
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from implementation_levels.actions.distribution import event_key, send_due
from implementation_levels.actions.lists import publish_due
from implementation_levels.lists import content_of, list_on
from implementation_levels.models import Level, LevelList
from implementation_levels.recipients import recipients
from notifications.models import Message
from organisations.models import Membership, Standing
from slt_portal.months import months_later

from .test_level_properties import CODES, OPTIONS, START, _play_at, decision, replayed, steps

__all__ = ["decision"]
pytestmark = pytest.mark.django_db
# So many days pass; then this is decided, or nothing; the worker comes by, or is down; once, or two of them.
turns = st.tuples(
    st.sampled_from([0, 0, 1, 2, 7, 40, 183, 200]), st.one_of(st.none(), steps), st.sampled_from([0, 1, 1, 1, 2])
)


def state_on(told: list[tuple], on: date) -> dict[str, date]:
    """The areas at the reinforced level on a day, each with the day since which."""
    found = {code: replayed(told, code, on) for code in CODES}
    return {code: since for code, (level, since) in found.items() if level == Level.REINFORCED}


def left_on(told: list[tuple], code: str, since: date, until: date) -> date:
    """The first day on which an area was no longer at the level that it had had since `since`."""
    day = since
    while replayed(told, code, day) == (Level.REINFORCED, since):
        day += timedelta(days=1)
        assert day <= until
    return day


def expected(told: list[tuple], listed: dict[str, date] | None, last: date | None, today: date):
    """(reason, due on) of the list that has to be made today, or None: by going through the days."""
    now = state_on(told, today)
    if listed is None:
        return ("first", None) if any(begins <= today for _code, _level, begins in told) else None
    days = [since for code, since in now.items() if listed.get(code) != since]
    days += [left_on(told, code, since, today) for code, since in listed.items() if now.get(code) != since]
    changed, period = [max(min(days), last)] if days else [], months_later(last, 6)
    if not changed and period > today:
        return None
    return "change" if changed else "period", min([*changed, *([period] if period <= today else [])])


# Each turn is a day of the portal with all its mails: few examples in a short run.
FEW = hypothesis.settings(OPTIONS, max_examples=max(8, hypothesis.settings.default.max_examples // 4))


@FEW
@given(history=st.lists(turns, min_size=1, max_size=8))
def test_after_each_tick_the_newest_list_says_what_was_decided(decision, settings, history):
    settings.LEVEL_LIST_ATTACHED = False  # else it waits for its PDFs
    with transaction.atomic():
        for model in (Membership, Standing):  # everybody of the cast was there before
            model.objects.update(starts_at=datetime(2020, 1, 1, tzinfo=UTC))
        told, today, listed, last, numbers = [], START, None, None, []
        for days, step, workers in history:
            today += timedelta(days=days)
            if step is not None:
                _play_at(today, step, decision)
                ahead = step[3]
                told.append((step[1], step[2], max(today, today + timedelta(days=ahead or 0))))
            wanted = expected(told, listed, last, today) if workers else None
            with time_machine.travel(datetime.combine(today, time(23, 59), UTC), tick=False):
                made = [one for one in (publish_due() for _ in range(workers)) if one]
                sent = [send_due() for _ in range(workers)]
            assert [count > 0 for count in sent] == [bool(made)][:workers] + [False] * (workers - 1)
            assert [one.reason for one in made] == ([wanted[0]] if wanted else [])
            for one in made:
                listed, last = state_on(told, today), today
                numbers.append(one.number)
                rows = content_of(one)["areas"]
                assert {row["code"]: date.fromisoformat(row["since"]) for row in rows} == listed
                assert wanted[1] is None or (one.due_on, one.is_late) == (wanted[1], wanted[1] < today)
        _partition(numbers, today)
        _one_message_each()
        transaction.set_rollback(True)


def _one_message_each():
    """Every list that was sent has one message and one delivery for each of its recipients."""
    for level_list in LevelList.objects.all():
        wanted = sorted(one.user_id for one in recipients())
        messages = Message.objects.filter(event_key=event_key(level_list)).order_by("recipient")
        assert list(messages.values_list("recipient", flat=True)) == wanted
        assert list(level_list.deliveries.order_by("user").values_list("user", flat=True)) == wanted


def _partition(numbers, today):
    """Each number once, in the order of days; each day since the first list belongs to exactly one."""
    rows = list(LevelList.objects.order_by("number"))
    assert [row.number for row in rows] == numbers == list(range(1, len(rows) + 1))
    assert [row.on for row in rows] == sorted(row.on for row in rows)
    for before, after in zip(rows, rows[1:], strict=False):
        content = content_of(after)
        assert content["previous"] == {"number": before.number, "digest": before.digest}
        if after.on > before.on:
            assert list_on(after.on - timedelta(days=1)) == before
    if rows:
        assert list_on(rows[0].on - timedelta(days=1)) is None
        assert list_on(today) == rows[-1]
