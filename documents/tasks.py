"""Background work on stored files."""

import structlog
from celery import shared_task

from . import files

log = structlog.get_logger(__name__)


@shared_task
def remove_orphan_files():
    """Remove what rolled-back transactions left on the disk."""
    if removed := files.remove_orphan_files():
        log.info("orphan_files_removed", count=removed)
