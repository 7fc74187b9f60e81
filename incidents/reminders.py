"""Reminding of final reports: every due date has an owner, a notice and an escalation (I1; pain 67)."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from notifications.actions import announce
from notifications.models import Message
from organisations.models import Membership
from sharing.access import Access
from sharing.audiences import readers_of
from sharing.markings import Depth
from sharing.models import Item

from .codes import ReportKind
from .desk import reporters_of
from .messages import FinalDue
from .models import IncidentRelease, Report

WITHHELD_SHOWN_AFTER_DAYS = 30
_WHY = "which final reports are due"


def due_since(days: int, on: datetime | None = None) -> QuerySet[Report]:
    """The first reports, at least `days` old, of incidents without a final report; withdrawn ones owe none."""
    until = (on or timezone.now()) - timedelta(days=days)
    unfinished = IncidentRelease.objects.for_system(_WHY).filter(
        release__depth=Depth.FULL, report__isnull=False, release__item__state=Item.State.SHARED
    )
    items = unfinished.exclude(stage=ReportKind.FINAL).values("release__item")
    rows = Report.objects.for_system(_WHY).filter(incident__item__in=items, number=1, filed_at__lte=until)
    return rows.select_related("incident__item__area").order_by("filed_at")


def owed_by(access: Access) -> QuerySet[IncidentRelease]:
    """What waits for the originator's people: with `consent_asked` a request to pass it on, with `has_proposal` a text
    to compare, else the final report, or that it is withheld since long; requests first, then the oldest. `access`
    is theirs."""
    since = timezone.now() - timedelta(days=settings.FINAL_REPORT_DUE_DAYS)
    first = Report.objects.for_system(_WHY).filter(incident=OuterRef("report__incident"), number=1)
    late = Q(Exists(first.filter(filed_at__lte=since))) & ~Q(stage=ReportKind.FINAL)
    rows = IncidentRelease.objects.all_visible_to(access.as_originator()).with_release().with_waiting_work()
    rows = rows.filter(report__isnull=False).select_related("report")
    shared, withheld = (Q(release__item__state=state) for state in (Item.State.SHARED, Item.State.WITHHELD))
    long = Q(Exists(first.filter(filed_at__lte=timezone.now() - timedelta(days=WITHHELD_SHOWN_AFTER_DAYS))))
    waits = Q(has_proposal=True) | Q(consent_asked__isnull=False)
    soonest = F("consent_asked_at").asc(nulls_last=True)  # silence is an answer after some days
    return rows.filter(shared & (waits | late) | withheld & long).order_by(soonest, "report__filed_at", "release")


def remind(on: datetime | None = None) -> None:
    """Tell the authors of reports whose final report is due, and later their headquarters; each once per incident,
    however often this runs. Catches up after a downtime."""
    for what, days, whom in (
        ("due", settings.FINAL_REPORT_DUE_DAYS, reporters_of),
        ("overdue", settings.FINAL_REPORT_OVERDUE_DAYS, _headquarters),
    ):
        told = Message.objects.filter(kind=FinalDue.code, event_key__endswith=f" {what}", subject=OuterRef("subject"))
        for report in due_since(days, on).exclude(Exists(told)):
            recipients = whom(report.incident.item)
            key = f"final report {report.pk} {what}"
            announce(FinalDue, subject=report.subject, event_key=key, recipients=recipients)


def _headquarters(item):
    """Those who read it for its originator world-wide."""
    own = {user for user, reader in readers_of(item).items() if f"originator:{item.originator_id}" in reader.through}
    world = Membership.objects.on().filter(user__in=own, organisation=item.originator_id, area=None)
    return set(world.values_list("user_id", flat=True))
