"""What is sealed in a report, opened for those who may read it: its codes, the choices that count, what was done."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Max

from .codes import Consent, Form, Wish
from .models import Choice, Note, Opening, Report

_WHY = "what belongs to a report that was found by who may read it"


@dataclass(frozen=True)
class Done:
    """One thing that a handler did: what (a code), on which day, whose user id."""

    what: str
    on: date
    by: int


@dataclass(frozen=True)
class OpenedOn:
    """On one day, how many handlers opened it."""

    on: date
    handlers: int


def consents_of(report: Report) -> frozenset[str]:
    """What the sender agrees to now; nothing once it is destroyed. One query."""
    return consents_of_all([report])[report.pk]


def consents_of_all(reports: Iterable[Report]) -> dict[int, frozenset[str]]:
    """By primary key what the sender of each agrees to now; nothing once it is destroyed. One query."""
    known = {report.pk: report for report in reports}
    rows = Choice.objects.for_system(_WHY).filter(report__in=known)
    newest = rows.order_by().values("report").annotate(newest=Max("pk")).values("newest")
    found = dict.fromkeys(known, frozenset())
    for row in Choice.objects.for_system(_WHY).filter(pk__in=newest):
        row.report = known[row.report_id]  # its key is at hand
        found[row.report_id] = frozenset(row.texts.get("consents", ()))
    return found


def done_about(report: Report) -> list[Done]:
    """What handlers did, the newest first. One query."""
    rows = Note.objects.for_system(_WHY).filter(report=report).order_by("-pk")
    found = []
    for row in rows:
        row.report = report
        if said := row.texts:
            found.append(Done(said["what"], date.fromisoformat(said["on"]), said["by"]))
    return found


def openings_of(report: Report) -> list[OpenedOn]:
    """By day how many handlers opened it, the newest first. One query."""
    days: dict[date, int] = {}
    for on in Opening.objects.filter(report_ref=report.ref).order_by("-on").values_list("on", flat=True):
        days[on] = days.get(on, 0) + 1
    return [OpenedOn(on, number) for on, number in days.items()]


def sent_at(report: Report) -> datetime | None:
    """The moment in which it was sent, which stands in it sealed; None once it is destroyed."""
    said = report.texts.get("sent_at")
    return datetime.fromisoformat(said) if said else None


def is_late(report: Report, now: datetime) -> bool:
    """Whether nobody has taken it on for so long (RESTRICTED_LATE_HOURS) that its sender is told not to wait."""
    sent = sent_at(report)
    waits = report.state == Report.State.NEW and sent is not None
    return waits and now - sent >= timedelta(hours=settings.RESTRICTED_LATE_HOURS)


def wish_of(report: Report) -> str:
    """What the handlers are asked to do (codes.Wish); nothing once it is destroyed."""
    texts = report.texts
    return Wish.CALL if texts.get("form") == Form.CALL else texts.get("wish", "")


def may_be_contacted(report: Report, consents: frozenset[str]) -> bool:
    """Whether handlers are shown how to reach the sender."""
    return Consent.CONTACT in consents and bool(report.texts.get("reach"))
