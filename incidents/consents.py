"""What is passed on of an incident with its originator's consent, and the two sides' acts around it (C3).

It starts from what the shared report says, never from the full one, even where who asked reads that: persons, the exact
place and the position are not passed on, and time and place are as coarse as for every reader.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.actions import record
from organisations.models import Organisation
from sharing import consents
from sharing.access import Access, access_of
from sharing.actions import log_reading
from sharing.consent_terms import Terms, Wish
from sharing.consents import said_in
from sharing.markings import CHOSEN_DEPTHS, Depth, named_principals
from sharing.models import ConsentEntry, ConsentRequest, Item, Reading, Release
from sharing.search import index_release
from slt_portal.states import StaleState

from . import codes
from .account import SHARED_TEXTS
from .changes import Erased, lock
from .control import shared_row
from .desk import reporters_of
from .models import Incident, IncidentRelease, Withholding
from .models.incident import release_context
from .shown import opened_texts

log = structlog.get_logger(__name__)
_WHY = "passing on"
# The facts that can be passed on, each with its columns. Severity follows from what is told.
FACTS = {
    "category": ("category", "is_near_miss"),
    "when": ("occurred_from", "time_precision"),
    "place_type": ("place_type", "place_precision"),
    "actor": ("actor",),
    "means": ("means",),
    "context": ("context",),
    "casualties": ("consequence", "killed", "wounded", "kidnapped", "detained"),
}
LABELS = {
    "news": _("What is new"),
    "what": _("What happened"),
    "consequences": _("Consequences"),
    "actions_taken": _("What has been done"),
    "category": _("Category"),
    "when": _("When"),
    "place": _("Town, district or road"),
    "place_type": _("Kind of place and how exact it is"),
    "actor": _("Who did it"),
    "actor_name": _("Name of the group"),
    "means": _("By what means"),
    "context": _("In what circumstances"),
    "casualties": _("Casualties and the worst consequence"),
}
_ALWAYS = ("stage", "time_zone", "credibility", "place_limit", "time_limit", "is_minimal")


class Changed(StaleState):
    """The shared report says something else than whoever answered saw."""


@dataclass(frozen=True)
class PassedOn:
    """What would be, or was, passed on: a release, not saved yet, and its texts by name."""

    facts: IncidentRelease
    texts: dict[str, str]


def shared_of(item: Item) -> tuple[IncidentRelease, dict]:
    """What the shared report says now, and its texts by name."""
    shared = shared_row(item)
    return shared, opened_texts(shared) or {}


def offered(shared: IncidentRelease, texts: Mapping) -> list[tuple[str, str]]:
    """What there is to be passed on, as (name, label): what the shared report says."""
    known = {name for name in SHARED_TEXTS if texts.get(name)}
    known |= {name for name, columns in FACTS.items() if any(_is_known(shared, column) for column in columns)}
    return [(name, label) for name, label in LABELS.items() if name in known]


def _is_known(row, column):
    value = getattr(row, column)
    return value not in {None, False, "", "unknown", codes.TimePrecision.NOT_SURE}


def passed_on(
    item: Item,
    shared: IncidentRelease,
    texts: Mapping,
    names: Iterable[str],
    *,
    edited: Mapping[str, str] | None = None,
    shows_originator: bool = False,
    release: Release | None = None,
) -> PassedOn:
    """What readers get of the shared report if these parts of it (`names`) are passed on, with the texts `edited`.

    What is not among them is not known to them. Nothing is written; the page and the preview show the same.
    """
    names = set(names)
    release = release or Release(item=item, depth=Depth.CONSENT, area=item.area, shows_originator=shows_originator)
    row = IncidentRelease(release=release, report_id=shared.report_id, time_precision=codes.TimePrecision.NOT_SURE)
    for column in (*_ALWAYS, *(column for name in names & set(FACTS) for column in FACTS[name])):
        setattr(row, column, getattr(shared, column))
    if shows_originator:
        row.reliability = shared.reliability
    row.severity = shared.severity if _tells_how_grave(shared, names) else _severity(row)
    said = {name: (edited or {}).get(name, texts.get(name)) for name in SHARED_TEXTS if name in names}
    return PassedOn(row, {name: text for name, text in said.items() if text})


def _tells_how_grave(shared, names):
    """Whether how grave it was tells nothing that is kept back. A warning says it beside the category."""
    return "category" in names and (shared.is_minimal or "casualties" in names)


def _severity(row):
    return codes.severity_of(category=row.category, is_near_miss=row.is_near_miss, outcome=row.consequence)


def ask(item: Item, *, by: User, organisation: Organisation, wish: Wish, submission: UUID) -> ConsentRequest:
    """Ask the originator of `item`, whoever that is, to let others have it (C3). Returns the request.

    Raises AlreadyAsked, AskedLately, StaleState, Erased.
    """
    with transaction.atomic():
        item = _locked(item)
        originators = reporters_of(item)
        return consents.ask(
            item, by=by, organisation=organisation, wish=wish, submission=submission, originators=originators
        )


@transaction.atomic
def give(
    request: ConsentRequest, *, by: User, terms: Terms, version: int, edited: Mapping[str, str] | None = None
) -> Release:
    """The originator consents: whoever it is passed on to can read it from now on, and is told. Returns the release.

    `version` is that of the shared report that `by` saw. What is passed on stays as it is, whatever is reported later.
    Raises Changed if it says something else by now, NotAccepted if it comes from somebody else by now, StaleState if
    the request was answered or ended meanwhile.
    """
    request = _again(request)
    item = request.item
    if not consents.is_read_by(item, request.organisation):
        raise StaleState("who asked does not read it any more")
    shared, texts = shared_of(item)
    if request.state == ConsentRequest.State.OPEN and shared.release.version != version:
        raise Changed("the report was changed meanwhile")
    terms = replace(terms, shows_originator=terms.shows_originator and shared.release.shows_originator)
    sort_at = shared.release.sort_at if "when" in terms.fields else timezone.now()
    release = consents.give(request, by=by, terms=terms, sort_at=sort_at)
    shows_originator = terms.shows_originator
    said = passed_on(
        item, shared, texts, terms.fields, edited=edited, shows_originator=shows_originator, release=release
    )
    said.facts.sealed = item.data_key.seal_json(said.texts, context=release_context(release.pk))
    said.facts.save(force_insert=True)
    index_release(release, list(said.texts.values()))
    consents.tell_recipients(request)
    return release


@transaction.atomic
def refuse(request: ConsentRequest, *, by: User, reason: str = "", ground: str = "") -> None:
    """The originator says no; `reason` is for who asked, `ground` one of the four of §6, for the originator's own
    records. Raises StaleState if it was answered or ended meanwhile."""
    request = _again(request)
    consents.refuse(request, by=by, reason=reason)
    if ground:
        incident = Incident.objects.for_system(_WHY).get(item=request.item)
        Withholding.objects.create(incident=incident, of=Withholding.Of.CONSENT, ground=ground, by=by)


@transaction.atomic
def take_back(request: ConsentRequest, *, by: User) -> None:
    """Who asked takes it back. Raises StaleState if it was answered or ended meanwhile."""
    consents.take_back(_again(request), by=by)


@transaction.atomic
def withdraw(request: ConsentRequest, *, by: User) -> None:
    """The originator withdraws a consent. Raises StaleState if it has ended already."""
    consents.withdraw(_again(request), by=by)


@transaction.atomic
def hand_on(request: ConsentRequest, *, by: User) -> None:
    """Note that `by` took the document for a donor: in the ledger, in the reader log, in the audit log. Raises
    StaleState if the consent does not hold any more, or `by` reads nothing of it any more."""
    request, access = _again(request), access_of(by)
    if not (is_to_hand_on(request) and may_take(request, access)):
        raise StaleState("no consent, or none for a document")
    log_reading(request.release, reader=by, how=Reading.How.EXPORTED, access=access)
    consents.note(request, ConsentEntry.What.HANDED_ON, ConsentEntry.Side.ASKER)
    facts = {"request": request.ref}
    record("sharing.handed_on", by=by, object_type="item", object_ref=request.item.ref, facts=facts)


def is_to_hand_on(request: ConsentRequest) -> bool:
    """Whether there is a document to hand to somebody outside the portal now."""
    is_given = request.state == ConsentRequest.State.GIVEN and request.release.closes_at > timezone.now()
    return is_given and request.recipients == ConsentRequest.Recipients.DONOR


def may_take(request: ConsentRequest, access: Access) -> bool:
    """Whether a reader with this `access` reads what stands in the document now: as it was passed on to their
    organisation for that, or of the report itself, as its originator chose. An emergency does not count (C8)."""
    rows = Release.objects.visible_to(access.as_chosen()).filter(item=request.item_id)
    return rows.filter(Q(pk=request.release_id) | Q(depth__gt=Depth.CONSENT)).exists()


def _locked(item):
    """The item as it is now, with area and key, locked until the transaction ends."""
    lock(item)
    rows = Item.objects.for_system(_WHY).select_related("area", "data_key", "originator")
    return rows.get(pk=item.pk)


def _again(request):
    """The request as it is now, with its item locked. Raises StaleState if the text was destroyed meanwhile."""
    try:
        lock(request.item)
    except Erased as erased:
        raise StaleState("its text was destroyed") from erased
    return ConsentRequest.objects.for_system(_WHY).with_item().select_related("release__item").get(pk=request.pk)


def look_after(now: datetime | None = None) -> int:
    """The tick: remind originators after half of the time, let lapse what nobody answered, end what is over. Returns
    how many requests were moved on. One that fails keeps none of the others waiting."""
    now = now or timezone.now()
    half = now + timedelta(days=settings.CONSENT_DAYS) / 2
    rows = ConsentRequest.objects.for_system(_WHY).select_related("item")
    jobs = [
        (rows.waiting().filter(due_at__lte=now), lambda request: consents.lapse(request)),
        (rows.waiting().filter(reminded_at=None, due_at__lte=half, due_at__gt=now), _remind),
        (rows.standing().filter(release__closes_at__lte=now), lambda request: consents.end(request)),
    ]
    return sum(_moved_on(request, act) for found, act in jobs for request in found.order_by("pk"))


def _remind(request):
    consents.remind(request, originators=reporters_of(request.item))


def _moved_on(request, act) -> bool:
    try:
        with transaction.atomic():
            act(_again(request))
    except StaleState:  # somebody was faster
        return False
    except Exception as error:  # whatever it is, the others wait for nothing
        log.error("consent_not_looked_after", request=request.ref, error=type(error).__name__)
        return False
    return True


@dataclass(frozen=True)
class Recipient:
    """An organisation to which it would be passed on: how many of its people could read it, and whether some do so
    already, as the originator chose."""

    name: str
    persons: int
    mailboxes: int
    reads_already: bool


def recipients_in_figures(
    item: Item, organisations: list[Organisation], chosen: Mapping[str, Depth]
) -> list[Recipient]:
    """Who that is, for the originator alone: who reads it already, through the principals `chosen` for it, is nobody
    else's business."""
    readers = consents.readers_named(organisations, item, chosen) if organisations else []
    found = []
    for organisation in organisations:
        names = set(named_principals([organisation.pk], item.area))
        theirs = [reader for reader in readers if reader.through & names]
        boxes = sum(reader.is_mailbox for reader in theirs)
        already = any(organisation.name in reader.organisations and reader.through & set(chosen) for reader in readers)
        found.append(Recipient(organisation.name, len(theirs) - boxes, boxes, already))
    return found


