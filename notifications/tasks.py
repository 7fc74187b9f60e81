"""Background work of the outbox."""

from importlib import import_module

import structlog
from celery import shared_task

from . import bounce_actions, outbox
from .bounce_mailbox import MailboxUnavailable, open_mailbox
from .digests import make_digests

log = structlog.get_logger(__name__)


@shared_task
def drain_outbox():
    """Send everything that is due; if that is much, as many workers as are free join in, one calling the next."""
    outbox.drain(call_for_help=nudge)


@shared_task
def answer_password_resets():
    """Queue the mails for those who forgot their password."""
    import_module("notifications.account_mail").answer_password_resets()  # which imports this module


@shared_task
def send_digests():
    """Make the daily summaries that are due by now, and have them sent."""
    if make_digests():
        nudge()


@shared_task
def read_bounces():
    """Take in the mails that came back, where the settings name a mailbox for them. Fails if it cannot be read."""
    try:
        if mailbox := open_mailbox():
            bounce_actions.read_bounces(mailbox)
    except MailboxUnavailable as error:
        log.error("bounces_not_read", reason=str(error))
        raise
    bounce_actions.settle_what_is_over()


def nudge() -> None:
    """Ask a worker to drain the outbox now. Never raises: without a broker the minute tick does the same, later."""
    _ask_for(drain_outbox)


def nudge_resets() -> None:
    """Ask a worker to answer those who forgot their password now. Never raises either."""
    _ask_for(answer_password_resets)


def _ask_for(task):
    try:
        task.delay()
    except Exception as error:  # whatever a dead broker raises must not undo what the user has just done
        log.warning("nudge_failed", error=type(error).__name__)
