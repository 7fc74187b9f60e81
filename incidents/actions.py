"""Filing: the first report on an incident, updates and the final report (I1)."""

from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from areas.models import Area
from audit.actions import record
from notifications.actions import announce
from notifications.models import Message, Subject
from organisations.models import Organisation
from sharing.actions import create_item, release_item
from sharing.control import move_in_time
from sharing.grants import grant
from sharing.markings import Depth
from sharing.models import Item, Kind, Release
from sharing.search import index_release
from slt_portal.states import StaleState

from . import codes
from .account import (
    Account,
    Sharing,
    facts_said,
    fingerprint_of,
    fingerprint_of_sharing,
    groups_said,
    occurred_there,
    shared_texts_after,
    texts_said,
)
from .changes import is_life_safety, lock, note_change
from .drafts import already_filed, settle_draft
from .messages import Filed, recipients_of
from .models import AffectedGroup, Incident, IncidentRelease, Report
from .models.incident import release_context, report_context
from .proposals import outdate_proposals
from .report_codes import keep_codes
from .shown import opened_texts


@dataclass(frozen=True)
class _Form:
    """The form that was sent: by whom, its id, the revision of its draft, and a digest of all it held."""

    by: User
    submission: UUID
    revision: int | None
    fingerprint: str


class AlreadyFiled(Exception):
    """This form was sent before with other content. That report stands; nothing of the new content was kept."""

    def __init__(self, report: Report):
        super().__init__(f"report {report.pk}")
        self.report = report


class Overtaken(StaleState):
    """Somebody of the same organisation reported further on this incident meanwhile."""


def file_incident(
    *,
    by: User,
    originator: Organisation,
    area: Area,
    account: Account,
    sharing: Sharing,
    submission: UUID,
    revision: int | None = None,
) -> Report:
    """File the first report on a new incident and announce it to those concerned (I1, I3). Returns the report.

    Atomic: item, report, releases, audience, grants, outbox rows and audit event, or nothing. The same `submission`
    by the same person with the same content returns the report that is already there; with other content it raises
    AlreadyFiled. Raises AudienceRefused for what the marking forbids. `revision` is the draft's that was sent.
    """
    print_ = fingerprint_of(account, originator.pk, area.pk, fingerprint_of_sharing(sharing))
    form = _Form(by, submission, revision, print_)
    return _once(form, lambda: _file(form, originator, area, account, sharing))


def file_follow_up(
    *, by: User, item: Item, kind: str, account: Account, submission: UUID, after: int, revision: int | None = None
) -> Report:
    """File an update or the final report on an incident (I1). Returns the report.

    The earlier reports stay as they are; what the releases say now follows the new one. Readers are told once per
    batch of changes, at once when it became graver or now puts lives at risk. `after` is the number of the latest
    report that `by` saw: raises Overtaken if there is a later one, StaleState for an update after the final report,
    AlreadyFiled as file_incident.
    """
    form = _Form(by, submission, revision, fingerprint_of(account, item.pk, str(kind)))
    return _once(form, lambda: _follow_up(form, item, codes.ReportKind(kind), account, after))


def _once(form, file):
    """Do `file` unless this form was sent before; two halves of a double click make one report."""
    try:
        with transaction.atomic():
            known = already_filed(form.submission, form.by)
            if known is None:
                return file()
    except (IntegrityError, Overtaken):  # the other half of a double click was a moment faster
        known = already_filed(form.submission, form.by)
        if known is None:
            raise
    if known.fingerprint != form.fingerprint:
        raise AlreadyFiled(known)
    return known


def _report(form, incident, kind, account, number=1):
    return Report.objects.create(
        incident=incident,
        kind=kind,
        number=number,
        author=form.by,
        filed_at=timezone.now(),
        submission=form.submission,
        fingerprint=form.fingerprint,
        subject=Subject.objects.create(),
        sealed=incident.item.data_key.seal_json(account.as_json(), context=report_context(form.submission)),
    )


