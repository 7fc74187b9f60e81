"""What waits in feedback stands in the queue of whose turn it is, and of nobody who is concerned (F3)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from feedback.models import Case, Concerned, Inquiry
from partners.queue_sources import QUEUE_KINDS, _ids_of, _prepared_rows, _rows
from partners.queues import queue_of
from sharing.access import access_of
from tests.factories.feedback import BENU_FIELD, DSS_HQ, GISF, ICVA, a_case, an_inquiry

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
BENU_HQ, DO = "hq@benu.example", "do@un.example"
ADMIN, DSS_FIELD, WFP = "admin@portal.example", "dss.field@un.example", "wfp@un.example"
PEOPLE = (DSS_HQ, GISF, ICVA, BENU_FIELD, BENU_HQ, DO, ADMIN, DSS_FIELD, WFP)


def told(cast) -> dict[str, set]:
    """Who has which lines of feedback."""
    found = {}
    for email in PEOPLE:
        lines = [line for line in queue_of(access_of(cast[email])).mine if line.row.turn.startswith("feedback.")]
        if lines:
            found[email] = {(line.row.turn.partition(".")[2], line.row.ref) for line in lines}
    return found


def change(case, **fields):
    Case.objects.for_system("test").filter(pk=case.pk).update(**fields)


@pytest.mark.parametrize(
    ("state", "fields", "people"),
    [
        ("received", {}, {DSS_HQ, GISF}),
        ("handling", {}, {ICVA}),
        ("proposed", {}, {BENU_FIELD, BENU_HQ}),
        ("proposed", {"headquarters_read": False}, {BENU_FIELD}),
        ("committee", {}, set()),  # the decision waits, not the case
        ("closed", {}, set()),
    ],
)
def test_each_state_waits_for_whose_turn_it_is(cast, state, fields, people):
    case = a_case(cast, state, **fields)
    words = {"received": "received", "handling": "handling", "proposed": "proposed"}.get(state)
    assert told(cast) == {email: {(words, case.ref)} for email in people}


@pytest.mark.parametrize(
    "concerned",
    [{"user": GISF}, {"organisation": "gisf"}, {"principal": "dss_world"}, {"principal": "dss:{area}"}],
)
def test_who_is_concerned_has_no_line(cast, concerned):
    """Whatever makes them concerned, also where the SQL was written for others who hold as many offices."""
    case = a_case(cast)
    assert set(told(cast)) == {DSS_HQ, GISF}
    fields = {name: value.format(area=case.area_id) for name, value in concerned.items()}
    if "user" in fields:
        fields["user"] = cast[fields["user"]]
    if "organisation" in fields:
        fields["organisation"] = cast.organisations[fields["organisation"]]
    Concerned.objects.create(case=case, **fields)
    cast[DSS_HQ].memberships.create(organisation=cast.organisations["dss"], role="dss_field", area=case.area)
    gone = {"user": {GISF}, "organisation": {GISF}, "principal": {DSS_HQ}}[next(iter(concerned))]
    assert set(told(cast)) == {DSS_HQ, GISF} - gone


def test_what_somebody_has_in_hand_waits_for_them_until_it_is_late(cast):
    case = a_case(cast, owner=cast[GISF])
    assert set(told(cast)) == {GISF}
    change(case, due_at=timezone.now() - timedelta(hours=1))
    assert set(told(cast)) == {GISF, DSS_HQ}
    (line,) = [line for line in queue_of(access_of(cast[DSS_HQ])).mine if line.row.ref == case.ref]
    assert line.late.startswith("overdue since")
    handed = a_case(cast, "handling", owner=cast[DSS_HQ])
    assert ("handling", handed.ref) in told(cast)[DSS_HQ]
    assert ICVA not in told(cast)


def test_a_sender_who_does_not_answer_is_the_turn_of_those_who_handle_it(cast):
    case = a_case(cast, "proposed")
    change(case, due_at=timezone.now() - timedelta(hours=1))
    assert told(cast)[ICVA] == {("unanswered", case.ref)}
    assert told(cast)[BENU_FIELD] == {("proposed", case.ref)}


def test_a_question_waits_for_the_office_that_is_asked_but_not_for_who_is_complained_about(cast):
    case = a_case(cast, "handling")
    inquiry = an_inquiry(case, by=cast[ICVA])
    assert told(cast)[DO] == {("inquiry", inquiry.ref)}
    Concerned.objects.create(case=case, user=cast[DO])
    assert DO not in told(cast)
    Inquiry.objects.for_system("test").filter(pk=inquiry.pk).update(state="withdrawn", settled_at=timezone.now())
    assert set(told(cast)) == {ICVA}


def test_one_question_to_the_database_for_all(cast, django_assert_num_queries):
    for _ in range(3):
        an_inquiry(a_case(cast, "handling"), by=cast[ICVA])
        a_case(cast)
    for email in (DSS_HQ, GISF, ICVA, DO, BENU_FIELD):
        access = access_of(cast[email])
        assert {name.partition(":")[0] for name in access.principals} & QUEUE_KINDS
        with django_assert_num_queries(1):
            queue_of(access)


def test_everybodys_queue_is_a_question_whose_sql_is_written_once(cast):
    """One that cannot be prepared is written anew for each home page, twice."""
    for person in cast.people.values():
        access = access_of(person)
        held = [tuple(sorted(_ids_of(access, kind))) for kind in sorted(QUEUE_KINDS)]
        assert _prepared_rows(person.pk, access.on, 50, *held) == list(_rows(person.pk, access.on, 50, *held))
