"""Who has part in a case: whoever is found to be concerned has nothing left of it that moment; who handles it (F3)."""

from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied

from audit.models import Event
from documents.models import DataKey
from feedback import handlers
from feedback.actions import people as actions
from feedback.actions.intake import take
from feedback.models import Case, CaseGrant, CaseReading, Concerned, Entry, Escalation, Inquiry
from feedback.offices import askable
from feedback.part import handlers_in
from governance.models import Decision, Exclusion
from notifications.models import Message
from partners.queues import queue_of
from sharing.access import access_of
from slt_portal.states import StaleState
from tests.factories.at_once import at_once
from tests.factories.feedback import ALBA_HQ, BENU_FIELD, CANARY, DSS_HQ, GISF, ICVA, a_case, an_inquiry
from tests.factories.partnership import a_decision, bodies

pytestmark = pytest.mark.django_db
ADMIN, BENU_HQ, DO, DSS_CHAIR, WFP = (
    "admin@portal.example",
    "hq@benu.example",
    "do@un.example",
    "dss.chair@un.example",
    "wfp@un.example",
)


def now_of(case) -> Case:
    return Case.objects.for_system("test").get(pk=case.pk)


def readers(cast, case) -> set[str]:
    return {email for email, user in cast.people.items() if Case.objects.visible_to(user).filter(pk=case.pk).exists()}


def second_of(cast, role, key, email=ALBA_HQ):
    """Somebody else of the cast holds this office, too."""
    return cast[email].memberships.create(organisation=cast.organisations[key], role=role)


def escalated(cast, case):
    """A decision of the Committee about it."""
    row = a_decision(cast, body=bodies(cast)[0], question="feedback.case", proposal="uphold")
    escalation = Escalation(case=case, decision=row, by=cast[ICVA])
    escalation.write({"proposal": f"{CANARY} proposal"})
    escalation.save(force_insert=True)
    return row


def test_whoever_is_found_to_be_concerned_has_nothing_left_of_it(cast):
    """The holder of a seat, who leads it and has asked an office: all of it is gone in the same moment."""
    case = a_case(cast, "committee", owner=cast[ICVA])
    second_of(cast, "working_group_member", "icva")
    handlers.entitle(case)
    decision, inquiry = escalated(cast, case), an_inquiry(case, by=cast[ICVA])
    assert actions.note_concerned(case, users=[cast[ICVA], cast[GISF]], by=cast[DSS_HQ]) == 2
    assert actions.note_concerned(case, users=[cast[ICVA], cast[GISF]], by=cast[DSS_HQ]) == 0
    assert not readers(cast, case) & {ICVA, GISF}
    assert not CaseGrant.objects.for_system("test").filter(user__in=[cast[ICVA], cast[GISF]]).exists()
    assert now_of(case).owner is None
    assert Inquiry.objects.for_system("test").get(pk=inquiry.pk).state == "withdrawn"
    for email in (ICVA, GISF):
        assert not Decision.objects.visible_to(cast[email]).filter(pk=decision.pk).exists()
        assert not [line for line in queue_of(access_of(cast[email])).mine if line.row.ref in {case.ref, decision.ref}]
    assert Decision.objects.visible_to(cast[WFP]).filter(pk=decision.pk).exists()
    assert Exclusion.objects.filter(decision=decision).count() == 3  # and the sender's organisation
    with pytest.raises(PermissionDenied):  # no way back by themselves
        actions.clear_concerned(case, rows=Concerned.objects.for_system("test"), reason="x", uid=uuid4(), by=cast[ICVA])
    verbs = Event.objects.filter(object_ref=case.ref).values_list("verb", flat=True)
    assert {"feedback.concerned_noted", "feedback.revoked"} <= set(verbs)


def test_a_question_to_an_office_that_nobody_else_holds_is_taken_back(cast):
    case = a_case(cast, "handling")
    inquiry = an_inquiry(case, by=cast[ICVA])
    actions.note_concerned(case, users=[cast[DO]], by=cast[ICVA])
    assert Inquiry.objects.for_system("test").get(pk=inquiry.pk).state == "withdrawn"


