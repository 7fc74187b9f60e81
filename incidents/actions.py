"""Writing incidents: filing a report, keeping and discarding a draft."""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from areas.models import Area
from audit.actions import record
from documents.models import DataKey
from notifications.actions import announce
from notifications.models import Message, Subject
from organisations.models import Organisation
from sharing.actions import create_item, release_item
from sharing.grants import grant
from sharing.markings import Depth
from sharing.models import Kind, Release
from slt_portal.crypto import keyed_digest

from . import codes
from .messages import Filed, recipients_of
from .models import AffectedGroup, Draft, Incident, IncidentRelease, Report
from .models.incident import release_context, report_context

# What the shared release says; persons, the exact place and the position stay with the originator and DSS (C4).
SHARED_TEXTS = ("what", "place", "actor_name", "consequences", "actions_taken")
FULL_TEXTS = (*SHARED_TEXTS, "exact_place", "position", "persons")
_COUNTED = ("killed", "wounded", "kidnapped", "detained")


@dataclass(frozen=True)
class Account:
    """What a reporter says happened: codes, texts by name (FULL_TEXTS), groups of people affected."""

    texts: dict[str, object]
    occurred_from: datetime | None = None
    time_precision: str = codes.TimePrecision.NOT_SURE
    time_zone: str = "UTC"
    coded: dict[str, object] = field(default_factory=dict)
    groups: list[dict] = field(default_factory=list)

    def counts(self) -> dict[str, int | None]:
        """How many were killed, wounded, kidnapped, detained; None where no such group was named or counted."""
        totals = {}
        for outcome in _COUNTED:
            known = [group["count"] for group in self.groups if group["outcome"] == outcome]
            totals[outcome] = sum(known) if known and None not in known else None
        return totals

    @property
    def is_life_safety(self) -> bool:
        """Whether somebody's life or liberty is at stake (G8)."""
        if codes.LIFE_SAFETY_OUTCOMES.intersection(group["outcome"] for group in self.groups):
            return True  # whoever came to harm outweighs the tick "near miss"
        category = self.coded.get("category", codes.Category.UNKNOWN)
        return category in codes.LIFE_SAFETY_CATEGORIES and not self.coded.get("is_near_miss")


@dataclass(frozen=True)
class Sharing:
    """Who may see it: marking, audience choices, and whom the originator named."""

    marking: str
    choices: list[str]
    organisations: list[Organisation] = field(default_factory=list)
    persons: list[User] = field(default_factory=list)
    shows_originator: bool = False


class AlreadyFiled(Exception):
    """This form was sent before with other content. That report stands; nothing of the new content was kept."""

    def __init__(self, report: Report):
        super().__init__(f"report {report.pk}")
        self.report = report


def file_incident(
    *, by: User, originator: Organisation, area: Area, account: Account, sharing: Sharing, submission: UUID
) -> Report:
    """File the first report on a new incident and announce it to those concerned (I1, I3). Returns the report.

    Atomic: item, report, releases, audience, grants, outbox rows and audit event, or nothing. The same `submission`
    by the same person with the same content returns the report that is already there; with other content it raises
    AlreadyFiled. Raises AudienceRefused for what the marking forbids.
    """
    fingerprint = _fingerprint(originator, area, account, sharing)
    try:
        with transaction.atomic():
            known = already_filed(submission, by)
            if known is None:
                return _file(by, originator, area, account, sharing, submission, fingerprint)
    except IntegrityError:  # the other half of a double click was a moment faster
        known = already_filed(submission, by)
        if known is None:
            raise
    if known.fingerprint != fingerprint:
        raise AlreadyFiled(known)
    return known


def _fingerprint(originator, area, account, sharing):
    content = [originator.pk, area.pk, asdict(account), sharing.marking, sorted(sharing.choices)]
    named = [sorted(row.pk for row in rows) for rows in (sharing.organisations, sharing.persons)]
    return keyed_digest("report", json.dumps([content, named, sharing.shows_originator], default=str, sort_keys=True))


def already_filed(submission: UUID, by: User) -> Report | None:
    """The report that `by` filed with this form, if they did."""
    reports = Report.objects.for_system("recognise a double submit").select_related("incident__item")
    return reports.filter(submission=submission, author=by).first()


def _file(by, originator, area, account, sharing, submission, fingerprint):
    now = timezone.now()
    item = create_item(kind=Kind.INCIDENT, originator=originator, area=area, marking=sharing.marking)
    incident = Incident.objects.create(item=item)
    report = Report.objects.create(
        incident=incident,
        kind=codes.ReportKind.IMMEDIATE,
        number=1,
        author=by,
        filed_at=now,
        submission=submission,
        fingerprint=fingerprint,
        subject=Subject.objects.create(),
        sealed=item.data_key.seal_json(account.texts, context=report_context(submission)),
    )
    releases = release_item(
        item,
        choices=sharing.choices,
        organisation_ids=[organisation.pk for organisation in sharing.organisations],
        sort_at=account.occurred_from or now,
        shows_originator=sharing.shows_originator,
    )
    for release in releases.values():
        _tell(release, report, account)
    grant(releases[Depth.SHARED], sharing.persons, by=by)
    if draft := Draft.objects.of(by).filter(submission=submission).first():
        discard_draft(draft)
    priority = Message.Priority.LIFE_SAFETY if account.is_life_safety else Message.Priority.NORMAL
    announce(
        Filed,
        subject=report.subject,
        event_key=f"report {report.pk}",
        recipients=recipients_of(item, author=by, life_safety=account.is_life_safety),
        priority=priority,
    )
    record(
        "incidents.filed",
        by=by,
        object_type="item",
        object_ref=item.ref,
        facts={"marking": item.marking, "area": area.code, "audience": list(sharing.choices), "report": 1},
    )
    return report


def _tell(release: Release, report: Report, account: Account) -> None:
    """Write what `release` says of the incident."""
    full = release.depth == Depth.FULL
    names = FULL_TEXTS if full else SHARED_TEXTS
    coded = dict(account.coded)
    if not full and coded.get("place_precision") == codes.PlacePrecision.EXACT:
        coded["place_precision"] = codes.PlacePrecision.WITHIN_25_KM
    texts = {name: account.texts[name] for name in names if account.texts.get(name)}
    row = IncidentRelease.objects.create(
        release=release,
        report=report,
        occurred_from=account.occurred_from,
        time_precision=account.time_precision,
        time_zone=account.time_zone,
        sealed=release.item.data_key.seal_json(texts, context=release_context(release.pk)),
        **coded,
        **account.counts(),
    )
    if full:  # a single person's sex and nationality would identify them to readers who know the place
        AffectedGroup.objects.bulk_create(AffectedGroup(facts=row, **group) for group in account.groups)


@transaction.atomic
def save_draft(*, by: User, submission: UUID, typed: dict[str, list[str]]) -> Draft:
    """Keep what `by` has typed so far, encrypted, under the id their form was given. Returns the draft."""
    draft = Draft.objects.of(by).filter(submission=submission).first()
    if draft is None:
        draft = Draft(submission=submission, owner=by, data_key=DataKey.objects.make())
    draft.sealed = draft.data_key.seal_json(typed, context=draft.context)
    draft.saved_at = timezone.now()
    draft.save()
    return draft


@transaction.atomic
def discard_draft(draft: Draft) -> None:
    """Remove a draft on its owner's word. Its key goes too, so that no copy of it can be read."""
    key = draft.data_key
    Draft.objects.for_system("discard").filter(pk=draft.pk).delete()
    key.delete()
