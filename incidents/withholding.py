"""Keeping back what was sent: withdrawing a report on its ground, and the warning instead of it (C5)."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit.actions import record
from sharing.control import Shift, change_audience
from sharing.markings import Depth
from sharing.models import Item

from .account import Account, account_of
from .actions import file_follow_up
from .changes import lock, note_change, raise_version
from .control import rows_by_depth, take_back, tell_the_new, told_of
from .desk import close_questions
from .drafts import already_filed
from .kept_back import Withheld, note_withholding
from .minimal_warning import facts_warned, keep_warned_codes, say_warning
from .models import AffectedGroup, Incident, IncidentRelease, Report, Withholding
from .proposals import outdate_proposals
from .shown import opened_texts

_WHY = "the originator keeps it back"


@dataclass(frozen=True)
class _Kept:
    """An incident whose originator keeps something back: its releases, and what the full one says."""

    incident: Incident
    full: IncidentRelease
    shared: IncidentRelease
    account: Account

    @property
    def is_shared(self) -> bool:
        """Whether others see anything of it now."""
        return self.incident.item.state == Item.State.SHARED

    @property
    def is_warned(self) -> bool:
        """Whether what they see is a warning."""
        return self.is_shared and self.shared.is_minimal


def account_now(item: Item) -> Account:
    """What the full release of `item` says: whether lives are at stake is told from it. For its originator alone."""
    return _account(rows_by_depth(item)[Depth.FULL])


def _account(full):
    groups = AffectedGroup.objects.for_system(_WHY).filter(facts=full).order_by("pk")
    return account_of(full, opened_texts(full) or {}, groups)


def _kept(item):
    incident, rows = lock(item), rows_by_depth(item)
    return _Kept(incident, rows[Depth.FULL], rows[Depth.SHARED], _account(rows[Depth.FULL]))


@transaction.atomic
def withdraw_report(item: Item, withheld: Withheld, *, by: User, version: int) -> Shift:
    """Take `item` back from everybody but its originator, on a ground of the guidelines; or, where `withheld` has a
    warning, leave them that alone (C5).

    `version` is the one that `by` saw: raises StaleState if it was changed meanwhile. Raises NotAsked where lives are
    at stake and the portal did not ask again, AudienceRefused.
    """
    kept = _kept(item)
    withheld.check(kept.account)
    if withheld.warning is not None:
        return _warn(kept, withheld, by=by, version=version)
    shift = take_back(item, by=by, version=version)
    note_withholding(kept.incident, withheld, of=Withholding.Of.WITHDRAWAL, by=by)
    record("incidents.withheld", by=by, object_type="item", object_ref=item.ref, facts=withheld.facts)
    return shift


@transaction.atomic
def give_warning(item: Item, withheld: Withheld, *, by: User, version: int) -> Shift:
    """Give a minimal warning of an incident that is withheld or withdrawn, or change the warning or who gets it. Nobody
    but the originator reads more (C5). Raises StaleState, AudienceRefused."""
    return _warn(_kept(item), withheld, by=by, version=version)


@transaction.atomic
def follow_up_kept_back(*, by: User, item: Item, withheld: Withheld, submission: UUID, **report) -> Report:
    """File a further report on an incident that is kept back, with what its originator answered when the portal asked
    again; a warning in that takes the place of the present one (C5). `report` is the rest of actions.file_follow_up.

    Returns the report; the same form sent twice is one report and one warning. Raises what file_follow_up raises, and
    AudienceRefused.
    """
    lock(item)  # the other half of a double click waits here, and then finds the report
    is_there = already_filed(submission, by) is not None
    filed = file_follow_up(by=by, item=item, withheld=withheld, submission=submission, **report)
    if withheld.warning is not None and not is_there:
        _warn(_kept(item), withheld, by=by, version=item.version, is_noted=True)
    return filed


def _warn(kept, withheld, *, by, version, is_noted=False):
    """`is_noted`: with a further report, by which it is written down that something is kept back."""
    item, warning, shared = kept.incident.item, withheld.warning, kept.shared
    first = Report.objects.for_system(_WHY).get(incident=kept.incident, number=1)
    was_warned, is_other = kept.is_warned, _is_other(kept, warning.text)
    of = Withholding.Of.REPORT if item.state == Item.State.WITHHELD else Withholding.Of.WITHDRAWAL
    if is_other:
        shared.report = first  # how often it was reported further is not told
        say_warning(shared, kept.account, warning.text, filed_at=first.filed_at)
        raise_version(item, IncidentRelease.objects.for_system(_WHY).filter(pk=shared.pk))
        keep_warned_codes(first, kept.account, item, at=timezone.now())
    outdate_proposals(item, by=by)
    shift = change_audience(
        item,
        marking=warning.sharing.marking,
        choices=warning.sharing.choices,
        organisation_ids=[organisation.pk for organisation in warning.sharing.organisations],
        persons=warning.sharing.persons,
        shows_originator=False,
        by=by,
        version=version,
        told=told_of(item),
        deepest=Depth.SHARED,
        says_less=kept.is_shared and not was_warned,
    )
    if not was_warned and not is_noted:
        note_withholding(kept.incident, withheld, of=of, by=by)
    closed = 0 if was_warned else close_questions(item)  # about what nobody there reads any more
    tell_the_new(item, shift.gained, by=by, urgent=True)
    if was_warned and (is_other or is_noted):
        note_change(kept.incident, by=by, is_urgent=True, life_safety=True, own_only=not is_other)
    facts = {**withheld.facts, "questions_closed": closed}
    record("incidents.warned", by=by, object_type="item", object_ref=item.ref, facts=facts)
    return shift


def _is_other(kept, text):
    """Whether readers get another warning than now: other words, or another category, day or gravity."""
    if not kept.is_warned or (opened_texts(kept.shared) or {}).get("what") != text:
        return True
    said = facts_warned(kept.account, kept.shared.release.area.time_zone)
    return any(getattr(kept.shared, name) != value for name, value in said.items())
