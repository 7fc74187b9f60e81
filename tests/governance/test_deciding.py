"""The engine: positions, silence, two chairs, unanimity; each with a clock that the test sets (P6, P9, §11)."""

from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from audit.models import Event
from governance.actions import (
    CannotClose,
    cancel_decision,
    close_due,
    comment,
    confirm_closing,
    propose_closing,
    remind_due,
    take_position,
)
from governance.boards import board_of
from governance.models import Closing, Comment, Decision, Position, Seat
from governance.seats import area_body, holders_of, people_of_body
from notifications.models import Message, Subject
from operations.checks import CHECKS, Portal, outcomes
from organisations.models import Membership
from slt_portal.states import StaleState
from tests.factories.at_once import at_once
from tests.factories.deciding import closed_by_chairs, confirm, now_of, propose, say, say_all, seat_of
from tests.factories.partnership import DSS_CHAIR, DUNE, GISF, HQ, ICVA, WFP, bodies

from .trial import Trial, a_trial, effects

pytestmark = pytest.mark.django_db
CHECK = next(check for check in CHECKS if check.name == "decisions")
PLATFORM, FIELD, OCHA = "platform@southsudan.example", "dss.field@un.example", "ocha@un.example"
# What was said -> whether silence closes it; what keeps the chairs from closing early as proposed, and otherwise.
SILENCE = [
    ({}, True, "quorum", "quorum"),
    ({"wfp": "agree"}, True, "quorum", "quorum"),
    ({"wfp": "abstain", "gisf": "agree"}, True, "", ""),
    ({"wfp": "object"}, False, "quorum", "quorum"),
    ({"wfp": "object", "gisf": "agree"}, False, "majority", ""),
    ({"wfp": "object", "gisf": "agree", "dss": "agree"}, False, "", ""),
    ({"wfp": "object", "gisf": "agree", "dss": "abstain"}, False, "majority", ""),
    ({"wfp": "recuse"}, True, "quorum", "quorum"),
    ({"wfp": "recuse", "gisf": "recuse"}, False, "quorum", "quorum"),
]


@pytest.mark.parametrize(("said", "closes", "proposal", "other"), SILENCE)
def test_the_silence_procedure_state_by_state(cast, said, closes, proposal, other):
    decision = a_trial(cast)
    say_all(cast, decision, **said)
    with time_machine.travel(decision.deadline - timedelta(seconds=1), tick=False):
        assert close_due() == 0
    board = board_of(now_of(decision))
    assert (board.trouble_with("approve", ""), board.trouble_with("refuse", "x")) == (proposal, other)
    with time_machine.travel(decision.deadline, tick=False):
        assert (close_due(), close_due()) == (int(closes), 0)
    after = now_of(decision)
    if closes:
        assert (after.state, after.outcome, after.closed_at) == ("closed", "approve", decision.deadline)
        assert effects(decision) == [["approve", "", None]]
    else:
        assert (after.state, effects(decision)) == ("open", [])


def test_an_objection_stops_silence_for_good_and_tells_the_chairs_not_who(cast):
    decision = a_trial(cast)
    say(cast, decision, "wfp", "object")
    say(cast, decision, "wfp", "agree")
    say(cast, decision, "wfp", "object", "Again.")
    told = Message.objects.filter(kind="governance.decision_stopped").values_list("recipient__email", flat=True)
    assert sorted(told) == sorted([DSS_CHAIR, GISF, HQ, OCHA])
    assert close_due(decision.deadline + timedelta(days=30)) == 0
    assert [row.choice for row in Position.objects.filter(decision=decision)] == ["object", "agree", "object"]
    assert "wfp" not in str(list(Event.objects.values_list("facts", flat=True))).lower()


