"""What the actions on a report share: its lock, its records, its neutral mail.

What its sender does is not in the audit chain at all: between the events of others, each with a name and a moment, it
would say when they sat there. The report itself holds it, sealed. What handlers and the portal do is in the chain with
no actor and no area; who of the handlers did what stands sealed in the report (C10).
"""

from collections.abc import Iterable
from datetime import date
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from audit.actions import record
from notifications.actions import announce
from restricted.codes import NoteKind
from restricted.messages import MatterWaits
from restricted.models import Choice, Handler, Note, Report
from restricted.querysets import handlers_now
from slt_portal.states import StaleState

WHY = "what an action does"


def locked(report: Report) -> Report:
    """The report as it is now, under its lock: one after the other. Call it first in an action."""
    rows = Report.objects.for_system(WHY).select_for_update(of=("self",), no_key=True)
    return rows.select_related("data_key", "subject").get(pk=report.pk)


def own(report: Report, *, by) -> Report:
    """The report under its lock, if `by` sent it and it is not withdrawn. Raises PermissionDenied, StaleState."""
    row = locked(report)
    if not Report.objects.sent_by(by).filter(pk=row.pk).exists():
        raise PermissionDenied("it is somebody else's")
    if row.state not in Report.OPEN_TO_HANDLERS:
        raise StaleState("it is withdrawn")
    return row


def handled(report: Report, step: str, *, by) -> Report:
    """The report under its lock, if `by` may read it, `step` is open and its key is there (a row can come back without,
    with an older backup). Raises PermissionDenied, StaleState."""
    row = locked(report)
    if not Report.objects.handled_by(by).filter(pk=row.pk).exists():
        raise PermissionDenied("not chosen to read it")
    if row.data_key.destroyed_at or not any(one.name == step and row.state in one.sources for one in Report.STEPS):
        raise StaleState(f"{step} of a report that is {row.state}")
    return row


def noted(verb: str, report: Report) -> None:
    """One event of the audit chain: what a handler or the portal did, and the reference. Never who, where or why."""
    record(f"restricted.{verb}", by=None, object_type="restricted", object_ref=report.ref)


def today() -> date:
    """The day, in UTC."""
    return timezone.now().date()


def choose(report: Report, consents: Iterable[str]) -> None:
    """Write down what the sender agrees to from now on."""
    row = Choice(report=report)
    row.write({"consents": sorted(consents), "on": today().isoformat()})
    row.save(force_insert=True)


def write_note(report: Report, what: NoteKind, *, by, uid: UUID | None = None) -> bool:
    """Write down what a handler did; False if the same form (`uid`) has written it already. Raises StaleState if that
    uid is another's."""
    known = Note.objects.for_system(WHY).filter(uid=uid).first() if uid else None
    if known is not None:
        if known.report_id != report.pk:
            raise StaleState("this form was sent by somebody else")
        return False
    row = Note(uid=uid or uuid4(), report=report)
    row.write({"what": str(what), "on": today().isoformat(), "by": by.pk})
    row.save(force_insert=True)
    return True


def let_in(report: Report, memberships: Iterable[int]) -> None:
    """Give handlers (memberships of theirs) a report to read, and tell them that something waits."""
    chosen = set(memberships)
    held = Handler.objects.for_system(WHY).filter(report=report, removed_in=None, membership__in=chosen)
    new = chosen - set(held.values_list("membership", flat=True))
    Handler.objects.for_system(WHY).bulk_create(
        Handler(report=report, membership_id=membership) for membership in sorted(new)
    )
    people = set(handlers_now().filter(pk__in=new).values_list("user", flat=True))
    tell(report, people, "sent")


def tell(report: Report, people: Iterable[int], why: str) -> None:
    """The one neutral mail. Its key names no report and no track; `why` is "sent" or the number of a reminder."""
    key = f"matter:{report.subject_id}:{why}"
    announce(MatterWaits, subject=report.subject, event_key=key, recipients=people)
