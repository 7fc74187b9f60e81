"""Background work about organisations."""

from celery import shared_task

from . import address_actions


@shared_task
def remind_of_exceptions():
    """Tell who has to know which exceptions for personal addresses end soon."""
    address_actions.remind_of_exceptions()