def test_two_chairs_close_early_with_the_same_words(cast):
    decision = a_trial(cast)
    closed = closed_by_chairs(cast, decision, "refuse", "Not there.")
    assert (closed.state, closed.outcome, closed.texts["reasons"]) == ("closed", "refuse", "Not there.")
    assert effects(decision) == [["refuse", "Not there.", GISF]]
    for act in (
        lambda: say(cast, decision, "wfp"),
        lambda: propose(cast, decision, "approve"),
        lambda: cancel_decision(decision, by=None),
    ):
        with pytest.raises(StaleState):
            act()
    told = Message.objects.filter(kind="governance.decision_closed").values_list("recipient__email", flat=True)
    assert sorted(told) == sorted([DSS_CHAIR, GISF, WFP, HQ, OCHA])


def test_a_new_proposal_replaces_the_old_and_nobody_signs_twice(cast):
    decision = a_trial(cast)
    for outcome, reasons, code in (("refuse", "", "reasons"), ("refuse", "x", "quorum"), ("burn", "x", "outcome")):
        with pytest.raises(CannotClose, match=code):
            propose(cast, decision, outcome, reasons)
    with pytest.raises(CannotClose, match="quorum"):  # every seat was told that it has two weeks
        propose(cast, decision, "approve")
    say_all(cast, decision, dss="agree", gisf="agree")
    first = propose(cast, decision, "approve")
    assert propose(cast, decision, "approve") == first, "a double click"
    second = propose(cast, decision, "approve", "Other words.", key="gisf")
    with pytest.raises(StaleState):
        confirm(cast, first)
    for key in ("gisf", "wfp"):  # who proposed; who is no chair
        with pytest.raises(PermissionDenied):
            confirm(cast, second, key)
    with pytest.raises(PermissionDenied):
        propose(cast, decision, "approve", key="wfp")
    say(cast, decision, "wfp", "agree")  # after the closing was proposed: it stands
    confirm(cast, second, "dss")
    with pytest.raises(StaleState):
        confirm(cast, second, "dss")
    assert effects(decision) == [["approve", "Other words.", DSS_CHAIR]]


@pytest.mark.parametrize("missing", ["vacant", "recuse"])
def test_any_seat_stands_in_for_a_chair_that_is_vacant_or_recused(cast, missing):
    decision = a_trial(cast)
    if missing == "vacant":
        Membership.objects.filter(user=cast[GISF]).update(ends_at=timezone.now())
    else:
        say(cast, decision, "gisf", "recuse")
    say_all(cast, decision, dss="agree", wfp="agree")
    with pytest.raises(PermissionDenied):
        propose(cast, decision, "approve", key="wfp")
    confirm(cast, propose(cast, decision, "approve"), "wfp")
    assert now_of(decision).outcome == "approve"


def test_the_same_person_in_both_chairs_signs_once(cast):
    decision = a_trial(cast)
    role = "oversight_committee_member"
    Membership.objects.create(user=cast[DSS_CHAIR], organisation=cast.organisations["gisf"], role=role)
    say_all(cast, decision, dss="agree", wfp="agree")
    closing = propose(cast, decision, "approve")
    with pytest.raises(PermissionDenied):
        confirm_closing(closing, seat=seat_of(decision, "gisf", cast), by=cast[DSS_CHAIR])
    confirm(cast, closing)  # the other who holds that seat


def test_a_seat_speaks_through_whoever_holds_it_now(cast):
    decision = a_trial(cast)
    say(cast, decision, "wfp", "agree")
    now, seat, new = timezone.now(), seat_of(decision, "wfp", cast), cast["wfp.security@un.example"]
    Membership.objects.filter(user=cast[WFP], role="oversight_committee_member").update(ends_at=now)
    with pytest.raises(PermissionDenied):
        say(cast, decision, "wfp", "object")
    role = "oversight_committee_member"
    Membership.objects.create(user=new, organisation=cast.organisations["wfp"], role=role)
    take_position(decision, seat=seat, choice="abstain", by=new)
    (line,) = [line for line in board_of(now_of(decision)).lines if line.seat == seat]
    assert [(row.choice, row.by) for row in line.positions] == [("agree", cast[WFP]), ("abstain", new)]
    assert holders_of(seat) == [new]


