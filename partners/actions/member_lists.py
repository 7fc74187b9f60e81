"""A platform's list comes in: each row is looked up and compared with the list before; nobody is added by it (P8)."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audit.actions import record
from notifications.actions import announce
from notifications.models import Subject
from organisations.duplicates import Finder
from organisations.models import Organisation, OrganisationName, Standing
from organisations.names import folded, written
from partners.member_files import Listing
from partners.messages.member_lists import ListCame, ListIsOld
from partners.models import Basis, ListedMember, MemberList
from sharing.holdings import people_of
from slt_portal.crypto import keyed_digest

State = ListedMember.State
INTERNATIONAL = frozenset({Organisation.Kind.INGO, Organisation.Kind.IO})
# UN entities are partners by their own rules, platforms and consortia are none: such a row is for DSS to look at.
LISTED_KINDS = (*INTERNATIONAL, Organisation.Kind.NNGO)
_NATIONAL = frozenset({"national", "nationale", "nngo", "lngo", "local", "locale", "ongn", "onn", "nacional"})
_HELD = frozenset({State.RECORDED, State.KEPT, State.GONE})  # something of them may stand


def finder_of_listed() -> Finder:
    """The organisations that can stand on a list, with their other names; two queries."""
    rows = Organisation.objects.filter(kind__in=LISTED_KINDS).order_by("pk")
    names = OrganisationName.objects.filter(organisation__kind__in=LISTED_KINDS)
    return Finder(rows, names.values_list("organisation", "name", "kind"))


def known_to(platform, area) -> set[int]:
    """The ids of the organisations whose names a platform may see among likely ones: those that stand in the register
    of the area, which its representatives read, and those that were recorded from its own lists."""
    there = Standing.objects.on().filter(area=area).exclude(kind=Standing.Kind.SUSPENDED)
    own = ListedMember.objects.filter(list__platform=platform, list__area=area, state=State.RECORDED).order_by()
    return set(there.values_list("organisation", flat=True).union(own.values_list("organisation", flat=True)))


def is_national(said_kind: str) -> bool:
    """Whether a list calls an organisation national."""
    return not _NATIONAL.isdisjoint(folded(said_kind).replace("-", " ").split())


def member_key(name: str) -> str:
    """What two spellings of one name have in common."""
    return "".join(written(name).spelling)


@transaction.atomic
def bring_list(*, platform: Organisation, area, listings: list[Listing], data: bytes, by) -> tuple[MemberList, bool]:
    """The platform's list for `area` as it is from now on, and whether it is a new one: the same file again is the same
    list. What was settled on the list before is settled again; who is gone is offered to DSS, never ended.
    """
    Organisation.objects.select_for_update(no_key=True).get(pk=platform.pk)  # two at once: one after the other
    digest = keyed_digest("partners.member_list", hashlib.sha256(data).hexdigest())
    before = MemberList.objects.newest().filter(platform=platform, area=area).select_for_update().first()
    if before is not None and before.digest == digest:
        return before, False
    now = timezone.now()
    if before is not None:
        MemberList.objects.filter(pk=before.pk).update(replaced_at=now)
    row = MemberList.objects.create(
        platform=platform, area=area, digest=digest, uploaded_by=by, uploaded_at=now, subject=Subject.objects.create()
    )
    members = _Sorting(row, before).rows(listings)
    ListedMember.objects.bulk_create(members)
    if before is not None:
        before.members.filter(state__in=ListedMember.OPEN).update(state=State.REPLACED)
    waiting = sum(member.state in ListedMember.OPEN for member in members)
    facts = {"area": area.code, "rows": len(listings), "open": waiting, "platform": platform.ref}
    record("partners.member_list_brought", by=by, object_type="member_list", object_ref=row.ref, facts=facts)
    announce(ListCame, subject=row.subject, event_key=f"list:{row.ref}", recipients=dss_of(area))
    return row, True


def dss_of(area) -> set[int]:
    """DSS of an area, or DSS headquarters where nobody is."""
    return people_of({f"dss:{area.pk}"}) or people_of({"dss_world"})


@dataclass
class _Found:
    """What a row is taken for."""

    state: str
    organisation_id: int | None = None
    reason: str = ""
    settled_by_id: int | None = None
    settled_at: datetime | None = None


class _Sorting:
    """The rows of a list, each with the state in which it begins."""

    def __init__(self, row: MemberList, before: MemberList | None):
        self.list, self.finder = row, finder_of_listed()
        self.shown = known_to(row.platform, row.area)
        others = Organisation.objects.exclude(kind__in=LISTED_KINDS)
        self.no_members = set(others.values_list("name", flat=True))
        self.before = list(before.members.exclude(state=State.DOUBLED)) if before else []
        self.by_key = {member_key(member.name): member for member in self.before}
        standings = Standing.objects.on().exclude(kind=Standing.Kind.SUSPENDED).filter(area=row.area)
        self.standing_there = set(standings.values_list("organisation", flat=True))
        own = Basis.objects.filter(standing__area=row.area, route=Basis.Route.PLATFORM, platform=row.platform)
        own = own.exclude(state=Basis.State.ENDED).filter(standing__in=standings)
        self.alike: dict[int, set[int]] = {}  # by row: the organisations that it may mean
        self.resting_here = set(own.values_list("standing__organisation", flat=True))

    def rows(self, listings: list[Listing]) -> list[ListedMember]:
        """All of them, and after them those who stood on the list before."""
        keys, taken, members = set(), set(), []
        for listing in listings:
            key = member_key(listing.name)
            earlier = self.by_key.get(key)
            found = _Found(State.DOUBLED) if key in keys else self._found(listing, earlier)
            keys.add(key)
            members.append(self._member(listing, found, earlier))
        taken = {member.before.pk for member in members if member.before}
        rest = [member for member in self.before if member.pk not in taken]
        self._recognise_renamed(members, rest)
        return members + [self._gone(member) for member in rest if member.state not in {State.ENDED, State.LEFT}]

    def _member(self, listing, found, earlier) -> ListedMember:
        return ListedMember(
            list=self.list,
            number=listing.number,
            name=listing.name,
            acronym=listing.acronym,
            said_kind=listing.said_kind,
            said_more=listing.said_more,
            before=earlier if found.state != State.DOUBLED else None,
            **vars(found),
        )

    def _found(self, listing, earlier) -> _Found:
        settled = earlier and self._settled_before(listing, earlier)
        if settled:
            return settled
        matches = self.finder.likely(listing.name, acronym=listing.acronym)
        self.alike[listing.number] = {match.organisation.pk for match in matches}
        same = [match.organisation for match in matches if match.is_exact]
        exact = same[0] if len(same) == 1 else None
        says_national = is_national(listing.said_kind)
        if exact is not None and exact.kind == Organisation.Kind.NNGO:
            return _Found(State.NATIONAL, exact.pk)
        if exact is not None:  # the list contradicts what is known: somebody looks
            return _Found(State.UNCLEAR) if says_national else _Found(State.MATCHED, exact.pk)
        if says_national:
            return _Found(State.UNCLEAR if listing.name in self.no_members else State.NATIONAL)
        return _Found(State.UNCLEAR if self.shown.isdisjoint(self.alike[listing.number]) else State.LIKELY)

    def _settled_before(self, listing, earlier) -> _Found | None:
        """What was decided of this member, if it still holds and the list does not call it something else now."""
        if is_national(listing.said_kind) != is_national(earlier.said_kind):
            return None
        found = _Found(
            earlier.state, earlier.organisation_id, earlier.reason, earlier.settled_by_id, earlier.settled_at
        )
        is_there = earlier.organisation_id in self.standing_there
        if earlier.state in _HELD and is_there:
            return replace(found, state=State.RECORDED)
        if earlier.state in {State.REJECTED, State.REFERRED}:  # what the Working Group answered, the tick writes
            return found
        if earlier.organisation_id and earlier.organisation_id in self.finder.by_id:  # chosen, not yet recorded
            is_nngo = self.finder.by_id[earlier.organisation_id].kind == Organisation.Kind.NNGO
            return _Found(State.NATIONAL if is_nngo else State.MATCHED, earlier.organisation_id)
        return None

    def _recognise_renamed(self, members, rest) -> None:
        """Who is gone under one name and new under another: surely, being one organisation, or perhaps, being alike.

        Only whom the platform may know: it reads this, and would learn of all others by listing two guesses in turn.
        """
        gone = {member.organisation_id: member for member in rest if member.organisation_id in self.shown}
        for member in members:
            if member.before is not None or member.state == State.DOUBLED:
                continue
            earlier = gone.get(member.organisation_id)
            if earlier is not None:
                rest.remove(gone.pop(earlier.organisation_id))
                if earlier.state in _HELD and self._stands(earlier):
                    member.state, member.settled_by_id = State.RECORDED, earlier.settled_by_id
                    member.settled_at = earlier.settled_at
            elif perhaps := self.alike.get(member.number, set()) & gone.keys():
                earlier = gone[min(perhaps)]  # its own row stays: somebody looks at both
            member.before = earlier

    def _stands(self, member) -> bool:
        return member.organisation_id in self.standing_there

    def _gone(self, earlier) -> ListedMember:
        """Offered to DSS if something of it rests on this platform; noted otherwise."""
        rests = earlier.organisation_id in self.resting_here
        state = State.LEFT
        if rests and earlier.state in {State.RECORDED, State.GONE}:
            state = State.GONE
        elif earlier.state == State.KEPT and self._stands(earlier):
            state = State.KEPT
        is_kept = state == State.KEPT
        return ListedMember(
            list=self.list,
            name=earlier.name,
            acronym=earlier.acronym,
            said_kind=earlier.said_kind,
            said_more=earlier.said_more,
            state=state,
            organisation_id=earlier.organisation_id,
            before=earlier,
            settled_by_id=earlier.settled_by_id if is_kept else None,
            settled_at=earlier.settled_at if is_kept else None,
        )


@transaction.atomic
def remind_of_lists(now=None) -> int:
    """Tell DSS of the area and the platform that its newest list is six months old, once per list; how many lists."""
    now = now or timezone.now()
    old = now - timedelta(days=settings.MEMBER_LIST_DAYS)
    rows = MemberList.objects.newest().filter(uploaded_at__lte=old, reminded_at=None)
    rows = list(rows.select_related("area").select_for_update(of=("self",), skip_locked=True))
    for row in rows:
        MemberList.objects.filter(pk=row.pk).update(reminded_at=now)
        people = dss_of(row.area) | representatives_of(row)
        announce(ListIsOld, subject=row.subject, event_key=f"list:{row.ref}:old", recipients=people)
    return len(rows)


def representatives_of(row: MemberList) -> set[int]:
    """The people who represent the platform in the area."""
    return people_of({f"mechanism:{row.platform_id}:{row.area_id}"})
