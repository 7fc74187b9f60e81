"""Background work on feedback."""

from celery import shared_task

from .actions import reminders


@shared_task
def look_after_cases():
    """Cases that suspensions lack, grants of who came to an office later, and what is due."""
    reminders.look_after_cases()