def test_nobody_of_the_organisation_concerned_holds_a_seat(cast):
    decision = a_trial(cast, concerns=cast.organisations["wfp"])
    with pytest.raises(PermissionDenied):
        say(cast, decision, "wfp")
    assert not Decision.objects.visible_to(cast[WFP]).exists()
    assert cast[WFP].pk not in people_of_body(decision.body, concerns=decision.concerns)
    told = Message.objects.filter(subject=decision.subject).values_list("recipient__email", flat=True)
    assert sorted(told) == sorted([DSS_CHAIR, GISF])


def test_who_may_not_speak_does_not(cast):
    decision = a_trial(cast)
    seat = seat_of(decision, "wfp", cast)
    for who in (HQ, GISF, DUNE):  # the secretariat, another seat, the applicant
        with pytest.raises(PermissionDenied):
            take_position(decision, seat=seat, choice="agree", by=cast[who])
        with pytest.raises(PermissionDenied):
            comment(decision, seat=seat, text="Hm.", by=cast[who])
    with pytest.raises(ValueError, match="why"):
        take_position(decision, seat=seat, choice="object", reasons=" ", by=cast[WFP])
    for _ in range(2):
        say(cast, decision, "wfp", "agree")
        comment(decision, seat=seat, text="Good.", by=cast[WFP])
    assert (Position.objects.count(), Comment.objects.count()) == (1, 1)


# Who -> (for which seat, as whom, what they may: position, comment, propose, confirm)
PARTIES = {
    "co-chair": ("dss", DSS_CHAIR, {"position", "comment", "propose", "confirm"}),
    "seat": ("wfp", WFP, {"position", "comment"}),
    "seat that is recused": ("icva", ICVA, set()),
    "secretariat": ("wfp", HQ, set()),
    "applicant": ("wfp", DUNE, set()),
    "of the organisation concerned": ("ocha", OCHA, set()),
    "another seat": ("dss", WFP, set()),
}


@pytest.mark.parametrize("state", ["open", "closed", "cancelled"])
def test_who_may_do_what_in_which_state(cast, state):
    role, organisations = "oversight_committee_member", cast.organisations
    body = bodies(cast)[0]
    Seat.objects.create(body=body, organisation=organisations["icva"])
    for who, key in ((ICVA, "icva"), (OCHA, "ocha")):
        Membership.objects.create(user=cast[who], organisation=organisations[key], role=role)
    Membership.objects.create(user=cast[OCHA], organisation=organisations["dune"], role="applicant")
    decision = a_trial(cast, body=body)
    take_position(decision, seat=seat_of(decision, "icva", cast), choice="recuse", by=cast[ICVA])
    say_all(cast, decision, dss="abstain", gisf="agree", wfp="abstain")
    closing = propose(cast, decision, "approve", key="gisf")
    if state != "open":
        over = {"state": state, "closed_at": timezone.now(), "outcome": "approve" if state == "closed" else ""}
        Decision.objects.for_system("a test").filter(pk=decision.pk).update(**over)
    may, refusal = {}, PermissionDenied if state == "open" else StaleState
    for party, (key, who, _) in PARTIES.items():
        seat, by = seat_of(decision, key, cast), cast[who]
        acts = {
            "position": lambda seat=seat, by=by: take_position(decision, seat=seat, choice="agree", by=by),
            "comment": lambda seat=seat, by=by: comment(decision, seat=seat, text="Hm.", by=by),
            "propose": lambda seat=seat, by=by: propose_closing(decision, seat=seat, outcome="approve", by=by),
            "confirm": lambda seat=seat, by=by: confirm_closing(closing, seat=seat, by=by),
        }
        for name, act in acts.items():
            may.setdefault(party, set())
            mark = transaction.savepoint()
            with suppress(refusal):
                act()
                may[party].add(name)
            transaction.savepoint_rollback(mark)
    assert may == {party: allowed if state == "open" else set() for party, (_, _, allowed) in PARTIES.items()}


def an_area(cast, **fields):
    return a_trial(cast, body=area_body(cast.areas["south-sudan"]), rule="unanimous", proposal="agreed", **fields)


