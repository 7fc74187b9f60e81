"""Nobody waits in a circle: who holds an area or a review, and who commits a row that only refers to it."""

import threading
import time

import pytest
from django.db import connection, transaction

from areas.actions import rename_area, version_of
from implementation_levels.actions.recommendations import keep_the_rest
from implementation_levels.actions.reviews import ask_for_review
from implementation_levels.actions.tasks import make_tasks, state_line
from implementation_levels.levels import today
from tests.factories.at_once import at_once
from tests.factories.levels import CHAD, a_level, a_review, area
from tests.factories.partnership import HQ, ICVA, bodies


def one_waits() -> bool:
    """Whether somebody waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] > 0


def meet(refer, change) -> list:
    """`refer` has done all its work, and commits while `change`, which holds the row, waits to write its own."""
    has_recorded = threading.Event()

    def referring():
        with transaction.atomic():
            refer()
            has_recorded.set()
            until = time.monotonic() + 5
            while not one_waits() and time.monotonic() < until:
                time.sleep(0.01)

    def changing():
        has_recorded.wait(5)
        change()

    return at_once(referring, changing)


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_nobody_waits_in_a_circle(cast):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one write at a time")
    bodies(cast)
    by, place, decision = cast[HQ], area(), a_level(cast)
    review = a_review(cast, codes=(CHAD,), state="recommending")
    names = {"name_en": "A", "name_fr": "B", "on": today(), "seen": version_of(place)}

    def say():
        state_line(area=place, line="logistics", says="met", text="As it is.", by=by)

    def ask():
        ask_for_review(area=area(CHAD), level="normal", why="Why.", party="dss_headquarters", by=by)

    assert meet(say, lambda: rename_area(place, **names, by=by)) == []
    assert meet(say, lambda: make_tasks(decision)) == []
    assert meet(ask, lambda: keep_the_rest(review, by=cast[ICVA])) == []
