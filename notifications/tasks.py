"""Background work of the outbox."""

import structlog
from celery import shared_task

from . import outbox
from .digests import make_digests

log = structlog.get_logger(__name__)


@shared_task
def drain_outbox():
    """Send everything that is due; if that is much, as many workers as are free join in, one calling the next."""
    outbox.drain(call_for_help=nudge)


@shared_task
def send_digests():
    """Make the daily summaries that are due by now, and have them sent."""
    if make_digests():
        nudge()


def nudge() -> None:
    """Ask a worker to drain the outbox now. Never raises: without a broker the minute tick does the same, later."""
    try:
        drain_outbox.delay()
    except Exception as error:  # whatever a dead broker raises must not undo what the user has just done
        log.warning("nudge_failed", error=type(error).__name__)
