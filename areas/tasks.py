"""Background work of the areas."""

from celery import shared_task

from .actions import take_new_names as take


@shared_task
def take_new_names():
    """Names that were decided for later begin on their day; idempotent, and catches up after a standstill."""
    take()
