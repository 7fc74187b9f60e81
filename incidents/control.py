"""The originator stays in control of a report after sending it: who may see it, withdrawing it (C1, C6)."""

from dataclasses import asdict

from django.db import transaction
from django.db.models import Case, CharField, Count, Exists, F, Q, QuerySet, Value, When

from accounts.models import User
from audit.actions import record
from notifications.actions import announce
from notifications.models import Message
from notifications.querysets import mailed, under_way
from organisations.models import Organisation
from sharing.audiences import chosen_of, readers_of
from sharing.consents import close_unaccepted
from sharing.control import Shift, change_audience, withdraw
from sharing.markings import CHOSEN_DEPTHS, Depth
from sharing.models import ConsentRequest, Item

from .account import Sharing, account_of, limits_of, place_shown_now
from .actions import confirmed
from .changes import is_life_safety, lock
from .limiting import say_limited
from .messages import Filed, recipients_of
from .models import Change, DeskEntry, IncidentRelease, Proposal, Question, Report
from .reported_by import FEWEST, others_of_kind
from .said_in_full import say_in_full
from .shown import opened_texts

_WHY = "what was sent about an item"


def subjects_of(item: Item, *, answers: bool = True) -> QuerySet:
    """The ids of everything about `item` that people were sent messages about, as a query. Without `answers` to
    questions: who asks DSS about a report is no business of its originator."""
    rows = ConsentRequest.objects.for_system(_WHY).filter(item=item)
    passed_on = rows.values_list("answer_subject", flat=True)  # who was told that it was passed on to them
    others = [
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
    return passed_on.union(*others)


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
def share_with(item: Item, sharing: Sharing, *, by, version: int, pointed_out: int | None = None) -> Shift:
    """Let exactly those see `item` whom `sharing` names, as exactly as its limits say: wider, narrower, or again after
    it was withdrawn (C1, C4).

    Whoever gains access or the full text and is concerned is told as of a new report; whoever loses what they knew of
    gets a recall notice. `version` is the one that `by` saw, `pointed_out` how many names and numbers in the text were
    pointed out to them; raises StaleState if it was changed meanwhile, AudienceRefused.
    """
    lock(item)
    rows = rows_by_depth(item)
    full, shared = rows[Depth.FULL], rows[Depth.SHARED]
    is_new = say_in_full(item, full, shared, sharing)
    if shared.release.shows_originator != sharing.shows_originator:
        graded = full.reliability if sharing.shows_originator else ""
        _rows(item).filter(pk=shared.pk).update(reliability=graded)
        waiting = Proposal.objects.for_system(_WHY).filter(incident__item=item, state=Proposal.State.OPEN)
        waiting.update(version=F("version") + 1)  # the text it starts from is the same
    if not sharing.shows_originator:
        _hide_reliability(item)
    is_other = say_limited(item, full, shared, sharing, by=by)
    Item.objects.for_system("the originator says where it is from").filter(pk=item.pk).update(source=sharing.source)
    item.source, was = sharing.source, item.source
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
    if sharing.source not in {was, Item.Source.OWN}:
        close_unaccepted(item, by=by, was=was)
    everybody = shift.gained | shift.more | (set(readers_of(item)) if is_new else set())
    tell_the_new(item, everybody, by=by, urgent=is_life_safety(full))
    if is_other or sharing.source != was or pointed_out is not None:
        facts = {"limits": asdict(sharing.limits), "source": sharing.source, **confirmed(pointed_out or 0)}
        record("incidents.limits_set", by=by, object_type="item", object_ref=item.ref, facts=facts)
    return shift


def _hide_reliability(item):
    """How reliable the source is was told, beside its name, to whom it was passed on: with the name it is hidden."""
    standing = ConsentRequest.objects.for_system(_WHY).standing().filter(item=item)
    _rows(item).filter(release__in=standing.values("release")).exclude(reliability="").update(reliability="")


@transaction.atomic
def take_back(item: Item, *, by, version: int) -> Shift:
    """Withdraw `item`: nobody but its originator sees it any more. Raises StaleState if it was changed meanwhile."""
    lock(item)
    return withdraw(item, by=by, version=version, told=told_of(item))


def sharing_of(item: Item) -> Sharing:
    """Who may see `item` now, and how exactly, as its originator chose."""
    chosen, rows = chosen_of(item), rows_by_depth(item)
    full, shared = rows[Depth.FULL], rows[Depth.SHARED]
    account, limits = account_of(full, opened_texts(full) or {}, ()), limits_of(shared)
    return Sharing(
        marking=chosen.marking,
        choices=sorted(chosen.choices),
        organisations=list(Organisation.objects.filter(pk__in=chosen.organisation_ids).order_by("name")),
        persons=list(User.objects.filter(pk__in=chosen.person_ids).order_by("email")),
        shows_originator=shared.release.shows_originator,
        limits=limits,
        place_shown=place_shown_now(account, opened_texts(shared) or {}, limits),
        source=item.source,
    )


def shared_row(item: Item, *, with_kind: bool = False) -> IncidentRelease:
    """What the shared release of `item` says, for its originator, who may know. With `with_kind` it knows besides
    which kind of organisation readers would be told now (`kind_now`), for who is about to say it anew."""
    rows = _rows(item).select_related("release__item__data_key")
    if with_kind:
        enough = others_of_kind(item.originator, item.area)[FEWEST - 2 : FEWEST - 1]
        told = When(Exists(enough), then=Value(item.originator.kind))
        rows = rows.annotate(kind_now=Case(told, default=Value(""), output_field=CharField()))
    return rows.get(release__depth=Depth.SHARED)


def tell_the_new(item: Item, gained: set[int], *, by: User, urgent: bool) -> None:
    """Tell those of `gained` whom `item` concerns, as of a new report: at once where it is `urgent`."""
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


def rows_by_depth(item: Item) -> dict[int, IncidentRelease]:
    """What the full and the shared release of `item` say, for its originator, who may know."""
    rows = _rows(item).select_related("release__area", "release__item__data_key", "release__item__originator")
    return {row.release.depth: row for row in rows.filter(release__depth__in=CHOSEN_DEPTHS)}
