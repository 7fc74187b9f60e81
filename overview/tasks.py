"""Background work of what reads across apps."""

from celery import shared_task

from overview.figures import stored


@shared_task
def refresh_figures():
    """Count anew what dashboards show, where it is due (G1)."""
    stored.refresh()