def _file(form, originator, area, account, sharing):
    item = create_item(kind=Kind.INCIDENT, originator=originator, area=area, marking=sharing.marking)
    report = _report(form, Incident.objects.create(item=item), codes.ReportKind.IMMEDIATE, account)
    keep_codes(report, account, originator=originator, area=area)
    releases = release_item(
        item,
        choices=sharing.choices,
        organisation_ids=[organisation.pk for organisation in sharing.organisations],
        sort_at=occurred_there(account, area.time_zone) or report.filed_at,
        shows_originator=sharing.shows_originator,
    )
    for release in releases.values():
        _say(IncidentRelease(release=release), report, account, texts_said(account, Depth(release.depth)))
    grant(releases[Depth.SHARED], sharing.persons, by=form.by)
    settle_draft(by=form.by, submission=form.submission, revision=form.revision)
    tell_of(report, account.is_life_safety, author=form.by)
    facts = {
        "marking": item.marking,
        "area": area.code,
        "audience": list(sharing.choices),
        "organisations": sorted(organisation.ref for organisation in sharing.organisations),
        "shows_originator": sharing.shows_originator,
        "report": 1,
    }  # each person has an event of their own: sharing.granted
    record("incidents.filed", by=form.by, object_type="item", object_ref=item.ref, facts=facts)
    return report


def tell_of(report: Report, is_life_safety: bool, *, author: User) -> None:
    """Announce a first report to those of its audience who are concerned and were not told yet (I3)."""
    told = recipients_of(report.incident.item, author=author, life_safety=is_life_safety)
    announce(
        Filed,
        subject=report.subject,
        event_key=f"report {report.pk}",
        recipients=told.at_once,
        digest=told.digest,
        priority=Message.Priority.LIFE_SAFETY if is_life_safety else Message.Priority.NORMAL,
    )


def _follow_up(form, item, kind, account, after):
    incident = lock(item)
    last = Report.objects.for_system("a further report").filter(incident=incident).order_by("number").last()
    if last.number != after:
        raise Overtaken(f"report {last.number} came after {after}")
    if last.kind == codes.ReportKind.FINAL and kind != codes.ReportKind.FINAL:
        raise StaleState("the final report is filed")
    report = _report(form, incident, kind, account, number=after + 1)
    keep_codes(report, account, originator=item.originator, area=item.area)
    rows = {row.release.depth: row for row in _rows(item)}
    full, shared = rows[Depth.FULL], rows[Depth.SHARED]
    graver = account.severity > full.severity
    # An explosion where nobody came to harm is no graver than a threat: it puts lives at risk all the same.
    at_risk = account.is_life_safety and (graver or not is_life_safety(full))
    # What can no longer be opened is written anew like a text that was never there.
    texts = shared_texts_after(account, before=opened_texts(full) or {}, shown=opened_texts(shared) or {})
    _say(full, report, account, texts_said(account, Depth.FULL))
    _say(shared, report, account, texts)
    Release.objects.for_system("a further report").filter(item=item).update(version=F("version") + 1)
    move_in_time(item, occurred_there(account, item.area.time_zone) or _first_filed_at(incident))
    outdate_proposals(item, by=form.by)
    settle_draft(by=form.by, submission=form.submission, revision=form.revision)
    note_change(incident, by=form.by, is_urgent=graver or at_risk, life_safety=at_risk)
    facts = {"report": report.number, "kind": kind, "severity": int(account.severity)}
    record("incidents.followed_up", by=form.by, object_type="item", object_ref=item.ref, facts=facts)
    return report


def _first_filed_at(incident):
    """Where lists sort what nobody knows the time of: a time said before, and taken back, must not be found by it."""
    return Report.objects.for_system("when it was first reported").get(incident=incident, number=1).filed_at


def _rows(item):
    rows = IncidentRelease.objects.for_system("a further report").filter(release__item=item)
    return rows.select_related("release__area", "release__item__data_key")


def _say(row: IncidentRelease, report: Report, account: Account, texts: dict) -> None:
    """Write what a release says of the incident, its groups of people and its search words."""
    depth = Depth(row.release.depth)
    for name, value in facts_said(account, depth, stage=report.kind, zone=row.release.area.time_zone).items():
        setattr(row, name, value)
    row.report = report
    row.sealed = row.release.item.data_key.seal_json(texts, context=release_context(row.release_id))
    row.save()
    AffectedGroup.objects.for_system("replaced by a further report").filter(facts=row).delete()
    AffectedGroup.objects.bulk_create(AffectedGroup(facts=row, **group) for group in groups_said(account, depth))
    index_release(row.release, [str(text) for name, text in texts.items() if name != "position"])
