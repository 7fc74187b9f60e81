"""Background work of the operator."""

import structlog
from celery import shared_task

from . import retention

log = structlog.get_logger(__name__)


@shared_task
def sweep_daily():
    """Remove what is over by the rules that run by themselves."""
    counts = retention.sweep(retention.daily_rules())
    if any(counts.values()):
        log.info("retention_swept", **counts)
