"""The global list as it is sent: frozen, numbered, to DSS, Designated Officials and OCHA (P8)."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from areas.models import Area
from audit.actions import record
from notifications.actions import announce
from notifications.models import Subject
from partners.messages.bases import GlobalList
from partners.models import RegisterIssue
from partners.registers import digest_of, members, rows_of
from sharing.holdings import people_of

OFFICES = ("dss", "designated_official", "ocha")  # of each area, beside those of headquarters


def send_global_list(now: datetime | None = None) -> int:
    """Freeze and send the global list if it changed since the last one, at most once a day, or if six months passed.

    List and mails are one transaction: run twice, or twice at once, it sends one. Returns to how many people.
    """
    now = now or timezone.now()
    last = RegisterIssue.objects.order_by("number").last()
    if RegisterIssue.objects.filter(on=now.date()).exists():  # of the newest: a clock that was set back waits for none
        return 0
    rows = [row.frozen() for row in rows_of(members(None, now), None, now)]
    reason = _reason(last, digest_of(rows), now)
    if reason is None:
        return 0
    try:
        return _send(rows, reason, last, now)
    except IntegrityError:  # another worker had the same tick
        return 0


def _reason(last, digest, now):
    if last is None:
        return RegisterIssue.Reason.CHANGE if digest != digest_of([]) else None
    if digest != last.digest:
        return RegisterIssue.Reason.CHANGE
    is_old = now.date() - last.on >= timedelta(days=settings.GLOBAL_LIST_DAYS)
    return RegisterIssue.Reason.PERIOD if is_old else None


@transaction.atomic
def _send(rows, reason, last, now) -> int:
    issue = RegisterIssue.objects.create(
        number=last.number + 1 if last else 1,
        on=now.date(),
        at=now,
        reason=reason,
        digest=digest_of(rows),
        rows=rows,
        subject=Subject.objects.create(),
    )
    people = people_of(readers_by_mail())
    announce(GlobalList, subject=issue.subject, event_key=f"list:{issue.number}", recipients=people)
    facts = {"reason": str(reason), "digest": issue.digest, "organisations": len(rows), "recipients": len(people)}
    record("partners.list_sent", by=None, object_type="register_issue", object_ref=str(issue.number), facts=facts)
    return len(people)


def readers_by_mail() -> set[str]:
    """The principals to whom the list goes: DSS and OCHA at headquarters and of each area, Designated Officials."""
    areas = Area.objects.values_list("pk", flat=True)
    return {"dss_world", "ocha", *(f"{office}:{area}" for area in areas for office in OFFICES)}


def changes(issue: RegisterIssue, before: RegisterIssue | None) -> dict[str, list[dict]]:
    """What became different since the list before: rows by what happened to them, each organisation once."""
    old = {row["ref"]: row for row in (before.rows if before else [])}
    new = {row["ref"]: row for row in issue.rows}
    found = {"added": [], "removed": [], "suspended": [], "lifted": [], "changed": []}
    for ref, row in new.items():
        if what := _what_changed(old.get(ref), row):
            found[what].append(row)
    found["removed"] = [row for ref, row in old.items() if ref not in new]
    return {what: rows for what, rows in found.items() if rows}


def _what_changed(old, new) -> str:
    if old is None:
        return "added"
    if old == new:
        return ""
    if new["state"] != old["state"] and "suspended" in {old["state"], new["state"]}:
        return "suspended" if new["state"] == "suspended" else "lifted"
    return "changed"
