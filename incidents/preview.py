"""See as: before sending, exactly what each audience will get, and who that is (C1)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from django.utils.translation import gettext_lazy as _

from areas.models import Area
from documents.models import DataKey
from organisations.models import Organisation
from sharing.audiences import Chosen, Reader, phrases, readers_of, readers_through
from sharing.markings import AudienceChoice, Depth, principals_for
from sharing.models import Item, Kind, Release

from .account import Account, Limits, facts_said, groups_said, texts_said
from .minimal_warning import WarningSaid
from .models import AffectedGroup, IncidentRelease
from .reported_by import kind_told
from .shown import shown

_OWN = _("Your own organisation")


@dataclass(frozen=True)
class AudienceFigures:
    """One audience in figures: its organisations by name, its persons and functional mailboxes."""

    label: str
    organisations: list[str]
    persons: int
    mailboxes: int


@dataclass(frozen=True)
class SeenAs:
    """What the members of some audiences get: the context of the page's body, and who they are."""

    depth: Depth
    body: dict
    audiences: list[AudienceFigures]
    total: AudienceFigures


def see_as(
    *,
    account: Account,
    chosen: Chosen,
    shows_originator: bool,
    originator: Organisation,
    area: Area,
    stage: str,
    limits: Limits | None = None,
    place_shown: str = "",
    source: str = Item.Source.OWN,
    shared_texts: dict | None = None,
    attachments: Iterable = (),
    grades: Mapping[Depth, IncidentRelease] | None = None,
    ref: str = "",
    told_by: str | None = None,
    warning: WarningSaid | None = None,
) -> list[SeenAs]:
    """What readers of the full and of the shared release would get of this account, were it sent now; nothing is
    written. `limits` and `place_shown` say how exactly the latter learn where and when, `source` where it comes from,
    `told_by` what kind of organisation they are told (else it is asked here); `shared_texts` are the shared release's
    where they differ from that (a desk edited them), `grades` the releases that have a desk's grades now, `ref` the
    incident's if it has one; `warning` is what they get instead, where it is withheld (C5). Raises AudienceRefused for
    what the marking does not allow.
    """
    deepest = Depth.FULL if warning is None else Depth.SHARED
    principals, parts = _principals(chosen, originator, area, deepest)
    count = _Counter(readers_through(principals, persons=chosen.person_ids, area_id=area.pk), deepest)
    words, found = phrases(principals, area, chosen.person_ids, has_originator=True, names_them=False), []
    item = _item(originator=originator, area=area, marking=chosen.marking, source=source, ref=ref)
    if shared_texts is None:
        shared_texts = texts_said(account, Depth.SHARED, limits=limits, place_shown=place_shown)
    for depth in (depth for depth in (Depth.FULL, Depth.SHARED) if depth == Depth.FULL or count.has(depth)):
        is_full = depth == Depth.FULL
        is_named = is_full or shows_originator
        facts = _facts(item, depth, account, stage, limits=limits, shows_originator=is_named, told_by=told_by)
        if warning is not None and not is_full:
            facts, shared_texts, attachments = _warned(item, warning), {"what": warning.text}, []
        _grade(facts, grades)
        body = shown(
            facts,
            texts=texts_said(account, depth) if is_full else shared_texts,
            groups=[AffectedGroup(**group) for group in groups_said(account, depth)],
            attachments=[attachment for attachment in attachments if is_full or attachment.is_shared],
            seen_by=words,
        )
        found.append(SeenAs(depth, body, *count.audiences(depth, parts)))
    return found


def _item(**about):
    return Item(kind=Kind.INCIDENT, data_key=DataKey(), **about)


def _grade(facts, grades):
    if grades:
        graded = grades[facts.release.depth]
        facts.reliability, facts.credibility = graded.reliability, graded.credibility


def _principals(chosen, originator, area, deepest):
    """Through which principals it would be read, how deep, and those of each audience that is chosen."""
    named = {"marking": chosen.marking, "area": area, "organisation_ids": chosen.organisation_ids}
    parts = {
        choice: set(principals_for([choice], originator_id=None, **named))
        for choice in AudienceChoice
        if choice in chosen.choices
    }
    return principals_for(chosen.choices, originator_id=originator.pk, deepest=deepest, **named), parts