def in_area(cast, decision, choice, who, capacity):
    seat = decision.body.seats.get(capacity=capacity)
    return take_position(decision, seat=seat, choice=choice, reasons="Because.", by=cast[who])


@pytest.mark.parametrize("last", ["agree", "object", "abstain", "recuse"])
def test_in_an_area_everybody_agrees_or_there_is_no_consensus(cast, last):
    decision = an_area(cast)
    with pytest.raises(PermissionDenied):
        in_area(cast, decision, "agree", HQ, "dss")  # each signs in the area
    if last == "agree":
        in_area(cast, decision, "agree", FIELD, "dss")
    else:  # headquarters hold the seat where nobody there does
        Membership.objects.filter(user=cast[FIELD]).update(ends_at=timezone.now())
        in_area(cast, decision, "agree", HQ, "dss")
    in_area(cast, decision, "agree", OCHA, "ocha")
    assert now_of(decision).state == "open"
    in_area(cast, decision, last, PLATFORM, "mechanism")
    outcome = "agreed" if last == "agree" else "no_consensus"
    assert effects(decision) == [[outcome, "", PLATFORM]]
    assert now_of(decision).outcome == outcome


@pytest.mark.parametrize("case", ["deadline", "first objection", "no mechanism", "of the one concerned"])
def test_what_ends_without_consensus(cast, case):
    linked = []
    if case == "no mechanism":
        Membership.objects.filter(role="platform_representative").update(ends_at=timezone.now())
    if case == "of the one concerned":
        alba, user = cast.organisations["alba"], cast[PLATFORM]
        Membership.objects.create(user=user, organisation=alba, role="partner_field", area=cast.areas["south-sudan"])
    decision = an_area(cast, concerns=cast.organisations["alba"], link=lambda row: linked.append(row.state))
    assert linked == ["open"]
    if case == "deadline":
        in_area(cast, decision, "agree", FIELD, "dss")
        assert close_due(decision.deadline) == 1
    if case == "first objection":
        in_area(cast, decision, "object", FIELD, "dss")
    assert [outcome for outcome, *_ in effects(decision)] == ["no_consensus"]
    assert (decision.state == "closed") == (case in {"no mechanism", "of the one concerned"})


def test_one_person_is_not_everybody(cast):
    """Who holds two seats of an area agrees for one of them; held by one person, two seats are silent to nobody."""
    area, mechanism = cast.areas["south-sudan"], Membership.objects.get(role="platform_representative")
    for role, organisation in (("ocha", cast.organisations["ocha"]), (mechanism.role, mechanism.organisation)):
        Membership.objects.create(user=cast[FIELD], organisation=organisation, role=role, area=area)
    Membership.objects.create(user=cast[OCHA], organisation=cast.organisations["ocha"], role="ocha", area=area)
    decision = an_area(cast)
    in_area(cast, decision, "agree", FIELD, "dss")
    for capacity in ("ocha", "mechanism"):
        with pytest.raises(PermissionDenied):
            in_area(cast, decision, "agree", FIELD, capacity)
    in_area(cast, decision, "agree", OCHA, "ocha")
    in_area(cast, decision, "agree", PLATFORM, "mechanism")
    assert now_of(decision).outcome == "agreed"
    quiet, seats = a_trial(cast), Membership.objects.filter(role="oversight_committee_member")
    seats.exclude(user=cast[WFP]).update(ends_at=timezone.now())
    Membership.objects.create(user=cast[WFP], organisation=cast.organisations["gisf"], role=seats.first().role)
    assert close_due(quiet.deadline) == 0


def test_the_seats_of_an_area_follow_who_is_there(cast):
    area = cast.areas["south-sudan"]
    body = area_body(area)
    kept = set(body.seats.filter(closed_at=None).values_list("pk", flat=True))
    assert area_body(area) == body
    assert set(body.seats.filter(closed_at=None).values_list("pk", flat=True)) == kept
    Membership.objects.filter(role="platform_representative").update(ends_at=timezone.now())
    area_body(area)
    mechanism = body.seats.filter(closed_at=None, capacity="mechanism").values_list("organisation", flat=True)
    assert list(mechanism) == [None]
    assert Seat.objects.filter(body=body, capacity="mechanism").count() == 2


