"""Background work of sharing."""

from celery import shared_task

from . import emergency


@shared_task
def end_emergencies():
    """Close emergency accesses whose hours are over, let lapse those nobody agreed to."""
    emergency.end_due()
