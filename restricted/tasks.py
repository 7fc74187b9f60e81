"""Background work of the restricted track."""

from celery import shared_task

from .actions import ticks


@shared_task
def remind():
    """Handlers hear of what nobody has taken on."""
    ticks.remind()