@pytest.fixture
def failing():
    """A set of keys of decisions that cannot be carried out."""
    yield Trial.fails
    Trial.fails.clear()


def test_what_cannot_be_carried_out_leaves_the_decision_open_and_the_tick_going(cast, failing):
    broken, fine = a_trial(cast), a_trial(cast)
    failing.add(broken.pk)
    subjects, late = Subject.objects.count(), broken.deadline + timedelta(minutes=1)
    with time_machine.travel(late, tick=False):
        assert (close_due(), close_due()) == (1, 0)
    after = now_of(broken)
    assert (after.state, after.outcome, after.texts, after.trouble) == ("open", "", {}, "RuntimeError")
    assert (now_of(fine).state, Subject.objects.count()) == ("closed", subjects + 1), "only what did not fail"
    assert not outcomes(Portal(), [CHECK])["decisions"]
    with time_machine.travel(late, tick=False), pytest.raises(StaleState):
        say(cast, broken, "wfp", "object")  # silence has decided
    failing.clear()
    with time_machine.travel(late + timedelta(minutes=10), tick=False):
        assert close_due() == 1
    assert (now_of(broken).trouble, effects(broken)) == ("", [["approve", "", None]])
    assert outcomes(Portal(), [CHECK])["decisions"]


def test_a_position_and_a_signature_are_kept_when_what_they_bring_about_fails(cast, failing):
    area, signed = an_area(cast), a_trial(cast)
    failing.update({area.pk, signed.pk})
    in_area(cast, area, "object", FIELD, "dss")
    say_all(cast, signed, dss="agree", gisf="agree")
    confirm(cast, propose(cast, signed, "approve"))
    assert (Position.objects.filter(decision=area).count(), Closing.objects.filter(decision=signed).count()) == (1, 2)
    assert {now_of(row).trouble for row in (area, signed)} == {"RuntimeError"}
    failing.clear()
    assert close_due(timezone.now() + timedelta(minutes=11)) == 2
    assert (effects(area), effects(signed)) == (
        [["no_consensus", "", None]],
        [["approve", "Reasons for everybody.", None]],
    )


def test_seats_that_have_said_nothing_are_asked_once_two_days_before(cast):
    decision = a_trial(cast)
    say(cast, decision, "wfp")
    assert [remind_due(decision.deadline - timedelta(days=days)) for days in (3, 2, 1, 0)] == [0, 1, 0, 0]
    told = Message.objects.filter(kind="governance.position_wanted").values_list("recipient__email", flat=True)
    assert sorted(told) == sorted([DSS_CHAIR, GISF])


def test_what_is_no_longer_needed_is_cancelled(cast):
    decision = a_trial(cast)
    cancel_decision(decision, by=None)
    assert now_of(decision).state == "cancelled"
    assert close_due(decision.deadline) == 0
    assert Message.objects.filter(kind="governance.decision_closed").count() == 5
    with pytest.raises(ValueError, match="propose"):
        a_trial(cast, proposal="burn")


@pytest.mark.django_db(transaction=True)
def test_at_the_same_moment_there_is_one_effect(cast):
    area, chairs = an_area(cast), a_trial(cast)
    in_area(cast, area, "agree", FIELD, "dss")
    in_area(cast, area, "agree", OCHA, "ocha")
    say_all(cast, chairs, dss="agree", gisf="agree")
    closing, deadline = propose(cast, chairs, "approve"), area.deadline
    raised = at_once(
        lambda: in_area(cast, area, "agree", PLATFORM, "mechanism"),
        lambda: close_due(deadline),
        lambda: confirm(cast, closing),
        lambda: confirm(cast, closing),
    )
    assert set(raised) <= {StaleState}
    assert (len(effects(area)), len(effects(chairs))) == (1, 1)
    assert Event.objects.filter(verb="governance.decision_closed").count() == 2
    assert Closing.objects.filter(confirms=closing).count() == 1
