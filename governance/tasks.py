"""Background work of the bodies."""

from celery import shared_task

from . import actions


@shared_task
def close_due():
    """Close decisions whose deadline has passed, and ask those who have said nothing two days before it."""
    actions.close_due()
    actions.remind_due()