def test_where_nobody_would_be_left_it_must_go_elsewhere_too(cast):
    case = a_case(cast, desk=None)
    with pytest.raises(actions.NobodyLeft):
        actions.note_concerned(case, users=[cast[DSS_HQ]], by=cast[DSS_HQ])
    assert not Concerned.objects.for_system("test").filter(case=case).exists()
    assert DSS_HQ in readers(cast, case)
    gisf = cast.organisations["gisf"]
    actions.note_concerned(case, users=[cast[DSS_HQ]], desk=gisf, by=cast[DSS_HQ])
    assert readers(cast, case) == {BENU_FIELD, BENU_HQ, GISF}
    elsewhere = a_case(cast)
    actions.note_concerned(elsewhere, users=[cast[DSS_HQ]], desk=cast.organisations["icva"], by=cast[GISF])
    assert now_of(elsewhere).desk == gisf  # somebody is left: it stays where it is
    only_desk = a_case(cast, to_dss=False)
    actions.note_concerned(only_desk, users=[cast[GISF]], to_dss=True, by=cast[GISF])
    assert readers(cast, only_desk) == {BENU_FIELD, BENU_HQ, DSS_HQ}


@pytest.mark.parametrize("by_organisation", [False, True])
def test_dss_headquarters_give_the_records_away_for_good(cast, by_organisation):
    """Named as an office or as an organisation: nobody of DSS is left, whatever seat they hold."""
    case = a_case(cast, "committee", desk=None)
    of_dss = {"organisation": cast.organisations["dss"]} if by_organisation else {"office": "dss_headquarters"}
    with pytest.raises(actions.NeedsDesk):
        actions.note_concerned(case, **of_dss, by=cast[ICVA])
    actions.note_concerned(case, **of_dss, desk=cast.organisations["gisf"], by=cast[ICVA])
    row = now_of(case)
    assert (row.is_dss_concerned, row.to_dss, row.desk) == (True, False, cast.organisations["gisf"])
    assert readers(cast, case) == {BENU_FIELD, BENU_HQ, GISF, ICVA, WFP}
    rows = Concerned.objects.for_system("test").filter(case=case)
    with pytest.raises(StaleState):
        actions.clear_concerned(case, rows=rows, reason="x", uid=uuid4(), by=cast[GISF])


def test_the_sender_is_never_kept_out_but_their_headquarters_can_be(cast):
    case = a_case(cast)
    with pytest.raises(actions.SenderConcerned):
        actions.note_concerned(case, users=[cast[BENU_FIELD]], by=cast[DSS_HQ])
    actions.note_concerned(case, organisation=cast.organisations["benu"], by=cast[DSS_HQ])
    assert readers(cast, case) == {BENU_FIELD, DSS_HQ, GISF}


def test_nobody_else_says_who_is_concerned(cast):
    case = a_case(cast)
    for email in (ADMIN, BENU_FIELD, BENU_HQ, ICVA, WFP, DSS_CHAIR):
        with pytest.raises(PermissionDenied):
            actions.note_concerned(case, users=[cast[GISF]], by=cast[email])
        with pytest.raises(PermissionDenied):
            actions.remove_handler(case, user=cast[GISF], by=cast[email])
    assert GISF in readers(cast, case)
    put = a_case(cast, "committee")
    with pytest.raises(PermissionDenied):  # whoever decides on it goes on reading it
        actions.remove_handler(put, user=cast[WFP], by=cast[ICVA])


def test_a_mistake_is_taken_back_with_a_reason(cast):
    case = a_case(cast, concerned=[GISF])
    rows = list(Concerned.objects.for_system("test").filter(case=case))
    actions.clear_concerned(case, rows=rows, reason=f"{CANARY} reason", uid=uuid4(), by=cast[DSS_HQ])
    assert GISF in readers(cast, case)
    (entry,) = Entry.objects.for_system("test").filter(case=case)
    assert (entry.is_internal, entry.texts["text"]) == (True, f"{CANARY} reason")
    facts = [event.facts for event in Event.objects.filter(verb="feedback.concerned_cleared")]
    assert facts == [{"user": cast[GISF].pk}]
    with pytest.raises(StaleState):
        actions.clear_concerned(case, rows=rows, reason="x", uid=uuid4(), by=cast[DSS_HQ])


