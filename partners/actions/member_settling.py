"""What becomes of the rows of a platform's list: identified, recorded, referred, rejected; kept or ended (§3; P8)."""

from django.db import transaction
from django.utils import timezone

from audit.actions import record
from notifications.actions import announce
from organisations.actions import add_organisation
from organisations.models import Organisation, Standing
from partners.messages.member_lists import ListSettled
from partners.models import Basis, EligibilityCase, ListedMember, MemberList
from partners.suspending import revoked_in
from slt_portal.states import StaleState, move

from .bases import end_basis, record_basis
from .cases import open_case
from .member_lists import INTERNATIONAL, LISTED_KINDS, finder_of_listed, representatives_of

State = ListedMember.State
AT_ONCE = 100  # rows recorded with one press: each is a standing, a basis and an entry in the audit chain


class StillListed(Exception):
    """Another platform of the area lists this member, or a row of this list may be it: nothing is ended."""


@transaction.atomic
def choose(member: ListedMember, *, organisation: Organisation, by) -> None:
    """The row means this known organisation. Raises StaleState, and ValueError for a kind that is no member's."""
    if organisation.kind not in LISTED_KINDS:
        raise ValueError("only INGO, IO and national NGO are members")
    _open(member)
    is_nngo = organisation.kind == Organisation.Kind.NNGO
    _settle(member, State.NATIONAL if is_nngo else State.MATCHED, by=by, organisation=organisation)


@transaction.atomic
def none_of_them(member: ListedMember, *, by) -> None:
    """None of the likely ones: DSS of the area looks. Raises StaleState."""
    _open(member)
    _settle(member, State.UNCLEAR, by=by)


@transaction.atomic
def doubt(member: ListedMember, *, by) -> None:
    """It was taken for the wrong organisation: it is unclear again. Raises StaleState."""
    _open(member)
    _settle(member, State.UNCLEAR, by=by, organisation=None)


@transaction.atomic
def call_national(member: ListedMember, *, by) -> None:
    """It is a national NGO: a local arrangement, not a partner (P3). Raises StaleState."""
    _open(member)
    _settle(member, State.NATIONAL, by=by, organisation=None)


@transaction.atomic
def identify_new(member: ListedMember, *, name: str, acronym: str, kind: str, by) -> Organisation:
    """The row is an organisation that the portal did not know: it is added, without standing. Raises StaleState, and
    ValueError where its kind is not that of a member."""
    if kind not in LISTED_KINDS:
        raise ValueError("only INGO, IO and national NGO are members")
    _open(member)
    organisation = add_organisation(name=name, acronym=acronym, kind=kind, by=by)
    state = State.NATIONAL if kind == Organisation.Kind.NNGO else State.MATCHED
    _settle(member, state, by=by, organisation=organisation)
    return organisation


@transaction.atomic
def record_member(member: ListedMember, *, by) -> Basis:
    """DSS of the area records the row: a partner there through its platform, active there if it is one everywhere, or
    a local arrangement (§3, P3). A suspension stays. Raises StaleState."""
    _open(member)
    basis = _record(member, by=by)
    _tell_if_settled(member.list)
    return basis


@transaction.atomic
def record_all(row: MemberList, *, seen: int, by) -> int:
    """Record the rows that nobody doubts, AT_ONCE at most; how many. `seen` is how many there were on the page: if
    there are others now, somebody should look again (StaleState)."""
    _lock(row)
    ready = ready_to_record(row)
    if len(ready) != seen:
        raise StaleState("not the rows that were on the page")
    for member in ready[:AT_ONCE]:
        member.list = row
        _record(member, by=by)
    _tell_if_settled(row)
    return min(len(ready), AT_ONCE)


def ready_to_record(row: MemberList) -> list[ListedMember]:
    """The rows that can be recorded without a further look: known ones whose partnership nobody revoked, national ones
    that are like no known one."""
    rows = list(row.members.filter(state__in=[State.MATCHED, State.NATIONAL]).select_related("organisation"))
    revoked = revoked_in(row.area, {member.organisation_id for member in rows} - {None})
    rows = [member for member in rows if member.organisation_id not in revoked]
    if all(member.organisation_id for member in rows):
        return rows
    finder, names = finder_of_listed(), {member.name for member in rows if not member.organisation_id}
    new = names - set(Organisation.objects.filter(name__in=names).values_list("name", flat=True))  # not a UN entity's
    return [m for m in rows if m.organisation_id or (m.name in new and not finder.likely(m.name, acronym=m.acronym))]


@transaction.atomic
def refer(member: ListedMember, *, organisation: Organisation, why: str, by) -> EligibilityCase:
    """Its eligibility cannot be established in the area: the Working Group is asked (§3).

    Raises StaleState, and NotEligible for who can be no partner anyhow.
    """
    _open(member)
    case = open_case(organisation=organisation, area=member.list.area, why=why, by=by)
    _settle(member, State.REFERRED, by=by, organisation=organisation)
    return case


@transaction.atomic
def reject(member: ListedMember, *, reason: str, by) -> None:
    """Not recorded, for a reason that the platform reads. Raises StaleState."""
    _open(member)
    _settle(member, State.REJECTED, by=by, reason=reason)


@transaction.atomic
def reopen(member: ListedMember, *, by) -> None:
    """It was not recorded, and is looked at again. Raises StaleState."""
    _open(member)
    _settle(member, State.UNCLEAR, by=by, reason="", organisation=None)


