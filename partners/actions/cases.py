"""Eligibility that could not be established in an area goes to the Working Group, and comes back (§3; P8)."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.actions import record
from documents.models import DataKey
from governance.seats import people_of_body, working_group
from notifications.actions import announce
from notifications.models import Subject
from organisations.models import Standing
from partners.messages.bases import CaseOpened, CaseSettled
from partners.models import Basis, EligibilityCase
from sharing.holdings import people_of
from slt_portal.states import move

from .bases import check_kind, record_basis

PARTNER = Standing.Kind.PARTNER
State = EligibilityCase.State


@transaction.atomic
def open_case(*, organisation, area, why: str, by) -> EligibilityCase:
    """DSS of the area cannot tell whether `organisation` is eligible there: the Working Group is asked.

    Asked twice, it is one case. Raises NotEligible for who can be no partner anyhow (§2).
    """
    check_kind(organisation, PARTNER, area)
    waiting = EligibilityCase.objects.for_system("one case at a time").filter(
        organisation=organisation, area=area, state=State.OPEN
    )
    if known := waiting.first():
        return known
    case = EligibilityCase(
        organisation=organisation,
        area=area,
        data_key=DataKey.objects.make(),
        subject=Subject.objects.create(),
        opened_by=by,
    )
    case.write({"why": why})
    try:
        with transaction.atomic():
            case.save(force_insert=True)
    except IntegrityError:  # a second click, or a colleague, at the same moment
        return waiting.get()
    people = people_of_body(working_group(), concerns=organisation)
    announce(CaseOpened, subject=case.subject, event_key=f"case:{case.ref}", recipients=people)
    _record("partners.case_opened", case, by=by)
    return case


@transaction.atomic
def settle_case(case: EligibilityCase, *, is_eligible: bool, reasons: str, by) -> Basis | None:
    """The Working Group says; established, the organisation is a partner in that area from now on, on that basis.

    DSS of the area is told. Raises StaleState if it was settled meanwhile.
    """
    state = State.ESTABLISHED if is_eligible else State.NOT_ESTABLISHED
    case.write({**case.texts, "reasons": reasons})
    move(case, state, settled_by=by, settled_at=timezone.now(), sealed=case.sealed)
    basis = None
    if is_eligible:
        basis = record_basis(
            organisation=case.organisation, kind=PARTNER, area=case.area, route=Basis.Route.WORKING_GROUP, by=by
        )
    people = people_of({f"dss:{case.area_id}"}) or people_of({"dss_world"})
    announce(
        CaseSettled, subject=case.subject, event_key=f"case:{case.ref}:settled", recipients=people | {case.opened_by_id}
    )
    _record("partners.case_settled", case, by=by)
    return basis


def _record(verb, case, *, by):
    facts = {"organisation": case.organisation.ref, "area": case.area.code, "state": str(case.state)}
    record(verb, by=by, object_type="eligibility_case", object_ref=case.ref, facts=facts)
