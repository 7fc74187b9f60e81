"""A desk proposes another text for readers; it takes effect when the originator agrees (I2, C1)."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from notifications.actions import announce
from notifications.models import Subject
from sharing.markings import Depth
from sharing.models import Item, Release
from sharing.search import index_release
from slt_portal.crypto import SealBroken
from slt_portal.states import StaleState, move

from .account import SHARED_TEXTS
from .changes import lock, note_change
from .desk import Desk, record_act, reporters_of
from .kept_back import is_kept_back
from .messages import ProposalDecided, Proposed
from .models import Incident, IncidentRelease, Proposal
from .models.incident import release_context

_WHY = "a proposed text"


@transaction.atomic
def propose(item: Item, *, by: User, desk: Desk, texts: dict[str, str], version: int) -> Proposal:
    """Propose other texts for the readers of the shared release; the originator's people are asked to agree.

    `texts` by name (SHARED_TEXTS), `version` of the shared release they start from. Proposing what one's own waiting
    proposal says, as by a double click, changes nothing. Raises StaleState if the text was changed, or another
    proposal is waiting.
    """
    kept = {name: text for name, text in texts.items() if name in SHARED_TEXTS and text}
    lock(item)  # the other half of a double click waits here, and then finds the proposal
    mine = _waiting(item).filter(proposed_by=by).first()
    if mine is not None and _says(mine, item, kept):
        return mine
    shared = Release.objects.for_system(_WHY).select_for_update().get(item=item, depth=Depth.SHARED)
    if is_kept_back(item):
        raise StaleState("it was withheld meanwhile: there is nothing to propose a text for")
    if shared.version != version or _waiting(item).exists():
        raise StaleState("the text was changed, or a proposal is waiting")
    subject = Subject.objects.create()
    proposal = Proposal.objects.create(
        incident=Incident.objects.for_system(_WHY).get(item=item),
        proposed_by=by,
        office=desk.office,
        area=desk.area,
        version=version,
        subject=subject,
        answer_subject=Subject.objects.create(),
        sealed=item.data_key.seal_json(kept, context=f"proposal {subject.pk}"),
    )
    announce(Proposed, subject=subject, event_key=f"proposal {proposal.pk}", recipients=reporters_of(item) - {by.pk})
    record_act("incidents.text_proposed", item, by=by, desk=desk)
    return proposal


def latest_proposal(item: Item) -> Proposal | None:
    """The text that was proposed last, whatever became of it. For desks and originator only."""
    rows = Proposal.objects.for_system(_WHY).filter(incident__item=item)
    return rows.select_related("incident__item__data_key", "proposed_by", "area").order_by("pk").last()


def texts_of_proposal(proposal: Proposal, item: Item) -> dict[str, str]:
    """The proposed texts by name. Raises crypto.SealBroken."""
    if item.is_erased:
        return {}
    return item.data_key.open_json(proposal.sealed, context=f"proposal {proposal.subject_id}")


def reason_of(proposal: Proposal, item: Item) -> str:
    """Why the originator refused, empty if they did not say. Raises crypto.SealBroken."""
    if item.is_erased or proposal.sealed_reason is None:
        return ""
    return item.data_key.open_json(proposal.sealed_reason, context=_reason_context(proposal))


@transaction.atomic
def decide(proposal: Proposal, *, by: User, agrees: bool, reason: str = "", pointed_out: int = 0) -> None:
    """The originator agrees to a text, or refuses it and may say why. Agreed, it is what readers get from now on; they
    are told in the next batch of changes. `pointed_out` is how many names and numbers in it were pointed out to `by`.
    Raises StaleState if it was decided or overtaken meanwhile."""
    item = proposal.incident.item
    lock(item)
    changes = {}
    if reason and not agrees:
        changes = {"sealed_reason": item.data_key.seal_json(reason, context=_reason_context(proposal))}
    _settle(proposal, Proposal.State.AGREED if agrees else Proposal.State.REFUSED, by=by, **changes)
    if agrees:
        _put_in_place(proposal, item)
        note_change(proposal.incident, by=by)
    facts = {"pointed_out": pointed_out, "confirmed": True} if agrees else {}
    record_act("incidents.text_agreed" if agrees else "incidents.text_refused", item, by=by, **facts)


@transaction.atomic
def take_back_proposal(proposal: Proposal, *, by: User, desk: Desk) -> None:
    """A desk takes its proposal back; a colleague who had made it is told. Raises StaleState if the originator answered
    or a newer report came meanwhile."""
    item = proposal.incident.item
    lock(item)
    _settle(proposal, Proposal.State.TAKEN_BACK, by=by)
    record_act("incidents.text_taken_back", item, by=by, desk=desk)


def outdate_proposals(item: Item, *, by: User) -> None:
    """A newer report overtakes what waits for the originator; whoever proposed it is told to compare and propose again.
    The caller holds the lock of the incident."""
    for proposal in _waiting(item):
        move(proposal, Proposal.State.OUTDATED)
        _tell_proposer(proposal, by)


def _waiting(item):
    return Proposal.objects.for_system(_WHY).filter(incident__item=item, state=Proposal.State.OPEN)


def _says(proposal, item, texts):
    try:
        return texts_of_proposal(proposal, item) == texts
    except SealBroken:
        return False


def _settle(proposal, state, *, by, **changes):
    move(proposal, state, decided_by=by, decided_at=timezone.now(), **changes)
    _tell_proposer(proposal, by)


def _tell_proposer(proposal, by):
    announce(
        ProposalDecided,
        subject=proposal.answer_subject,
        event_key=f"proposal {proposal.pk} decided",
        recipients={proposal.proposed_by_id} - {by.pk},
    )


def _reason_context(proposal):
    return f"reason {proposal.answer_subject_id}"


def _put_in_place(proposal, item):
    rows = IncidentRelease.objects.for_system(_WHY).select_related("release__item__data_key")
    row = rows.get(release__item=item, release__depth=Depth.SHARED)
    claimed = Release.objects.for_system(_WHY).filter(pk=row.pk, version=proposal.version)
    if claimed.update(version=F("version") + 1) != 1:
        raise StaleState("the text was changed meanwhile")
    texts = texts_of_proposal(proposal, item)
    row.sealed = item.data_key.seal_json(texts, context=release_context(row.pk))
    row.save(update_fields=["sealed"])
    index_release(row.release, list(texts.values()))
