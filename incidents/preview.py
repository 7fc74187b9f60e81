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

from .account import Account, facts_said, groups_said, texts_said
from .models import AffectedGroup, IncidentRelease
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
    shared_texts: dict | None = None,
    attachments: Iterable = (),
    grades: Mapping[Depth, IncidentRelease] | None = None,
    ref: str = "",
) -> list[SeenAs]:
    """What readers of the full and of the shared release would get of this account, were it sent now; nothing is
    written. `shared_texts` are the shared release's where they differ from the account's (a desk edited them), `grades`
    the releases that have a desk's grades now, `ref` the incident's if it has one.

    Raises AudienceRefused for what the marking does not allow.
    """
    named = {"marking": chosen.marking, "area": area, "organisation_ids": chosen.organisation_ids}
    principals = principals_for(chosen.choices, originator_id=originator.pk, **named)
    readers = readers_through(principals, persons=chosen.person_ids, area_id=area.pk)
    parts = {
        choice: set(principals_for([choice], originator_id=None, **named))
        for choice in AudienceChoice
        if choice in chosen.choices
    }
    words = phrases(principals, area, chosen.person_ids, has_originator=True, names_them=False)
    item = Item(
        kind=Kind.INCIDENT, originator=originator, area=area, marking=chosen.marking, ref=ref, data_key=DataKey()
    )
    count = _Counter(readers)
    found = []
    for depth in (Depth.FULL, Depth.SHARED):
        is_full = depth == Depth.FULL
        if not is_full and all(reader.depth != depth for reader in readers.values()):
            continue  # nobody would get it
        facts = _facts(item, depth, account, stage, shows_originator=is_full or shows_originator)
        if grades:
            facts.reliability, facts.credibility = grades[depth].reliability, grades[depth].credibility
        body = shown(
            facts,
            texts=shared_texts if shared_texts is not None and not is_full else texts_said(account, depth),
            groups=[AffectedGroup(**group) for group in groups_said(account, depth)],
            attachments=[attachment for attachment in attachments if is_full or attachment.is_shared],
            seen_by=words,
        )
        found.append(SeenAs(depth, body, *count.audiences(depth, parts)))
    return found


def _facts(item, depth, account, stage, *, shows_originator):
    release = Release(item=item, depth=depth, area=item.area, shows_originator=shows_originator)
    return IncidentRelease(release=release, **facts_said(account, depth, stage=stage, zone=item.area.time_zone))


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

    def __init__(self, readers: dict[int, Reader]):
        self.readers = readers

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
            if among or _would_get(choice, depth):
                figures = _figures(choice.label, among)
                if choice == AudienceChoice.NAMED_PERSONS:  # whom an address belongs to is not told to whoever types it
                    figures = replace(figures, organisations=[])
                found.append(figures)
        names = sorted(set().union(*(figures.organisations for figures in found)))
        return found, replace(_figures("", here), organisations=names)


def _apart(readers, belongs):
    """Those who belong, and the others."""
    return [reader for reader in readers if belongs(reader)], [reader for reader in readers if not belongs(reader)]


def _figures(label, readers):
    names = sorted(set().union(*(reader.organisations for reader in readers)))
    mailboxes = sum(reader.is_mailbox for reader in readers)
    return AudienceFigures(label, names, len(readers) - mailboxes, mailboxes)


def _is_own(reader):
    return any(name.startswith("originator") for name in reader.through)


def _would_get(choice, depth):
    """An audience that has nobody now is shown with its zero where its members would be."""
    deep = choice in {AudienceChoice.DSS_DESKS, AudienceChoice.DSS_HEADQUARTERS}
    return deep == (depth == Depth.FULL)
