"""Filing: the first report on an incident, updates and the final report (I1)."""

from dataclasses import asdict, dataclass
from datetime import datetime
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
    Limits,
    Sharing,
    facts_said,
    fingerprint_of,
    fingerprint_of_sharing,
    groups_said,
    limits_of,
    shared_texts_after,
    sort_dates,
    texts_said,
)
from .changes import is_life_safety, lock, note_change
from .drafts import already_filed, settle_draft
from .kept_back import NotAsked, Withheld, keep_back, last_withholding, must_ask_anew, note_withholding
from .messages import Filed, recipients_of
from .models import AffectedGroup, Incident, IncidentRelease, Report, Withholding
from .models.incident import release_context, report_context
from .proposals import outdate_proposals
from .report_codes import keep_codes
from .reported_by import kind_told
from .shown import opened_texts


@dataclass(frozen=True)
class _Form:
    """The form that was sent: by whom, its id, the revision of its draft, a digest of all it held, and how many places
    in it the finder pointed out to whoever sent it."""

    by: User
    submission: UUID
    revision: int | None
    fingerprint: str
    pointed_out: int = 0
    withheld: Withheld | None = None

    @property
    def is_told_to_nobody(self) -> bool:
        """Whether it is kept from everybody else, without a warning (C5)."""
        return self.withheld is not None and self.withheld.warning is None

    @property
    def gives_warning(self) -> bool:
        """Whether others get a warning with it (C5)."""
        return self.withheld is not None and self.withheld.warning is not None


class AlreadyFiled(Exception):
    """This form was sent before with other content. That report stands; nothing of the new content was kept."""

    def __init__(self, report: Report):
        super().__init__(f"report {report.pk}")
        self.report = report


class Overtaken(StaleState):
    """Somebody of the same organisation reported further on this incident meanwhile."""


class AudienceChanged(StaleState):
    """Who may see it was changed since the portal asked whether it stays kept back."""


def file_incident(
    *,
    by: User,
    originator: Organisation,
    area: Area,
    account: Account,
    sharing: Sharing,
    submission: UUID,
    revision: int | None = None,
    pointed_out: int = 0,
    withheld: Withheld | None = None,
) -> Report:
    """File the first report on a new incident and announce it to those concerned (I1, I3). Returns the report.

    Atomic: item, report, releases, audience, grants, outbox rows and audit event, or nothing. The same `submission`
    by the same person with the same content returns the report that is already there; with other content it raises
    AlreadyFiled. Raises AudienceRefused for what the marking forbids. `revision` is the draft's that was sent,
    `pointed_out` how many names and numbers were pointed out in what readers get, which `by` confirmed (C4).

    `withheld`, if the originator keeps it back: nobody is told, or those of `sharing` get a warning alone (C5). Raises
    NotAsked where lives are at stake and the portal did not ask again.
    """
    if withheld is not None:
        withheld.check(account)
    kept_back = [] if withheld is None else [withheld.print]
    print_ = fingerprint_of(account, originator.pk, area.pk, fingerprint_of_sharing(sharing), *kept_back)
    form = _Form(by, submission, revision, print_, pointed_out, withheld)
    return _once(form, lambda: _file(form, originator, area, account, sharing))


def file_follow_up(
    *,
    by: User,
    item: Item,
    kind: str,
    account: Account,
    submission: UUID,
    after: int,
    revision: int | None = None,
    pointed_out: int = 0,
    withheld: Withheld | None = None,
) -> Report:
    """File an update or the final report on an incident (I1). Returns the report.

    The earlier reports stay as they are; what the releases say now follows the new one, no more exactly than the
    originator lets readers know. Readers are told once per
    batch of changes, at once when it became graver or now puts lives at risk. `after` is the number of the latest
    report that `by` saw: raises Overtaken if there is a later one, StaleState for an update after the final report,
    AlreadyFiled as file_incident.

    On an incident that is kept back, `withheld` is what its originator answered when the portal asked again: it is
    noted here, a warning in it is for the caller to give (withholding.follow_up_kept_back). Raises NotAsked where the
    report makes it a matter of life and death and nobody was asked (C5), AudienceChanged where `item` is not what was
    asked about any more.
    """
    kept_back = [] if withheld is None else [withheld.print]
    print_ = fingerprint_of(account, item.pk, str(kind), *kept_back)
    form = _Form(by, submission, revision, print_, pointed_out, withheld)
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
    item = create_item(
        kind=Kind.INCIDENT,
        originator=originator,
        area=area,
        marking=sharing.marking,
        source=sharing.source,
        state=Item.State.WITHHELD if form.is_told_to_nobody else Item.State.SHARED,
    )
    report = _report(form, Incident.objects.create(item=item), codes.ReportKind.IMMEDIATE, account)
    if form.withheld is None:
        keep_codes(report, account, originator=originator, area=area)
    releases = release_item(
        item,
        choices=sharing.choices,
        organisation_ids=[organisation.pk for organisation in sharing.organisations],
        sort_at=sort_dates(account, area.time_zone, limits=sharing.limits, filed_at=report.filed_at),
        shows_originator=sharing.shows_originator,
        deepest=Depth.FULL if form.withheld is None else Depth.SHARED,
    )
    shown = texts_said(account, Depth.SHARED, limits=sharing.limits, place_shown=sharing.place_shown)
    say(IncidentRelease(release=releases[Depth.FULL]), report, account, texts_said(account, Depth.FULL))
    shared = IncidentRelease(release=releases[Depth.SHARED])
    say(shared, report, account, shown, limits=sharing.limits)
    grant(releases[Depth.SHARED], sharing.persons, by=form.by)
    settle_draft(by=form.by, submission=form.submission, revision=form.revision)
    if form.withheld is not None:
        keep_back(report, account, shared, form.withheld, by=form.by)
    if not form.is_told_to_nobody:
        tell_of(report, account.is_life_safety or form.withheld is not None, author=form.by)
    facts = {
        "marking": item.marking,
        "area": area.code,
        "audience": list(sharing.choices),
        "organisations": sorted(organisation.ref for organisation in sharing.organisations),
        "shows_originator": sharing.shows_originator,
        "limits": asdict(sharing.limits),
        "source": sharing.source,
        "report": 1,
        **confirmed(form.pointed_out),
        **(form.withheld.facts if form.withheld else {}),
    }  # each person has an event of their own: sharing.granted
    record("incidents.filed", by=form.by, object_type="item", object_ref=item.ref, facts=facts)
    return report


