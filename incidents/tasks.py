"""Background work of incidents. What takes long goes to the queue `long` (settings) and never delays a mail."""

import structlog
from celery import shared_task

from . import consents, export_runs
from .imports import runs
from .reminders import remind

log = structlog.get_logger(__name__)


@shared_task
def make_exports():
    """Make every export that waits; the minute tick also finds what a killed worker left."""
    export_runs.run_due()


def nudge() -> None:
    """Ask a worker to make exports now. Never raises: without a broker the minute tick does the same, later."""
    try:
        make_exports.delay()
    except Exception as error:  # whatever a dead broker raises must not undo what the user has just done
        log.warning("nudge_failed", error=type(error).__name__)


@shared_task
def remind_of_final_reports():
    """Tell those who owe a final report."""
    remind()


@shared_task
def look_after_consents():
    """Remind originators who are asked whether something may be passed on; let lapse and end what is due."""
    consents.look_after()


@shared_task
def run_imports():
    """Check or write every file of public data that waits; the minute tick also finds what a killed worker left."""
    runs.run_due()


def nudge_imports() -> None:
    """Ask a worker for it now. Never raises: without a broker the minute tick does the same, later."""
    try:
        run_imports.delay()
    except Exception as error:  # whatever a dead broker raises must not undo what the user has just done
        log.warning("nudge_failed", error=type(error).__name__)