def rows_of(request: ConsentRequest) -> dict[Depth, IncidentRelease]:
    """What the releases of the item say, for its originator: the full one, the shared one, and what was passed on by
    this request, if anything was; one query."""
    wanted = Q(release__depth__in=CHOSEN_DEPTHS) | Q(release=request.release_id)
    rows = IncidentRelease.objects.for_system("of the originator's own").filter(wanted, release__item=request.item_id)
    return {Depth(row.release.depth): row for row in rows.with_release().select_related("release__item__area")}


def behind(facts: IncidentRelease) -> dict | None:
    """For who reads what was passed on to them: by whom, what for, until when, and as of which day; None for every
    other release."""
    return behind_each([facts]).get(facts.release_id)


def behind_each(rows: Iterable[IncidentRelease]) -> dict[int, dict]:
    """The same of several, by the id of the release; no question is asked where nothing of them was passed on."""
    passed = [row.release_id for row in rows if row.release.depth == Depth.CONSENT]
    if not passed:
        return {}
    requests = ConsentRequest.objects.for_system("what its reader is told of it").with_item()
    return {request.release_id: _behind(request) for request in requests.filter(release__in=passed)}


def _behind(request):
    said = said_in(request)
    return {
        "organisation": request.organisation.name,
        "purpose": said.purpose if said else "",
        "until": request.until,
        "as_of": request.decided_at,
    }


def standing_of(item: Item) -> list[ConsentRequest]:
    """The consents that hold for `item`, oldest first; for its originator."""
    rows = ConsentRequest.objects.for_system("of the originator's own item").standing().with_item()
    return list(rows.filter(item=item).order_by("pk"))
