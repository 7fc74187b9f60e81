"""Who helps, for whoever asks (C10)."""

from datetime import date, timedelta

from django.conf import settings
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from organisations.memberships import memberships_of

from .models import SupportService

MOST_SERVICES = 300


def services_now() -> QuerySet[SupportService]:
    """All that are shown."""
    return SupportService.objects.filter(ended_on=None).select_related("area")


def old_before() -> date:
    """What was confirmed before that day is marked as not confirmed."""
    return timezone.now().date() - timedelta(days=settings.SERVICE_CONFIRMED_DAYS)


def services_for(request: HttpRequest) -> dict:
    """Who can be called: `near` (everywhere, and in the areas in which the reader works), then all `others`; those in
    areas only for who is signed in. At most two queries."""
    rows, own = services_now(), set()
    if request.user.is_authenticated:
        own = {row.area_id for row in memberships_of(request)}
    else:
        rows = rows.filter(area=None)
    rows = list(rows.order_by(F("area__name_en").asc(nulls_first=True), "kind", "name")[:MOST_SERVICES])
    near = [row for row in rows if row.area_id is None or row.area_id in own]
    return {"near": near, "others": [row for row in rows if row not in near], "old_before": old_before()}
