"""Background work on stored files."""

from importlib import import_module

import structlog
from celery import shared_task

from . import files

log = structlog.get_logger(__name__)


@shared_task
def remove_orphan_files():
    """Remove what rolled-back transactions left on the disk."""
    if removed := files.remove_orphan_files():
        log.info("orphan_files_removed", count=removed)


@shared_task
def make_documents():
    """Make every numbered document that is due; the minute tick also finds what a killed worker left."""
    import_module("documents.issue").make_due()  # which imports this module


def nudge() -> None:
    """Ask a worker to make documents now. Never raises: without a broker the minute tick does the same, later."""
    try:
        make_documents.delay()
    except Exception as error:  # whatever a dead broker raises must not undo what the user has just done
        log.warning("nudge_failed", error=type(error).__name__)