@transaction.atomic
def keep(member: ListedMember, *, by) -> None:
    """Not on the list any more, and yet it stays. Raises StaleState."""
    _open(member)
    _settle(member, State.KEPT, by=by)


@transaction.atomic
def end(member: ListedMember, *, by) -> None:
    """Not on the list any more: what rested on this platform ends. Raises StaleState, and StillListed where another
    platform of the area lists it or a row of this list may be it."""
    _open(member)
    if is_listed_elsewhere(member) or may_be_renamed(member):
        raise StillListed
    for basis in bases_of(member):
        end_basis(basis, by=by)
    _settle(member, State.ENDED, by=by)


@transaction.atomic
def settle_referred() -> int:
    """Rows whose question the Working Group has answered follow its answer; how many. Work of the tick."""
    settled = 0
    rows = ListedMember.objects.filter(state=State.REFERRED, list__replaced_at=None)
    for member in rows.select_related("list__area", "organisation").order_by("pk"):
        terms = {"organisation": member.organisation_id, "area": member.list.area_id}
        case = EligibilityCase.objects.for_system("what became of a row").filter(**terms).order_by("-pk").first()
        if case is None or case.state == EligibilityCase.State.OPEN:
            continue
        is_eligible = case.state == EligibilityCase.State.ESTABLISHED
        _lock(member.list)
        _settle(member, State.RECORDED if is_eligible else State.REJECTED, by=None)
        settled += 1
    return settled


def bases_of(member: ListedMember) -> list[Basis]:
    """What of a member rests on its platform in the area of the list."""
    rows = Basis.objects.filter(
        route=Basis.Route.PLATFORM,
        platform=member.list.platform_id,
        standing__area=member.list.area_id,
        standing__organisation=member.organisation_id,
        standing__in=Standing.objects.on(),
    )
    return list(rows.exclude(state=Basis.State.ENDED).select_related("standing__organisation", "standing__area"))


def is_listed_elsewhere(member: ListedMember) -> bool:
    """Whether the newest list of another platform of the area has it."""
    others = ListedMember.objects.filter(
        list__area=member.list.area_id, list__replaced_at=None, organisation=member.organisation_id
    )
    listed = others.filter(number__isnull=False).exclude(state=State.REJECTED)
    return listed.exclude(list__platform=member.list.platform_id).exists()


def may_be_renamed(member: ListedMember) -> bool:
    """Whether a row of the same list is taken for it, or may be it under another name."""
    same = member.list.members.filter(number__isnull=False)
    if same.filter(organisation=member.organisation_id).exclude(state=State.REJECTED).exists():
        return True
    return same.filter(before=member.before_id, state__in=ListedMember.OPEN).exists()


def _record(member, *, by) -> Basis:
    row, organisation = member.list, member.organisation
    if organisation is None:  # a national NGO that nobody knew
        organisation = _national(member, by=by)
    basis = record_basis(
        organisation=organisation,
        kind=kind_to_record(organisation),
        area=row.area,
        route=Basis.Route.PLATFORM,
        platform=row.platform,
        by=by,
    )
    _settle(member, State.RECORDED, by=by, organisation=organisation, tells=False)
    # It was missed under its old name: that question is answered.
    for gone in row.members.filter(state=State.GONE, organisation=organisation):
        gone.list = row
        _settle(gone, State.KEPT, by=by, tells=False)
    return basis


def kind_to_record(organisation: Organisation) -> str:
    """As what a member of a platform stands in its area."""
    if organisation.kind not in INTERNATIONAL:
        return Standing.Kind.LOCAL_ARRANGEMENT
    partner = Standing.objects.on().filter(organisation=organisation, kind=Standing.Kind.PARTNER, area=None)
    return Standing.Kind.ACTIVE if partner.exists() else Standing.Kind.PARTNER


def _national(member, *, by) -> Organisation:
    known = Organisation.objects.filter(name=member.name).first()
    if known is not None:
        raise StaleState("an organisation of this name was added meanwhile")
    return add_organisation(name=member.name, acronym=member.acronym[:20], kind=Organisation.Kind.NNGO, by=by)


def _lock(row: MemberList) -> None:
    """One at a time on a list; nobody works on one that was replaced meanwhile."""
    if not list(MemberList.objects.newest().select_for_update().filter(pk=row.pk).values_list("pk")):
        raise StaleState("a newer list has come")


def _open(member: ListedMember) -> None:
    _lock(member.list)


def _settle(member, state, *, by, tells=True, **changes) -> None:
    """One step of a row, its audit event, and the mail to the platform once nothing is open any more."""
    move(member, state, settled_by=by, settled_at=timezone.now(), **changes)
    facts = {
        "row": member.number,
        "state": str(state),
        "organisation": member.organisation.ref if member.organisation else None,
        "area": member.list.area.code,
    }
    record("partners.member_settled", by=by, object_type="member_list", object_ref=member.list.ref, facts=facts)
    if tells:
        _tell_if_settled(member.list)


def _tell_if_settled(row: MemberList) -> None:
    if not row.members.filter(state__in=ListedMember.OPEN).exists():
        people = representatives_of(row)
        announce(ListSettled, subject=row.subject, event_key=f"list:{row.ref}:settled", recipients=people)
