"""The SLT portal. Celery's application is made with the package, so that a task always finds its broker."""

from slt_portal.celery import app as celery_app

__all__ = ["celery_app"]
