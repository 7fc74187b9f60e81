"""The scheduler of periodic work when the clock is set back."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from slt_portal.beat import SteadyScheduler
from slt_portal.celery import app


@pytest.fixture
def ticked(tmp_path, monkeypatch):
    """Makes a scheduler on one state file; `ran` names what it had run."""
    ran, opened = [], []
    monkeypatch.setattr(SteadyScheduler, "apply_async", lambda self, entry, **_: ran.append(entry.name))

    def make():
        opened.append(SteadyScheduler(app, schedule_filename=str(tmp_path / "beat")))
        return opened[-1]

    yield make, ran
    for scheduler in opened:
        scheduler.close()


def _turns(scheduler):
    while not scheduler.tick():
        pass


@pytest.mark.parametrize("started_again", [False, True])
def test_an_hour_back_costs_one_interval(ticked, started_again):
    make, ran = ticked
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        scheduler = make()
        _turns(scheduler)
        assert ran == []
        clock.move_to(now + timedelta(seconds=61))
        _turns(scheduler)
        assert ran.count("outbox") == 1
        clock.move_to(now - timedelta(hours=1))
        if started_again:
            scheduler.close()
            scheduler = make()
        _turns(scheduler)
        clock.shift(timedelta(seconds=61))
        _turns(scheduler)
        assert ran.count("outbox") == 2
        clock.shift(timedelta(seconds=300))
        _turns(scheduler)
    assert {"outbox", "digests", "exports"} <= set(ran[2:])