def test_an_office_taken_back_gives_back_those_who_held_it(cast):
    """Whoever held it when it was noted is concerned in their own right, as long as the office is."""
    case, person = a_case(cast, "handling"), cast["dss.field@un.example"]
    actions.note_concerned(case, office="dss_field", by=cast[ICVA])
    rows = Concerned.objects.for_system("test").filter(case=case)
    assert {row.user for row in rows if row.through_id} == {person}
    person.memberships.update(role="dss_headquarters", area=None)
    handlers.entitle(case)
    assert person.email not in readers(cast, case)
    actions.clear_concerned(case, rows=list(rows.filter(through=None)), reason="R", uid=uuid4(), by=cast[ICVA])
    assert not rows.all().exists()
    assert person.email in readers(cast, case)


def test_who_is_taken_off_stays_off_until_somebody_adds_them(cast):
    case = a_case(cast, "handling", owner=cast[GISF])
    actions.remove_handler(case, user=cast[GISF], by=cast[ICVA])
    actions.remove_handler(case, user=cast[GISF], by=cast[ICVA])
    assert now_of(case).owner is None
    handlers.entitle(case)  # the hourly tick
    assert GISF not in readers(cast, case)
    actions.remove_handler(case, user=cast[ICVA], by=cast[DSS_HQ])
    with pytest.raises(actions.LastHandler):
        actions.remove_handler(case, user=cast[DSS_HQ], by=cast[DSS_HQ])
    assert readers(cast, case) == {BENU_FIELD, BENU_HQ, DSS_HQ}
    actions.add_handler(case, user=cast[GISF], by=cast[DSS_HQ])
    assert GISF in readers(cast, case)
    second_of(cast, "working_group_member", "icva", BENU_HQ)  # of the sender's organisation
    Concerned.objects.create(case=case, user=cast[ICVA])
    for email in (ICVA, BENU_HQ, WFP, ADMIN):
        with pytest.raises(StaleState):
            actions.add_handler(case, user=cast[email], by=cast[DSS_HQ])


QUERIES = 12


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_says_who_handles_it_who_read_it_and_who_is_kept_out(cast, sign_in, number, django_assert_num_queries):
    case = a_case(cast, "handling", concerned=[DO, WFP, DSS_CHAIR][:number])
    for email in (GISF, ICVA, BENU_FIELD)[:number]:
        CaseReading.objects.create(case_ref=case.ref, reader=cast[email].pk, party="intake", how="opened")
    client = sign_in(cast[DSS_HQ])
    client.get(f"/feedback/cases/{case.ref}/people/")
    with django_assert_num_queries(QUERIES):
        page = client.get(f"/feedback/cases/{case.ref}/people/")
    assert {one.user.email for one in page.context["handlers"]} == {DSS_HQ, GISF, ICVA}
    assert len(page.context["kept_out"]) == len(page.context["readings"]) == number
    assert cast[GISF].name in page.content.decode()
    for email in (BENU_FIELD, ADMIN, DO, WFP):
        assert sign_in(cast[email]).get(f"/feedback/cases/{case.ref}/people/").status_code == 404


def test_the_page_lists_whom_the_rule_lets_in(cast):
    """What the page works out by itself is what feedback.handlers says, whatever makes somebody concerned."""
    second_of(cast, "consortium_desk", "gisf")
    cast[DSS_HQ].memberships.create(
        organisation=cast.organisations["dss"], role="dss_field", area=cast.areas["south-sudan"]
    )
    area = cast.areas["south-sudan"].pk
    for fields in (
        {},
        {"user": cast[ICVA]},
        {"organisation": cast.organisations["gisf"]},
        {"principal": f"dss:{area}"},
        {"principal": "dss_world"},
    ):
        case = a_case(cast, "committee")
        if fields:
            Concerned.objects.create(case=case, **fields)
        assert {one.user.pk for one in handlers_in(case, actions.concerned_rows(case))} == handlers.handlers_of(case)


