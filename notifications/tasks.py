"""Background work of the outbox."""

from celery import shared_task

from . import outbox


@shared_task
def drain_outbox():
    """Send everything that is due."""
    outbox.drain()
