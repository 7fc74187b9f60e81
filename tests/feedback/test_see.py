"""Who sees a case: grants, principals, and never whoever is concerned (F1-F3)."""

from uuid import uuid4

import pytest
from django.utils import timezone

from feedback import handlers
from feedback.actions.handling import escalate
from feedback.concerned import note
from feedback.models import Case, Concerned
from feedback.newcomers import entitle_newcomers
from governance.models import Decision
from sharing.access import access_of
from tests.factories.feedback import ALBA_HQ, BENU_FIELD, DSS_HQ, GISF, ICVA, a_case

pytestmark = pytest.mark.django_db
BENU_HQ, ADMIN, DSS_FIELD, WFP, DSS_CHAIR = (
    "hq@benu.example",
    "admin@un.example",
    "dss.field@un.example",
    "wfp@un.example",
    "dss.chair@un.example",
)


def readers(cast, case):
    everybody = {email: access_of(person) for email, person in cast.people.items()}
    return {email for email, access in everybody.items() if Case.objects.visible_to(access).filter(pk=case.pk).exists()}


def test_a_new_case_is_read_by_its_sender_their_headquarters_and_the_intake(cast):
    assert readers(cast, a_case(cast)) == {BENU_FIELD, BENU_HQ, DSS_HQ, GISF}


def test_the_sender_may_keep_it_from_headquarters(cast):
    assert BENU_HQ not in readers(cast, a_case(cast, headquarters_read=False))


def test_each_body_reads_it_from_when_it_came_to_it(cast):
    assert readers(cast, a_case(cast, "handling")) == {BENU_FIELD, BENU_HQ, DSS_HQ, GISF, ICVA}
    assert readers(cast, a_case(cast, "committee")) >= {ICVA, WFP, DSS_CHAIR}


def test_who_is_concerned_sees_nothing_whatever_they_hold(cast):
    case = a_case(cast, "committee", concerned=[GISF, DSS_HQ, BENU_HQ])
    assert readers(cast, case) == {BENU_FIELD, ICVA, WFP, DSS_CHAIR}
    assert handlers.handlers_of(case) == {cast[email].pk for email in (ICVA, WFP, DSS_CHAIR)}


def test_of_a_case_about_dss_headquarters_nobody_of_dss_knows(cast):
    case = a_case(cast, "committee", is_dss_concerned=True, to_dss=False, office="dss_headquarters")
    Concerned.objects.create(case=case, principal="dss_world")
    Concerned.objects.create(case=case, organisation=cast.organisations["dss"])
    assert readers(cast, case) == {BENU_FIELD, BENU_HQ, GISF, ICVA, WFP}


def test_somebody_found_to_be_concerned_later_reads_nothing_from_then_on(cast):
    case = a_case(cast, "handling")
    Concerned.objects.create(case=case, user=cast[ICVA])
    assert ICVA not in readers(cast, case)


def test_a_grant_ends_with_the_office(cast):
    case = a_case(cast)
    cast[DSS_HQ].memberships.update(role="un_security_officer")
    assert DSS_HQ not in readers(cast, case)


def test_a_colleague_of_the_sender_handles_nothing(cast):
    case = a_case(cast, "committee", by="wfp.security@un.example", key="wfp")
    assert WFP not in readers(cast, case)
    assert ALBA_HQ not in readers(cast, case)


def test_who_leaves_the_office_concerned_for_one_that_handles_cases_reads_nothing(cast):
    """Not the case, for which the tick gives newcomers their grants, nor the decision about it."""
    case, person = a_case(cast, "handling"), cast[DSS_FIELD]
    note([Concerned(case=case, principal=f"dss:{case.area_id}")])
    decision = escalate(case, proposal="p", why="w", uid=uuid4(), by=cast[ICVA])
    person.memberships.update(ends_at=timezone.now())
    person.memberships.create(organisation=cast.organisations["dss"], role="dss_headquarters")
    person.memberships.create(organisation=cast.organisations["gisf"], role="consortium_desk")
    other = a_case(cast)
    entitle_newcomers()
    assert DSS_FIELD in readers(cast, other)
    assert DSS_FIELD not in readers(cast, case)
    assert person.pk not in handlers.handlers_of(case)
    assert not Decision.objects.visible_to(person).filter(pk=decision.pk).exists()
    assert Decision.objects.visible_to(cast[DSS_HQ]).filter(pk=decision.pk).exists()


def test_who_leaves_the_organisation_concerned_is_given_no_case_about_it(cast):
    case = a_case(cast, "handling")
    note([Concerned(case=case, organisation=cast.organisations["wfp"])])
    cast[WFP].memberships.update(ends_at=timezone.now())
    cast[WFP].memberships.create(organisation=cast.organisations["icva"], role="working_group_member")
    entitle_newcomers()
    assert WFP not in readers(cast, case)


def test_a_handler_who_comes_to_the_senders_organisation_handles_it_no_more(cast):
    case = a_case(cast, "handling", headquarters_read=False)
    assert ICVA in readers(cast, case)
    cast[ICVA].memberships.create(organisation=cast.organisations["benu"], role="partner_headquarters")
    assert ICVA not in readers(cast, case)
    assert cast[ICVA].pk not in handlers.handlers_of(case)
