"""Keeping back what was sent: withdrawing a report on its ground, and the warning instead of it (C5)."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit.actions import record
from sharing.control import Shift, change_audience
from sharing.markings import Depth
from sharing.models import Item

from .account import Account, account_of
from .changes import lock, note_change, raise_version
from .control import rows_by_depth, take_back, tell_the_new, told_of
from .minimal import Withheld, keep_warned_codes, note_withholding, say_warning
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


def _warn(kept, withheld, *, by, version):
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
    if not was_warned:
        note_withholding(kept.incident, withheld, of=of, by=by)
    tell_the_new(item, shift.gained, by=by, urgent=True)
    if was_warned and is_other:
        note_change(kept.incident, by=by, is_urgent=True, life_safety=True)
    record("incidents.warned", by=by, object_type="item", object_ref=item.ref, facts=withheld.facts)
    return shift


def _is_other(kept, text):
    """Whether readers get another warning than now."""
    shown = opened_texts(kept.shared) or {}
    return not kept.is_warned or shown.get("what") != text or kept.shared.category != kept.account.category
