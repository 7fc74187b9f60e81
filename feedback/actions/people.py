"""Who has part in a case: those who are found to be concerned later, and those who handle it (F3).

Whoever is concerned has nothing left of a case in the transaction in which it is noted: no grant, no ownership, no
question put to them or by them, no seat in its decisions.
"""

from collections.abc import Iterable
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import User
from audit.actions import record
from feedback import handlers
from feedback.codes import EntryKind, Side
from feedback.concerned import concerns_dss, note
from feedback.grants import grant, revoke
from feedback.messages.filing import Arrived
from feedback.models import Case, CaseGrant, Concerned, Escalation, Inquiry, TakenOff
from feedback.offices import dss, people_asked, principals_of
from governance.actions import exclude
from governance.models import Exclusion
from notifications.actions import announce
from organisations.models import Membership, Organisation
from slt_portal.states import StaleState

from .handling import exclusions_of, hold_decisions
from .intake import handled
from .steps import end_inquiries, say

_WHY = "what an action does"
_DSS = "dss_world"


class NobodyLeft(Exception):
    """Then nobody could handle the case: it must go to another desk, or to DSS headquarters, at the same time."""


class NeedsDesk(NobodyLeft):
    """DSS headquarters are concerned: a consortium desk must keep the records (F3)."""


class SenderConcerned(ValueError):
    """Who sent it always reads it."""


# --- Who is concerned --------------------------------------------------------------------------------------------


@transaction.atomic
def note_concerned(
    case: Case,
    *,
    users: Iterable[User] = (),
    office: str = "",
    organisation: Organisation | None = None,
    desk: Organisation | None = None,
    to_dss: bool = False,
    by,
) -> int:
    """People, whoever holds an office, or whoever works for an organisation turn out to be concerned: from this moment
    they see nothing of `case`; returns how many rows are new. `desk`, `to_dss`: where it goes if nobody would be left.

    DSS headquarters as such: the consortium desk that has it, or `desk`, keeps the records from now on (F3). Raises
    NeedsDesk or NobodyLeft where nobody would be left even so, SenderConcerned, PermissionDenied.
    """
    hold_decisions(case)
    row = handled(case, by=by)
    users = list(users)
    if row.sender_id in {user.pk for user in users}:
        raise SenderConcerned
    is_about_dss = concerns_dss(office=office, organisation=organisation)
    if is_about_dss:
        _leave_headquarters(row, desk)
    new = _save(row, users, office, organisation, is_about_dss, by)
    _take_back(row, by=by)
    if not handlers.able(row) and (desk or to_dss):
        _send(row, desk=desk, to_dss=to_dss)
        _take_back(row, by=by)
    if not handlers.able(row):
        raise NobodyLeft
    if row.state == Case.State.RECEIVED:  # whoever was told before is not told again
        announce(Arrived, subject=row.subject, event_key=f"{Arrived.code}:{row.ref}", recipients=handlers.able(row))
    for one in new:
        _record("feedback.concerned_noted", row, by=by, **_facts(one))
    return len(new)


def _leave_headquarters(case, desk):
    """DSS headquarters have it no longer: the desk that has it keeps it, or `desk` from now on."""
    case.is_dss_concerned, case.to_dss, case.desk = True, False, case.desk or desk
    if case.desk is None and case.suspension_id is None:
        raise NeedsDesk
    case.save(update_fields=["desk", "is_dss_concerned", "to_dss"])


def _send(case, *, desk, to_dss):
    """Where it lies from now on, as nobody of those who had it may handle it; never with DSS about themselves."""
    case.desk = desk or case.desk
    case.to_dss = (case.to_dss or to_dss) and not case.is_dss_concerned
    case.save(update_fields=["desk", "to_dss"])


def _save(case, users, office, organisation, is_about_dss, by) -> list[Concerned]:
    principals = principals_of(office, case.area) if office else set()
    organisations = {organisation.pk} if organisation else set()
    if is_about_dss:
        principals.add(_DSS)
        organisations |= {row.pk for row in [dss()] if row}
    wanted = [{"user_id": user.pk} for user in users]
    wanted += [{"principal": name} for name in sorted(principals)]
    wanted += [{"organisation_id": pk} for pk in sorted(organisations)]
    rows = Concerned.objects.for_system(_WHY).filter(case=case, through=None)
    known = set(rows.values_list("user_id", "principal", "organisation_id"))
    new = [Concerned(case=case, noted_by=by, **fields) for fields in wanted]
    new = [row for row in new if (row.user_id, row.principal, row.organisation_id) not in known]
    return note(new)


