"""A case before the Oversight Committee: who decides, who never learns of it, what comes of each outcome (F2, F3)."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from audit.models import Event
from feedback import handlers
from feedback.actions import filing
from feedback.actions.handling import escalate
from feedback.actions.people import note_concerned
from feedback.case_page import page_of
from feedback.models import Case, Concerned, Entry, Escalation
from governance.actions import close_due, remind_due
from governance.boards import board_of
from governance.models import Decision
from notifications.models import Message
from organisations.models import Membership
from sharing.access import access_of
from slt_portal.states import StaleState
from tests.factories.at_once import at_once
from tests.factories.deciding import closed_by_chairs, closed_by_silence, confirm, now_of, propose, say_all
from tests.factories.feedback import BENU_FIELD, CANARY, DSS_HQ, GISF, ICVA, a_case

pytestmark = pytest.mark.django_db
BENU_HQ, DSS_CHAIR, WFP, OCHA, SECURITY = (
    "hq@benu.example",
    "dss.chair@un.example",
    "wfp@un.example",
    "ocha@un.example",
    "wfp.security@un.example",
)
NEWCOMER, DO = "hq@alba.example", "do@un.example"
PEOPLE = (BENU_FIELD, BENU_HQ, DSS_HQ, GISF, ICVA, DSS_CHAIR, WFP, OCHA, SECURITY, NEWCOMER, DO)
PROPOSAL, WHY = f"{CANARY} proposal", f"{CANARY} why"


def put(cast, case, uid=None):
    return escalate(case, proposal=PROPOSAL, why=WHY, uid=uid or uuid4(), by=cast[ICVA])


def case_now(case) -> Case:
    return Case.objects.for_system("a test looks").select_related("data_key").get(pk=case.pk)


def told(kind):
    return sorted(Message.objects.filter(kind=kind).values_list("recipient__email", flat=True))


def read_by(cast, case, who):
    return [(one.text, one.is_internal) for one in page_of(access_of(cast[who]), case_now(case)).said]


def readers(cast, rows, pk):
    return {who for who in PEOPLE if rows.visible_to(cast[who]).filter(pk=pk).exists()}


def test_the_working_group_puts_it_once_and_the_committee_reads_it_from_then_on(cast, sign_in, settings):
    case, uid = a_case(cast, "handling"), uuid4()
    decision = put(cast, case, uid)
    assert put(cast, case, uid) == decision, "a double click"
    with pytest.raises(StaleState):
        put(cast, case)
    after = case_now(case)
    assert (after.state, after.due_at, after.escalated_at is not None) == ("committee", decision.deadline, True)
    assert decision.deadline - timezone.now() > timedelta(days=settings.DECISION_DAYS - 1)
    assert readers(cast, Case.objects, case.pk) == {BENU_FIELD, BENU_HQ, DSS_HQ, GISF, ICVA, DSS_CHAIR, WFP}
    assert told("feedback.escalated") == sorted([BENU_FIELD, BENU_HQ, DSS_HQ, GISF])
    assert told("governance.decision_opened") == sorted([DSS_CHAIR, GISF, WFP])
    (words,) = [text for text, is_internal in read_by(cast, case, WFP) if is_internal]
    assert [PROPOSAL in words, WHY in words] == [True, True]
    assert not [text for text, _ in read_by(cast, case, BENU_FIELD) if CANARY in text]
    page = sign_in(cast[OCHA]).get(f"/decisions/{decision.ref}/").content.decode()  # the secretariat
    assert [case.ref in page, "Feedback case" in page] == [True, True]
    assert not [word for word in (CANARY, "Benu", cast[BENU_FIELD].name) if word in page]
    address = f"/feedback/cases/{case.ref}/"
    assert [address in page, "no part in this decision" in page] == [False, False], "nor who is kept out"
    page = sign_in(cast[WFP]).get(f"/decisions/{decision.ref}/").content.decode()
    assert address in page
    assert "Feedback case: South Sudan" in sign_in(cast[WFP]).get("/").content.decode()
    facts = str(list(Event.objects.values_list("facts", flat=True)))
    assert CANARY not in facts


def test_by_silence_what_was_proposed_is_the_outcome_and_the_sender_reads_it(cast):
    case = a_case(cast, "handling")
    decision = put(cast, case)
    closed = closed_by_silence(decision)
    after = case_now(case)
    assert (closed.outcome, after.state, after.outcome) == ("uphold", "closed", "decided")
    assert (PROPOSAL, False) in read_by(cast, case, BENU_FIELD)
    assert not [text for text, _ in read_by(cast, case, BENU_FIELD) if WHY in text]
    assert told("feedback.closed") == sorted([BENU_FIELD, BENU_HQ, DSS_HQ, GISF, ICVA])


@pytest.mark.parametrize("outcome", ["uphold", "other", "return"])
def test_what_the_chairs_decide_is_carried_out_with_their_reasons(cast, outcome):
    case = a_case(cast, "proposed")
    decision, reasons = put(cast, case), f"{CANARY} reasons"
    closed = closed_by_chairs(cast, decision, outcome, reasons)
    after = case_now(case)
    assert (closed.outcome, closed.trouble) == (outcome, "")
    to_sender = [text for text, _ in read_by(cast, case, BENU_FIELD) if CANARY in text]
    if outcome == "return":
        assert (after.state, after.outcome, to_sender) == ("handling", "", [])
        assert (reasons, True) in read_by(cast, case, ICVA)
        assert told("feedback.returned") == sorted([BENU_FIELD, BENU_HQ, DSS_HQ, GISF, ICVA])
        again = put(cast, case)  # and once more before the Committee
        assert closed_by_silence(again).outcome == "uphold"
        assert Escalation.objects.for_system("a test looks").filter(case=case).count() == 2
    else:
        assert (after.state, after.outcome) == ("closed", "decided")
        assert to_sender == [{"uphold": f"{PROPOSAL}\n\n{reasons}", "other": reasons}[outcome]]
        entry = Entry.objects.for_system("a test looks").filter(case=case).last()
        assert (entry.by, entry.side, entry.outcome) == (None, "portal", "decided"), "no person: the Committee"


# What the case concerns -> who of the Committee and its secretariat has no part in its decision.
CONCERNED = {
    "a seat": ({"user": WFP}, {WFP}),
    "a chair": ({"user": GISF}, {GISF}),
    "DSS headquarters": ({"principal": "dss_world", "organisation": "dss"}, {DSS_HQ, DSS_CHAIR}),
    "an organisation": ({"organisation": "wfp"}, {WFP}),
}


@pytest.mark.parametrize(
    "concerns",
    [
        "a seat",
        "DSS headquarters",
        *(pytest.param(one, marks=pytest.mark.long) for one in ("a chair", "an organisation")),
    ],
)
def test_whoever_is_concerned_never_learns_that_there_is_a_decision(cast, sign_in, concerns):
    what, people = CONCERNED[concerns]
    is_dss = "principal" in what
    office = {"office": "dss_headquarters", "is_dss_concerned": True, "to_dss": False} if is_dss else {}
    case = a_case(cast, "handling", **office)
    for name, value in what.items():
        found = {"user": cast[value]} if name == "user" else {name: value}
        found = {"organisation": cast.organisations[value]} if name == "organisation" else found
        Concerned.objects.create(case=case, **found)
    decision = put(cast, case)
    assert readers(cast, Decision.objects, decision.pk) == {DSS_CHAIR, GISF, WFP, DSS_HQ, OCHA} - people
    assert not readers(cast, Case.objects, case.pk) & people
    remind_due(decision.deadline - timedelta(days=1))
    closed_by_silence(decision)
    assert not set(Message.objects.values_list("recipient__email", flat=True)) & people
    for who in people:
        client = sign_in(cast[who])
        paths = (f"/decisions/{decision.ref}/", f"/feedback/cases/{case.ref}/")
        assert [client.get(path).status_code for path in paths] == [404, 404]
        page = client.get("/decisions/").content.decode() + client.get("/feedback/").content.decode()
        assert not [ref for ref in (decision.ref, case.ref) if ref in page]


def test_nobody_decides_what_their_own_organisation_brings(cast):
    case = a_case(cast, "handling", by=SECURITY, key="wfp")
    decision = put(cast, case)
    assert readers(cast, Decision.objects, decision.pk) == {DSS_CHAIR, GISF, DSS_HQ, OCHA}
    assert board_of(now_of(decision)).lines_of(cast[WFP].pk) == []
    assert SECURITY in readers(cast, Case.objects, case.pk), "who sent it reads it"
    assert cast[WFP].pk not in handlers.handlers_of(case_now(case))
    assert WFP not in told("governance.decision_opened")


def test_who_comes_to_a_seat_and_is_concerned_has_no_part_either(cast):
    case = a_case(cast, "handling")
    Concerned.objects.create(case=case, organisation=cast.organisations["alba"])
    decision = put(cast, case)
    newcomer = cast[NEWCOMER]
    Membership.objects.create(user=newcomer, organisation=cast.organisations["wfp"], role="oversight_committee_member")
    handlers.entitle(case_now(case))
    assert NEWCOMER not in readers(cast, Decision.objects, decision.pk)
    assert NEWCOMER not in readers(cast, Case.objects, case.pk)
    assert board_of(now_of(decision)).lines_of(newcomer.pk) == []


def test_where_too_few_can_decide_both_pages_say_that_silence_will_not(cast, sign_in):
    case = a_case(cast, "handling", concerned=[WFP, DSS_CHAIR])
    Membership.objects.create(user=cast[GISF], organisation=cast.organisations["gisf"], role="working_group_member")
    cast[ICVA].language = "en"
    cast[ICVA].save(update_fields=["language"])
    page = sign_in(cast[ICVA]).get(f"/feedback/cases/{case.ref}/escalate/").content.decode()
    assert "Fewer than two seats" in page
    decision = put(cast, case)
    assert "Silence needs two seats" in sign_in(cast[GISF]).get(f"/decisions/{decision.ref}/").content.decode()
    with time_machine.travel(decision.deadline + timedelta(days=9), tick=False):
        assert close_due() == 0
    full = a_case(cast, "handling")
    assert "Fewer than two" not in sign_in(cast[ICVA]).get(f"/feedback/cases/{full.ref}/escalate/").content.decode()


def test_before_the_committee_the_sender_takes_nothing_back(cast):
    case = a_case(cast, "handling")
    decision = put(cast, case)
    with pytest.raises(StaleState):
        filing.withdraw(case, by=cast[BENU_FIELD])
    assert now_of(decision).state == "open"


def test_an_outcome_that_cannot_be_carried_out_leaves_the_decision_open(cast):
    case = a_case(cast, "handling")
    decision = put(cast, case)
    Case.objects.for_system("somebody else was first").filter(pk=case.pk).update(state="handling")
    say_all(cast, decision, dss="agree", gisf="agree")
    confirm(cast, propose(cast, decision, "return"))
    after = now_of(decision)
    assert (after.state, after.trouble) == ("open", "StaleState")


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_the_decision_closes_and_somebody_is_found_to_be_concerned_at_the_same_moment(cast):
    cases = [a_case(cast, "handling") for _ in range(3)]
    decisions, acts = [put(cast, case) for case in cases], []
    for case, decision in zip(cases, decisions, strict=True):
        say_all(cast, decision, dss="agree", gisf="agree")
        closing = propose(cast, decision, "return")
        acts.append(lambda closing=closing: confirm(cast, closing))
        acts.append(lambda case=case: note_concerned(case, users=[cast[WFP]], by=cast[DSS_HQ]))
    assert at_once(*acts) == []
    for case, decision in zip(cases, decisions, strict=True):
        assert (now_of(decision).outcome, now_of(decision).trouble) == ("return", "")
        assert case_now(case).state == "handling"
        assert WFP not in readers(cast, Decision.objects, decision.pk) | readers(cast, Case.objects, case.pk)