def confirmed(pointed_out: int) -> dict[str, object]:
    """What the audit log says of a text that a person released: in how many places the finder pointed at something
    that might identify somebody, and that they let it go out so (C4). Numbers only."""
    return {"pointed_out": pointed_out, "confirmed": True}


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
    rows = {row.release.depth: row for row in _rows(item)}
    full, shared = rows[Depth.FULL], rows[Depth.SHARED]
    _check_kept_back(form, incident.item, item.version, account, full, shared)
    report = _report(form, incident, kind, account, number=after + 1)
    graver = account.severity > full.severity
    # An explosion where nobody came to harm is no graver than a threat: it puts lives at risk all the same.
    at_risk = account.is_life_safety and (graver or not is_life_safety(full))
    # What can no longer be opened is written anew like a text that was never there.
    before, shown, limits = opened_texts(full) or {}, opened_texts(shared) or {}, limits_of(shared)
    say(full, report, account, texts_said(account, Depth.FULL))
    said = [full]
    if not shared.is_minimal:  # a warning stays as it was given, until its originator changes it (C5)
        texts = shared_texts_after(account, before=before, shown=shown, limits=limits)
        say(shared, report, account, texts, limits=limits)
        said.append(shared)
    dates = sort_dates(account, item.area.time_zone, limits=limits, filed_at=first_filed_at(item))
    _say_anew({row.release_id: dates[row.release.depth] for row in said})
    outdate_proposals(item, by=form.by)
    settle_draft(by=form.by, submission=form.submission, revision=form.revision)
    # Who gets another warning is told of that, the originator's own people with them.
    has_other_warning = incident.item.state == Item.State.SHARED and form.gives_warning
    if incident.item.state != Item.State.WITHHELD and not has_other_warning:
        own_only, is_urgent = shared.is_minimal, graver or at_risk
        note_change(incident, by=form.by, is_urgent=is_urgent, life_safety=at_risk, own_only=own_only)
    if incident.item.state != Item.State.WITHHELD and not shared.is_minimal:
        keep_codes(report, account, originator=item.originator, area=item.area)
    facts = {"report": report.number, "kind": kind, "severity": int(account.severity), **confirmed(form.pointed_out)}
    if form.withheld is not None:
        _note_answer(form, incident)
        facts |= form.withheld.facts
    record("incidents.followed_up", by=form.by, object_type="item", object_ref=item.ref, facts=facts)
    return report


def _check_kept_back(form, item, version, account, full, shared):
    is_kept_back = item.state != Item.State.SHARED or shared.is_minimal
    if form.withheld is not None and (not is_kept_back or item.version != version):
        raise AudienceChanged("since the portal asked")
    was_asked = form.withheld is not None and form.withheld.was_asked_again
    if is_kept_back and not was_asked and must_ask_anew(account, full):
        raise NotAsked


def _note_answer(form, incident):
    """That it stays kept back; of what was withdrawn before anybody was asked for a ground, this is the first word."""
    of = Withholding.Of.FURTHER if last_withholding(incident.item) else Withholding.Of.WITHDRAWAL
    note_withholding(incident, form.withheld, of=of, by=form.by)


def _say_anew(dates):
    """These releases, of which `dates` are by which lists sort them, are another version from now on."""
    rows = Release.objects.for_system("a further report").filter(pk__in=dates)
    rows.update(version=F("version") + 1)
    move_in_time(dates)


def first_filed_at(item: Item) -> datetime:
    """Where lists sort what nobody knows the time of: a time said before, and taken back, must not be found by it."""
    return Report.objects.for_system("when it was first reported").get(incident__item=item, number=1).filed_at


def _rows(item):
    rows = IncidentRelease.objects.for_system("a further report").filter(release__item=item)
    return rows.select_related("release__area", "release__item__data_key", "release__item__originator")


def say(row: IncidentRelease, report: Report, account: Account, texts: dict, *, limits: Limits | None = None) -> None:
    """Write what a release says of the incident, its groups of people and its search words."""
    depth, area = Depth(row.release.depth), row.release.area
    for name, value in facts_said(account, depth, stage=report.kind, zone=area.time_zone, limits=limits).items():
        setattr(row, name, value)
    row.reported_by = "" if row.release.shows_originator else kind_told(row.release.item.originator, area)
    row.report = report
    row.sealed = row.release.item.data_key.seal_json(texts, context=release_context(row.release_id))
    row.save()
    AffectedGroup.objects.for_system("replaced by a further report").filter(facts=row).delete()
    AffectedGroup.objects.bulk_create(AffectedGroup(facts=row, **group) for group in groups_said(account, depth))
    index_release(row.release, words_of(texts))


def words_of(texts: dict) -> list[str]:
    """The texts of a release by which it is found."""
    return [str(text) for name, text in texts.items() if name != "position"]
