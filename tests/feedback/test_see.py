"""Who sees a case: grants, principals, and never whoever is concerned (F1-F3)."""

import pytest

from feedback import handlers
from feedback.models import Case, Concerned
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
