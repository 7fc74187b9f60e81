"""Background work on implementation levels."""

import structlog
from celery import shared_task

from .actions import distribution, lists, reviews, tasks

log = structlog.get_logger(__name__)


@shared_task
def publish_and_send():
    """Make the next list if it is due, then send the newest if it was not sent: also if no list could be made."""
    try:
        lists.publish_due()
    finally:
        distribution.send_due()


@shared_task
def try_other_contacts():
    """Where nobody of an organisation was reached with the newest list: send it to somebody else there."""
    distribution.try_other_contacts()


@shared_task
def look_after_reviews():
    """Open the six-monthly review if it is due; close consultations, remind, say what is late."""
    reviews.open_due()


@shared_task
def look_after_tasks():
    """Drop what is no longer asked of an area; remind of what is due soon or overdue."""
    tasks.remind_due()


def nudge() -> None:
    """Ask a worker to see now whether a list is due. Never raises: without a broker the minute tick does it, later."""
    try:
        publish_and_send.delay()
    except Exception as error:  # whatever a dead broker raises must not undo what was just decided
        log.warning("nudge_failed", error=type(error).__name__)