def test_the_form_says_what_is_wrong_and_where_to_send_it(cast, sign_in):
    case, client = a_case(cast, desk=None), sign_in(cast[DSS_HQ])
    path = f"/feedback/cases/{case.ref}/concerned/"
    for typed, words in [
        ({}, "Say who is concerned."),
        ({"others": "nobody.there@nowhere.example"}, "Nobody here has this address or name"),
        ({"others": BENU_FIELD}, "Whoever sent the case always reads it."),
        ({"others": DSS_HQ}, "Nobody would be left to handle it."),
        ({"office": "dss_headquarters"}, "Choose the desk that keeps it from now on."),
        ({"others": "x" * 2_001}, "2000"),
    ]:
        answer = client.post(path, typed)
        assert answer.status_code == 200, typed
        assert words in answer.content.decode().replace(",", "").replace("\u202f", ""), typed
    assert not Concerned.objects.for_system("test").filter(case=case).exists()
    gone = client.post(path, {"others": DSS_HQ, "route": cast.organisations["gisf"].ref})
    assert (gone.status_code, gone["Location"]) == (302, "/feedback/intake/")
    assert client.get(path).status_code == 404
    other = sign_in(cast[GISF])
    (row,) = Concerned.objects.for_system("test").filter(case=case)
    cleared = other.post(f"/feedback/cases/{case.ref}/concerned/{row.pk}/", {"uid": uuid4(), "reason": "Mistaken."})
    assert cleared["Location"] == f"/feedback/cases/{case.ref}/people/"
    assert client.get(path).status_code == 200
    added = other.post(f"/feedback/cases/{case.ref}/people/remove/", {"user": cast[DSS_HQ].pk})
    assert added["Location"] == f"/feedback/cases/{case.ref}/people/"
    assert client.get(path).status_code == 404
    add = f"/feedback/cases/{case.ref}/people/add/"
    assert cast[DSS_HQ].name in other.get(add).content.decode()
    other.post(add, {"user": cast[DSS_HQ].pk})
    assert client.get(path).status_code == 200
    nobody_more = other.get(add, follow=True).content.decode()
    assert "Everybody who may handle it does so already." in nobody_more


@pytest.mark.django_db(transaction=True)
@pytest.mark.long
def test_two_who_take_it_at_the_same_moment_are_one_and_a_friendly_no(cast):
    case = a_case(cast)
    raised = at_once(lambda: take(case, by=cast[DSS_HQ]), lambda: take(case, by=cast[GISF]))
    assert raised == [StaleState]
    assert now_of(case).owner in {cast[DSS_HQ], cast[GISF]}
    assert DataKey.objects.filter(pk=case.data_key_id, destroyed_at=None).exists()


def test_an_office_that_turns_out_to_be_concerned_is_asked_nothing(cast, sign_in):
    """What it was asked is withdrawn, without a mail to it, and it is offered to nobody."""
    case = a_case(cast, "handling")
    inquiry = an_inquiry(case, by=cast[ICVA])
    assert Inquiry.objects.asked_of(cast[DO]).exists()
    assert inquiry.principal in {level.principal for level in askable(case)}
    actions.note_concerned(case, office="designated_official", by=cast[ICVA])
    assert Inquiry.objects.for_system("test").get(pk=inquiry.pk).state == "withdrawn"
    assert not Inquiry.objects.asked_of(cast[DO]).exists()
    assert not Message.objects.filter(recipient=cast[DO]).exists()
    assert inquiry.principal not in {level.principal for level in askable(case)}
    assert sign_in(cast[DO]).get(f"/feedback/questions/{inquiry.ref}/").status_code == 404