def _warned(item, warning):
    release = Release(item=item, depth=Depth.SHARED, area=item.area, shows_originator=False)
    return IncidentRelease(release=release, **warning.facts)


def _facts(item, depth, account, stage, *, limits, shows_originator, told_by):
    release = Release(item=item, depth=depth, area=item.area, shows_originator=shows_originator)
    said = facts_said(account, depth, stage=stage, zone=item.area.time_zone, limits=limits)
    if not shows_originator:
        said["reported_by"] = kind_told(item.originator, item.area) if told_by is None else told_by
    return IncidentRelease(release=release, **said)


@dataclass(frozen=True)
class Moved:
    """Whose access to an item would change, and whose access to its full text alone."""

    access: AudienceFigures
    full_text: AudienceFigures

    @property
    def is_anybody(self) -> bool:
        """Whether there is anybody, or a mailbox."""
        return any(one.persons or one.mailboxes for one in (self.access, self.full_text))


def losing(item: Item, chosen: Chosen) -> Moved:
    """Who can see `item` now and would see nothing, or less of it, with what is `chosen`: organisations and numbers."""
    now, left = readers_of(item), _readers_with(item, chosen)
    return _moved(now, left)


def gaining(item: Item, chosen: Chosen) -> Moved:
    """Who would see `item` with what is `chosen` and sees nothing, or less of it, now: organisations and numbers."""
    now, left = readers_of(item), _readers_with(item, chosen)
    return _moved(left, now)


def _readers_with(item, chosen):
    named = {"marking": chosen.marking, "area": item.area, "organisation_ids": chosen.organisation_ids}
    principals = principals_for(chosen.choices, originator_id=item.originator_id, **named)
    return readers_through(principals, persons=chosen.person_ids, area_id=item.area_id)


def _moved(more, less):
    """Those of `more` who are not in `less`, and those who are, less deep."""
    return Moved(
        access=_in_figures([reader for user, reader in more.items() if user not in less]),
        full_text=_in_figures([row for user, row in more.items() if user in less and less[user].depth < row.depth]),
    )


def _in_figures(readers):
    """Whom an address belongs to is not told to whoever typed it."""
    told = [reader.organisations for reader in readers if reader.through != {"grant"}]
    return replace(_figures("", readers), organisations=sorted(set().union(*told)))


class _Counter:
    """Counts organisations and persons among the readers."""

    def __init__(self, readers: dict[int, Reader], deepest: Depth):
        self.readers, self.deepest = readers, deepest

    def has(self, depth) -> bool:
        """Whether anybody gets a release of this depth."""
        return any(reader.depth == depth for reader in self.readers.values())

    def audiences(self, depth, parts) -> tuple[list[AudienceFigures], AudienceFigures]:
        """The audiences that get a release of this depth, each person in the first that they belong to; and all."""
        here = [reader for reader in self.readers.values() if reader.depth == depth]
        found, left = [], here
        if depth == Depth.FULL:
            own, left = _apart(left, _is_own)
            found.append(_figures(_OWN, own))
        for choice, names in parts.items():
            via = {"grant"} if choice == AudienceChoice.NAMED_PERSONS else names
            among, left = _apart(left, lambda reader, via=via: reader.through & via)
            if among or depth == self._depth_of(choice):
                figures = _figures(choice.label, among)
                if choice == AudienceChoice.NAMED_PERSONS:  # whom an address belongs to is not told to whoever types it
                    figures = replace(figures, organisations=[])
                found.append(figures)
        names = sorted(set().union(*(figures.organisations for figures in found)))
        return found, replace(_figures("", here), organisations=names)

    def _depth_of(self, choice):
        """An audience that has nobody now is shown with its zero where its members would be."""
        is_deep = choice in {AudienceChoice.DSS_DESKS, AudienceChoice.DSS_HEADQUARTERS}
        return self.deepest if is_deep else Depth.SHARED


def _apart(readers, belongs):
    """Those who belong, and the others."""
    return [reader for reader in readers if belongs(reader)], [reader for reader in readers if not belongs(reader)]


def _figures(label, readers):
    names = sorted(set().union(*(reader.organisations for reader in readers)))
    mailboxes = sum(reader.is_mailbox for reader in readers)
    return AudienceFigures(label, names, len(readers) - mailboxes, mailboxes)


def _is_own(reader):
    return any(name.startswith("originator") for name in reader.through)
