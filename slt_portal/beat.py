"""The clock of periodic work. Celery's own stands still until a clock that was set back has caught up."""

from datetime import datetime

from celery.beat import PersistentScheduler


class SteadyScheduler(PersistentScheduler):
    """Celery's scheduler; after a clock was set back, whatever ran "in the future" ran just now."""

    _last_look: datetime | None = None

    def setup_schedule(self) -> None:
        """Read what ran when; the clock may have been set back while beat was down."""
        super().setup_schedule()
        self._forget_the_future(self.app.now())

    def tick(self, *args, **kwargs) -> float:
        """One turn; returns the seconds until the next is wanted."""
        now = self.app.now()
        if self._last_look is not None and now < self._last_look:
            self._forget_the_future(now)
            self._heap = None  # it is sorted by the old clock
        self._last_look = now
        return super().tick(*args, **kwargs)

    def _forget_the_future(self, now):
        for entry in self.schedule.values():
            entry.last_run_at = min(entry.last_run_at, now)
