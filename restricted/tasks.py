"""Background work of the restricted track."""

from celery import shared_task

from .actions import ticks
from .years import count_year


@shared_task
def look_after_reports():
    """Handlers hear of what nobody has taken on; a year that is over is counted, once."""
    ticks.remind()
    count_year()