def _take_back(case, *, by):
    """What the people concerned had of the case; and others, to whom it goes now, get their part."""
    barred, offices = handlers.concerned_people(case), handlers.offices_of(case)
    grants = CaseGrant.objects.for_system(_WHY).filter(content_object=case)
    revoke(case, [row for row in grants if row.user_id in barred or row.principal not in offices], by=by)
    handlers.entitle(case, by=by)
    if case.owner_id in barred:
        _without_owner(case)
    asked = Inquiry.objects.for_system(_WHY).filter(case=case)
    lost = [row.pk for row in asked if row.asked_by_id in barred or not people_asked(row)]
    end_inquiries(asked.filter(pk__in=lost), by=None)
    for escalation in Escalation.objects.for_system(_WHY).filter(case=case).select_related("decision"):
        _keep_out(escalation.decision, exclusions_of(case), by=by)


def _keep_out(decision, rows, *, by):
    """Of one decision of the case, those who are not kept out of it yet; open or closed."""
    names = ("user_id", "principal", "organisation_id")
    known = set(Exclusion.objects.filter(decision=decision).values_list(*names))
    if rows := [row for row in rows if tuple(getattr(row, name) for name in names) not in known]:
        exclude(decision, rows, by=by)


def _without_owner(case):
    case.owner = None
    case.save(update_fields=["owner"])


@transaction.atomic
def clear_concerned(case: Case, *, rows: Iterable[Concerned], reason: str, uid: UUID, by) -> None:
    """`rows` were a mistake: a handler says so, with a reason that those who handle the case read. Never who is
    concerned themselves, who do not know of it; decisions that they were kept out of stay closed to them.

    Raises PermissionDenied; StaleState where they are gone, or once DSS headquarters were found to be concerned.
    """
    found = handled(case, by=by)
    rows = list(concerned_rows(found).filter(pk__in=[row.pk for row in rows], through=None))
    if not rows or any(stays(found, row) for row in rows):
        raise StaleState("nothing to take back")
    say(found, EntryKind.NOTE, reason, side=Side.HANDLER, by=by, uid=uid, is_internal=True)
    facts = [_facts(row) for row in rows]
    Concerned.objects.for_system(_WHY).filter(pk__in=[row.pk for row in rows]).delete()
    handlers.entitle(found, by=by)
    for each in facts:
        _record("feedback.concerned_cleared", found, by=by, **each)


def concerned_rows(case: Case) -> QuerySet[Concerned]:
    """Who is concerned, each with `is_headquarters`: whether that is the organisation of DSS headquarters."""
    of_dss = Membership.objects.filter(role="dss_headquarters", organisation=OuterRef("organisation"))
    rows = Concerned.objects.for_system(_WHY).filter(case=case).annotate(is_headquarters=Exists(of_dss))
    return rows.select_related("user", "organisation", "noted_by").order_by("pk")


def stays(case: Case, row: Concerned) -> bool:
    """Whether a row of `concerned_rows` can never be taken back: DSS headquarters gave the records away."""
    return case.is_dss_concerned and (row.principal == _DSS or row.is_headquarters)


def _facts(row):
    ref = row.organisation.ref if row.organisation_id else ""
    facts = {"user": row.user_id, "principal": row.principal, "organisation": ref}
    return {name: value for name, value in facts.items() if value}


# --- Who handles it ----------------------------------------------------------------------------------------------


class LastHandler(Exception):
    """Somebody must handle the case."""


@transaction.atomic
def add_handler(case: Case, *, user: User, by) -> None:
    """`user`, who holds an office with which the case lies, handles it (again). Twice is once.

    Raises PermissionDenied for who does not handle it; StaleState where `user` may not: no such office, concerned, or
    of the sender's organisation.
    """
    row = handled(case, by=by)
    offices = {pair for pair in handlers.eligible(row) if pair[0] == user.pk}
    if not offices:
        raise StaleState("they may not handle it")
    TakenOff.objects.for_system(_WHY).filter(case=row, user=user).delete()
    if grant(row, offices, by=by):
        _record("feedback.handler_added", row, by=by, user=user.pk)


@transaction.atomic
def remove_handler(case: Case, *, user: User, by) -> None:
    """`user` handles it no longer, whatever their office; they can be added again. Twice is once.

    Raises LastHandler; PermissionDenied too for who only reads along as a seat of the Committee, which decides on it.
    """
    row = handled(case, by=by)
    rows = list(CaseGrant.objects.for_system(_WHY).filter(content_object=row, user=user))
    if not rows:
        return
    if all(each.principal.startswith("oversight_committee:") for each in rows):
        raise PermissionDenied("a seat that decides on it reads it")
    revoke(row, rows, by=by)
    TakenOff.objects.for_system(_WHY).get_or_create(case=row, user=user, defaults={"by": by})
    if not handlers.able(row):
        raise LastHandler
    if row.owner_id == user.pk:
        _without_owner(row)
    _record("feedback.handler_removed", row, by=by, user=user.pk)


def _record(verb, case, *, by, **facts):
    record(verb, by=by, object_type="case", object_ref=case.ref, facts=facts)
