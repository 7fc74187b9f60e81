"""The originator stays in control of a report after sending it: who may see it, withdrawing it (C1, C6)."""

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet

from accounts.models import User
from notifications.actions import announce
from notifications.models import Message
from notifications.querysets import mailed, under_way
from organisations.models import Organisation
from sharing.audiences import chosen_of
from sharing.control import Shift, change_audience, withdraw
from sharing.markings import Depth
from sharing.models import Item

from .account import Sharing
from .changes import is_life_safety, lock
from .messages import Filed, recipients_of
from .models import Change, DeskEntry, IncidentRelease, Proposal, Question, Report

_WHY = "what was sent about an item"


def subjects_of(item: Item, *, answers: bool = True) -> QuerySet:
    """The ids of everything about `item` that people were sent messages about, as a query. Without `answers` to
    questions: who asks DSS about a report is no business of its originator."""
    first, *others = [
        model.objects.for_system(_WHY).filter(incident__item=item).values_list(name, flat=True)
        for model, name in (
            (Report, "subject"),
            (Change, "subject"),
            (DeskEntry, "subject"),
            (Question, "subject"),
            *([(Question, "answer_subject")] if answers else []),
            (Proposal, "subject"),
            (Proposal, "answer_subject"),
        )
    ]
    return first.union(*others)


def people_told(item: Item) -> int:
    """How many people were told by mail that `item` was reported or changed, or will be in a minute."""
    reports = Report.objects.for_system(_WHY).filter(incident__item=item).values("subject")
    changes = Change.objects.for_system(_WHY).filter(incident__item=item).values("subject")
    rows = Message.objects.filter(Q(subject__in=reports) | Q(subject__in=changes))
    return rows.aggregate(people=Count("recipient", distinct=True))["people"]


def told_of(item: Item) -> set[int]:
    """The ids of those who were sent anything about `item`, or are being sent it now."""
    subjects = subjects_of(item)
    return {row.recipient_id for row in mailed(subjects)} | under_way(subjects)


@transaction.atomic
def share_with(item: Item, sharing: Sharing, *, by, version: int) -> Shift:
    """Let exactly those see `item` whom `sharing` names: wider, narrower, or again after it was withdrawn (C1).

    Whoever gains access or the full text and is concerned is told as of a new report; whoever loses what they knew of
    gets a recall notice. `version` is the one that `by` saw; raises StaleState if it was changed meanwhile,
    AudienceRefused.
    """
    lock(item)
    full, shared = _row(item, Depth.FULL), _row(item, Depth.SHARED)
    if shared.release.shows_originator != sharing.shows_originator:
        graded = full.reliability if sharing.shows_originator else ""
        _rows(item).filter(pk=shared.pk).update(reliability=graded)
        waiting = Proposal.objects.for_system(_WHY).filter(incident__item=item, state=Proposal.State.OPEN)
        waiting.update(version=F("version") + 1)  # the text it starts from is the same
    shift = change_audience(
        item,
        marking=sharing.marking,
        choices=sharing.choices,
        organisation_ids=[organisation.pk for organisation in sharing.organisations],
        persons=sharing.persons,
        shows_originator=sharing.shows_originator,
        by=by,
        version=version,
        told=told_of(item),
    )
    _tell_the_new(item, full, shift.gained | shift.more, by)
    return shift


@transaction.atomic
def take_back(item: Item, *, by, version: int) -> Shift:
    """Withdraw `item`: nobody but its originator sees it any more. Raises StaleState if it was changed meanwhile."""
    lock(item)
    return withdraw(item, by=by, version=version, told=told_of(item))


def sharing_of(item: Item) -> Sharing:
    """Who may see `item` now, as its originator chose."""
    chosen = chosen_of(item)
    return Sharing(
        marking=chosen.marking,
        choices=sorted(chosen.choices),
        organisations=list(Organisation.objects.filter(pk__in=chosen.organisation_ids).order_by("name")),
        persons=list(User.objects.filter(pk__in=chosen.person_ids).order_by("email")),
        shows_originator=shared_row(item).release.shows_originator,
    )


def shared_row(item: Item) -> IncidentRelease:
    """What the shared release of `item` says, for its originator, who may know."""
    rows = _rows(item).select_related("release__item__data_key")
    return rows.get(release__depth=Depth.SHARED)


def _tell_the_new(item, full, gained, by):
    urgent = is_life_safety(full)
    told = recipients_of(item, author=by, life_safety=urgent)
    report = Report.objects.for_system("whom it is new to").get(incident__item=item, number=1)
    announce(
        Filed,
        subject=report.subject,
        event_key=f"report {report.pk} audience {item.version}",
        recipients=told.at_once & gained,
        digest=told.digest & gained,
        priority=Message.Priority.LIFE_SAFETY if urgent else Message.Priority.NORMAL,
    )


def _rows(item):
    return IncidentRelease.objects.for_system("the originator changes who sees it").filter(release__item=item)


def _row(item, depth):
    return _rows(item).select_related("release").get(release__depth=depth)
