"""The job engine. The outbox is the truth and Celery only its engine: a lost job is found again by the minute tick."""

import os
import time
import uuid
from contextlib import nullcontext

import structlog
from celery import Celery, Task
from django.apps import apps
from django.db import DatabaseError
from django.utils import timezone

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slt_portal.settings.embedded")
log = structlog.get_logger("slt_portal.jobs")


class Job(Task):
    """Every task of the portal: it leaves when it last ran, one line in the log, and the id of who asked for it."""

    abstract = True
    surroundings = staticmethod(nullcontext)  # called with the name of the job, what it runs in

    def __call__(self, *args, **kwargs):
        """Run the task. What it returns or raises is passed on."""
        bound = {"job": self.name, "job_id": self.request.id, "request_id": self._asked_by()}
        started, outcome = time.monotonic(), "succeeded"
        logged = structlog.contextvars.bound_contextvars(**{name: value for name, value in bound.items() if value})
        with logged, self.surroundings(self.name):
            self._note(began_at=timezone.now())
            try:
                result = super().__call__(*args, **kwargs)
            except Exception as error:
                outcome = "failed"
                self._note(failed_at=timezone.now(), error=type(error).__name__[:80])
                raise
            else:
                self._note(succeeded_at=timezone.now())
                return result
            finally:
                log.info("job", outcome=outcome, milliseconds=round((time.monotonic() - started) * 1000))

    def apply_async(self, args=None, kwargs=None, **options):
        """Queue the task; the id of the request in which that is done goes with it."""
        if request_id := structlog.contextvars.get_contextvars().get("request_id"):
            options["headers"] = {**(options.get("headers") or {}), "request_id": request_id}
        return super().apply_async(args, kwargs, **options)

    def _asked_by(self):
        """The id of the request that asked for this; a UUID or nothing, because it comes from outside the process."""
        offered = (self.request.headers or {}).get("request_id", "")
        try:
            return str(uuid.UUID(offered)) if offered else ""
        except ValueError:
            return ""

    def _note(self, **moments):
        try:
            apps.get_model("operations", "Tick").note(self.name, **moments)
        except DatabaseError as error:  # the work matters more than the note about it
            log.warning("tick_not_written", error=type(error).__name__)


app = Celery("slt_portal", task_cls=Job)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
