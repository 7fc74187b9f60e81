"""The job engine. The outbox is the truth and Celery only its engine: a lost job is found again by the minute tick."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slt_portal.settings.embedded")

app = Celery("slt_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
